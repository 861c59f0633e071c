"""Before-images of files and units: what a step captures before it changes them, what is put aside, and the way back.

The journal holds states alone: of each file its digest and mode, of each unit whether it runs and starts at boot. The
content that a run replaces is put aside on the host itself, below `RUNS`/<run>/before, and goes when the run is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath

from installer.errors import HostAnswersOddly
from installer.layout import HOME
from installer.messages import Message
from installer.plan.model import Before, Image, Step
from installer.plan.steps.commands import demand
from installer.ports import FileState, ReadOnly, World

RUNS = f"{HOME}/runs"
"""What hosts keep of each run, by name: its records (installer.runs.site_copy) and, in "before", what it replaced."""
LONGEST_NAME = 255
"""Characters of the longest name that a file can have (NAME_MAX of limits.h)."""
CONTENT = frozenset({"file", "link"})
"""Kinds of entries whose content is put aside; a directory is judged by what came into it."""

KEEP = """set -eu
folder=$1; shift
for path do
  kept=$folder$path
  if [ -e "$kept" ] || [ -L "$kept" ]; then continue; fi
  if [ ! -e "$path" ] && [ ! -L "$path" ]; then continue; fi
  if [ -d "$path" ] && [ ! -L "$path" ]; then continue; fi
  (umask 077; mkdir -p "${kept%/*}")
  rm -f "$kept.part"
  cp -a "$path" "$kept.part"
  mv "$kept.part" "$kept"
done
"""
"""Run on a host: copy files and links into a folder, each below it by its whole path; what is there is left alone."""

RETURN = """set -eu
folder=$1; shift
for path do
  kept=$folder$path
  if [ ! -e "$kept" ] && [ ! -L "$kept" ]; then continue; fi
  mkdir -p "${path%/*}/"
  if [ -d "$path" ] && [ ! -L "$path" ]; then
    echo "a directory stands where $path was a file" >&2
    exit 1
  fi
  part=${path%/*}/.${path##*/}.part
  rm -f "$part"
  cp -a "$kept" "$part"
  mv -f "$part" "$path"
done
"""
"""Run on a host: put files and links back in place from the folder that `KEEP` filled; the copies stay there.

