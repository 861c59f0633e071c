"""Tries disks, links and ports of real hosts by what every supported one has: bash, coreutils and systemd.

bash connects (/dev/tcp, /dev/udp) and cannot listen; `systemd-socket-activate` listens, inside a transient unit that
systemd itself ends after a minute. Names of everything begin with `sitewright-probe`, also of what hears datagrams in
its place: so facts tell a port that a killed check still holds from one that is taken.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Protocol

from installer.errors import CommandFailed, HostAnswersOddly
from installer.messages import Message
from installer.ports import Output, Reached

WRITES = 100
DISK_MIB = 64
LINK_BYTES = 8 << 20
LINK_LED_IN = 3 << 20
"""Of these, what comes before the clock starts: that much may wait within SSH until sudo and the shell have started."""
_TIMED = re.compile(r"([a-z]+) ([0-9]{1,11}\.[0-9]{1,9}) ([0-9]{1,11}\.[0-9]{1,9})")
_PORT = re.compile(r"[0-9]{1,5}")

_NOW = """
now() { if [ -n "$EPOCHREALTIME" ]; then moment=$EPOCHREALTIME; else moment=$(date +%s.%N); fi; }
"""

_NEAREST = f"""{_NOW}
folder=$1
while [ ! -d "$folder" ]; do folder=${{folder%/*}}; folder=${{folder:-/}}; done
file=$(mktemp "$folder/.sitewright-probe.XXXXXX") || exit 1
trap 'rm -f -- "$file"' EXIT
trap 'exit 1' HUP TERM INT
"""

# A program is started for each write; how long that alone takes is measured beside it, by writes that do not wait.
FSYNC = f"""{_NEAREST}
for way in nonblock dsync; do
    count=0
    while [ $((count += 1)) -le "$2" ]; do
        now; begin=$moment
        dd if=/dev/zero of="$file" bs=2300 count=1 conv=notrunc oflag="$way" status=none || exit 1
        now; echo "$way $begin $moment"
    done
done
"""

DISK = f"""{_NEAREST}
now; begin=$moment
dd if=/dev/zero of="$file" bs=1M count="$2" conv=fdatasync status=none || exit 1
now; echo "written $begin $moment"
"""

LINK = f"""{_NOW}
head -c "$1" >/dev/null
now; begin=$moment
cat >/dev/null
now; echo "received $begin $moment"
"""

HUSH = "systemctl stop 'sitewright-probe-*.service'"

# What an installer that was killed left listening goes first: its name and its ports are wanted again.
LISTEN = (
    f"""
command -v systemd-socket-activate >/dev/null || exit 3
{HUSH}
"""
    + """
start() { systemd-run --quiet --collect --property=RuntimeMaxSec=60 "$@"; }
tcp=$1 udp=$2
if [ -n "$tcp" ]; then
    set --
    for port in $tcp; do set -- "$@" --listen="$port"; done
    start --unit=sitewright-probe-tcp systemd-socket-activate --accept "$@" /bin/true || exit 3
fi
for port in $udp; do
    heard=/run/sitewright-probe-$port
    start --unit="sitewright-probe-udp-$port" --property=StandardError=file:"$heard" \
        --property=ExecStopPost="/bin/rm -f $heard" \
        systemd-socket-activate --datagram --inetd --listen="$port" \
        /bin/sh -c 'echo sitewright-probe >/proc/self/comm; cat >&2; :' || exit 3
done
until=$(($(date +%s) + 10))
for port in $tcp $udp; do
    while [ -z "$(ss -H -ltun "sport = :$port")" ]; do
        [ "$(date +%s)" -lt "$until" ] || exit 3
        sleep 0.05
    done
done
"""
)

CONNECT = """
try() {
    said=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$1/$2"' try "$2" "$3" 2>&1)
    case "$?:$said" in
        0:*) echo "$1 open" ;;
        124:* | *"timed out"*) echo "$1 silent" ;;
        *refused*) echo "$1 refused" ;;
        *) echo "$1 unreachable" ;;
    esac
}
number=0
while [ $# -gt 0 ]; do
    try "$number" "$1" "$2" &
    shift 2
    [ $(((number += 1) % 32)) != 0 ] || wait
done
wait
"""

CALL = """
name=$1; shift
for again in 1 2 3; do
    for target do
        echo "$name ${target##*/}" 2>/dev/null >"/dev/udp/$target"
    done
    sleep 0.05
done
exit 0
"""

# What was sent last may still be on its way from the socket to the file.
HEARD = """
sleep 0.3
for file in /run/sitewright-probe-*; do [ ! -f "$file" ] || cat -- "$file"; done
"""


class Runs(Protocol):
    """What probes need of a world."""

    def run(self, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Output:
        """Run a short command to its end."""
        ...


class Probes:
    """`installer.ports.Probing` over a world that runs commands."""

    def __init__(self, world: Runs) -> None:
        self._world = world

    def fsync_latency(self, host: str, directory: str) -> float:
        """Seconds that 99 of 100 small synchronous writes in the directory stay below."""
        took = _timed(host, self._must(host, FSYNC, directory, str(WRITES)), nonblock=WRITES, dsync=WRITES)
        alone = sorted(took["nonblock"])[WRITES // 2]
        return max(0.0, sorted(took["dsync"])[WRITES * 99 // 100 - 1] - alone)

    def disk_speed(self, host: str, directory: str) -> float:
        """Bytes per second of writing there, flushed to the disk."""
        took = _timed(host, self._must(host, DISK, directory, str(DISK_MIB)), written=1)
        return (DISK_MIB << 20) / max(took["written"][0], 1e-6)

    def link_speed(self, host: str) -> float:
        """Bytes per second from this machine to the host; random ones, which nothing on the way can compress.

        The host itself takes the time, from one byte to another: how long login and sudo take is no part of it.
        """
        content = os.urandom(LINK_BYTES)
        took = _timed(host, self._must(host, LINK, str(LINK_LED_IN), stdin=content, timeout=120), received=1)
        return (LINK_BYTES - LINK_LED_IN) / max(took["received"][0], 1e-6)

    def listen(self, host: str, tcp: Sequence[int], udp: Sequence[int]) -> bool:
        """Listen on free ports until `hush`, or for a minute."""
        return self._bash(host, LISTEN, " ".join(map(str, tcp)), " ".join(map(str, udp))).ok

    def hush(self, host: str) -> None:
        """End what `listen` began."""
        self._bash(host, HUSH)

    def connect(self, host: str, targets: Sequence[tuple[str, int]]) -> tuple[Reached, ...]:
        """What becomes of a TCP connection from the host to each (address, port)."""
        if not targets:
            return ()
        flat = [str(part) for target in targets for part in target]
        said = self._must(host, CONNECT, *flat, timeout=30 + len(targets) / 4)
        came: dict[str, Reached] = {}
        words: dict[str, Reached] = {each: each for each in ("open", "refused", "silent", "unreachable")}
        for line in said.splitlines():
            number, _, word = line.partition(" ")
            if word not in words:
                raise HostAnswersOddly(
                    host=host, reason=Message("{value} for what became of a connection", value=f"{line[:80]!r}")
                )
            came[number] = words[word]
        return tuple(came.get(str(number), "unreachable") for number in range(len(targets)))

    def call(self, host: str, targets: Sequence[tuple[str, int]]) -> None:
        """Send a few UDP datagrams to each (address, port), each with the host's name and the port."""
        if targets:
            self._bash(host, CALL, host, *(f"{address}/{port}" for address, port in targets))

    def heard(self, host: str) -> frozenset[tuple[str, int]]:
        """(name of the calling host, port) of every datagram that arrived."""
        pairs = (line.split() for line in self._must(host, HEARD).splitlines())
        return frozenset((pair[0], int(pair[1])) for pair in pairs if len(pair) == 2 and _PORT.fullmatch(pair[1]))

    def _bash(self, host: str, script: str, *arguments: str, stdin: bytes = b"", timeout: float = 60) -> Output:
        return self._world.run(host, "bash", "-c", script, "probe", *arguments, stdin=stdin, timeout=timeout)

    def _must(self, host: str, script: str, *arguments: str, stdin: bytes = b"", timeout: float = 60) -> str:
        """Standard output of a script.

        Raises:
            CommandFailed: it did not exit 0.
        """
        output = self._bash(host, script, *arguments, stdin=stdin, timeout=timeout)
        if not output.ok:
            reason = output.err.strip() or Message("no reason given")
            raise CommandFailed(host=host, command="probe", code=output.code, reason=reason)
        return output.out


def _timed(host: str, text: str, **wanted: int) -> dict[str, list[float]]:
    """Seconds by what took them, of "what begin end" lines; `wanted` says how many there must be of each.

    Raises:
        HostAnswersOddly: there are others, or they are of another form.
    """
    took: dict[str, list[float]] = {what: [] for what in wanted}
    for line in text.splitlines():
        told = _TIMED.fullmatch(line)
        if told is None or told[1] not in took:
            raise HostAnswersOddly(
                host=host, reason=Message("{value} for how long a write took", value=f"{line[:80]!r}")
            )
        took[told[1]].append(float(told[3]) - float(told[2]))
    if {what: len(each) for what, each in took.items()} != wanted:
        raise HostAnswersOddly(
            host=host,
            reason=Message("{count} times for {wanted} writes", count=sum(map(len, took.values())), wanted=wanted),
        )
    return took
