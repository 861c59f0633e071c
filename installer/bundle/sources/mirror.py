"""Where Debian's packages come from: wherever this machine's own apt gets them, or SITEWRIGHT_DEBIAN_MIRROR.

A lock names a package by its archive and its path there ("debian/pool/main/...", "debian-security/pool/..."), so that
every machine takes it from its own nearest mirror; the digest says whether it is the right file.
"""

from __future__ import annotations

import os

from installer.bundle.sources.workshop import Workshop
from installer.errors import BuildFailed

VARIABLE = "SITEWRIGHT_DEBIAN_MIRROR"
ARCHIVES = ("debian-security", "debian")
"""Names of Debian's archives, as mirrors call their folders; the longer one first, since it begins with the other."""


def bases(suite: str, workshop: Workshop) -> dict[str, str]:
    """The address of each archive, without a slash at its end.

    Raises:
        BuildFailed: apt of this machine knows no mirror of that suite, and the variable names none.
    """
    given = os.environ.get(VARIABLE, "").rstrip("/")
    if given:
        return {archive: f"{given}/{archive}" for archive in ARCHIVES}
    said = workshop.run(
        "Debian's mirror", "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"
    )
    found: dict[str, str] = {}
    for line in said.splitlines():
        address, _, release = line.strip().partition(" ")
        if release in {suite, f"{suite}-security"}:
            archive = "debian-security" if release.endswith("-security") else "debian"
            found.setdefault(archive, address.rstrip("/"))
    if "debian" not in found:
        raise BuildFailed(
            what="Debian's packages",
            reason=f"apt of this machine has no mirror of Debian {suite}",
            hint=f"name one: {VARIABLE}=http://mirror.example (it has the folders {' and '.join(ARCHIVES)})",
        )
    found.setdefault("debian-security", found["debian"] + "-security")
    return found


def named(address: str, known: dict[str, str]) -> str:
    """How a lock names the file at an address of one of the archives."""
    for archive in ARCHIVES:
        if address.startswith(known[archive] + "/"):
            return archive + address.removeprefix(known[archive])
    return address


def address(name: str, suite: str, workshop: Workshop) -> str:
    """The address of a file that a lock names; one that is an address already is taken as it is."""
    if "://" in name:
        return name
    archive, _, path = name.partition("/")
    return f"{bases(suite, workshop)[archive]}/{path}"
