"""Understands what a host's own programs print; pure, and never surprised by what is missing or of another form.

A number is of ASCII digits and not longer than a number of its kind can be, a text not longer than a line; whatever
does not fit counts as not told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from installer.layout import HOME
from installer.messages import Message
from installer.plain import plain


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system that a path lies on; sizes in bytes, `options` those it is mounted with."""

    mount: str
    kind: str
    size: int
    free: int
    options: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listener:
    """A port in use. `address` as ss prints it, `program` empty where the kernel itself listens."""

    protocol: Literal["tcp", "udp"]
    address: str
    port: int
    program: str


class Owner(NamedTuple):
    """Whose a host is: a site and its environment. Both are empty where its owner file cannot be understood."""

    site: str
    environment: str

    def __str__(self) -> str:
        return (
            Message("site {site}, environment {environment}", site=self.site, environment=self.environment)
            if self.site
            else Message("a site that it does not name")
        )


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit: whether it is installed, running, and started at boot."""

    loaded: bool
    active: bool
    enabled: bool


OWNER = f"{HOME}/owner.json"
"""By this a host tells whose it is, from an installation's first step to the last of its way back."""
RECORD = f"{HOME}/site.json"
"""The site record: which bundle stands on a host."""
_HEADER = re.compile(r"^==> (/\S+) <==$", re.MULTILINE)
LONGEST = 256
"""Characters of a text that are kept: a name, a version, a path."""
CONTROLLERS = ("cpu", "memory", "pids")
"""Controllers of cgroup v2 that kubelet needs."""
SWITCHES = ("cgroup_disable=", "cgroup_enable=", "cgroup_memory=", "cgroup_no_v1=", "systemd.unified_cgroup_hierarchy=")
"""How words of the kernel's command line begin that switch them."""
_NUMBER = re.compile(r"[0-9]{1,15}")
"""Up to a petabyte in bytes; more digits are no size, count or version of anything."""
_CLOCK = re.compile(r"[0-9]{1,11}\.[0-9]{1,9}\n?")
_HOST_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}")
_MEMORY = re.compile(r"^(\w+):\s+([0-9]{1,15}) kB$", re.MULTILINE)
_PROGRAM = re.compile(r'\(\("([^"]+)"')


def files(text: str) -> dict[str, str]:
    """Content by path, from what `head -v` prints; a file that is not there is not in it."""
    parts = _HEADER.split(text)
    return {path: content.removeprefix("\n") for path, content in zip(parts[1::2], parts[2::2], strict=True)}


def line(text: str) -> str:
    """A text of one line as it may be shown, cut where it is longer than any that is meant."""
    return plain(text.strip()[:LONGEST], LONGEST)


def whole(text: str) -> int | None:
    """A text that is a whole number and nothing else."""
    return int(text) if _NUMBER.fullmatch(text) else None


def number(text: str) -> int:
    """The first whole number in a text, 0 where there is none."""
    found = _NUMBER.search(text)
    return int(found[0]) if found else 0


def seconds(text: str) -> float:
    """The time that `date +%s.%N` prints; not a number where it printed nothing.

    Raises:
        ValueError: it printed something else.
    """
    if not text:
        return float("nan")
    if not _CLOCK.fullmatch(text):
        raise ValueError(Message("{text} for the time", text=repr(text[:80])))
    return float(text)


def host_name(text: str) -> str:
    """A host's own name where it is one that can be looked up, else nothing."""
    return text.strip() if _HOST_NAME.fullmatch(text.strip()) else ""


def identity(content: Mapping[str, str]) -> dict[str, Any]:
    """Operating system, kernel, names and owner."""
    pairs = (row.split("=", 1) for row in content.get("/etc/os-release", "").splitlines() if "=" in row)
    system = {key: value.strip("\"'") for key, value in pairs}
    return {
        "os_id": line(system.get("ID", "")),
        "os_version": line(system.get("VERSION_ID", "")),
        "os_name": line(system.get("PRETTY_NAME", "")),
        "kernel": line(content.get("/proc/sys/kernel/osrelease", "")),
        "hostname": line(content.get("/proc/sys/kernel/hostname", "")),
        "machine_id": line(content.get("/etc/machine-id", "")),
        "owner": owner(content[OWNER]) if OWNER in content else None,
        "record": content.get(RECORD, ""),
    }


