"""The command's edges: readers that go away, input that ends, words that are not understood, faults of our own."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from core_bundle import make_core_bundle
from core_manifest import ROOT
from simulation import answers_of

from installer import cli
from installer.ui import words
from installer.ui.tui.state import editor


@pytest.fixture(scope="module")
def flags(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Flags of a simulated site and the bundle for it."""
    bundle, signers = make_core_bundle(tmp_path_factory.mktemp("bundle"))
    site = tmp_path_factory.mktemp("site") / "site.yaml"
    hosts = "".join(f"  - {{name: {h.name}, address: {h.address}}}\n" for h in answers_of("minimal").hosts)
    site.write_text(f"version: 1\nhosts:\n{hosts}")
    return ["--profile", str(ROOT / "profiles/minimal.yaml"), "--bundle", str(bundle), "--signers", str(signers),
            "--simulate", str(site)]  # fmt: skip


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "installer", *words]


def outcome(state: Path) -> str:
    (run,) = state.glob("simulated/sites/*/runs/*")
    return str(json.loads((run / "run.json").read_text())["outcome"])


@pytest.mark.parametrize("lines", [0, 1, 40])
def test_an_installation_goes_on_when_the_reader_of_its_lines_has_gone(
    flags: list[str], tmp_path: Path, lines: int
) -> None:
    argv = command("install", *flags, "--yes", "--json", "--state", str(tmp_path))
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(lines):
            assert json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.stderr.read() == ""
    assert (process.returncode, outcome(tmp_path)) == (0, "done")


