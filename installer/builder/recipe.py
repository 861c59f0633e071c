"""A recipe: what a bundle shall hold and from which sources it is made, read from `bundles/<name>/` (docs/bundle.md).

Loading checks every file against its closed form, and that whatever one part names exists and lies where it may
(`installer.bundle.specification`); it neither resolves nor builds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from installer.bundle import forms, specification
from installer.bundle.forms import Flaw, Form
from installer.bundle.manifest import Exemption
from installer.bundle.specification import Subject
from installer.errors import BuildFailed
from installer.formats import strict_yaml, text_file
from installer.formats.libyaml import LOADER

LARGEST = 1 << 20
"""Bytes of the largest bundle.yaml or component.yaml that is read."""
LARGEST_TEXT = 16 << 20
"""Bytes of the largest text beside a component.yaml: the definitions of an operator have a MiB or two."""
SHOWN = 20
"""Mistakes of a file that are told at a time."""
C_TOOLCHAIN = "c-toolchain"
"""Name of the source that `toolchain.c` of bundle.yaml makes: the file system in which cgo programs are compiled."""


@dataclass(frozen=True)
class Source:
    """Where made files come from.

    `spec` is what stands under `kind`; `folder` is that of its component; `trees` are folders of the source that
    charts are taken from.
    """

    name: str
    kind: str
    spec: Mapping[str, Any]
    folder: Path
    trees: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Folders of the repository that the source is made from."""
        return tuple(self.folder / self.spec[key] for key in ("path", "overlay") if key in self.spec)


@dataclass(frozen=True)
class Part:
    """A component as its component.yaml has it; `texts` are the files beside it and those it names further below."""

    name: str
    release: str
    folder: Path
    spec: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)

    def listed(self, key: str) -> list[dict[str, Any]]:
        """The entries of "images", "charts" or "files"."""
        return list(self.spec.get(key, ()))


@dataclass(frozen=True)
class Recipe:
    """A whole recipe. `sources` are in the order in which they are made."""

    name: str
    release: str
    architecture: str
    kubernetes: str
    go: str
    folder: Path
    parts: tuple[Part, ...]
    sources: tuple[Source, ...]
    profiles: tuple[Path, ...]
    exemptions: tuple[Exemption, ...] = ()

    def source(self, name: str) -> Source:
        """The source of that name.

        Raises:
            BuildFailed: there is none.
        """
        for source in self.sources:
            if source.name == name:
                return source
        raise BuildFailed(what=name, reason=f"bundle {self.name} has no source of that name")


def load(folder: Path) -> Recipe:
    """Read the recipe in a folder.

    Raises:
        BuildFailed: a file is missing or malformed, names something that is not there, or asks for what no component
            may have.
    """
    head_file = _File.read(folder / "bundle.yaml", "bundle.yaml")
    head = head_file.data
    toolchain = head.get("toolchain", {})
    exemptions = tuple(Exemption(**each) for each in head.get("exemptions", ()))
    read = [_part(folder / "components" / name, name, exemptions) for name in head["components"]]
    parts = tuple(part for part, _ in read)
    files = {part.name: file for part, file in read}
    subjects = [_subject(part, exemptions) for part in parts]
    for name, flaw in specification.among(subjects):
        raise files.get(name, head_file).refused([flaw])
    head_file.demand(specification.exempted(exemptions, subjects))
    sources = _sources(folder, toolchain, parts)
    if any(source.kind == "go" for source in sources) and "go" not in toolchain:
        raise BuildFailed(what="bundle.yaml", reason="a source is built with Go, but toolchain.go names no version")
    return Recipe(
        name=head["name"],
        release=head["release"],
        architecture=head["architecture"],
        kubernetes=head["kubernetes"],
        go=toolchain.get("go", ""),
        folder=folder,
        parts=parts,
        sources=sources,
        profiles=tuple(_profile(folder, name) for name in head.get("profiles", ())),
        exemptions=exemptions,
    )


def _part(folder: Path, name: str, exemptions: tuple[Exemption, ...]) -> tuple[Part, _File]:
    file = _File.read(folder / "component.yaml", "component.yaml")
    spec = file.data
    if spec["name"] != name:
        raise file.refused([Flaw(("name",), f"is named {spec['name']!r}, wanted {name!r}")])
    beside = {path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}
    texts = {}
    for text in sorted((beside - {"component.yaml"}) | set(_texts_named(spec))):
        try:
            texts[text] = text_file.decoded(text_file.read(folder / text, LARGEST_TEXT))
        except (OSError, text_file.Unfit) as error:
            raise BuildFailed(
                what=f"{name}/component.yaml", reason=f"its text {text} cannot be read: {error}"
            ) from error
    part = Part(name, spec["release"], folder, spec, texts)
    file.demand(specification.flaws(_subject(part, exemptions), "component.yaml"))
    return part, file