def machine(content: Mapping[str, str]) -> dict[str, Any]:
    """Cores, memory, capabilities, cgroups, kernel settings and the default route."""
    memory = {key: int(value) << 10 for key, value in _MEMORY.findall(content.get("/proc/meminfo", ""))}
    capabilities = re.search(r"^CapEff:\s+([0-9a-f]{1,16})$", content.get("/proc/self/status", ""), re.MULTILINE)
    controllers = content.get("/sys/fs/cgroup/cgroup.controllers")
    lacking = tuple(name for name in CONTROLLERS if name not in (controllers or "").split())
    settings = {path.removeprefix("/proc/sys/").replace("/", "."): whole(text.strip())
                for path, text in content.items() if path.startswith("/proc/sys/")}  # fmt: skip
    return {
        "cpus": len(re.findall(r"^cpu\d+ ", content.get("/proc/stat", ""), re.MULTILINE)),
        "memory": memory.get("MemTotal", 0),
        "swap": memory.get("SwapTotal", 0),
        "capabilities": int(capabilities[1], 16) if capabilities else 0,
        # A hybrid host mounts v2 beside v1, which has the controllers that kubelet needs.
        "cgroup": 1 if controllers is None or set(lacking) & _of_v1(content.get("/proc/cgroups", "")) else 2,
        "lacking_controllers": lacking,
        "kernel_switches": tuple(
            line(word) for word in content.get("/proc/cmdline", "").split() if word.startswith(SWITCHES)
        ),
        "default_route": any(
            line.split()[1:2] == ["00000000"] for line in content.get("/proc/net/route", "").splitlines()
        ),
        "selinux": content.get("/sys/fs/selinux/enforce", "").strip() == "1",
        "settings": {key: value for key, value in settings.items() if value is not None},
    }


def _of_v1(text: str) -> frozenset[str]:
    """The controllers that a hierarchy of cgroup v1 has, from /proc/cgroups (cgroups(7)); those of v2 have number 0."""
    rows = (row.split() for row in text.splitlines())
    return frozenset(row[0] for row in rows if len(row) == 4 and (whole(row[1]) or 0) > 0)


def disks(df: str, mounts: str, places: Sequence[str]) -> dict[str, Disk]:
    """The disk of each place, by `df --output=file,size,avail,target,fstype`."""
    options = {}
    for row in mounts.splitlines():
        fields = row.split()
        if len(fields) >= 4:
            options[fields[1]] = frozenset(fields[3].split(","))
    found = {}
    for row in df.splitlines()[1:]:
        fields = row.split()
        if len(fields) != 5:
            continue
        size, free = whole(fields[1]), whole(fields[2])
        if size is not None and free is not None:
            place, _, _, mount, kind = fields
            found[place] = Disk(line(mount), line(kind), size, free, options.get(mount, frozenset()))
    return {place: disk for place in places if (disk := nearest(found, place))}


def filled(ls: str) -> tuple[str, ...]:
    """The folders in which there is anything, from what `ls -A` prints of several."""
    blocks = (block.splitlines() for block in ls.split("\n\n"))
    return tuple(line(rows[0].removesuffix(":")) for rows in blocks if len(rows) > 1 and rows[0].endswith(":"))


def sizes(du: str) -> dict[str, int]:
    """Bytes by path, from `du -sxB1`; a path that is not there is not in it."""
    rows = (row.partition("\t") for row in du.splitlines())
    counted = {path: whole(size) for size, _, path in rows if path}
    return {path: size for path, size in counted.items() if size is not None}


def nearest(found: Mapping[str, Disk], place: str) -> Disk | None:
    """The disk of a place, or of its nearest parent that has one; None where none was told."""
    while place not in found and place != "/":
        place = place.rpartition("/")[0] or "/"
    return found.get(place)


_PROBES = ('"systemd-socket-"', '"sitewright-prob"')
"""What `installer.remote.probing` listens with, as `ss` names it: 15 letters."""


def listeners(text: str) -> tuple[Listener, ...]:
    """Ports in use, from `ss -H -ltunp`; what a probe of a check that was killed still holds counts as free."""
    found = []
    for row in text.splitlines():
        fields = row.split()
        if len(fields) < 5 or fields[0] not in ("tcp", "udp") or any(name in row for name in _PROBES):
            continue
        address, _, port = fields[4].rpartition(":")
        program = _PROGRAM.search(row)
        held = whole(port)
        if held is not None and held < 65536:
            protocol: Literal["tcp", "udp"] = "tcp" if fields[0] == "tcp" else "udp"
            found.append(Listener(protocol, line(address), held, line(program[1]) if program else ""))
    return tuple(found)


def addresses(text: str) -> frozenset[str]:
    """Every address of a host, from `ip -json address`."""
    links = _json(text or "[]")
    found: set[str] = set()
    for link in links if isinstance(links, list) else ():
        told = link.get("addr_info") if isinstance(link, dict) else None
        for info in told if isinstance(told, list) else ():
            if isinstance(info, dict) and isinstance(info.get("local"), str):
                found.add(line(info["local"]))
    return frozenset(found)


def units(text: str) -> dict[str, Unit]:
    """Units by name without `.service`, from `systemctl show` over several."""
    found = {}
    for block in text.split("\n\n"):
        said = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in said:
            found[said["Id"].removesuffix(".service")] = Unit(
                loaded=said.get("LoadState") == "loaded",
                active=said.get("ActiveState") in ("active", "activating", "reloading"),
                enabled=said.get("UnitFileState") == "enabled",
            )
    return found


def owner(text: str) -> Owner:
    """Whose a host is, by its owner file."""
    told = _json(text)
    if not isinstance(told, dict) or told.get("format") != 1:
        return Owner("", "")
    site, environment = told.get("site", ""), told.get("environment", "")
    known = isinstance(site, str) and isinstance(environment, str) and max(len(site), len(environment)) <= LONGEST
    return Owner(site, environment) if known else Owner("", "")


def _json(text: str) -> Any:
    """What a JSON text says, None where it is none, or nested deeper than anything that is meant."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
