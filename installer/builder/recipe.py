"""A recipe: what a bundle shall hold and from which sources it is made (docs/bundle.md), as `reading` reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from installer.bundle.manifest import Exemption
from installer.errors import BuildFailed
from installer.messages import Message

C_TOOLCHAIN = "c-toolchain"
"""Name of the source that `toolchain.c` of bundle.yaml makes: the file system in which cgo programs are compiled."""
JAVA_TOOLCHAIN = "java-toolchain"
"""The same for `toolchain.java`, in which Java sources are compiled."""
NODE_TOOLCHAIN = "node-toolchain"
"""The same for `toolchain.node`, in which front ends are built."""
TOOLCHAINS: Mapping[str, str] = {"c": C_TOOLCHAIN, "java": JAVA_TOOLCHAIN, "node": NODE_TOOLCHAIN}
"""What of `toolchain` is a file system of Debian packages, and the source that makes it."""


@dataclass(frozen=True)
class Source:
    """Where made files come from.

    `spec` is what stands under `kind`; `folder` is that of its component; `trees` are folders and files of the source
    that charts are taken from.
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

    @property
    def sandbox(self) -> str:
        """The toolchain in whose file system this is made; empty where it is made outside."""
        if self.kind == "go" and self.spec.get("cgo"):
            return C_TOOLCHAIN
        if self.kind == "npm":
            return NODE_TOOLCHAIN
        return JAVA_TOOLCHAIN if self.kind == "maven" and "path" in self.spec else ""


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
class Included:
    """A recipe that another one includes, and where that says so ("bundles/platform/bundle.yaml:4")."""

    recipe: Recipe
    place: str


@dataclass(frozen=True)
class Recipe:
    """A whole recipe, with all that those it includes bring. `sources` are in the order in which they are made.

    Sources of an included component in whose place another one stands are there as well: what follows them is locked
    to their versions. They are not made (`needed`).
    """

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
    included: tuple[Included, ...] = ()
    accepted_licences: frozenset[str] = frozenset()

    @property
    def own(self) -> tuple[Source, ...]:
        """The sources that this recipe's own lock has to name; those of included recipes are in theirs."""
        brought = {source.name for each in self.included for source in each.recipe.sources}
        return tuple(source for source in self.sources if source.name not in brought)

    @property
    def needed(self) -> tuple[Source, ...]:
        """The sources that have to be made: those that components take from, and what these are made in."""
        taken = {name for part in self.parts for name in taken_from(part)}
        taken |= {self.source(name).sandbox for name in taken}
        return tuple(source for source in self.sources if source.name in taken)

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that the recipe is read from, each once: of recipes, and of components that lie outside those."""
        recipes = [self.folder, *(folder for each in self.included for folder in each.recipe.folders)]
        parts = [part.folder for part in self.parts if not any(part.folder.is_relative_to(each) for each in recipes)]
        return tuple(dict.fromkeys([*recipes, *parts]))

    def source(self, name: str) -> Source:
        """The source of that name.

        Raises:
            BuildFailed: there is none.
        """
        for source in self.sources:
            if source.name == name:
                return source
        raise BuildFailed(what=name, reason=Message("bundle {name} has no source of that name", name=self.name))


def taken_from(part: Part) -> Iterator[str]:
    """The sources that a part's artifacts are taken from."""
    for key in ("images", "charts", "files"):
        for entry in part.listed(key):
            brought = (*entry.get("layers", ()), *entry.get("adds", ()))
            yield from (each["from"] for each in (entry, *brought) if "from" in each)