def test_an_installation_goes_on_when_nobody_sees_its_text(flags: list[str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    argv = command("install", *flags, "--yes", "--state", str(tmp_path))
    assert subprocess.run(argv, cwd=ROOT, stdout=writer, stderr=writer, check=False).returncode == 0
    os.close(writer)
    assert outcome(tmp_path) == "done"


@pytest.mark.parametrize("words", [["status"], ["status", "--json"]])
def test_a_refusal_keeps_its_exit_code_when_nobody_hears_it(words: list[str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    argv = command(*words, "--state", str(tmp_path))
    assert subprocess.run(argv, cwd=ROOT, stdout=writer, stderr=writer, check=False).returncode == 2
    os.close(writer)


def said_at_a_terminal(
    argv: list[str], keys: bytes = b"", after: bytes = b"", *, interrupts: int = 0, width: int = 80
) -> tuple[int, bytes]:
    """Run a command at a terminal, type `keys` or interrupt once it has said `after`; its exit code and all it said."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, width))
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        said = b""
        for piece in pieces(ours):
            said += piece
            if keys and after in said:
                os.write(ours, keys)
                keys = b""
            if interrupts and after in said:
                process.send_signal(signal.SIGINT)
                interrupts -= 1
                after = b"stopping after the running steps"
    os.close(ours)
    return process.returncode, said


def pieces(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(terminal, 4096)
        except OSError:  # how a terminal says that its last user has gone
            return


def test_the_end_of_input_at_a_question_changes_nothing(flags: list[str], tmp_path: Path) -> None:
    argv = command("install", *flags, "--state", str(tmp_path))
    code, said = said_at_a_terminal(argv, b"\x04", b"Install on 1 host? [y/N] ")
    assert code == 2
    assert "the input ended before the question was answered; nothing was changed" in said.decode()
    assert not list(tmp_path.glob("simulated/sites/*/runs"))


def test_with_json_no_secret_is_asked_for_even_at_a_terminal(flags: list[str], tmp_path: Path) -> None:
    answers = yaml.safe_load((ROOT / "profiles" / "minimal.yaml").read_text())
    answers["access"]["sudo_password"] = {"prompt": "Sudo password"}
    (profile := tmp_path / "answers.yaml").write_text(yaml.safe_dump(answers))
    words = ["check", "--profile", str(profile), *flags[2:-2], "--state", str(tmp_path / "state"), "--json"]
    code, said = said_at_a_terminal(command(*words), b"typed in vain\n", b"Sudo password: ", width=400)
    assert code == 4
    (line,) = said.decode().splitlines()
    assert json.loads(line)["error"] == "SecretUnavailable"


def test_the_second_interrupt_gives_the_terminal_back(flags: list[str], tmp_path: Path) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text(Path(flags[-1]).read_text() + "slow: {work: 30}\n")
    argv = command("install", *flags[:-1], str(slow), "--yes", "--state", str(tmp_path))
    code, said = said_at_a_terminal(argv, after=b"step ", interrupts=2, width=160)
    assert code == -signal.SIGINT
    assert said.rindex(b"\x1b[?25h") > said.rindex(b"\x1b[?25l")


def test_what_to_type_next_can_be_copied_whole_and_runs(flags: list[str], tmp_path: Path) -> None:
    argv = command("install", *flags, "--yes", "--state", str(tmp_path / "a state"))
    code, said = said_at_a_terminal(argv, width=40)
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode()).replace("\r", "").splitlines()
    looks = [line.removeprefix("Look around:").strip() for line in lines if "--kubeconfig" in line or "status" in line]
    assert (code, len(looks)) == (0, 2)
    status, kubectl = map(shlex.split, looks)
    assert status[0] == "sitewright"
    assert cli.run(status[1:]) == 0
    program, config = Path(kubectl[0]), Path(kubectl[2])
    assert os.access(program, os.X_OK)
    assert program.parent == config.parent == tmp_path / "a state/simulated/sites/practice-minimal"


def test_a_command_is_named_as_a_shell_here_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "some folder/sitewright"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program), "install"])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert words.command("status", "--site", "a b") == f"'{program}' status --site 'a b'"
    monkeypatch.setenv("PATH", str(program.parent))
    assert words.command("status") == "sitewright status"


def test_a_remedy_can_be_typed_as_it_is_printed(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("sitewright")
    done = subprocess.run([program, "check", "--nonsense"], env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.stderr.splitlines()[1] == f"  → see: {program} --help"
    done = subprocess.run(
        [program, "rehearse", "--down", "--profile", ROOT / "profiles/ha.yaml"], capture_output=True, text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert done.stderr.splitlines()[1] == f"  → raise them: {program} rehearse --profile {ROOT}/profiles/ha.yaml"


def test_paths_are_short_below_the_home_and_quoted_where_they_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert words.path(tmp_path / "a/b") == "~/a/b"
    assert words.path(tmp_path / "a b") == f"'{tmp_path}/a b'"
    assert words.path(Path("/etc/x")) == "/etc/x"


def test_a_kubectl_that_is_not_the_bundles_is_replaced(flags: list[str], tmp_path: Path) -> None:
    argv = ["install", *flags, "--yes", "--json", "--no-probes", "--state", str(tmp_path)]
    kept = tmp_path / "simulated/sites/practice-minimal/kubectl"
    assert cli.run(argv) == 0
    before = kept.read_bytes(), kept.stat().st_ino
    assert cli.run(argv) == 0
    assert (kept.read_bytes(), kept.stat().st_ino) == before
    kept.write_bytes(b"#!/bin/sh\n")
    assert cli.run(argv) == 0
    assert kept.read_bytes() == before[0]


def test_what_is_not_understood_is_told_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "--nonsense", "--json"]) == 2
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["type"], line["error"], line["exit_code"]) == ("error", "UsageError", 2)
    assert "--nonsense" in line["message"]
    assert cli.run(["bundle", "shw"]) == 2
    told = capsys.readouterr().err
    assert "invalid choice: 'shw'" in told
    assert "see: sitewright bundle --help" in told


def test_square_brackets_in_a_name_are_printed_as_they_are(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.run(["check", "--profile", str(tmp_path / "[/y] [x] :smile:.yaml"), "--bundle", "b"]) == 3
    assert "[/y] [x] :smile:.yaml" in capsys.readouterr().err


def test_signers_that_are_no_text_are_no_signers(flags: list[str], tmp_path: Path) -> None:
    assert cli.run(["check", *flags, "--signers", sys.executable, "--state", str(tmp_path)]) == 5


def test_each_fault_is_kept_and_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ValueError("of ours")

    monkeypatch.setattr(cli, "_done", broken)
    assert cli.run(["status", "--json", "--state", str(tmp_path)]) == 1
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["error"], line["exit_code"]) == ("ProgramFault", 1)
    assert cli.run(["status", "--state", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "a fault of sitewright itself: ValueError" in told
    kept = sorted(tmp_path.glob("fault-*.log"))
    assert [path.read_text().count("ValueError: of ours") for path in kept] == [1, 1]
    assert str(kept[1]) in told
    assert str(kept[0]) in line["message"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("check --profile ", {"answers.yaml", "folder", "signers"}),
        ("check --profile a", {"answers.yaml"}),
        ("bundle show s", {"signers"}),
        ("bundle build ", {"folder"}),
        ("bundle build x --out ", {"folder"}),
        ("install --state ", {"folder"}),
        ("bundle sig", {"sign"}),
        ("schema ", {"answers", "output", "product"}),
    ],
)
def test_a_shell_completes_verbs_files_and_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: str, offered: set[str]
) -> None:
    assert cli.run(["completion", "bash"]) == 0
    (tmp_path / "script").mkdir()
    script = tmp_path / "script/completion"
    script.write_text(capsys.readouterr().out)
    (tmp_path / "desk/folder").mkdir(parents=True)
    for name in ("answers.yaml", "signers"):
        (tmp_path / "desk" / name).touch()
    words_ = ["sitewright", *typed.split(" ")]
    quoted = " ".join(shlex.quote(word) for word in words_)
    asked = f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words_) - 1}; _shtab_sitewright sitewright "
    asked += f"{shlex.quote(words_[-1])} {words_[-2]}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", asked], cwd=tmp_path / "desk", capture_output=True, text=True, check=False)
    assert {line.rstrip("/ ") for line in done.stdout.splitlines() if line and not line.startswith("-")} == offered


def test_schemas_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    for argv, name in ((["schema"], "answers/answers"), (["schema", "output"], "output")):
        assert cli.run(argv) == 0
        assert capsys.readouterr().out == (ROOT / f"installer/{name}.schema.json").read_text()


def test_a_new_answers_file_names_its_schema(tmp_path: Path) -> None:
    new = editor.opened(tmp_path / "answers.yaml")
    new.history.edit(new.draft.with_value(("site", "name"), "acme"))
    new.save()
    text = (tmp_path / "answers.yaml").read_text()
    assert text.splitlines()[0] == "# yaml-language-server: $schema=answers.schema.json"
    assert "sitewright schema > answers.schema.json" in text.splitlines()[1]
    assert editor.opened(tmp_path / "answers.yaml").draft.at(("site", "name")) == "acme"