def _subject(part: Part, exemptions: tuple[Exemption, ...]) -> Subject:
    charts, files = ({entry["name"] for entry in part.listed(kind)} for kind in ("charts", "files"))
    exempt = frozenset(each.path for each in exemptions if each.component == part.name)
    return Subject(part.name, part.spec, charts, files, part.texts.keys(), exempt)


def _texts_named(spec: Mapping[str, Any]) -> Iterator[str]:
    """Texts in the places docs/components.md gives them; those may stand in a folder of the component."""
    for entry in (spec.get("host") or {}).get("texts", ()):
        yield entry["text"]
    if values := (spec.get("chart") or {}).get("values"):
        yield values
    yield from spec.get("objects", ())


def _sources(folder: Path, toolchain: Mapping[str, Any], parts: tuple[Part, ...]) -> tuple[Source, ...]:
    trees: dict[str, set[str]] = {}
    for part in parts:
        for chart in part.listed("charts"):
            if "from" in chart:
                trees.setdefault(chart["from"], set()).add(chart.get("path", "."))
    found: dict[str, Source] = {}
    if "c" in toolchain:
        found[C_TOOLCHAIN] = Source(C_TOOLCHAIN, "deb", toolchain["c"], folder)
    for part in parts:
        for entry in part.listed("sources"):
            name = entry["name"]
            if name in found:
                raise BuildFailed(
                    what=f"{part.name}/component.yaml", reason=f"source {name} is named twice in the bundle"
                )
            kind = next(key for key in entry if key != "name")
            found[name] = Source(name, kind, entry[kind], part.folder, tuple(sorted(trees.get(name, ()))))
            for path in found[name].inputs:
                if not path.is_dir():
                    raise BuildFailed(
                        what=f"{part.name}/component.yaml", reason=f"source {name}: no folder {path.name}"
                    )
    for part, wanted in [(each, name) for each in parts for name in taken_from(each)]:
        if wanted not in found:
            raise BuildFailed(
                what=f"{part.name}/component.yaml", reason=f"takes from source {wanted}, which nothing names"
            )
    for source in found.values():
        if name := source.spec.get("follows"):
            leader = found.get(name)
            if leader is None or leader.kind != "go" or "follows" in leader.spec:
                reason = f"source {source.name} follows {name}, which is no Go source with versions of its own"
                raise BuildFailed(what=f"{source.folder.name}/component.yaml", reason=reason)
    # What follows comes after what leads, else as the components have it.
    return tuple(sorted(found.values(), key=lambda source: "follows" in source.spec))


def taken_from(part: Part) -> Iterator[str]:
    """The sources that a part's artifacts are taken from."""
    for key in ("images", "charts", "files"):
        for entry in part.listed(key):
            yield from (each["from"] for each in (entry, *entry.get("layers", ())) if "from" in each)


def _profile(folder: Path, name: str) -> Path:
    """A profile by its path from the recipe's folder, or by its name among the repository's own profiles."""
    for path in (folder / name, folder.parent.parent / "profiles" / f"{name}.yaml"):
        if path.is_file():
            return path
    raise BuildFailed(what=str(folder / "bundle.yaml"), reason=f"there is no profile {name}")


@dataclass(frozen=True)
class _File:
    """A file of the recipe: what it says, and the line of everything in it."""

    path: Path
    data: dict[str, Any]
    document: strict_yaml.Document

    @classmethod
    def read(cls, path: Path, form: Form) -> _File:
        """Read a file that is of a form.

        Raises:
            BuildFailed: it is not there, is no YAML that means one thing only, or is of another form.
        """
        try:
            text = text_file.decoded(text_file.read(path, LARGEST))
        except FileNotFoundError as error:
            raise BuildFailed(what=str(path), reason="is not there") from error
        except text_file.Unfit as error:
            raise BuildFailed(what=str(path), reason=f"is {error}", hint=error.cure) from error
        except OSError as error:
            raise BuildFailed(what=str(path), reason=f"cannot be read: {error}") from error
        document = strict_yaml.read(text)
        for line, at, found, wanted in document.flaws:
            place = f"{forms.dotted(at)}: " if at else ""
            raise BuildFailed(what=f"{path}:{line}", reason=f"{place}{found}; wanted {wanted}")
        file = cls(path, yaml.load(text, Loader=_Loader), document)  # noqa: S506 - a safe loader
        file.demand(forms.flaws(file.data, form))
        return file

    def demand(self, flaws: Iterator[Flaw]) -> None:
        """Refuse the file if there are flaws."""
        if found := list(islice(flaws, SHOWN)):
            raise self.refused(found)

    def refused(self, flaws: list[Flaw]) -> BuildFailed:
        """The error that says what is wrong, and in which lines."""
        first, *more = [(f"{self.path}:{self.document.line(flaw.path)}", str(flaw)) for flaw in flaws]
        return BuildFailed(what=first[0], reason="\n".join([first[1], *(f"{place}: {said}" for place, said in more)]))


class _Loader(LOADER):  # type: ignore[misc]
    """Safe YAML whose only truth values are true and false: `on: all` is a key named "on", as YAML 1.2 has it."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in LOADER.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), ["t", "f"])
