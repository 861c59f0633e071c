"""Makes what a source stands for, once: the result is kept in the cache under the digest of all it depends on."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from installer.builder.recipe import Source
from installer.builder.sources import deb, golang, helm, http, maven, npm, oci, path, pypi
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop, made_digests, remove_tree, text_digest

MAKING = 1
"""Changes when the same identity would be made into other bytes, so that nothing older is taken from the cache."""


class Kind(Protocol):
    """What every kind of source can do."""

    def resolve(self, source: Source, workshop: Workshop) -> dict[str, Any]:
        """Look outside and choose: the identity that goes into the lock."""
        ...

    def make(self, source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
        """Make the files of exactly that identity in an empty folder."""
        ...


KINDS: Mapping[str, Kind] = {
    "deb": deb,
    "go": golang,
    "helm": helm,
    "http": http,
    "maven": maven,
    "npm": npm,
    "oci": oci,
    "path": path,
    "pypi": pypi,
}


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """What a source resolves to today."""
    return KINDS[source.kind].resolve(source, workshop)


def made(source: Source, identity: Mapping[str, Any], workshop: Workshop) -> tuple[Path, dict[str, str]]:
    """The folder of what a source makes and the digest of each entry, made now if the cache has it not.

    What the cache has is hashed again each time: files that are not what was made once are made anew.
    """
    folder = workshop.cache / "made" / _key(source, identity, workshop)

    def make(into: Path) -> None:
        (into / "files").mkdir()
        KINDS[source.kind].make(source, identity, workshop, into / "files")
        (into / "digests.json").write_text(json.dumps(made_digests(into / "files")))

    found = _intact(folder)
    if found is None and folder.exists():
        remove_tree(folder)
    workshop.keep(folder, make)
    return folder / "files", made_digests(folder / "files") if found is None else found


def _intact(folder: Path) -> dict[str, str] | None:
    """The digests of a made folder of the cache as it is now; None where it is not what was once made."""
    try:
        kept = json.loads((folder / "digests.json").read_text())
        found = made_digests(folder / "files")
    except (OSError, ValueError):
        return None
    return found if found == kept else None


def is_made(source: Source, identity: Mapping[str, Any], workshop: Workshop) -> bool:
    """Whether the cache has already what a source makes."""
    return (workshop.cache / "made" / _key(source, identity, workshop)).is_dir()


def check(source: Source, found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Compare what was made with what is locked.

    Raises:
        BuildFailed: something differs, is missing or is too much.
    """
    for name in sorted({*found, *wanted}):
        if found.get(name) != wanted.get(name):
            raise BuildFailed(
                what=f"{source.name}: {name}",
                reason=Message(
                    "made {found}, but {locked} is locked",
                    found=found.get(name, Message("nothing")),
                    locked=wanted.get(name, Message("nothing")),
                ),
                hint=Message(
                    "this machine makes other bytes than the one that locked them; lock anew here only if "
                    "you trust it: sitewright bundle lock --update {name}",
                    name=source.name,
                ),
            )


def with_sysroot(source: Source, identity: Mapping[str, Any], workshop: Workshop) -> Workshop:
    """The workshop with a toolchain's file system unpacked for use."""
    files, digests = made(source, identity, workshop)

    def unpack(into: Path) -> None:
        with tarfile.open(files / deb.ROOT) as tar:
            tar.extractall(into, filter=_as_it_is)  # noqa: S202 - the tar is our own, its links into the root are meant

    name = digests[deb.ROOT].partition(":")[2][:16]
    return replace(workshop, sysroot=workshop.keep(workshop.cache / "sysroots" / name, unpack))


def _as_it_is(member: tarfile.TarInfo, _: str) -> tarfile.TarInfo:
    """Take every entry, but as the present user's."""
    return member.replace(uid=os.geteuid(), gid=os.getegid(), deep=False)


def _key(source: Source, identity: Mapping[str, Any], workshop: Workshop) -> str:
    tools: list[Any] = []
    if source.kind == "go":
        tools.append(workshop.toolchain["go"]["sha256"])
    if source.sandbox:
        tools.append(workshop.sysroot.name if workshop.sysroot else "")
    facts = [MAKING, source.kind, source.spec, list(source.trees), identity, tools, workshop.architecture]
    return text_digest(facts).partition(":")[2][:32]
