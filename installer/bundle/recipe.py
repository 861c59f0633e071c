"""A recipe: what a bundle shall hold and from which sources it is made, read from `bundles/<name>/` (docs/bundle.md).

Loading checks the form of every file and that whatever one part names exists; it neither resolves nor builds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from installer import schemas
from installer.errors import BuildFailed
from installer.libyaml import LOADER

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

FORMAT = 1
"""Version of `bundle.yaml` and `component.yaml`."""
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
        BuildFailed: a file is missing or malformed, or names something that is not there.
    """
    head = _read(folder / "bundle.yaml", "bundle")
    toolchain = head.get("toolchain", {})
    parts = tuple(_part(folder / "components" / name, name) for name in head["components"])
    names = {part.name for part in parts}
    for part in parts:
        missing = sorted(set(part.spec.get("requires", ())) - names)
        if missing:
            raise BuildFailed(
                what=f"{part.name}/component.yaml", reason=f"requires {', '.join(missing)}: not in the bundle"
            )
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
    )


def _part(folder: Path, name: str) -> Part:
    spec = _read(folder / "component.yaml", "component")
    if spec["name"] != name:
        raise BuildFailed(what=str(folder / "component.yaml"), reason=f"is named {spec['name']!r}, wanted {name!r}")
    beside = {path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}
    texts = {}
    for text in sorted((beside - {"component.yaml"}) | set(_texts_named(spec))):
        try:
            texts[text] = (folder / text).read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise BuildFailed(
                what=f"{name}/component.yaml", reason=f"its text {text} cannot be read: {error}"
            ) from error
    return Part(name, spec["release"], folder, spec, texts)


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
    return tuple(found.values())


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


def _read(path: Path, form: str) -> dict[str, Any]:
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError as error:
        raise BuildFailed(what=str(path), reason="is not there") from error
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise BuildFailed(what=str(path), reason=f"cannot be read: {error}") from error
    problems = [
        f"{'.'.join(str(step) for step in error.absolute_path) or 'the file'}: {error.message}"
        for error in _validator(form).iter_errors(found)
    ]
    if problems:
        raise BuildFailed(what=str(path), reason="; ".join(problems))
    return dict(found)


class _Loader(LOADER):  # type: ignore[misc]
    """Safe YAML whose only truth values are true and false: `on: all` is a key named "on", as YAML 1.2 has it."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in LOADER.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), ["t", "f"])


@cache
def _validator(form: str) -> Draft202012Validator:
    schema = json.loads(resources.files("installer.bundle").joinpath("recipe.schema.json").read_text(encoding="utf-8"))
    return schemas.validator({**schema, "$ref": f"#/$defs/{form}"})
