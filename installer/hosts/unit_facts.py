"""What a host's systemd has been told beside the units themselves: drop-ins, and swap that comes back; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from installer.hosts.facts_parsing import line

FOLDERS = (
    "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", "/etc/systemd/system",
    "/run/systemd/system", "/run/systemd/generator", "/run/systemd/generator.late", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system",
)  # fmt: skip
"""Where systemd looks for units and their drop-ins (systemd.unit(5)); /lib is another place on old systems alone."""
QUESTION = ("grep", "-RsnE", "--include=*.conf", "--include=*.swap", "^[[:space:]]*[^#;[:space:]]", *FOLDERS)
"""Prints file:line:text of each line that says something."""
FSTAB = "/etc/fstab"
SWAPPERS = ("zramswap", "dphys-swapfile", "zram-config")
"""Services that make swap at boot and are no swap units of systemd."""
_ROW = re.compile(r"(/[^:\n]+):([0-9]{1,6}):(.*)")


class DropIn(NamedTuple):
    """A line of a drop-in: the units it is for ("kubelet.service", "service" for all), where it stands, what."""

    unit: str
    place: str
    text: str


def drop_ins(grep: str) -> tuple[DropIn, ...]:
    """The settings of every drop-in; a line that only begins a section is none."""
    found, seen = [], set()
    for path, at, text in _rows(grep):
        folder, _, name = path.rpartition("/")
        unit = folder.rpartition("/")[2].removesuffix(".d")
        if not name.endswith(".conf") or not folder.endswith(".d") or text.startswith("["):
            continue
        key = (path.removeprefix("/usr"), at)  # /lib is /usr/lib on most systems
        if key not in seen:
            seen.add(key)
            found.append(DropIn(unit, f"{line(path)}:{at}", line(text)))
    return tuple(found)


def applies(dropped: str, unit: str) -> bool:
    """Whether a drop-in folder for `dropped` changes a unit: for its name, its template, its prefix, or its type."""
    stem, _, kind = unit.rpartition(".")
    names = {unit, kind}
    if "@" in stem:
        names.add(f"{stem.partition('@')[0]}@.{kind}")
    parts = stem.split("-")
    names |= {f"{'-'.join(parts[:count])}-.{kind}" for count in range(1, len(parts))}
    return dropped in names or (stem.endswith("@") and dropped.startswith(stem) and dropped.endswith(f".{kind}"))


def returning_swap(grep: str, fstab: str, enabled: frozenset[str]) -> tuple[str, ...]:
    """Where it is written that swap is turned on at boot; `enabled` are services that are started then."""
    found: dict[str, None] = {}
    for number, row in enumerate(fstab.splitlines(), start=1):
        fields = row.split("#")[0].split()
        if len(fields) > 2 and fields[2] == "swap" and "noauto" not in [*fields, ""][3].split(","):
            found[f"{FSTAB}:{number}"] = None
    for path, at, text in _rows(grep):
        if path.endswith(".swap") and text.startswith("What="):
            made = path.startswith("/run/systemd/generator")
            if not (made and fstab_names(fstab, text.removeprefix("What="))):
                found[f"{line(path)}:{at}"] = None
    found |= dict.fromkeys(f"{name}.service" for name in SWAPPERS if name in enabled)
    return tuple(found)


def fstab_names(fstab: str, device: str) -> bool:
    """Whether a swap unit was made from fstab: then the line there is what is to be told."""
    names = {row.split()[0] for row in fstab.splitlines() if row.split()[:1] and not row.startswith("#")}
    short = device.replace("/dev/disk/by-uuid/", "UUID=").replace("/dev/disk/by-label/", "LABEL=")
    return device in names or short in names


def _rows(grep: str) -> Iterator[tuple[str, int, str]]:
    for row in grep.splitlines():
        if told := _ROW.fullmatch(row):
            yield told[1], int(told[2]), told[3].strip()
