"""Source kind `deb`: a root file system of Debian packages and what they need, made without running anything of theirs.

apt resolves against Debian's signed indexes when locking; the lock then names every package's address and digest, so
a build needs no index, and no Debian either: only apt's own downloader.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote

from installer.builder.recipe import Source
from installer.builder.sources import mirror
from installer.builder.sources.tree import Entry, directory, link, plain_file, write_tar
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop, file_digest

ROOT = "rootfs.tar"
"""Name of the one file made."""
SUITE = "bookworm"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Folders that Debian 12 has as links into /usr; packages still ship files under both names."""
UNWANTED = ("usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian", "usr/share/bug", "var/cache",
            "var/log", "etc/machine-id", "etc/init.d", "etc/cron.daily", "etc/logrotate.d")  # fmt: skip
"""What a container has no use for. Of usr/share/doc the licences stay."""
PEOPLE = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
}
_URI = re.compile(r"'(?P<url>[^']+)' (?P<file>\S+) (?P<size>\d+) (?P<digest>SHA256:[0-9a-f]{64})")


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """Every package that is needed, each with its version, address and digest."""
    spec = source.spec
    suite = spec.get("suite", SUITE)
    mirrors = mirror.bases(suite, workshop)
    with workshop.scratch() as folder:
        options = _apt(folder, suite, mirrors, spec.get("without", ()), workshop.architecture)
        workshop.run(source.name, "apt-get", *options, "update")
        said = workshop.run(
            source.name, "apt-get", *options, "install", "--quiet=2", "--print-uris", "--no-install-recommends",
            *spec["packages"],
        )  # fmt: skip
    packages = []
    for line in said.splitlines():
        if match := _URI.fullmatch(line.strip()):
            name, version, _ = match["file"].removesuffix(".deb").rsplit("_", 2)
            packages.append(
                {
                    "name": name,
                    "version": unquote(version),
                    "url": mirror.named(match["url"], mirrors),
                    "sha256": match["digest"].lower(),
                }
            )
    if not packages:
        raise BuildFailed(what=source.name, reason=Message("apt names no package with its SHA256"))
    return {"packages": sorted(packages, key=lambda package: package["name"])}


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Lay the packages' files over one another in the order of their names and write them as one plain tar."""
    entries: dict[str, Entry] = {name: link(f"usr/{name}") for name in ("bin", "sbin", "lib", "lib64")}
    entries |= {"tmp": directory(0o1777), "root": directory(0o700), "var/tmp": directory(0o1777)}
    entries |= {
        "run": directory(),
        "proc": directory(),
        "sys": directory(),
        "dev": directory(),
        "usr/sbin": directory(),
    }
    # apt is asked once, and only where something has to be fetched.
    mirrors = cache(lambda: mirror.bases(source.spec.get("suite", SUITE), workshop))
    dropped = (*UNWANTED, *(path.strip("/") for path in source.spec.get("drop", ())))
    with workshop.scratch() as folder:
        for number, package in enumerate(locked["packages"]):
            archive = download(source, package, workshop, mirrors)
            unpacked = folder / str(number)
            unpacked.mkdir()
            with archive.open("rb") as file:
                entries |= dict(_contents(file, package["name"], unpacked, dropped))
            workshop.pulse(0.0)
        for name, content in PEOPLE.items():
            if name not in entries:
                (folder / PurePosixPath(name).name).write_bytes(content)
                entries[name] = plain_file(folder / PurePosixPath(name).name)
        for path, target in source.spec.get("links", {}).items():
            entries[_merged(path.strip("/"))] = link(target)
        write_tar(into / ROOT, entries)


def download(
    source: Source, package: Mapping[str, str], workshop: Workshop, mirrors: Callable[[], Mapping[str, str]]
) -> Path:
    """The package's file in the cache, fetched if it is not there.

    Raises:
        BuildFailed: the mirror has it no longer, or has another one.
    """
    kept = workshop.cache / "debian" / f"{package['sha256'].partition(':')[2]}.deb"
    if kept.is_file():
        os.utime(kept)
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with workshop.scratch() as folder:
        got = folder / "package.deb"
        shown = f"{package['name']} {package['version']}"
        address = mirror.address(package["url"], mirrors())
        try:
            workshop.run(
                source.name, "/usr/lib/apt/apt-helper", "-o", "APT::Sandbox::User=root", "download-file",
                address, str(got), "SHA256:" + package["sha256"].partition(":")[2],
            )  # fmt: skip
        except BuildFailed as error:
            raise BuildFailed(
                what=Message("source {name}, Debian package {shown}", name=source.name, shown=shown),
                reason=Message(
                    "the locked version cannot be fetched from {address}: {reason}",
                    address=address,
                    reason=error.facts["reason"],
                ),
                hint=Message(
                    "it may have left its mirror; move on with: sitewright bundle lock --update {name}",
                    name=source.name,
                ),
            ) from error
        if (found := file_digest(got)) != package["sha256"]:
            raise BuildFailed(
                what=Message("Debian package {shown}", shown=shown),
                reason=Message("is {found}, but {digest} is locked", found=found, digest=package["sha256"]),
            )
        shutil.move(got, kept)
    return kept


