"""A command in answers runs once a person has allowed it: this very command, for this very file."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from installer.answers.allowed_programs import FOLDER, Consent
from installer.answers.model import Access, Answers, Host, Registry, SecretRef
from installer.answers.secrets import Secrets
from installer.cli.program_consent import consented
from installer.errors import SecretUnavailable, StateUnreadable, UsageError

COMMAND = ("pass", "show", "acme")


def test_what_was_allowed_is_so_for_that_command_and_that_file_alone(tmp_path: Path) -> None:
    consent = Consent(tmp_path / "state", tmp_path / "answers.yaml")
    assert not consent.allows(COMMAND)
    consent.allow([COMMAND])
    consent.allow([COMMAND])
    assert consent.allows(COMMAND)
    assert Consent(tmp_path / "state", tmp_path / "x" / ".." / "answers.yaml").allows(COMMAND)
    assert not consent.allows((*COMMAND, "more"))
    assert not consent.allows(("pass", "show acme"))
    assert not Consent(tmp_path / "state", tmp_path / "other.yaml").allows(COMMAND)
    (kept,) = (tmp_path / "state" / FOLDER).iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_commands_that_nobody_allowed_yet_are_named_once(tmp_path: Path) -> None:
    consent = Consent(tmp_path, tmp_path / "answers.yaml")
    refs = [
        SecretRef("command", COMMAND),
        SecretRef("env", "A"),
        SecretRef("command", COMMAND),
        SecretRef("command", ("b",)),
    ]
    assert consent.lacking(refs) == (COMMAND, ("b",))
    consent.allow([COMMAND])
    assert consent.lacking(refs) == (("b",),)


def test_without_consent_nothing_runs(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    ref = SecretRef("command", ("touch", str(mark)))
    with pytest.raises(SecretUnavailable, match="nobody has allowed"):
        Secrets(None).resolve(ref)
    assert not mark.exists()


def test_a_state_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file in the folder's place")
    with pytest.raises(StateUnreadable):
        Consent(tmp_path, tmp_path / "a").allow([COMMAND])


def answers(tmp_path: Path) -> Answers:
    """Answers that fetch a password by a command."""
    host = Host("a", "10.0.0.1", Access(password=SecretRef("command", COMMAND)))
    return Answers("lab", (host,), (), Registry(()), "", file=str(tmp_path / "answers.yaml"))


def consent_of(tmp_path: Path, *, allow: bool = False, asks: bool = False) -> Consent:
    """The consent for these answers, with a state directory of its own."""
    return consented(answers(tmp_path), tmp_path / "state", allow=allow, asks=asks)


def test_without_a_terminal_a_command_is_refused_until_the_flag_was_given_once(tmp_path: Path) -> None:
    secrets = Secrets(None, may_run=consent_of(tmp_path).allows)
    with pytest.raises(SecretUnavailable, match=r"pass show acme.*nobody has allowed") as refused:
        secrets.require(answers(tmp_path).secret_refs())
    assert "--allow-commands" in refused.value.remedy
    assert consent_of(tmp_path, allow=True).allows(COMMAND)
    assert consent_of(tmp_path).allows(COMMAND)


@pytest.mark.parametrize(("said", "runs"), [("y", True), ("", False), ("no", False)])
def test_at_a_terminal_a_person_is_shown_the_command_and_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: str, runs: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{said}\n"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    if runs:
        assert consent_of(tmp_path, asks=True).allows(COMMAND)
    else:
        with pytest.raises(UsageError, match="not allowed; nothing was run"):
            consent_of(tmp_path, asks=True)
        assert not (tmp_path / "state").exists()
    assert "pass show acme" in capsys.readouterr().err
