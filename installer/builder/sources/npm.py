"""Source kind `npm`: a front end, built from its source with the packages that a lock file names.

The source is a folder of a Go module, where programs bring their page along, or the component's own. pnpm, of the
version that the recipe names, resolves when locking and fetches when building; it looks at every package's digest. What
builds then runs in the file system of `toolchain.node`, without network, and no package's install script is ever run.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from installer.builder.recipe import Source
from installer.builder.sources import as_locked, golang, sandbox
from installer.builder.sources.path import copy_tree
from installer.errors import BuildFailed
from installer.formats import libyaml
from installer.messages import Message
from installer.workshop import Workshop, file_digest, tree_digest

LOCK = "pnpm-lock.yaml"
DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies")
WRAPPER = '#!/bin/sh\nexec node /pnpm/bin/pnpm.cjs "$@"\n'
"""pnpm as what is built calls it."""


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """The source's digest, pnpm's, and the lock file: the source's own, brought to what the recipe asks for."""
    with workshop.scratch() as folder:
        identity, page = _lay_out(source, workshop, folder / "work")
        (folder / "pnpm").mkdir()
        pnpm = _pnpm(source, workshop, folder / "pnpm")
        _install(source, workshop, folder, page, "--lockfile-only", "--no-frozen-lockfile")
        return {**identity, "pnpm": pnpm, LOCK: (page / LOCK).read_text(encoding="utf-8")}


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Fetch the packages of the lock file, then run what the recipe says without network."""
    with workshop.scratch() as folder:
        found, page = _lay_out(source, workshop, folder / "work")
        (folder / "pnpm").mkdir()
        found |= {"pnpm": _pnpm(source, workshop, folder / "pnpm")}
        as_locked.check(source, found, locked)
        (page / LOCK).write_text(locked[LOCK], encoding="utf-8")
        _install(source, workshop, folder, page, "--frozen-lockfile")
        inside = "/".join(("/work", *page.relative_to(folder / "work").parts))
        env = {"PATH": "/pnpm:/usr/bin:/bin", "CI": "true", "NO_COLOR": "1", **_own_settings()}
        for command in source.spec["run"]:
            binds = {"/work": folder / "work", "/pnpm": folder / "pnpm"}
            sandbox.run(source, workshop, binds, env, ["/bin/bash", "-euc", f"cd {inside}; {command}"])
        for name, path in source.spec["made"].items():
            if not (page / path).is_dir():
                raise BuildFailed(what=source.name, reason=Message("no folder {path} was built", path=path))
            copy_tree(page / path, into / name)


def packages(lock: str) -> Iterator[tuple[str, str]]:
    """Name and version of each package that a lock file's projects need to run, not only to be built."""
    found: set[str] = set()
    said = libyaml.load(lock)
    snapshots = said.get("snapshots") or {}
    ahead = [
        f"{name}@{each['version']}"
        for project in said["importers"].values()
        for name, each in (project.get("dependencies") or {}).items()
    ]
    while ahead:
        # Of what comes by another name, or beside its peers, the package's own name and version stand in front.
        key = ahead.pop()
        if key in found or key not in snapshots:
            continue
        found.add(key)
        ahead += [f"{name}@{version}" for name, version in (snapshots[key].get("dependencies") or {}).items()]
    for key in sorted({key.partition("(")[0] for key in found}):
        name, _, version = key.rpartition("@")
        yield name, version


def _lay_out(source: Source, workshop: Workshop, folder: Path) -> tuple[dict[str, Any], Path]:
    """Copy the source to where it is built, with the versions the recipe wants; what it was made of, and its folder."""
    identity: dict[str, Any] = {}
    if source.inputs:
        origin, identity["tree"] = source.inputs[0], tree_digest(source.inputs[0])
    else:
        origin, identity["module"] = golang.module(source, workshop)
    below = source.spec.get("folder", ".")
    if not (origin / below / "package.json").is_file():
        raise BuildFailed(what=source.name, reason=Message("its source has no {below}/package.json", below=below))
    page = folder / below
    page.mkdir(parents=True)
    copy_tree(origin / below, page)
    for name, wanted in source.spec.get("versions", {}).items():
        _ask_for(source, page / name, wanted)
    return identity, page


def _ask_for(source: Source, path: Path, wanted: Mapping[str, str]) -> None:
    """Write other versions into a package.json than it asks for."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BuildFailed(
            what=source.name, reason=Message("its {name} cannot be read: {reason}", name=path.name, reason=error)
        ) from error
    for package, version in wanted.items():
        places = [said[kind] for kind in DEPENDENCIES if package in said.get(kind, {})]
        if not places:
            raise BuildFailed(
                what=source.name,
                reason=Message(
                    "{folder}/{name} asks for no {package}", folder=path.parent.name, name=path.name, package=package
                ),
            )
        for place in places:
            place[package] = version
    path.write_text(json.dumps(said, indent=2), encoding="utf-8")


def _pnpm(source: Source, workshop: Workshop, into: Path) -> dict[str, str]:
    """Fetch pnpm by npm and unpack it; what the lock says of it."""
    try:
        workshop.run(
            source.name, "npm", "pack", "--silent", "--ignore-scripts", f"pnpm@{source.spec['pnpm']}",
            cwd=into, env={**os.environ, "npm_config_cache": str(workshop.cache / "npm")},
        )  # fmt: skip
    except BuildFailed as error:
        hint = Message("front ends are fetched with npm: apt-get install npm")
        raise BuildFailed(
            what=Message("source {name}", name=source.name), reason=error.facts["reason"], hint=hint
        ) from error
    packed = next(into.glob("*.tgz"))
    with tarfile.open(packed) as tar:
        tar.extractall(into, filter="data")
    for path in (into / "package").iterdir():
        path.rename(into / path.name)
    (into / "pnpm").write_text(WRAPPER, encoding="utf-8")
    (into / "pnpm").chmod(0o755)
    return {"version": source.spec["pnpm"], "sha256": file_digest(packed)}


def _install(source: Source, workshop: Workshop, folder: Path, page: Path, *options: str) -> None:
    """Have pnpm resolve or fetch, with nothing run that a package brings along, and each file a copy of its own."""
    kept = workshop.cache / "npm"
    folders = {f"npm_config_{name}_dir": str(kept / name) for name in ("cache", "state")}
    workshop.run(
        source.name, "node", str(folder / "pnpm/bin/pnpm.cjs"), "install", *options, "--ignore-scripts",
        f"--store-dir={kept / 'store'}", "--package-import-method=copy", "--reporter=append-only",
        cwd=page, env={**os.environ, "CI": "true", **_own_settings(), **folders},
    )  # fmt: skip


def _own_settings() -> dict[str, str]:
    """Settings of pnpm: it stays of this version, whatever a package.json asks for, and tells nobody."""
    return {
        "npm_config_manage_package_manager_versions": "false",
        "npm_config_update_notifier": "false",
        "npm_config_verify_deps_before_run": "false",
    }
