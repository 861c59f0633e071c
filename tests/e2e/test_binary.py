"""The program as one file: what `make binary` makes does what the source does, with nothing but a shell's tools.

It runs with an empty environment, a home of its own, and a PATH that holds the tools it may need: no Python among them.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from build_sample import GO, write_recipe
from core_bundle import make_core_bundle
from ship import COMMAND, Ended, practised
from simulation import answers_of

from installer import __version__
from installer.rehearsal.site import STATE
from installer.report.render import has_font

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"
TOOLS = ("find", "getent", "gzip", "id", "mkdir", "mktemp", "mv", "rm", "sha256sum", "tail", "tar", "uname")
"""What unpacking takes besides a shell; every Debian has them."""
PATIENCE = 120
SITE = "practice-minimal"


@dataclass(frozen=True)
class Desk:
    """Somebody with the program and a home. TMPDIR is theirs too: what is left there was left by the program."""

    home: Path
    program: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "TMPDIR": str(self.home / "tmp"), "PATH": str(self.home / "bin")}

    @property
    def cache(self) -> Path:
        return self.home / ".cache/sitewright/program"

    @property
    def unpacked(self) -> list[Path]:
        return sorted(self.cache.iterdir()) if self.cache.exists() else []

    def run(self, *argv: object, program: Path | str | None = None, **environment: str) -> Ended:
        done = subprocess.run(
            [program or self.program, *map(str, argv)], env={**self.environment, **environment}, cwd=self.home,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert list((self.home / "tmp").iterdir()) == []
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *argv: object) -> subprocess.Popen[bytes]:
        command = [self.program, *map(str, argv)]
        return subprocess.Popen(
            command, env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )

    def simulated(self, top: str = "") -> tuple[object, ...]:
        """The flags of a run on the simulated site of profiles/minimal.yaml."""
        hosts = "".join(f"  - {{name: {h.name}, address: {h.address}}}\n" for h in answers_of("minimal").hosts)
        described = self.home / "site.yaml"
        described.write_text(f"version: 1\nhosts:\n{hosts}{top}")
        return ("--profile", ROOT / "profiles/minimal.yaml", "--bundle", self.home / "core.sitewright",
                "--signers", self.home / "allowed_signers", "--simulate", described)  # fmt: skip


@pytest.fixture(scope="session")
def binary() -> Path:
    subprocess.run([ROOT / "build/freeze"], check=True)
    return ROOT / "dist/sitewright"


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_core_bundle(tmp_path_factory.mktemp("bundle"))


def new_desk(folder: Path, program: Path, core: tuple[Path, Path]) -> Desk:
    for name in ("tmp", "bin"):
        (folder / name).mkdir(parents=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (folder / "bin" / tool).symlink_to(found)
    (folder / "core.sitewright").symlink_to(core[0])
    (folder / "allowed_signers").symlink_to(core[1])
    return Desk(folder, program)


@pytest.fixture(scope="session")
def unpacked(binary: Path, core: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = new_desk(tmp_path_factory.mktemp("desk"), binary, core)
    assert desk.run("--version").expect().out.strip() == f"sitewright {__version__}"
    return desk


@pytest.fixture
def desk(unpacked: Desk, core: tuple[Path, Path], tmp_path: Path) -> Desk:
    """A home of the test's own; the program has been unpacked there."""
    desk = new_desk(tmp_path / "home", unpacked.program, core)
    (desk.home / ".cache").symlink_to(unpacked.home / ".cache")
    return desk


