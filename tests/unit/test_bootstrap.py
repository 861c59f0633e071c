"""What `make` installs is what pyproject.toml names, and everything in it is pinned."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from every import every

ROOT = Path(__file__).parents[2]
LOCK = [line for line in (ROOT / "build/requirements.txt").read_text().splitlines() if not line.startswith("#")]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["dev"]]


def test_every_locked_package_is_pinned() -> None:
    unpinned = [line for line in LOCK if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][^ ;]*", line)]
    assert LOCK
    assert unpinned == []


def test_every_dependency_is_locked_as_named() -> None:
    locked = {canonical(line.split("==")[0]): line.split("==")[1] for line in LOCK}

    def holds(requirement: str) -> None:
        name, _, version = requirement.partition("==")
        found = locked.get(canonical(name.split("[")[0]))
        assert found is not None, "run build/bootstrap --lock"
        assert version in ("", found), "run build/bootstrap --lock"

    every(wanted(), holds)


def test_bootstrap_refuses_an_unknown_argument() -> None:
    done = subprocess.run([ROOT / "build/bootstrap", "--nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unknown argument --nonsense" in done.stderr


@pytest.mark.parametrize("script", ["build/bootstrap", ".ci/run"])
def test_scripts_are_executable_and_parse(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
    subprocess.run(["bash", "-n", ROOT / script], check=True)


@pytest.mark.parametrize(
    ("said", "code", "last"),
    [
        ("12 passed in 3.21s\n3 passed, 1 skipped in 65.00s (0:01:05)", 0, "3 passed, 1 skipped in 65.00s (0:01:05)"),
        ("FAILED tests/x.py::y\n1 failed, 12 passed in 3.21s\nmake: *** [Makefile:20: test] Error 1", 2,
         "1 failed, 12 passed in 3.21s"),
        ("== 12 passed, 2 warnings in 3.21s ==\n2 errors in 0.50s", 2, "2 errors in 0.50s"),
        ("no tests ran in 0.01s\n", 2, "no tests ran in 0.01s"),
    ],
)  # fmt: skip
def test_continuous_integration_ends_with_the_closing_line_of_pytest(
    tmp_path: Path, said: str, code: int, last: str
) -> None:
    make = tmp_path / "make"
    make.write_text(f"#!/bin/sh\ncat <<'EOF'\n{said}\nEOF\nexit {code}\n")
    make.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run([ROOT / ".ci/run"], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (code, last)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout whose .venv is ready, on a machine that lacks two packages; its apt-get says much and does nothing."""
    for name in ("build/bootstrap", "build/requirements.txt", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "build/bootstrap").chmod(0o755)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    wanted = b"".join((tmp_path / name).read_bytes() for name in ("build/requirements.txt", "pyproject.toml"))
    (tmp_path / ".venv/bootstrap.sha256").write_text(hashlib.sha256(wanted).hexdigest() + "\n")
    programs = {
        ".venv/bin/sitewright": "",
        ".venv/bin/python": 'cd ..; echo "$*" >> asked',
        "bin/dpkg-query": 'for p; do case $p in skopeo | tmux | -*) ;; *) echo "installed $p" ;; esac; done; exit 1',
        "bin/apt-get": 'echo "$*" >> ../asked; echo "debconf: delaying package configuration" >&2; exit ${APT:-0}',
        "bin/id": "echo 0",
    }
    for name, text in programs.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\ncd '{tmp_path}/build'\n{text}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def bootstrap(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{machine}/bin:{Path(sys.executable).parent}:/usr/bin:/bin"
    return subprocess.run(
        [machine / "build/bootstrap"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={"PATH": path, **environment},
    )  # fmt: skip


def test_bootstrap_says_what_is_missing_what_for_and_about_how_long(machine: Path) -> None:
    done = bootstrap(machine)
    assert (done.returncode, done.stdout) == (0, "")
    assert [" ".join(line.split()) for line in done.stderr.splitlines()] == [
        "sitewright needs these system packages:",
        "skopeo copies images from registries into bundles",
        "tmux the terminal at which tests use the wizard",
        "reading the lists of packages: some seconds",
        "installing 2 packages and what they need: about a minute",
    ]
    assert (machine / "asked").read_text().splitlines() == [
        "update -qq", "install -y -qq --no-install-recommends skopeo tmux",
        "-m compileall -q installer sizing",
    ]  # fmt: skip


def test_bootstrap_tells_what_apt_said_when_it_fails(machine: Path) -> None:
    done = bootstrap(machine, APT="100")
    assert done.returncode == 2
    assert "debconf: delaying package configuration" in done.stderr
    assert done.stderr.splitlines()[-1] == "→ mend apt's sources or the network, then run this again"


def test_every_reason_of_a_package_stands_alone() -> None:
    listed = (ROOT / "build/bootstrap").read_text().partition("<<'LIST'\n")[2].partition("\nLIST")[0].splitlines()
    reasons = [line.split(maxsplit=1)[1] for line in listed]
    assert len(set(reasons)) == len(reasons)
    assert [each for each in reasons if each.split()[0] in {"and", "with", "so", "which", "this", "of", "is"}] == []
