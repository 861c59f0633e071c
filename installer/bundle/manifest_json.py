"""`bundle.json` <-> `Manifest`: canonical bytes out, nothing but well-formed data in.

The same manifest always gives the same bytes (sorted keys, no blanks, UTF-8, one newline at the end), and reading takes
no others: two readers never understand the same file differently. It accepts the exact fields of format 1: what an
older program does not know must come with a higher format number, because what it skipped might have mattered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from installer.bundle import specification
from installer.bundle.manifest import FORMAT, Artifact, ArtifactKind, Blob, Component, Exemption, Manifest
from installer.errors import BuildFailed, BundleNotTrusted
from installer.messages import Message

T = TypeVar("T")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REPOSITORY = re.compile(
    r"(?=.{1,255}\Z)[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]+)?(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+", re.ASCII
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,250}")
_NEWER = "use the sitewright that came with this bundle, or a newer one"
_KINDS = re.compile(r"image|chart|file")
_SHOWN = 60
_LARGEST = 1 << 60
_VALUES = 4_000_000
"""Of one bundle.json, at most: what a reader takes apart costs it some hundred bytes each."""
_ENTRIES = 1000
"""Of one list, at most: components, artifacts of a component, blobs of an artifact."""


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
    if manifest.exemptions:
        document["exemptions"] = [
            {"component": each.component, "path": each.path, "reason": each.reason} for each in manifest.exemptions
        ]
    try:
        data = _written(document)
        decode(data, "bundle.json")
    except BundleNotTrusted as error:
        raise BuildFailed(what="bundle.json", reason=error.facts["reason"]) from error
    except (TypeError, ValueError) as error:
        raise BuildFailed(what="bundle.json", reason=str(error)) from error
    return data


def decode(data: bytes, bundle: str) -> Manifest:
    """The manifest that the bytes of bundle.json say; `bundle` names the file in messages.

    Raises:
        BundleNotTrusted: the bytes are not a well-formed bundle.json in its one form, one of a newer format, or a
            component in it asks for what none may have.
    """
    values = sum(data.count(mark) for mark in (b",", b"[", b"{"))
    if values > _VALUES:
        raise BundleNotTrusted(
            bundle=bundle, reason=Message("bundle.json is too large: some {count} values", count=values)
        )
    try:
        document = json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BundleNotTrusted(
            bundle=bundle, reason=Message("bundle.json is not JSON: {reason}", reason=error)
        ) from error
    except _Malformed as error:
        raise BundleNotTrusted(bundle=bundle, reason=Message("bundle.json: {reason}", reason=error)) from error
    written = document.get("format") if isinstance(document, dict) else None
    if type(written) is int and written > FORMAT:
        raise BundleNotTrusted(
            bundle=bundle,
            reason=Message(
                "bundle.json has format {number}; this sitewright reads up to format {format}",
                number=_shown(written),
                format=FORMAT,
            ),
            hint=_NEWER,
        )
    try:
        manifest = _manifest(document, Blob.of(data).digest)
        _unambiguous(manifest)
        _specified(manifest)
        if not _is_written(document, data):
            raise _Malformed("it is not written in the one form that a bundle.json has")
    except _Malformed as error:
        hint = _NEWER if "is newer than" in str(error) else ""
        raise BundleNotTrusted(
            bundle=bundle, reason=Message("bundle.json: {reason}", reason=error), hint=hint
        ) from error
    return manifest


def _written(document: Any) -> bytes:
    """The one form: sorted keys, no blanks, no escapes that could be left out, one newline at the end."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.encode() + b"\n"


def _is_written(document: Any, data: bytes) -> bool:
    try:
        return _written(document) == data
    except (ValueError, RecursionError):  # half of a surrogate pair; nested deeper than can be written
        return False


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
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Malformed(f"key {_shown(twice)} is there twice")
    return found


