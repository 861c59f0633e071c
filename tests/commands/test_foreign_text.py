"""Foreign text through the real command: whoever says it, nothing in it acts on a terminal, and no list is endless."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from core_bundle import make_core_bundle
from core_manifest import ROOT
from openpyxl import load_workbook
from simulation import answers_of
from terminal import Terminal

ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What acts on a terminal or hides in a text; lines and tabs are not among them."""
WILD = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202egnp.exe\u2066\u200b\u2028"
IN_YAML = r"\e]0;owned\a\e[31m\x9b2J\u202Egnp.exe\u2066\u200B\u2028"
SHOWN = r"\x1b]0;owned\x07"
BYTES = b"\xff\xfe"
"""Of a name that is no UTF-8."""

Said = subprocess.CompletedProcess[bytes]
Sitewright = Callable[..., Said]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_core_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def sitewright(tmp_path: Path) -> Sitewright:
    """Runs the command; what acts on a terminal or is too long fails the test, whatever it is about."""

    def run(*words: str | Path | bytes, **environment: str) -> Said:
        argv = [sys.executable, "-m", "installer", *map(os.fsencode, words)]
        env = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT), **environment}
        ended = subprocess.run(argv, cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        for stream in (ended.stdout, ended.stderr):
            found = ACTS.search(stream.decode("utf-8"))
            assert not found, f"U+{ord(found[0]):04X}: {stream[:2000]!r}"
            assert len(stream) < 200_000
            assert b"Traceback" not in stream
        return ended

    return run


@pytest.fixture
def site(tmp_path: Path, bundle: tuple[Path, Path]) -> list[str]:
    """Flags of a simulated site of one host."""
    answers, simulated = tmp_path / "answers.yaml", tmp_path / "site.yaml"
    answers.write_text((ROOT / "profiles/minimal.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    hosts = "".join(f"  - {{name: {h.name}, address: {h.address}}}\n" for h in answers_of("minimal").hosts)
    simulated.write_text(f"version: 1\nhosts:\n{hosts}")
    return ["--profile", str(answers), "--bundle", str(bundle[0]), "--signers", str(bundle[1]),
            "--simulate", str(simulated), "--state", str(tmp_path / "state")]  # fmt: skip


def told(ended: Said) -> str:
    return (ended.stdout + ended.stderr).decode()


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--profile", f"a{WILD}\nb"],
        ["check", "--profile", b"a" + BYTES + WILD.encode(), "--json"],
        ["check", "--profile", b"a" + BYTES + WILD.encode()],
        ["bundle", "verify", f"{WILD}\n✔ all is well", "--signers", f"{WILD}"],
        ["bundle", "show", b"b" + BYTES],
        ["bundle", "keygen", f"gone/{WILD}"],
        ["report", "--profile", f"{WILD}", "--out", f"{WILD}"],
        ["status", "--site", f"{WILD}", "--json"],
        ["size", "--component", f"{WILD}"],
        ["size", "--component", "platform", "--set", f"{WILD}={WILD}"],
        ["check", "--only", f"{WILD}", "--profile", "none"],
        ["install", f"--{WILD}"],
        [f"{WILD}\n✔ all is well"],
        ["bundle", "build", f"{WILD}"],
        ["rehearse", "--down", "--profile", f"{WILD}"],
    ],
    ids=lambda words: " ".join(str(w)[:12] for w in words[:2]).encode("ascii", "replace").decode(),
)
def test_what_was_typed(sitewright: Sitewright, words: list[str | bytes]) -> None:
    ended = sitewright(*words)
    assert ended.returncode in (1, 2, 3, 5), told(ended)
    for line in told(ended).splitlines():
        assert not line.startswith("✔"), "a line of ours was forged"
    if "--json" in words:
        assert [json.loads(line)["type"] for line in ended.stdout.splitlines()] == ["error"]


def test_what_stands_in_the_environment(sitewright: Sitewright, tmp_path: Path) -> None:
    names = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME", "LANG", "COLUMNS", "TERM", "TMPDIR")
    assert sitewright("status", **dict.fromkeys(names, f"{tmp_path}/{WILD}")).returncode == 2
    assert sitewright("bundle", "show", "none", **dict.fromkeys(names, WILD)).returncode == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", f'version: 1\n"x{IN_YAML}\\n✔ well": 1'),
        ("version: 1", f'version: "{IN_YAML}"'),
        ("version: 1", "version: !%1B%5B31mevil%07 x"),
        ("name: practice-minimal", f'name: "{IN_YAML}"'),
        ("name: solo", f'name: "cp{IN_YAML}"'),
    ],
    ids=["key", "value", "tag", "site", "host"],
)
def test_what_stands_in_the_answers(
    sitewright: Sitewright, site: list[str], tmp_path: Path, old: str, new: str
) -> None:
    file = tmp_path / "answers.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert sitewright("check", *site).returncode == 3
    assert sitewright("report", "--out", "out", *site[:2]).returncode == 3


