"""Programs of our own in bundles/parts: their Go tests pass."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from core_manifest import ROOT
from every import every

OWN = "module sitewright.invalid/"
"""What the go.mod of our programs begins with; others are laid over a module of somebody else's."""
PROGRAMS = sorted(
    path.parent for path in (ROOT / "bundles/parts").glob("*/*/go.mod") if path.read_text().startswith(OWN)
)
LOCKS = ROOT / "bundles/platform/locks"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sitewright/go/mod"
"""Modules that a build has fetched: these tests fetch none."""


def run_tests(folder: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    """The tests of a program, run in a copy that has what is locked for it."""
    copy = scratch / folder.parent.name / folder.name
    shutil.copytree(folder, copy)
    name = (folder / "go.mod").read_text().splitlines()[0].removeprefix(OWN)
    for file in ("go.mod", "go.sum"):
        if (locked := LOCKS / f"{name}.{file}").exists():
            shutil.copy(locked, copy / file)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOPROXY": "off"}
    if CACHE.is_dir():
        environment["GOMODCACHE"] = str(CACHE)
    return subprocess.run(
        ["go", "test", "-vet=all", "./..."], cwd=copy, env=environment, capture_output=True, text=True
    )


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go here")
def test_programs_of_parts_pass_their_own_tests(tmp_path: Path) -> None:
    missing = []

    def holds(folder: Path) -> None:
        done = run_tests(folder, tmp_path)
        if "module lookup disabled by GOPROXY=off" in done.stdout + done.stderr:
            missing.append(folder.name)
            return
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ok" in done.stdout

    every(PROGRAMS, holds, str)
    if missing:
        pytest.skip(f"modules are not here, which a build fetches: {', '.join(missing)}")