def _manifest(document: Any, digest: str) -> Manifest:
    where = "the document"
    known = document if isinstance(document, dict) else {}
    optional = tuple(name for name in ("sbom", "exemptions") if name in known)
    names = ("format", "name", "version", "architecture", "kubernetes", "components", *optional)
    fields = _fields(document, where, names)
    if fields.get("exemptions") == []:
        raise _Malformed("exemptions is empty: left out where there are none")
    if type(fields["format"]) is not int or fields["format"] != FORMAT:
        raise _Malformed(f"format {_shown(fields['format'])} is none that this sitewright knows")
    return Manifest(
        name=_word(fields["name"], "name"),
        version=_word(fields["version"], "version"),
        architecture=_word(fields["architecture"], "architecture"),
        kubernetes=_word(fields["kubernetes"], "kubernetes"),
        components=_several(fields["components"], "components", _component),
        digest=digest,
        sbom=_blob(fields["sbom"], "sbom") if "sbom" in optional else None,
        exemptions=_several(fields["exemptions"], "exemptions", _exemption) if "exemptions" in optional else (),
    )


def _exemption(document: Any, where: str) -> Exemption:
    fields = _fields(document, where, ("component", "path", "reason"))
    return Exemption(*(_matching(_LINE, fields[name], f"{where}.{name}") for name in ("component", "path", "reason")))


def _component(document: Any, where: str) -> Component:
    fields = _fields(document, where, ("name", "version", "artifacts", "spec", "texts"))
    texts = _mapping(fields["texts"], f"{where}.texts")
    for name, text in texts.items():
        if not isinstance(text, str):
            raise _Malformed(f"{where}.texts.{name[:_SHOWN]} is not a text")
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
        raise _Malformed(f"{where}.size is {_shown(size)}, not a number of bytes")
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


def _specified(manifest: Manifest) -> None:
    """Each component's specification is of a form that is known, asks for nothing that none may have, and fits."""
    subjects = [_subject(component, manifest.exemptions) for component in manifest.components]
    for subject in subjects:
        for flaw in specification.flaws(subject, "component"):
            raise _Malformed(f"component {subject.name}: {flaw}")
    for name, flaw in specification.among(subjects):
        raise _Malformed(f"component {name}: {flaw}" if name else str(flaw))
    for flaw in specification.exempted(manifest.exemptions, subjects):
        raise _Malformed(str(flaw))


def _subject(component: Component, exemptions: Iterable[Exemption]) -> specification.Subject:
    named = {kind: {each.name for each in component.artifacts if each.kind == kind} for kind in ("chart", "file")}
    exempt = frozenset(each.path for each in exemptions if each.component == component.name)
    return specification.Subject(
        component.name, component.spec, named["chart"], named["file"], component.texts.keys(), exempt
    )


def _fields(document: Any, where: str, names: Iterable[str]) -> dict[str, Any]:
    """An object with exactly these fields."""
    found = _mapping(document, where)
    wanted = set(names)
    for name in sorted(wanted - found.keys()):
        raise _Malformed(f"{where} has no {name!r}")
    for name in sorted(found.keys() - wanted):
        raise _Malformed(f"{where} has the unknown field {_shown(name)}")
    return found


def _mapping(document: Any, where: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise _Malformed(f"{where} is not an object")
    return document


def _several(document: Any, where: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    if not isinstance(document, list):
        raise _Malformed(f"{where} is not a list")
    if len(document) > _ENTRIES:
        raise _Malformed(f"{where} has {len(document)} entries, at most {_ENTRIES} are allowed")
    return tuple(read(item, f"{where}.{position}") for position, item in enumerate(document))


def _word(value: Any, where: str) -> str:
    return _matching(_WORD, value, where)


def _matching(pattern: re.Pattern[str], value: Any, where: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _Malformed(f"{where} is {_shown(value)}, which cannot be one")
    return value


def _shown(value: object) -> str:
    """A value as messages quote it, whatever its length."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value[:_SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= 2 * _SHOWN else f"{text[: 2 * _SHOWN]}..."