def source(*argv: object, cwd: Path) -> Ended:
    """The same command from the source."""
    done = subprocess.run(
        [COMMAND, *map(str, argv)], env={"HOME": str(cwd), "PATH": ""}, cwd=cwd, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


def test_it_is_not_made_anew_where_nothing_has_changed(binary: Path) -> None:
    before = binary.stat().st_mtime_ns
    again = subprocess.run([ROOT / "build/freeze"], check=True, capture_output=True)
    assert (again.stdout, again.stderr, binary.stat().st_mtime_ns) == (b"", b"", before)


def test_help_is_that_of_the_source_and_comes_at_once(desk: Desk) -> None:
    began = time.monotonic()
    ended = desk.run("--help").expect()
    assert time.monotonic() - began < 5  # a tenth of it on a machine with nothing else to do
    assert (ended.out, ended.err) == (source("--help", cwd=desk.home).out, "")


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_sizes_are_those_of_the_source(desk: Desk, example: str) -> None:
    argv = ("size", "--profile", EXAMPLES / example)
    frozen, typed = desk.run(*argv, LANG="C.UTF-8").expect().out, source(*argv, cwd=desk.home).out
    assert frozen.replace(str(desk.program), "sitewright") == typed.replace(COMMAND, "sitewright") != ""
    assert f"Next:  {desk.program} report" in frozen, "each can be typed as it was called"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_reports_are_those_of_the_source(desk: Desk, language: str) -> None:
    argv = ("report", "--profile", EXAMPLES / "enterprise.yaml", "--language", language, "--out")
    ended = desk.run(*argv, desk.home / "ours")
    source(*argv, desk.home / "theirs", cwd=desk.home)
    pages = {folder: next((desk.home / folder).glob("*.html")).read_text() for folder in ("ours", "theirs")}
    assert pages["ours"] == pages["theirs"]
    assert ("签名" if language == "zh" else "signature") in pages["ours"]
    assert next((desk.home / "ours").glob("*.xlsx")).read_bytes().startswith(b"PK")
    if has_font():
        ended.expect()
        assert next((desk.home / "ours").glob("*.pdf")).read_bytes().startswith(b"%PDF")
    else:
        assert "fonts-noto-cjk" in ended.expect(2).err
    assert "Traceback" not in ended.err


def test_a_bundle_is_verified(desk: Desk) -> None:
    signers = Path(STATE).expanduser() / "allowed_signers"
    bundle = practised(signers) if signers.exists() else None
    if bundle is None:
        bundle, signers = desk.home / "core.sitewright", desk.home / "allowed_signers"
    ended = desk.run("bundle", "verify", bundle, "--signers", signers).expect()
    assert "every byte as signed" in ended.out


def test_a_simulated_site_is_checked_planned_installed_and_uninstalled(desk: Desk) -> None:
    flags = desk.simulated()
    assert desk.run("check", *flags, "--json").expect().lines != []
    assert "steps on 1 host" in desk.run("plan", *flags).expect().out
    told = desk.run("install", *flags, "--json").expect()
    assert told.of("step_finished") != []
    assert SITE in desk.run("status", *flags).expect().out
    desk.run("uninstall", *flags, "--yes").expect()


def test_what_it_starts_is_given_the_environment_that_it_was_given(desk: Desk) -> None:
    """Our libraries would break the system's ssh, and whatever a command of the answers is."""
    seen = desk.home / "seen"
    answers = yaml.safe_load((ROOT / "profiles/minimal.yaml").read_text())
    script = f'export -p >{seen}; echo "$LD_LIBRARY_PATH" >{seen}.path; echo secret'
    answers["access"]["sudo_password"] = {"command": ["/bin/sh", "-c", script]}
    profile = desk.home / "answers.yaml"
    profile.write_text(yaml.safe_dump(answers))
    flags = (
        "--profile",
        profile,
        "--bundle",
        desk.home / "core.sitewright",
        "--signers",
        desk.home / "allowed_signers",
        "--allow-commands",
    )
    desk.run("check", *flags, LD_LIBRARY_PATH="/opt/theirs").expect(4)
    assert Path(f"{seen}.path").read_text() == "/opt/theirs\n"
    desk.run("check", *flags).expect(4)
    assert Path(f"{seen}.path").read_text() == "\n"
    names = {line.split()[1].partition("=")[0] for line in seen.read_text().splitlines() if line.startswith("export")}
    assert names <= {"HOME", "TMPDIR", "PATH", "PWD", "OLDPWD"}


def test_without_python_go_is_not_fetched_and_where_it_would_be_is_said(desk: Desk) -> None:
    part = {
        "name": "tool",
        "sources": [{"name": "tool", "go": {"path": "tool", "commands": {"tool": "."}}}],
        "files": [{"name": "tool", "from": "tool", "file": "tool"}],
        "beside": {"tool/go.mod": f"module tool\n\ngo {GO}\n", "tool/main.go": "package main\n\nfunc main() {}\n"},
    }
    recipe = write_recipe(desk.home / "recipe", part, toolchain={"go": GO})
    ended = desk.run("bundle", "lock", recipe)
    assert ended.code != 0
    assert "Traceback" not in ended.err
    assert "from sitewright's source" in ended.err
