"""The lock: for every source what it resolves to and the digest of all it makes, so that a build has nothing to choose.

`bundle.lock.yaml` holds the identities; texts that an identity consists of (a go.mod, a go.sum) stand beside it in
`locks/<source>.<text>`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from installer.builder.recipe import Recipe, Source
from installer.errors import BuildFailed
from installer.formats import libyaml, text_file
from installer.workshop import text_digest, tree_digest

FORMAT = 1
"""Version of `bundle.lock.yaml`; a newer one is refused."""
LARGEST = 16 << 20
"""Bytes of the largest lock, or text beside it, that is read; those of `core` have 30 KiB."""
TEXTS = frozenset({"go.mod", "go.sum"})
HEAD = "# Written by `sitewright bundle lock`; every digest here is checked by `sitewright bundle build`.\n"


@dataclass(frozen=True)
class Locked:
    """What the lock says of a source.

    `recipe` is the digest of what the recipe said when it was locked, `identity` what its kind resolved, `made` the
    digest of every file and folder made, `seconds` the processor seconds that took; it is the weight for the ETA.
    """

    recipe: str
    identity: Mapping[str, Any]
    made: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 1.0


@dataclass(frozen=True)
class Lock:
    """A whole lock; `toolchain` maps "go" to its locked wheel."""

    toolchain: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Locked] = field(default_factory=dict)

    def of(self, source: Source) -> Locked:
        """What is locked of a source.

        Raises:
            BuildFailed: nothing is, or the recipe or the source it follows was changed since.
        """
        locked = self.sources.get(source.name)
        if locked is None:
            raise _unlocked(source, "is not in the lock")
        if locked.recipe != recipe_digest(source):
            raise _unlocked(source, "was changed in the recipe after it was locked")
        leader = source.spec.get("follows")
        if leader and locked.identity.get("follows") != text_digest(self.versions(leader)):
            raise _unlocked(source, f"was locked with other versions than {leader} has now")
        return locked

    def versions(self, source: str) -> str:
        """The go.mod of a source that others follow; empty where it is not locked yet."""
        found = self.sources.get(source)
        return "" if found is None else found.identity.get("go.mod", "")


def _unlocked(source: Source, reason: str) -> BuildFailed:
    hint = f"sitewright bundle lock --update {source.name}"
    return BuildFailed(what=f"source {source.name}", reason=reason, hint=hint)


def recipe_digest(source: Source) -> str:
    """The digest of all that the recipe says of a source, the files of its own folders included."""
    folders = [tree_digest(path) for path in source.inputs]
    return text_digest([source.kind, source.spec, list(source.trees), folders])


def load(recipe: Recipe) -> Lock:
    """Read a recipe's lock; an empty one where there is none yet.

    Raises:
        BuildFailed: it is malformed or of a newer format.
    """
    path = recipe.folder / "bundle.lock.yaml"
    if not path.is_file():
        return Lock()
    try:
        found = libyaml.load(_text(path))
        if found["version"] > FORMAT:
            raise BuildFailed(what=str(path), reason=f"has format {found['version']}; this program knows {FORMAT}")
        sources = {name: _locked(recipe.folder, name, entry) for name, entry in found["sources"].items()}
        return Lock(found["toolchain"], sources)
    except (OSError, text_file.Unfit, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BuildFailed(what=str(path), reason=f"cannot be read: {error}") from error


def save(recipe: Recipe, lock: Lock) -> None:
    """Write a recipe's lock and the texts beside it; what the recipe has no longer goes."""
    folder = recipe.folder / "locks"
    names = {source.name for source in recipe.sources}
    sources: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for name, locked in sorted(lock.sources.items()):
        if name in names:
            texts |= {f"{name}.{key}": value for key, value in locked.identity.items() if key in TEXTS and value}
            rest = {key: value for key, value in locked.identity.items() if key not in TEXTS}
            sources[name] = {
                "recipe": locked.recipe,
                **rest,
                "made": dict(locked.made),
                "seconds": round(locked.seconds),
            }
    for name, text in texts.items():
        folder.mkdir(exist_ok=True)
        _replace(folder / name, text)
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in texts:
                path.unlink()
    document = {"version": FORMAT, "toolchain": dict(lock.toolchain), "sources": sources}
    _replace(recipe.folder / "bundle.lock.yaml", HEAD + yaml.safe_dump(document, sort_keys=False, width=1000))


def _text(path: Path) -> str:
    return text_file.decoded(text_file.read(path, LARGEST))


def _locked(folder: Path, name: str, entry: Mapping[str, Any]) -> Locked:
    identity = {key: value for key, value in entry.items() if key not in {"recipe", "made", "seconds"}}
    for key in TEXTS:
        with contextlib.suppress(FileNotFoundError):
            identity[key] = _text(folder / "locks" / f"{name}.{key}")
    if "go.mod" in identity:
        identity.setdefault("go.sum", "")
    recipe, made, seconds = entry["recipe"], entry["made"], entry["seconds"]
    texts = isinstance(made, dict) and all(isinstance(text, str) for text in (recipe, *made, *made.values()))
    if not texts or type(seconds) not in (int, float):
        raise ValueError(f"what is locked of {name} is not of the form it should have")
    return Locked(recipe, identity, made, seconds)


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
