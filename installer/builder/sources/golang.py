"""Source kind `go`: commands of a Go module, built so that the same lock gives the same bytes.

A module is built from a wrapper module that requires it, or, where the recipe lays own entry points over it
(`overlay`) or the module is the component's own (`path`), from a copy. Either way the lock holds the go.mod and go.sum
of the module that is built from, so `-mod=readonly` pins every dependency by its hash.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.builder import turns
from installer.builder.recipe import Source
from installer.builder.sources import as_locked, sandbox, toolchain, versions
from installer.builder.sources.path import copy_tree
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop, text_digest, tree_digest

WRAPPER_GO = "1.26.0"
"""Language version of a wrapper whose module names none."""
UNPUBLISHED = "v0.0.0"
"""What a module requires whose parts lie beside it in its own repository (`staging`)."""
ROOMY = 512 << 20
"""Bytes that each compiler must be able to fill before it is told to collect no garbage: the largest of Kubernetes'
packages need about as much, and below it a compiler would collect more often than by Go's own rule."""


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """Choose the versions of all dependencies; the identity is the module's sum and the resulting go.mod and go.sum."""
    with workshop.scratch() as folder:
        identity = _lay_out(source, workshop, folder)
        env = environment(source, workshop)
        _edit(source, workshop, folder, env)
        if "follows" in source.spec:
            versions.follow(source, workshop, folder, env)
        packages = _packages(source)
        if packages:
            workshop.run(source.name, "go", "list", "-mod=mod", "-deps", *_tags(source), *packages, cwd=folder, env=env)
        if "follows" in source.spec:
            versions.hold(source, workshop, folder, env)
        sums = folder / "go.sum"
        return {
            **identity,
            **_leader(source, workshop),
            "go.mod": (folder / "go.mod").read_text(),
            "go.sum": sums.read_text() if sums.exists() else "",
        }


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Build the commands, in one call of the compiler, and copy the folders that charts are taken from."""
    with workshop.scratch() as folder:
        found = _lay_out(source, workshop, folder) | _leader(source, workshop)
        as_locked.check(source, found, locked)
        (folder / "go.mod").write_text(locked["go.mod"])
        if locked["go.sum"]:
            (folder / "go.sum").write_text(locked["go.sum"])
        if packages := _packages(source):
            _build(source, workshop, folder, into, packages)
    if source.trees:
        origin = module(source, workshop)[0] if "module" in source.spec else source.inputs[0]
        for tree in source.trees:
            if (origin / tree).is_file():
                (into / tree).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(origin / tree, into / tree)
            elif (origin / tree).is_dir():
                copy_tree(origin / tree, into / tree)
            else:
                reason = Message("the module has neither file nor folder {tree}", tree=tree)
                raise BuildFailed(what=source.name, reason=reason)


def environment(source: Source, workshop: Workshop) -> dict[str, str]:
    """The Go command's whole environment; nothing of the user's own settings gets in."""
    root = toolchain.go_root(workshop.toolchain["go"], workshop)
    home = workshop.cache / "go"
    passed = {
        key: value
        for key, value in os.environ.items()
        if key.lower() in {"http_proxy", "https_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"} or key == "GOPROXY"
    }
    return {
        **passed,
        "PATH": f"{root}/bin:/usr/bin:/bin", "HOME": str(home), "GOROOT": str(root), "GOPATH": str(home),
        "GOCACHE": str(home / "build"), "GOMODCACHE": str(home / "mod"), "GOTOOLCHAIN": "local", "GOFLAGS": "",
        "GOWORK": "off", "GOENV": "off", "GOTELEMETRY": "off", "GOOS": "linux", "GOARCH": workshop.architecture,
        "CGO_ENABLED": "1" if source.spec.get("cgo") else "0",
        **collecting(free_memory(), turns.AT_A_TIME * len(os.sched_getaffinity(0))),
    }  # fmt: skip


def collecting(memory: int, compilers: int) -> dict[str, str]:
    """How Go's programs collect garbage where so many compile side by side with `memory` bytes free.

    A compiler lives for seconds. Where each has room, it collects nothing until it holds its share of half the memory:
    measured on client-go 0.36.3, that costs 135 processor seconds instead of 171 to 183. What is compiled is the same.
    """
    share = memory // 2 // compilers
    return {"GOGC": "off", "GOMEMLIMIT": f"{share >> 20}MiB"} if share >= ROOMY else {}


def free_memory(root: Path = Path("/")) -> int:
    """Bytes that programs can take now: what the kernel has, or less where a control group's limit leaves less."""
    lines = (root / "proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    group = root / "sys/fs/cgroup"
    for limit, used in (
        (group / "memory.max", group / "memory.current"),
        (group / "memory/memory.limit_in_bytes", group / "memory/memory.usage_in_bytes"),
    ):
        try:
            free = min(free, max(0, int(limit.read_text()) - int(used.read_text())))
        except (OSError, ValueError):
            continue  # No such group, or one without a limit ("max").
    return free


def _lay_out(source: Source, workshop: Workshop, folder: Path) -> dict[str, str]:
    """Put the module to build from into a folder, and say what it was made of."""
    spec = source.spec
    identity = {}
    if "module" in spec:
        origin, identity["module"] = module(source, workshop)
        if "overlay" in spec:
            copy_tree(origin, folder)
    if source.inputs:
        identity["tree"] = tree_digest(source.inputs[0])
        copy_tree(source.inputs[0], folder)
    return identity


def _leader(source: Source, workshop: Workshop) -> dict[str, str]:
    """What says that a follower was locked against the leader's present versions."""
    return {"follows": text_digest(workshop.leader)} if "follows" in source.spec else {}


def module(source: Source, workshop: Workshop) -> tuple[Path, str]:
    """The folder of the module that a source names, in Go's cache, and its sum."""
    wanted = f"{source.spec['module']}@{source.spec['version']}"
    with workshop.scratch() as nowhere:
        said = workshop.run(
            source.name, "go", "mod", "download", "-json", wanted, cwd=nowhere, env=environment(source, workshop)
        )
    found = json.loads(said)
    return Path(found["Dir"]), found["Sum"]


def _edit(source: Source, workshop: Workshop, folder: Path, env: Mapping[str, str]) -> None:
    """Write the wrapper's go.mod, or edit the copied module's, as the recipe says."""
    spec = source.spec
    lines = []
    if "module" in spec and "overlay" not in spec:
        own = _own_module(source, workshop, env)
        settings = "".join(f"\t{each['Key']}={each['Value']}\n" for each in own.get("Godebug") or ())
        lines += [f"module sitewright.invalid/{source.name}\n", f"go {own.get('Go', WRAPPER_GO)}\n"]
        lines += [f"godebug (\n{settings})\n"] if settings else []
        lines += [f"require {spec['module']} {spec['version']}\n"]
        if staging := spec.get("staging"):
            required = own.get("Require") or []
            staged = [each["Path"] for each in required if each["Version"] == UNPUBLISHED]
            for each in required:
                version = staging if each["Path"] in staged else each["Version"]
                lines.append(f"require {each['Path']} {version} // indirect\n")
            lines += [f"replace {path} {UNPUBLISHED} => {path} {staging}\n" for path in staged]
        (folder / "go.mod").write_text("\n".join(lines))
    if not (folder / "go.mod").is_file():
        raise BuildFailed(what=source.name, reason=Message("its folder has no go.mod"))
    edits = [f"-require={module}@{version}" for module, version in sorted(spec.get("require", {}).items())]
    for module, target in sorted(spec.get("replace", {}).items()):
        edits.append(f"-replace={module}={target.replace(' ', '@') if ' ' in target else f'{module}@{target}'}")
    if edits:
        workshop.run(source.name, "go", "mod", "edit", *edits, cwd=folder, env=env)


def _own_module(source: Source, workshop: Workshop, env: Mapping[str, str]) -> dict[str, Any]:
    """The module's own go.mod: its language version and GODEBUG settings become the wrapper's."""
    wanted = f"{source.spec['module']}@{source.spec['version']}"
    with workshop.scratch() as nowhere:
        said = json.loads(workshop.run(source.name, "go", "mod", "download", "-json", wanted, cwd=nowhere, env=env))
        found: dict[str, Any] = json.loads(
            workshop.run(source.name, "go", "mod", "edit", "-json", said["GoMod"], cwd=nowhere, env=env)
        )
    return found


def _build(source: Source, workshop: Workshop, folder: Path, into: Path, packages: list[str]) -> None:
    values = " ".join(f"-X {key}={value}" for key, value in sorted(source.spec.get("ldflags", {}).items()))
    flags = f"-s -w {values}".strip()
    if source.spec.get("cgo"):
        flags += ' -linkmode external -extldflags "-static -Wl,--build-id=none"'
    out = folder / ".made"
    out.mkdir()
    env = environment(source, workshop)
    argv = ["go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", flags, *_tags(source)]
    if source.spec.get("cgo"):
        workshop.run(
            source.name, "go", "list", "-mod=readonly", "-deps", *_tags(source), *packages, cwd=folder, env=env
        )
        sandbox.go(source, workshop, folder, env, [*argv, "-o", ".made/", *packages])
    else:
        workshop.run(source.name, *argv, "-o", f"{out}/", *packages, cwd=folder, env=env)
    for name, package in source.spec["commands"].items():
        shutil.move(out / program(package, folder), into / name)


def program(package: str, folder: Path) -> str:
    """The file name that Go gives a command: the last part of its import path that is not a version."""
    if package in {".", "./"}:
        declared = re.search(r"^module\s+(\S+)", (folder / "go.mod").read_text(), re.MULTILINE)
        package = declared[1] if declared else package
    parts = package.rstrip("/").split("/")
    return parts[-2] if len(parts) > 1 and re.fullmatch(r"v[0-9]+", parts[-1]) else parts[-1]


def _packages(source: Source) -> list[str]:
    return sorted(set(source.spec.get("commands", {}).values()))


def _tags(source: Source) -> list[str]:
    return ["-tags", ",".join(source.spec["tags"])] if source.spec.get("tags") else []
