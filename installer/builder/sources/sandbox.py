"""Compiling with cgo inside a file system made of locked Debian packages.

A C compiler, its headers and static libraries decide the bytes of a program, and every machine has others. So the Go
command runs chrooted into the tree of `toolchain.c`, where the cache is mounted under fixed paths: neither the
machine's compiler nor its folder names can be seen in what is made.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.builder.recipe import C_TOOLCHAIN, Source
from installer.errors import BuildFailed
from installer.workshop import Workshop

SCRIPT = """set -eu
root=$1 cache=$2 toolchain=$3 work=$4; shift 4
mkdir -p "$root/cache" "$root/toolchain" "$root/work" "$root/dev" "$root/tmp" "$root/proc"
mount --bind "$cache" "$root/cache"
mount --bind "$toolchain" "$root/toolchain"
mount --bind "$work" "$root/work"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
exec env -i "$@"
"""

SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"
TEMPORARY = "/tmp"  # noqa: S108 - a file system of its own, seen by nobody else


def run(source: Source, workshop: Workshop, folder: Path, env: Mapping[str, str], argv: Sequence[str]) -> None:
    """Run a Go command in `folder`, all of whose modules are already in the cache.

    Raises:
        BuildFailed: the recipe names no C toolchain, or the command failed.
    """
    if workshop.sysroot is None:
        raise BuildFailed(
            what=source.name, reason=f"is built with cgo, but bundle.yaml names no toolchain.c ({C_TOOLCHAIN})"
        )
    if (machine := {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())) != workshop.architecture:
        raise BuildFailed(
            what=source.name, reason=f"cgo for {workshop.architecture} needs such a machine; this is {machine}"
        )
    inside = {
        **{key: value for key, value in env.items() if key.startswith(("GO", "CGO"))},
        "PATH": "/toolchain/bin:/usr/bin:/bin", "HOME": TEMPORARY, "GOROOT": "/toolchain", "GOPATH": "/cache",
        "GOCACHE": "/cache/build", "GOMODCACHE": "/cache/mod", "GOPROXY": "off", "CC": "gcc", "TMPDIR": TEMPORARY,
        "LC_ALL": "C",
    }  # fmt: skip
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    workshop.run(
        source.name, "unshare", "--mount", *user, "sh", "-c", SCRIPT, "sandbox", str(workshop.sysroot), env["GOPATH"],
        env["GOROOT"], str(folder), *(f"{key}={value}" for key, value in sorted(inside.items())),
        shutil.which("chroot", path=SYSTEM) or "chroot", str(workshop.sysroot), "/toolchain/bin/go", "-C", "/work",
        *argv[1:],
    )  # fmt: skip