What is half there is hidden: a kubelet takes every other file in its folder of manifests for one.
"""

PRUNE = """for path do rmdir "$path" 2>/dev/null; done; exit 0"""
"""Run on a host: remove directories that are empty; one that somebody has put something into stays."""


def folder(image: Image) -> str:
    """Where hosts keep the content that a run replaced."""
    return f"{RUNS}/{image.run}/before"


def files_before(
    world: ReadOnly, host: str, paths: Sequence[str], leaves: Sequence[str] = (), *, in_use: bool = False
) -> Before:
    """The state of paths that a step writes, of what it leaves behind by itself, and of the directories above.

    {"files": {path: state or None}, "leaves": {path: whether it is there}, "_within": {path: names in it},
    "_made": [directory not there yet]}. What is in a leaf is not listed where it is `in_use`: it changes by itself.
    """
    parents = _parents((*paths, *leaves))
    states = world.stat(host, *paths, *leaves, *parents)
    files, left, above = states[: len(paths)], states[len(paths) :], states[len(paths) + len(leaves) :]
    there = [path for path, state in zip(leaves, left, strict=False) if state is not None and state.kind == "directory"]
    return {
        "files": {path: _told(state) for path, state in zip(paths, files, strict=True)},
        "leaves": {path: state is not None for path, state in zip(leaves, left, strict=False)},
        "_within": {} if in_use else {path: names(world, host, path) for path in there},
        "_made": [path for path, state in zip(parents, above, strict=True) if state is None],
    }


def captures(host: str, paths: Sequence[str], leaves: Sequence[str] = ()) -> Callable[[ReadOnly], Before]:
    """A capture of `files_before`."""
    return lambda world: files_before(world, host, paths, leaves)


def keeps(host: str) -> Callable[[World, Image], None]:
    """A `keep` that puts aside what stands at the captured paths."""

    def keep(world: World, image: Image) -> None:
        there = [path for path, state in image.seen["files"].items() if state is not None and state["kind"] in CONTENT]
        if there:
            demand(world, host, "sh", "-c", KEEP, "keep", folder(image), *there, timeout=300)

    return keep


def take_back(world: World, host: str, image: Image) -> None:
    """Remove what was placed, bring back what stood there, and clear what came into or made directories."""
    seen = image.seen
    back = [path for path, state in seen["files"].items() if state is not None and state["kind"] in CONTENT]
    if back:
        demand(world, host, "sh", "-c", RETURN, "return", folder(image), *back, timeout=300)
    gone = {path for path, state in seen["files"].items() if state is None} | set(_came(world, host, seen))
    world.remove(host, *sorted(path for path in gone if gone.isdisjoint(map(str, PurePosixPath(path).parents))))
    prune(world, host, *seen["_made"])


def prune(world: World, host: str, *directories: str) -> None:
    """Remove the directories that are empty, the deepest first."""
    if directories:
        demand(world, host, "sh", "-c", PRUNE, "prune", *sorted(directories, key=len, reverse=True))


def units_before(world: ReadOnly, host: str, units: Sequence[str]) -> Before:
    """Of each unit whether it runs ("ActiveState") and starts at boot ("UnitFileState")."""
    states = unit_states(world, host, units)
    return {unit: {"runs": runs, "enabled": enabled} for unit, (runs, enabled) in zip(units, states, strict=True)}


def unit_states(world: ReadOnly, host: str, units: Sequence[str]) -> list[tuple[bool, bool]]:
    """(runs, starts at boot) of each unit, in order; one look for all of them."""
    if not units:
        return []
    said = world.query(host, "systemctl", "show", "--property=ActiveState,UnitFileState", *units).out
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in said.strip().split("\n\n")]
    found = [(block.get("ActiveState") == "active", block.get("UnitFileState") == "enabled") for block in blocks]
    return found if len(found) == len(units) else [(False, False)] * len(units)


def stop_units(world: World, host: str, before: Before) -> None:
    """Stop and disable the units that neither ran nor started at boot before, while their files are still there."""
    for unit in reversed(list(before)):
        for verb, was in (("disable", before[unit]["enabled"]), ("stop", before[unit]["runs"])):
            if not was:
                world.run(host, "systemctl", verb, unit, timeout=120)


def restart_units(world: World, host: str, before: Before) -> None:
    """Once files are back: enable and restart the units that started at boot and ran before.

    Raises:
        CommandFailed: one does not start.
    """
    demand(world, host, "systemctl", "daemon-reload")
    for unit, was in before.items():
        if was["enabled"]:
            demand(world, host, "systemctl", "enable", unit)
        if was["runs"]:
            demand(world, host, "systemctl", "restart", unit, timeout=120)


def forget(host: str, environment: str, run: str, after: tuple[str, ...]) -> Step:
    """The last step of a way back on a host: nothing is kept there any longer for a run that is no more."""
    place = f"{RUNS}/{run}"

    def apply(world: World) -> None:
        world.remove(host, place)
        prune(world, host, RUNS)

    def differs(world: ReadOnly) -> tuple[()]:
        return ()

    return Step(
        id=f"forget:{environment}/run@{host}",
        title=Message("forget the run that was taken back"),
        phase="hosts",
        host=host,
        environment=environment,
        after=after,
        differs=differs,
        apply=apply,
        weight=0.1,
        always_apply=True,
    )


def _told(state: FileState | None) -> Before | None:
    if state is None:
        return None
    if state.kind not in CONTENT:  # a directory's size says nothing of what it is
        return {"kind": state.kind, "mode": state.mode, "owner": state.owner}
    return {**asdict(state), "sha256": f"sha256:{state.sha256}" if state.sha256 else ""}


def names(world: ReadOnly, host: str, directory: str) -> list[str]:
    """The names directly in a directory; none where there is no directory.

    Raises:
        HostAnswersOddly: one is no name of anything in a directory.
    """
    listing = world.query(host, "ls", "-1A", f"{directory}/")  # without the stroke, a file would be listed as itself
    found = listing.out.removesuffix("\n").split("\n") if listing.ok and listing.out else []
    for name in found:
        if name in ("", ".", "..") or "/" in name or "\0" in name or len(name) > LONGEST_NAME:
            raise HostAnswersOddly(
                host=host,
                reason=Message("{value} for a name in {directory}", value=f"{name[:80]!r}", directory=directory),
            )
    return found


def _came(world: ReadOnly, host: str, seen: Before) -> list[str]:
    came = [path for path, there in seen["leaves"].items() if not there]
    for path, within in seen["_within"].items():
        came += [f"{path}/{name}" for name in names(world, host, path) if name not in within]
    return came


def _parents(paths: Iterable[str]) -> list[str]:
    """Every directory above the paths, but for the root."""
    above = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    return sorted(above - {"/"})
