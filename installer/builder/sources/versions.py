"""One version of each shared module: a Go source follows another one, so that what both use is compiled once.

The compiler keeps what it compiled under module, version and everything below it. So a follower must be given exactly
the leader's versions, also lower ones than it asks for: the leader's are required, and each higher version that
some go.mod asks for is excluded, by which Go passes that request over. The locked go.mod names all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.builder.recipe import Source
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop

ROUNDS = 40
"""Each round passes over the highest versions asked for; no go.mod of any program asks for so many of one module."""


def follow(source: Source, workshop: Workshop, folder: Path, env: Mapping[str, str]) -> None:
    """Bring the go.mod in a folder to the leader's versions, for all modules that both use.

    Raises:
        BuildFailed: the leader is not locked yet, or its versions cannot all be had at a time.
    """
    leader = _leader(source, workshop, folder, env)
    pins, replaced = _pins(source, leader), replacements(leader)
    asked: dict[str, str] = {}
    for _ in range(ROUNDS):
        wrong = differing(_selected(source, workshop, folder, env), pins)
        if not wrong:
            (folder / "go.sum").unlink(missing_ok=True)  # has sums of versions that are passed over
            return
        # What is selected although the leader's version was asked for already is higher than that.
        higher = {path: version for path, version in wrong.items() if path in asked}
        asked |= wrong
        edits = [f"-exclude={path}@{version}" for path, version in sorted(higher.items())]
        edits += [f"-require={path}@{pins[path]}" for path in sorted(asked)]
        edits += [f"-replace={replaced[path]}" for path in sorted(asked) if path in replaced]
        workshop.run(source.name, "go", "mod", "edit", *edits, cwd=folder, env=env)
    raise _lost(source, Message("asks for ever higher versions of {names}", names=", ".join(sorted(wrong))))


def hold(source: Source, workshop: Workshop, folder: Path, env: Mapping[str, str]) -> None:
    """Make sure that the programs are content with the leader's versions: for a missing package Go moves to others.

    Raises:
        BuildFailed: they are not.
    """
    pins = _pins(source, _leader(source, workshop, folder, env))
    if wrong := differing(_selected(source, workshop, folder, env), pins):
        shown = ", ".join(f"{path} {version}" for path, version in sorted(wrong.items()))
        raise _lost(source, Message("needs packages that only other versions have: {shown}", shown=shown))


def required(go_mod: Mapping[str, Any]) -> dict[str, str]:
    """The version of each module that a go.mod, as `go mod edit -json` shows it, requires."""
    return {each["Path"]: each["Version"] for each in go_mod.get("Require") or ()}


def replacements(go_mod: Mapping[str, Any]) -> dict[str, str]:
    """The replacement of each module that a go.mod replaces by another version, as `go mod edit -replace` takes it."""
    found = {}
    for each in go_mod.get("Replace") or ():
        old, new = (
            "@".join(filter(None, (side["Path"], side.get("Version", "")))) for side in (each["Old"], each["New"])
        )
        found[each["Old"]["Path"]] = f"{old}={new}"
    return found


def differing(selected: Mapping[str, str], pins: Mapping[str, str]) -> dict[str, str]:
    """The selected versions that are not the pinned ones."""
    return {path: version for path, version in selected.items() if pins.get(path, version) != version}


def free(spec: Mapping[str, Any], module: str) -> bool:
    """Whether the recipe lets a follower have its own version of a module.

    That is itself, what `require` and `replace` name, and what `except` does, with the modules below those paths.
    """
    named = {spec.get("module", ""), *spec.get("require", ()), *spec.get("replace", ())}
    return module in named or any(f"{module}/".startswith(f"{path}/") for path in spec.get("except", ()))


def _leader(source: Source, workshop: Workshop, folder: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """The leader's locked go.mod."""
    if not workshop.leader:
        raise BuildFailed(
            what=source.name,
            reason=Message("follows {follows}, which is not locked yet", follows=source.spec["follows"]),
        )
    file = folder / "leader.mod"
    file.write_text(workshop.leader)
    said = workshop.run(source.name, "go", "mod", "edit", "-json", str(file), cwd=folder, env=env)
    file.unlink()
    found: dict[str, Any] = json.loads(said)
    return found


def _pins(source: Source, leader: Mapping[str, Any]) -> dict[str, str]:
    return {path: version for path, version in required(leader).items() if not free(source.spec, path)}


def _selected(source: Source, workshop: Workshop, folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The versions that Go selects; -e, because a module that nothing is taken from need not be published."""
    said = workshop.run(
        source.name, "go", "list", "-mod=mod", "-e", "-m", "-f", "{{.Path}} {{.Version}}", "all", cwd=folder, env=env
    )
    rows = (line.split() for line in said.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}


def _lost(source: Source, reason: str) -> BuildFailed:
    leader = source.spec["follows"]
    return BuildFailed(
        what=source.name,
        reason=Message("cannot follow {leader}: it {reason}", leader=leader, reason=reason),
        hint=Message("name modules that it shall have at its own versions under `except`"),
    )