def test_what_a_report_and_its_spreadsheet_hold(sitewright: Sitewright, site: list[str], tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    text = file.read_text(encoding="utf-8")
    assert "customer: Practice" in text
    file.write_text(text.replace("customer: Practice", 'customer: "=cmd|x <b>[red]"', 1), encoding="utf-8")
    ended = sitewright("report", "--out", "out", *site[:2])
    assert ended.returncode == 0, told(ended)
    (page,) = (tmp_path / "out").glob("*.html")
    assert "=cmd|x &lt;b&gt;[red]" in page.read_text(encoding="utf-8")
    assert not ACTS.search(page.read_text(encoding="utf-8"))
    (sheet,) = (tmp_path / "out").glob("*.xlsx")
    cells = [cell for each in load_workbook(sheet) for row in each.iter_rows() for cell in row if cell.value]
    assert not [cell.value for cell in cells if ACTS.search(str(cell.value)) or str(cell.value).startswith("=")]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert cells


def test_what_stands_in_the_state(sitewright: Sitewright, site: list[str], tmp_path: Path) -> None:
    assert sitewright("install", *site, "--yes").returncode == 0
    (run,) = (tmp_path / "state/simulated/sites").glob("*/runs/*")
    run.rename(run.with_name(f"20260101T000000Z{WILD[:14]}-install"))
    status = sitewright("status", *site)
    assert status.returncode in (0, 2), told(status)
    assert sitewright("status", "--json", *site).returncode == status.returncode


def test_whoever_holds_the_lock(sitewright: Sitewright, site: list[str], tmp_path: Path) -> None:
    assert sitewright("install", *site, "--yes", "--no-probes").returncode == 0
    (lock,) = (tmp_path / "state/simulated/sites").glob("*/lock")
    handle = os.open(lock, os.O_RDWR)
    try:
        os.truncate(handle, 0)
        os.pwrite(handle, json.dumps({"owner": f"li{WILD}", "place": "x", "since": WILD}).encode(), 0)
        fcntl.flock(handle, fcntl.LOCK_EX)
        ended = sitewright("uninstall", *site, "--yes")
    finally:
        os.close(handle)
    assert ended.returncode == 8, told(ended)
    assert SHOWN in told(ended)


def test_a_folder_that_cannot_be_read_off_is_told_as_it_can_be_typed(
    sitewright: Sitewright, site: list[str], tmp_path: Path
) -> None:
    flags = [*site[:-1], str(tmp_path / f"a\n{WILD}b")]
    ended = sitewright("install", *flags, "--yes")
    assert ended.returncode == 0, told(ended)
    (shown,) = [line.partition(":")[2].strip() for line in told(ended).splitlines() if "What happened" in line]
    found = subprocess.run(["bash", "-c", f"ls {shown}/run.json"], capture_output=True, check=False)
    assert found.returncode == 0, shown


def test_many_problems_are_counted(sitewright: Sitewright, tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    file.write_text("version: 1\n" + "".join(f"k{n}: 1\n" for n in range(50_000)))
    for more in ([], ["--json"]):
        ended = sitewright("check", "--profile", file, *more)
        assert ended.returncode == 3
        assert len(told(ended).replace("\\n", "\n").splitlines()) < 100
        assert "more" in told(ended)


@pytest.mark.parametrize(
    ("stream", "codes"), [("2>/dev/full", {0}), (">/dev/full", {2}), (">&-", {0, 2}), ("2>&-", {0})]
)
def test_a_stream_that_takes_nothing_stops_no_run(
    site: list[str], tmp_path: Path, stream: str, codes: set[int]
) -> None:
    argv = [sys.executable, "-m", "installer", "install", *site, "--yes"]
    ended = subprocess.run(["sh", "-c", f'exec "$@" {stream}', "x", *argv], cwd=ROOT, stdin=subprocess.DEVNULL,
                           capture_output=True, check=False)  # fmt: skip
    assert b"Traceback" not in ended.stdout + ended.stderr
    assert ended.returncode in codes, ended
    (run,) = (tmp_path / "state/simulated/sites").glob("*/runs/*")
    assert json.loads((run / "run.json").read_text())["outcome"] == "done"


def test_the_wizard_opens_no_file_that_would_act_on_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    text = (ROOT / "profiles/minimal.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("version: 1", f'version: 1\n"x{IN_YAML}[red]y": 1', 1), encoding="utf-8")
    terminal = Terminal(sys.executable, "-m", "installer", "wizard", "--profile", str(file), "--state", str(tmp_path),
                        PYTHONPATH=str(ROOT))  # fmt: skip
    try:
        terminal.until(b"control character (U+001B)")
    finally:
        terminal.process.kill()
        terminal.process.wait()
    assert b"]0;owned" not in terminal.output
    assert "\u202e".encode() not in terminal.output
