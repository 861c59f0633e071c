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

from installer import whole_file
from installer.builder.recipe import Included, Recipe, Source
from installer.errors import BuildFailed
from installer.formats import libyaml, text_file
from installer.messages import Message
from installer.workshop import text_digest, tree_digest

FORMAT = 1
"""Version of `bundle.lock.yaml`; a newer one is refused."""
LARGEST = 16 << 20
"""Bytes of the largest lock, or text beside it, that is read; those of `core` have 30 KiB."""
TEXTS = frozenset({"go.mod", "go.sum", "pnpm-lock.yaml"})
ANYBODY = 0o666
"""Who may read and write these files, as far as the umask lets them: they lie in a repository."""
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
            raise _unlocked(source, Message("is not in the lock"))
        if locked.recipe != recipe_digest(source):
            raise _unlocked(source, Message("was changed in the recipe after it was locked"))
        leader = source.spec.get("follows")
        if leader and locked.identity.get("follows") != text_digest(self.versions(leader)):
            raise _unlocked(source, Message("was locked with other versions than {leader} has now", leader=leader))
        return locked

    def versions(self, source: str) -> str:
        """The go.mod of a source that others follow; empty where it is not locked yet."""
        found = self.sources.get(source)
        return "" if found is None else found.identity.get("go.mod", "")


def _unlocked(source: Source, reason: str) -> BuildFailed:
    hint = f"sitewright bundle lock --update {source.name}"
    return BuildFailed(what=Message("source {name}", name=source.name), reason=reason, hint=hint)


def recipe_digest(source: Source) -> str:
    """The digest of all that the recipe says of a source, the files of its own folders included."""
    folders = [tree_digest(path) for path in source.inputs]
    return text_digest([source.kind, source.spec, list(source.trees), folders])


def demand(recipe: Recipe, lock: Lock) -> None:
    """Make sure that the lock names everything, as the recipe has it now.

    Raises:
        BuildFailed: it does not.
    """
    for source in recipe.sources:
        lock.of(source)
    found = lock.toolchain.get("go", {}).get("version", "")
    if recipe.go and found != recipe.go and any(source.kind == "go" for source in recipe.sources):
        reason = Message(
            "Go {found} is in the lock, but toolchain.go is {wanted}",
            found=found or Message("of no version"),
            wanted=recipe.go,
        )
        raise BuildFailed(what=str(_place(recipe)), reason=reason, hint=f"sitewright bundle lock {recipe.folder}")


def demand_own(recipe: Recipe, name: str) -> None:
    """Make sure that a source is one of those that the recipe's own lock names.

    Raises:
        BuildFailed: there is none of that name, or an included recipe locks it.
    """
    source = recipe.source(name)
    for each in recipe.included:
        if source in each.recipe.sources:
            hint = f"sitewright bundle lock {each.recipe.folder} --update {name}"
            reason = Message(
                "is locked by {folder}, which {place} includes", folder=each.recipe.folder, place=each.place
            )
            raise BuildFailed(what=Message("source {name}", name=name), reason=reason, hint=hint)


def load(recipe: Recipe) -> Lock:
    """Read a recipe's lock, empty where there is none yet, and those of the recipes it includes, which must be whole.

    Raises:
        BuildFailed: one is malformed or of a newer format, or that of an included recipe lacks something.
    """
    found = _read(recipe)
    for each in recipe.included:
        brought = _brought(each)
        found = Lock({**found.toolchain, **brought.toolchain}, {**found.sources, **brought.sources})
    return found


def _brought(included: Included) -> Lock:
    recipe = included.recipe
    hint = f"sitewright bundle lock {recipe.folder}"
    if recipe.own and not _place(recipe).is_file():
        reason = Message(
            "includes {folder}, which has no lock: {recipe} is not there", folder=recipe.folder, recipe=_place(recipe)
        )
        raise BuildFailed(what=included.place, reason=reason, hint=hint)
    held = load(recipe)
    try:
        demand(recipe, held)
    except BuildFailed as error:
        reason = Message(
            "includes {folder}, whose lock is older than its recipe: {reason}",
            folder=recipe.folder,
            reason=error.message,
        )
        raise BuildFailed(what=included.place, reason=reason, hint=hint) from error
    return held


def _place(recipe: Recipe) -> Path:
    return recipe.folder / "bundle.lock.yaml"


def _read(recipe: Recipe) -> Lock:
    path = _place(recipe)
    if not path.is_file():
        return Lock()
    try:
        found = libyaml.load(_text(path))
        if found["version"] > FORMAT:
            raise BuildFailed(
                what=str(path),
                reason=Message(
                    "has format {version}; this program knows {format}", version=found["version"], format=FORMAT
                ),
            )
        sources = {name: _locked(recipe.folder, name, entry) for name, entry in found["sources"].items()}
        return Lock(found["toolchain"], sources)
    except (OSError, text_file.Unfit, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BuildFailed(what=str(path), reason=Message("cannot be read: {reason}", reason=error)) from error


def save(recipe: Recipe, lock: Lock) -> None:
    """Write a recipe's own lock and the texts beside it; what is the recipe's no longer goes."""
    folder = recipe.folder / "locks"
    names = {source.name for source in recipe.own}
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
        whole_file.put(folder / name, text.encode(), ANYBODY)
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in texts:
                path.unlink()
    toolchain = {} if any(each.recipe.go for each in recipe.included) else dict(lock.toolchain)
    document = {"version": FORMAT, "toolchain": toolchain, "sources": sources}
    text = HEAD + yaml.safe_dump(document, sort_keys=False, width=1000)
    whole_file.put(_place(recipe), text.encode(), ANYBODY)


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
        raise ValueError(Message("what is locked of {name} is not of the form it should have", name=name))
    return Locked(recipe, identity, made, seconds)
