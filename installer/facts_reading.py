"""Understands what a host's own programs print; pure, and never surprised by what is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple


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
        return f"site {self.site}, environment {self.environment}" if self.site else "a site that it does not name"


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit: whether it is installed, running, and started at boot."""

    loaded: bool
    active: bool
    enabled: bool


OWNER = "/var/lib/sitewright/owner.json"
"""By this a host tells whose it is, from an installation's first step to the last of its way back."""
_HEADER = re.compile(r"^==> (/\S+) <==$", re.MULTILINE)
_MEMORY = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)
_PROGRAM = re.compile(r'\(\("([^"]+)"')


def files(text: str) -> dict[str, str]:
    """Content by path, from what `head -v` prints; a file that is not there is not in it."""
    parts = _HEADER.split(text)
    return {path: content.removeprefix("\n") for path, content in zip(parts[1::2], parts[2::2], strict=True)}


def number(text: str) -> int:
    """The first whole number in a text, 0 where there is none."""
    found = re.search(r"\d+", text)
    return int(found[0]) if found else 0


def identity(content: Mapping[str, str]) -> dict[str, Any]:
    """Operating system, kernel, names and owner."""
    pairs = (line.split("=", 1) for line in content.get("/etc/os-release", "").splitlines() if "=" in line)
    system = {key: value.strip("\"'") for key, value in pairs}
    return {
        "os_id": system.get("ID", ""),
        "os_version": system.get("VERSION_ID", ""),
        "os_name": system.get("PRETTY_NAME", ""),
        "kernel": content.get("/proc/sys/kernel/osrelease", "").strip(),
        "hostname": content.get("/proc/sys/kernel/hostname", "").strip(),
        "machine_id": content.get("/etc/machine-id", "").strip(),
        "owner": owner(content[OWNER]) if OWNER in content else None,
    }


def machine(content: Mapping[str, str]) -> dict[str, Any]:
    """Cores, memory, capabilities, cgroups, kernel settings and the default route."""
    memory = {key: int(value) << 10 for key, value in _MEMORY.findall(content.get("/proc/meminfo", ""))}
    capabilities = re.search(r"^CapEff:\s+([0-9a-f]+)$", content.get("/proc/self/status", ""), re.MULTILINE)
    controllers = content.get("/sys/fs/cgroup/cgroup.controllers", "")
    settings = {path.removeprefix("/proc/sys/").replace("/", "."): text for path, text in content.items()
                if path.startswith("/proc/sys/") and text.strip().isdigit()}  # fmt: skip
    return {
        "cpus": len(re.findall(r"^cpu\d+ ", content.get("/proc/stat", ""), re.MULTILINE)),
        "memory": memory.get("MemTotal", 0),
        "swap": memory.get("SwapTotal", 0),
        "capabilities": int(capabilities[1], 16) if capabilities else 0,
        # A hybrid host mounts v2 beside v1, but without the controllers that kubelet needs.
        "cgroup": 2 if {"cpu", "memory", "pids"} <= set(controllers.split()) else 1,
        "default_route": any(
            line.split()[1:2] == ["00000000"] for line in content.get("/proc/net/route", "").splitlines()
        ),
        "selinux": content.get("/sys/fs/selinux/enforce", "").strip() == "1",
        "settings": {key: int(text) for key, text in settings.items()},
    }


def disks(df: str, mounts: str, places: Sequence[str]) -> dict[str, Disk]:
    """The disk of each place, by `df --output=file,size,avail,target,fstype`."""
    options = {}
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) >= 4:
            options[fields[1]] = frozenset(fields[3].split(","))
    found = {}
    for line in df.splitlines()[1:]:
        fields = line.split()
        if len(fields) == 5 and fields[1].isdigit() and fields[2].isdigit():
            place, size, free, mount, kind = fields
            found[place] = Disk(mount, kind, int(size), int(free), options.get(mount, frozenset()))
    return {place: disk for place in places if (disk := nearest(found, place))}


def sizes(du: str) -> dict[str, int]:
    """Bytes by path, from `du -sxB1`; a path that is not there is not in it."""
    rows = (line.split("\t", 1) for line in du.splitlines())
    return {row[1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit()}


def nearest(found: Mapping[str, Disk], place: str) -> Disk | None:
    """The disk of a place, or of its nearest parent that has one; None where none was told."""
    while place not in found and place != "/":
        place = place.rpartition("/")[0] or "/"
    return found.get(place)


_PROBES = ('"systemd-socket-"', '"sitewright-prob"')
"""What `installer.world.probing` listens with, as `ss` names it: 15 letters."""


def listeners(text: str) -> tuple[Listener, ...]:
    """Ports in use, from `ss -H -ltunp`; what a probe of a check that was killed still holds counts as free."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 5 or fields[0] not in ("tcp", "udp") or any(name in line for name in _PROBES):
            continue
        address, _, port = fields[4].rpartition(":")
        program = _PROGRAM.search(line)
        if port.isdigit():
            protocol: Literal["tcp", "udp"] = "tcp" if fields[0] == "tcp" else "udp"
            found.append(Listener(protocol, address, int(port), program[1] if program else ""))
    return tuple(found)


def addresses(text: str) -> frozenset[str]:
    """Every address of a host, from `ip -json address`."""
    try:
        links = json.loads(text or "[]")
    except ValueError:
        return frozenset()
    return frozenset(info["local"] for link in links for info in link.get("addr_info", ()) if "local" in info)


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
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    known = isinstance(told, dict) and told.get("format") == 1
    return Owner(str(told.get("site", "")), str(told.get("environment", ""))) if known else Owner("", "")
