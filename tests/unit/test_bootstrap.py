"""What `make` installs is what pyproject.toml names, and everything in it is pinned."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = [line for line in (ROOT / "build/requirements.txt").read_text().splitlines() if not line.startswith("#")]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["dev"]]


@pytest.mark.parametrize("line", LOCK)
def test_every_locked_package_is_pinned(line: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][^ ;]*", line)


@pytest.mark.parametrize("requirement", wanted())
def test_every_dependency_is_locked_as_named(requirement: str) -> None:
    locked = {canonical(line.split("==")[0]): line.split("==")[1] for line in LOCK}
    name, _, version = requirement.partition("==")
    found = locked.get(canonical(name.split("[")[0]))
    assert found is not None, "run build/bootstrap --lock"
    assert version in ("", found), "run build/bootstrap --lock"


def test_bootstrap_refuses_an_unknown_argument() -> None:
    done = subprocess.run([ROOT / "build/bootstrap", "--nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unknown argument --nonsense" in done.stderr


@pytest.mark.parametrize("script", ["build/bootstrap", ".ci/run"])
def test_scripts_are_executable_and_parse(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
    subprocess.run(["bash", "-n", ROOT / script], check=True)
