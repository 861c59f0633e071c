"""Files that steps put on hosts: what is wanted, how it differs from what is there, and how it is put in place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from installer.bundle.manifest import Artifact
from installer.messages import Message
from installer.plan.model import Difference, Differences
from installer.plan.steps.commands import demand
from installer.ports import FileState, ReadOnly, World

PULL = """set -eu
sha256() {
  if command -v openssl >/dev/null; then openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
  else sha256sum <"$1" | cut -d ' ' -f 1; fi
}
umask 022
ca=$1 repository=$2 digest=$3 path=$4 mode=$5; shift 5
mkdir -p "$(dirname "$path")"
for endpoint; do
  if curl --disable --noproxy '*' --fail --silent --show-error \\
      --cacert "$ca" --connect-timeout 5 --speed-limit 1000 --speed-time 30 \\
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

    def difference(self, state: FileState | None) -> Difference:
        """How that state is another one than the wanted."""
        if state is None:
            return Difference(self.path, Message("there"), Message("nothing"))
        if state.sha256 == self.sha256:
            return Difference(
                self.path,
                Message("mode {mode}", mode=format(self.mode, "04o")),
                Message("mode {mode}", mode=format(state.mode, "04o")),
            )
        seen = f"sha256 {state.sha256[:12]}" if state.kind == "file" else f"a {state.kind}"
        return Difference(self.path, f"sha256 {self.sha256[:12]}", seen)


@dataclass(frozen=True, slots=True)
class Source:
    """Where hosts pull from: registries as "address:port" in order of preference, and the CA they show."""

    endpoints: tuple[str, ...]
    ca: str


def files_differ(world: ReadOnly, host: str, wanted: Sequence[Placed]) -> Differences:
    """Each file that is not in place as it is wanted."""
    states = world.stat(host, *(file.path for file in wanted))
    return tuple(file.difference(state) for file, state in zip(wanted, states, strict=True) if not file.holds(state))


def place(world: World, host: str, source: Source, wanted: Sequence[Placed]) -> list[Placed]:
    """Put those files in place that are not; returns them."""
    states = world.stat(host, *(file.path for file in wanted))
    missing = [file for file, state in zip(wanted, states, strict=True) if not file.holds(state)]
    for file in missing:
        if file.pull is None:
            world.write(host, file.path, file.text, mode=file.mode)
        else:
            demand(
                world, host, "sh", "-c", PULL, "pull", source.ca, file.pull.repository, file.sha256, file.path,
                f"{file.mode:04o}", *source.endpoints, timeout=600,
            )  # fmt: skip
    return missing
