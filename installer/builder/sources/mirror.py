"""Where Debian's packages come from: SITEWRIGHT_DEBIAN_MIRROR, the mirror of this machine's own apt, or Debian itself.

A lock names a package by its archive and its path there ("debian/pool/main/...", "debian-security/pool/..."), so that
every machine takes it from its own nearest mirror; the digest says whether it is the right file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from installer.workshop import Workshop

VARIABLE = "SITEWRIGHT_DEBIAN_MIRROR"
DEBIAN = "http://deb.debian.org"
"""Debian's own mirrors; what comes from there is proved by signatures and digests, as from any other."""
ARCHIVES = ("debian-security", "debian")
"""Names of Debian's archives, as mirrors call their folders; the longer one first, since it begins with the other."""


def bases(suite: str, workshop: Workshop) -> dict[str, str]:
    """The address of each archive, without a slash at its end.

    A mirror that this machine's apt uses for another suite has this one as well; a machine that is no Debian (Ubuntu
    has archives of its own) takes Debian's.
    """
    given = os.environ.get(VARIABLE, "").rstrip("/")
    if given:
        return {archive: f"{given}/{archive}" for archive in ARCHIVES}
    said = workshop.run(
        "Debian's mirror", "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"
    )
    of_suite: dict[str, str] = {}
    of_others: dict[str, str] = {}
    for line in said.splitlines():
        address, _, release = line.strip().partition(" ")
        address = address.rstrip("/")
        if release in {suite, f"{suite}-security"}:
            of_suite.setdefault("debian-security" if release.endswith("-security") else "debian", address)
        elif (archive := address.rpartition("/")[2]) in ARCHIVES:
            of_others.setdefault(archive, address)
    found = of_suite if "debian" in of_suite else of_others
    if "debian" not in found:
        return {archive: f"{DEBIAN}/{archive}" for archive in ARCHIVES}
    return {"debian-security": found["debian"] + "-security", **found}


def named(address: str, known: dict[str, str]) -> str:
    """How a lock names the file at an address of one of the archives."""
    for archive in ARCHIVES:
        if address.startswith(known[archive] + "/"):
            return archive + address.removeprefix(known[archive])
    return address


def address(name: str, known: Mapping[str, str]) -> str:
    """The address of a file that a lock names; one that is an address already is taken as it is."""
    if "://" in name:
        return name
    archive, _, path = name.partition("/")
    return f"{known[archive]}/{path}"
