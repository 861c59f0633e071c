"""Files that steps put on hosts: wanted content, check, before-image and way back, shared by every host step.

What stood at a path before us is moved aside to `BEFORE` on the host at the first apply and comes back at undo, so
the journal needs to hold only each path's state, never its content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from installer.bundle.manifest import Artifact
from installer.errors import CommandFailed
from installer.plan.model import Before
from installer.world.ports import FileState, ReadOnly, World

HOME = "/var/lib/sitewright"
"""Everything of ours that lives on a host and is not configuration."""
BEFORE = f"{HOME}/before"

PULL = """set -eu
sha256() {
  if command -v openssl >/dev/null; then openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
  else sha256sum <"$1" | cut -d ' ' -f 1; fi
}
ca=$1 repository=$2 digest=$3 path=$4 mode=$5; shift 5
mkdir -p "$(dirname "$path")"
for endpoint; do
  if curl --fail --silent --show-error --cacert "$ca" --connect-timeout 5 --speed-limit 1000 --speed-time 30 \\
      --retry 2 --retry-max-time 5 --output "$path.part" "https://$endpoint/v2/$repository/blobs/sha256:$digest"; then
    found=$(sha256 "$path.part")
    [ "$found" = "$digest" ] || { echo "$endpoint gave $found for $digest" >&2; rm -f "$path.part"; exit 1; }
    chmod "$mode" "$path.part"
    mv --force "$path.part" "$path"
    exit 0
  fi
done
rm -f "$path.part"
exit 1
"""
"""Run on a host: take one blob from the first registry that answers, and install it only if its digest is right.

A registry whose packets are dropped costs five seconds, one that falls silent half a minute; then the next is asked.
"""

KEEP = """set -eu
path=$1 kept=$2
if [ -e "$kept" ] || [ ! -e "$path" ]; then exit 0; fi
mkdir -p "$(dirname "$kept")"
cp --archive "$path" "$kept.part"
mv "$kept.part" "$kept"
"""

RETURN = """set -eu
path=$1 kept=$2
mv --force "$kept" "$path"
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """One file wanted on a host. `pull` is the host file to take from the registry, or `text` the content itself."""

    path: str
    mode: int
    text: bytes = b""
    pull: Artifact | None = None

    @property
    def sha256(self) -> str:
        """Hex digest of the wanted content."""
        return self.pull.file.digest.partition(":")[2] if self.pull else hashlib.sha256(self.text).hexdigest()

    def holds(self, state: FileState | None) -> bool:
        """Whether that state is the wanted one."""
        return state is not None and state.sha256 == self.sha256 and state.mode == self.mode


@dataclass(frozen=True, slots=True)
class Source:
    """Where hosts pull from: registries as "address:port" in order of preference, and the CA they show."""

    endpoints: tuple[str, ...]
    ca: str


def shown(argv: Sequence[str]) -> str:
    """A command as messages show it, without the text of a script."""
    return " ".join(word if "\n" not in word else "<script>" for word in argv)


def demand(world: World, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> str:
    """Run a command that must succeed and return what it printed.

    Raises:
        CommandFailed: it ended with another code than 0.
    """
    output = world.run(host, *argv, stdin=stdin, timeout=timeout)
    if not output.ok:
        reason = output.err.strip() or output.out.strip()
        raise CommandFailed(host=host, command=shown(argv), code=output.code, reason=reason)
    return output.out


def underway(world: ReadOnly, host: str, unit: str) -> bool:
    """Whether a transient unit that an installer began runs still, or ended well and waits to be collected."""
    return world.query(host, "systemctl", "is-active", f"{unit}.service").ok


def demand_work(
    world: World, host: str, unit: str, *argv: str, timeout: float = 600, prepare: Callable[[], None] | None = None
) -> str:
    """Run a long command that must succeed as a transient unit and return its log.

    What an installer that died left under way is attached to. What it left failed is none of ours: that is forgotten
    and the command begun anew, after `prepare` has put in place what it works on.

    Raises:
        CommandFailed: it ended with another code than 0; the message carries its last lines.
    """
    if not underway(world, host, unit):
        world.run(host, "systemctl", "reset-failed", f"{unit}.service")
        if prepare is not None:
            prepare()
    output = world.work(host, unit, *argv, timeout=timeout)
    if not output.ok:
        tail = "\n".join(output.out.strip().splitlines()[-12:])
        raise CommandFailed(host=host, command=unit, code=output.code, reason=tail)
    return output.out


def all_hold(world: ReadOnly, host: str, wanted: Sequence[Placed]) -> bool:
    """Whether every file is in place."""
    states = world.stat(host, *(file.path for file in wanted))
    return all(file.holds(state) for file, state in zip(wanted, states, strict=True))


def captures(host: str, paths: Sequence[str]) -> Callable[[ReadOnly], Before]:
    """A capture of the state of paths on a host."""

    def capture(world: ReadOnly) -> Before:
        states = world.stat(host, *paths)
        return {path: asdict(state) if state else None for path, state in zip(paths, states, strict=True)}

    return capture


def place(world: World, host: str, source: Source, wanted: Sequence[Placed]) -> list[Placed]:
    """Put those files in place that are not; returns them. What stood there is kept aside."""
    states = world.stat(host, *(file.path for file in wanted))
    missing = [file for file, state in zip(wanted, states, strict=True) if not file.holds(state)]
    present = {file.path for file, state in zip(wanted, states, strict=True) if state is not None}
    for file in missing:
        if file.path in present:
            _keep(world, host, file.path)
        if file.pull is None:
            world.write(host, file.path, file.text, mode=file.mode)
        else:
            demand(
                world, host, "sh", "-c", PULL, "pull", source.ca, file.pull.repository, file.sha256, file.path,
                f"{file.mode:04o}", *source.endpoints, timeout=600,
            )  # fmt: skip
    return missing


def set_aside(world: World, host: str, path: str) -> None:
    """Take a file away, so that nothing stands there until it is placed; what stood there before us is kept."""
    if world.stat(host, path) != (None,):
        _keep(world, host, path)
        world.remove(host, path)


def take_back(world: World, host: str, before: Before) -> None:
    """Remove what was placed and bring back what stood there."""
    gone = [path for path, state in before.items() if state is None]
    if gone:
        world.remove(host, *gone)
    for path, state in before.items():
        if state is not None and world.stat(host, BEFORE + path) != (None,):
            demand(world, host, "sh", "-c", RETURN, "return", path, BEFORE + path)


def _keep(world: World, host: str, path: str) -> None:
    demand(world, host, "sh", "-c", KEEP, "keep", path, BEFORE + path)
