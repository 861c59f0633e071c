"""`bundle.json` <-> `Manifest`: canonical bytes out, nothing but well-formed data in.

The same manifest always gives the same bytes (sorted keys, no blanks, UTF-8, one newline at the end), and reading takes
no others: two readers never understand the same file differently. It accepts the exact fields of format 1: what an
older program does not know must come with a higher format number, because what it skipped might have mattered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from installer.bundle import specification
from installer.bundle.json_fields import (
    SHOWN,
    Malformed,
    _refuse_constant,
    fields_of,
    mapping,
    matching,
    several,
    shown,
    word,
)
from installer.bundle.manifest import FORMAT, Artifact, ArtifactKind, Blob, Component, Exemption, Manifest
from installer.errors import BuildFailed, BundleNotTrusted
from installer.messages import Message

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REPOSITORY = re.compile(
    r"(?=.{1,255}\Z)[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]+)?(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+", re.ASCII
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,250}")
_NEWER = Message("use the sitewright that came with this bundle, or a newer one")
_KINDS = re.compile(r"image|chart|file")
_LARGEST = 1 << 60
_VALUES = 4_000_000
"""Of one bundle.json, at most: what a reader takes apart costs it some hundred bytes each."""


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
    except Malformed as error:
        raise BundleNotTrusted(bundle=bundle, reason=Message("bundle.json: {reason}", reason=error)) from error
    written = document.get("format") if isinstance(document, dict) else None
    if type(written) is int and written > FORMAT:
        raise BundleNotTrusted(
            bundle=bundle,
            reason=Message(
                "bundle.json has format {number}; this sitewright reads up to format {format}",
                number=shown(written),
                format=FORMAT,
            ),
            hint=_NEWER,
        )
    try:
        manifest = _manifest(document, Blob.of(data).digest)
        _unambiguous(manifest)
        _specified(manifest)
        if not _is_written(document, data):
            raise Malformed(Message("it is not written in the one form that a bundle.json has"))
    except Malformed as error:
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


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; one whose keys repeat would mean different things to different readers."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Malformed(Message("key {twice} is there twice", twice=shown(twice)))
    return found


def _manifest(document: Any, digest: str) -> Manifest:
    where = Message("the document")
    known = document if isinstance(document, dict) else {}
    optional = tuple(name for name in ("sbom", "exemptions") if name in known)
    names = ("format", "name", "version", "architecture", "kubernetes", "components", *optional)
    fields = fields_of(document, where, names)
    if fields.get("exemptions") == []:
        raise Malformed(Message("exemptions is empty: left out where there are none"))
    if type(fields["format"]) is not int or fields["format"] != FORMAT:
        raise Malformed(Message("format {format} is none that this sitewright knows", format=shown(fields["format"])))
    return Manifest(
        name=word(fields["name"], "name"),
        version=word(fields["version"], "version"),
        architecture=word(fields["architecture"], "architecture"),
        kubernetes=word(fields["kubernetes"], "kubernetes"),
        components=several(fields["components"], "components", _component),
        digest=digest,
        sbom=_blob(fields["sbom"], "sbom") if "sbom" in optional else None,
        exemptions=several(fields["exemptions"], "exemptions", _exemption) if "exemptions" in optional else (),
    )


def _exemption(document: Any, where: str) -> Exemption:
    fields = fields_of(document, where, ("component", "path", "reason"))
    return Exemption(*(matching(_LINE, fields[name], f"{where}.{name}") for name in ("component", "path", "reason")))


def _component(document: Any, where: str) -> Component:
    fields = fields_of(document, where, ("name", "version", "artifacts", "spec", "texts"))
    texts = mapping(fields["texts"], f"{where}.texts")
    for name, text in texts.items():
        if not isinstance(text, str):
            raise Malformed(Message("{where}.texts.{name} is not a text", where=where, name=name[:SHOWN]))
    return Component(
        name=word(fields["name"], f"{where}.name"),
        version=word(fields["version"], f"{where}.version"),
        artifacts=several(fields["artifacts"], f"{where}.artifacts", _artifact),
        spec=mapping(fields["spec"], f"{where}.spec"),
        texts=texts,
    )


def _artifact(document: Any, where: str) -> Artifact:
    fields = fields_of(document, where, ("kind", "repository", "tag", "manifest", "blobs"))
    blobs = several(fields["blobs"], f"{where}.blobs", _blob)
    if not blobs:
        raise Malformed(Message("{where}.blobs is empty", where=where))
    return Artifact(
        kind=cast(ArtifactKind, matching(_KINDS, fields["kind"], f"{where}.kind")),
        repository=matching(_REPOSITORY, fields["repository"], f"{where}.repository"),
        tag=matching(_TAG, fields["tag"], f"{where}.tag"),
        manifest=_blob(fields["manifest"], f"{where}.manifest"),
        blobs=blobs,
    )


def _blob(document: Any, where: str) -> Blob:
    fields = fields_of(document, where, ("digest", "size"))
    size = fields["size"]
    if type(size) is not int or not 0 <= size < _LARGEST:
        raise Malformed(Message("{where}.size is {size}, not a number of bytes", where=where, size=shown(size)))
    return Blob(matching(_DIGEST, fields["digest"], f"{where}.digest"), size)


def _unambiguous(manifest: Manifest) -> None:
    """Each component name once; one manifest for each reference; one size for each digest."""
    components: set[str] = set()
    references: dict[str, Blob] = {}
    sizes: dict[str, int] = {}
    for component in manifest.components:
        if component.name in components:
            raise Malformed(Message("component {name} is there twice", name=component.name))
        components.add(component.name)
    for artifact in manifest.artifacts():
        if references.setdefault(artifact.reference, artifact.manifest) != artifact.manifest:
            raise Malformed(Message("{reference} is two different artifacts", reference=artifact.reference))
        for blob in (artifact.manifest, *artifact.blobs):
            if sizes.setdefault(blob.digest, blob.size) != blob.size:
                raise Malformed(Message("{digest} has two different sizes", digest=blob.digest))


def _specified(manifest: Manifest) -> None:
    """Each component's specification is of a form that is known, asks for nothing that none may have, and fits."""
    subjects = [_subject(component, manifest.exemptions) for component in manifest.components]
    for subject in subjects:
        for flaw in specification.flaws(subject, "component"):
            raise Malformed(Message("component {name}: {flaw}", name=subject.name, flaw=flaw))
    for name, flaw in specification.among(subjects):
        raise Malformed(Message("component {name}: {flaw}", name=name, flaw=flaw) if name else str(flaw))
    for flaw in specification.exempted(manifest.exemptions, subjects):
        raise Malformed(str(flaw))


def _subject(component: Component, exemptions: Iterable[Exemption]) -> specification.Subject:
    named = {kind: {each.name for each in component.artifacts if each.kind == kind} for kind in ("chart", "file")}
    exempt = frozenset(each.path for each in exemptions if each.component == component.name)
    return specification.Subject(
        component.name, component.spec, named["chart"], named["file"], component.texts.keys(), exempt
    )