def _apt(
    folder: Path, suite: str, mirrors: Mapping[str, str], without: tuple[str, ...], architecture: str
) -> list[str]:
    """Options that give apt a world of its own: no installed package but those that the recipe does without."""
    for name in ("lists/partial", "cache/archives/partial", "etc"):
        (folder / name).mkdir(parents=True)
    main, security = mirrors["debian"], mirrors["debian-security"]
    places = ((main, suite), (main, f"{suite}-updates"), (security, f"{suite}-security"))
    (folder / "sources.list").write_text(
        "".join(f"deb [signed-by={KEYRING}] {place} {each} main\n" for place, each in places)
    )
    (folder / "status").write_text(
        "".join(
            f"Package: {name}\nStatus: install ok installed\nArchitecture: {architecture}\nMulti-Arch: foreign\n"
            f"Version: 9999:0\nMaintainer: none\nDescription: done without\n\n"
            for name in without
        )
    )
    settings = {
        "Dir": folder, "Dir::State": folder, "Dir::State::status": folder / "status", "Dir::Cache": folder / "cache",
        "Dir::Etc": folder / "etc", "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null", "Dir::Etc::parts": "/dev/null", "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Architecture": architecture, "APT::Architectures": architecture,
        "APT::Install-Recommends": "false", "APT::Sandbox::User": "root",
        "Acquire::ForceHash": "SHA256", "Acquire::Languages": "none", "Acquire::Retries": "3",
    }  # fmt: skip
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _contents(file: IO[bytes], package: str, unpacked: Path, dropped: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
    """What a package installs, each file's content put below `unpacked`."""
    name, data = _member(file, package)
    if not name.endswith((".xz", ".gz", ".tar")):
        reason = Message("holds {name}, a compression that is not known here", name=name)
        raise BuildFailed(what=Message("Debian package {package}", package=package), reason=reason)
    kept: dict[str, Path] = {}
    with tarfile.open(fileobj=data, mode="r:*") as tar:
        for member in tar:
            path = _merged(member.name.removeprefix("./").strip("/"))
            if not path or path in MERGED:
                continue
            wanted = not path.startswith(tuple(f"{each}/" for each in dropped)) and path not in dropped
            wanted = wanted and (not path.startswith("usr/share/doc/") or path.endswith("/copyright") or member.isdir())
            if member.isdir():
                if wanted and not path.startswith("usr/share/doc"):
                    yield path, directory(member.mode, member.uid, member.gid)
            elif member.issym():
                if wanted:
                    yield path, link(member.linkname)
            elif member.isfile() or member.islnk():
                # A hard link becomes a file of its own, so that the order of the tar's entries is free.
                content = kept.get(_merged(member.linkname.removeprefix("./"))) if member.islnk() else None
                if content is None:
                    content = unpacked / str(len(kept))
                    opened = tar.extractfile(member)
                    if opened is not None:
                        with content.open("wb") as out:
                            shutil.copyfileobj(opened, out)
                kept[path] = content
                if wanted:
                    yield path, plain_file(content, member.mode, member.uid, member.gid)


def _member(file: IO[bytes], package: str) -> tuple[str, IO[bytes]]:
    """The data archive inside a .deb, which is an `ar` archive of three members."""
    if file.read(8) != b"!<arch>\n":
        raise BuildFailed(what=Message("Debian package {package}", package=package), reason=Message("is not a package"))
    while header := file.read(60):
        name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
        if name.startswith("data.tar"):
            return name, file
        file.seek(size + size % 2, 1)
    raise BuildFailed(what=Message("Debian package {package}", package=package), reason=Message("holds no files"))


def _merged(path: str) -> str:
    return f"usr/{path}" if path.split("/", 1)[0] in MERGED else path
