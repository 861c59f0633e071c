"""Compiling inside a file system made of locked Debian packages.

A compiler, its headers and libraries decide the bytes of a program, and every machine has others. So what compiles is
chrooted into the tree of a toolchain, where folders are mounted under fixed paths: neither the machine's compiler nor
its folder names can be seen in what is made. There is no network either: what is needed was fetched before.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.builder.recipe import TOOLCHAINS, Source
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop

SCRIPT = """set -eu
root=$1 binds=$2; shift 2
while [ "$binds" -gt 0 ]; do
    mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
    shift 2; binds=$((binds - 1))
done
mkdir -p "$root/dev" "$root/tmp" "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
exec env -i "$@"
"""

SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"
TEMPORARY = "/tmp"  # noqa: S108 - a file system of its own, seen by nobody else


def go(source: Source, workshop: Workshop, folder: Path, env: Mapping[str, str], argv: Sequence[str]) -> None:
    """Run a Go command in `folder`, all of whose modules are already in the cache.

    Raises:
        BuildFailed: the recipe names no C toolchain, or the command failed.
    """
    inside = {
        **{key: value for key, value in env.items() if key.startswith(("GO", "CGO"))},
        "PATH": "/toolchain/bin:/usr/bin:/bin", "GOROOT": "/toolchain", "GOPATH": "/cache",
        "GOCACHE": "/cache/build", "GOMODCACHE": "/cache/mod", "GOPROXY": "off", "CC": "gcc",
    }  # fmt: skip
    binds = {"/cache": Path(env["GOPATH"]), "/toolchain": Path(env["GOROOT"]), "/work": folder}
    run(source, workshop, binds, inside, ["/toolchain/bin/go", "-C", "/work", *argv[1:]])


def run(
    source: Source, workshop: Workshop, binds: Mapping[str, Path], env: Mapping[str, str], argv: Sequence[str]
) -> None:
    """Run a command in the file system of the source's toolchain, with folders of this machine under the paths given.

    Raises:
        BuildFailed: the recipe names no such toolchain, this machine is of another kind, or the command failed.
    """
    if workshop.sysroot is None:
        wanted = next(key for key, name in TOOLCHAINS.items() if name == source.sandbox)
        reason = Message(
            "is compiled in a file system, but bundle.yaml names no toolchain.{wanted} ({sandbox})",
            wanted=wanted,
            sandbox=source.sandbox,
        )
        raise BuildFailed(what=source.name, reason=reason)
    if (machine := {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())) != workshop.architecture:
        reason = Message(
            "compiling for {architecture} needs such a machine; this is {machine}",
            architecture=workshop.architecture,
            machine=machine,
        )
        raise BuildFailed(what=source.name, reason=reason)
    inside = {"PATH": "/usr/bin:/bin", "HOME": TEMPORARY, "TMPDIR": TEMPORARY, "LC_ALL": "C", **env}
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    workshop.run(
        source.name, "unshare", "--mount", "--net", *user, "sh", "-c", SCRIPT, "sandbox", str(workshop.sysroot),
        str(len(binds)), *(word for inner, outer in binds.items() for word in (str(outer), inner)),
        *(f"{key}={value}" for key, value in sorted(inside.items())),
        shutil.which("chroot", path=SYSTEM) or "chroot", str(workshop.sysroot), *argv,
    )  # fmt: skip
