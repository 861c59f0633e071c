"""`bundle.json` <-> `Manifest`: canonical bytes out, nothing but well-formed data in.

The same manifest always gives the same bytes (sorted keys, no blanks, UTF-8, one newline at the end). Reading accepts
the exact fields of format 1: what an older program does not know must come with a higher format number, because what
it silently skipped might have mattered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from installer.bundle.manifest import FORMAT, Artifact, ArtifactKind, Blob, Component, Manifest
from installer.errors import BuildFailed, BundleNotTrusted

T = TypeVar("T")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REPOSITORY = re.compile(
    r"[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]+)?(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+", re.ASCII
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_KINDS = re.compile(r"image|chart|file")
_LARGEST = 1 << 60


class _Malformed(Exception):
    """Where in bundle.json, and what is wrong there."""


def encode(manifest: Manifest) -> bytes:
    """The bytes of bundle.json; `manifest.digest` is of these bytes and therefore not in them.

    Raises:
        BuildFailed: the manifest could not be read back as it is (a wrong name, a value that JSON has no word for).
    """
    document: dict[str, Any] = {
        "format": FORMAT,
        "name": manifest.name,
        "version": manifest.version,
        "architecture": manifest.architecture,
        "kubernetes": manifest.kubernetes,
        "components": [_component_document(component) for component in manifest.components],
    }
    if manifest.sbom is not None:
        document["sbom"] = _blob_document(manifest.sbom)
    try:
        text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
        data = text.encode() + b"\n"
        decode(data, "bundle.json")
    except BundleNotTrusted as error:
        raise BuildFailed(what="bundle.json", reason=error.facts["reason"]) from error
    except (TypeError, ValueError) as error:
        raise BuildFailed(what="bundle.json", reason=str(error)) from error
    return data


def decode(data: bytes, bundle: str) -> Manifest:
    """The manifest that the bytes of bundle.json say; `bundle` names the file in messages.

    Raises:
        BundleNotTrusted: the bytes are not a well-formed bundle.json, or one of a newer format.
    """
    try:
        document = json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BundleNotTrusted(bundle=bundle, reason=f"bundle.json is not JSON: {error}") from error
    except _Malformed as error:
        raise BundleNotTrusted(bundle=bundle, reason=f"bundle.json: {error}") from error
    written = document.get("format") if isinstance(document, dict) else None
    if type(written) is int and written > FORMAT:
        raise BundleNotTrusted(
            bundle=bundle,
            reason=f"bundle.json has format {written}; this sitewright reads up to format {FORMAT}",
            hint="use the sitewright that came with this bundle, or a newer one",
        )
    try:
        return _manifest(document, Blob.of(data).digest)
    except _Malformed as error:
        raise BundleNotTrusted(bundle=bundle, reason=f"bundle.json: {error}") from error


def _component_document(component: Component) -> dict[str, Any]:
    return {
        "name": component.name,
        "version": component.version,
        "artifacts": [_artifact_document(artifact) for artifact in component.artifacts],
        "spec": component.spec,
        "texts": component.texts,
    }


def _artifact_document(artifact: Artifact) -> dict[str, Any]:
    return {
        "kind": artifact.kind,
        "repository": artifact.repository,
        "tag": artifact.tag,
        "manifest": _blob_document(artifact.manifest),
        "blobs": [_blob_document(blob) for blob in artifact.blobs],
    }


def _blob_document(blob: Blob) -> dict[str, Any]:
    return {"digest": blob.digest, "size": blob.size}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} ({type(value).__name__}) cannot be written as JSON; quote it in the recipe")


def _refuse_constant(name: str) -> object:
    raise _Malformed(f"{name} is not a number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; one whose keys repeat would mean different things to different readers."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, _ in pairs if sum(1 for other, _ in pairs if other == key) > 1)
        raise _Malformed(f"key {twice!r} is there twice")
    return found


def _manifest(document: Any, digest: str) -> Manifest:
    where = "the document"
    optional = ("sbom",) if isinstance(document, dict) and "sbom" in document else ()
    names = ("format", "name", "version", "architecture", "kubernetes", "components", *optional)
    fields = _fields(document, where, names)
    if type(fields["format"]) is not int or fields["format"] != FORMAT:
        raise _Malformed(f"format {fields['format']!r} is none that this sitewright knows")
    manifest = Manifest(
        name=_word(fields["name"], "name"),
        version=_word(fields["version"], "version"),
        architecture=_word(fields["architecture"], "architecture"),
        kubernetes=_word(fields["kubernetes"], "kubernetes"),
        components=_several(fields["components"], "components", _component),
        digest=digest,
        sbom=_blob(fields["sbom"], "sbom") if optional else None,
    )
    _unambiguous(manifest)
    return manifest


def _component(document: Any, where: str) -> Component:
    fields = _fields(document, where, ("name", "version", "artifacts", "spec", "texts"))
    texts = _mapping(fields["texts"], f"{where}.texts")
    for name, text in texts.items():
        if not isinstance(text, str):
            raise _Malformed(f"{where}.texts.{name} is not a text")
    return Component(
        name=_word(fields["name"], f"{where}.name"),
        version=_word(fields["version"], f"{where}.version"),
        artifacts=_several(fields["artifacts"], f"{where}.artifacts", _artifact),
        spec=_mapping(fields["spec"], f"{where}.spec"),
        texts=texts,
    )


def _artifact(document: Any, where: str) -> Artifact:
    fields = _fields(document, where, ("kind", "repository", "tag", "manifest", "blobs"))
    blobs = _several(fields["blobs"], f"{where}.blobs", _blob)
    if not blobs:
        raise _Malformed(f"{where}.blobs is empty")
    return Artifact(
        kind=cast(ArtifactKind, _matching(_KINDS, fields["kind"], f"{where}.kind")),
        repository=_matching(_REPOSITORY, fields["repository"], f"{where}.repository"),
        tag=_matching(_TAG, fields["tag"], f"{where}.tag"),
        manifest=_blob(fields["manifest"], f"{where}.manifest"),
        blobs=blobs,
    )


def _blob(document: Any, where: str) -> Blob:
    fields = _fields(document, where, ("digest", "size"))
    size = fields["size"]
    if type(size) is not int or not 0 <= size < _LARGEST:
        raise _Malformed(f"{where}.size is {size!r}, not a number of bytes")
    return Blob(_matching(_DIGEST, fields["digest"], f"{where}.digest"), size)


def _unambiguous(manifest: Manifest) -> None:
    """Each component name once; one manifest for each reference; one size for each digest."""
    components: set[str] = set()
    references: dict[str, Blob] = {}
    sizes: dict[str, int] = {}
    for component in manifest.components:
        if component.name in components:
            raise _Malformed(f"component {component.name} is there twice")
        components.add(component.name)
    for artifact in manifest.artifacts():
        if references.setdefault(artifact.reference, artifact.manifest) != artifact.manifest:
            raise _Malformed(f"{artifact.reference} is two different artifacts")
        for blob in (artifact.manifest, *artifact.blobs):
            if sizes.setdefault(blob.digest, blob.size) != blob.size:
                raise _Malformed(f"{blob.digest} has two different sizes")


def _fields(document: Any, where: str, names: Iterable[str]) -> dict[str, Any]:
    """An object with exactly these fields."""
    found = _mapping(document, where)
    wanted = set(names)
    for name in sorted(wanted - found.keys()):
        raise _Malformed(f"{where} has no {name!r}")
    for name in sorted(found.keys() - wanted):
        raise _Malformed(f"{where} has the unknown field {name!r}")
    return found


def _mapping(document: Any, where: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise _Malformed(f"{where} is not an object")
    return document


def _several(document: Any, where: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    if not isinstance(document, list):
        raise _Malformed(f"{where} is not a list")
    return tuple(read(item, f"{where}.{position}") for position, item in enumerate(document))


def _word(value: Any, where: str) -> str:
    return _matching(_WORD, value, where)


def _matching(pattern: re.Pattern[str], value: Any, where: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _Malformed(f"{where} is {value!r}, which cannot be one")
    return value
