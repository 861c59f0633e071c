"""Programs of our own in bundles/parts: their Go tests pass."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from core_manifest import ROOT
from every import every

PROGRAMS = sorted(path.parent for path in (ROOT / "bundles/parts").glob("*/*/go.mod"))


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go here")
def test_programs_of_parts_pass_their_own_tests() -> None:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOPROXY": "off"}

    def holds(folder: object) -> None:
        done = subprocess.run(
            ["go", "test", "-vet=all", "./..."], cwd=str(folder), env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ok" in done.stdout

    every(PROGRAMS, holds, str)
