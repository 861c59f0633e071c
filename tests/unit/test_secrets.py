"""Secrets: each form of reference, what is said where one fails, and that nothing said holds a secret."""

from __future__ import annotations

import base64
import json
import os
import shlex
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.answers.model import SecretRef
from installer.answers.secrets import Secrets
from installer.errors import SecretUnavailable
from installer.redaction import MASK, learn, redacted


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("hunter2!\nsecond line\n")
    path.chmod(0o600)
    return path


def test_every_form_resolves(secret_file: Path) -> None:
    secrets = Secrets(lambda text: f"typed at <{text}>", {"SUDO": "from the environment"}, lambda argv: True)
    python = (sys.executable, "-c", "print('from a command')")
    assert secrets.resolve(SecretRef("env", "SUDO")) == "from the environment"
    assert secrets.resolve(SecretRef("file", str(secret_file))) == "hunter2!"
    assert secrets.resolve(SecretRef("command", python)) == "from a command"
    assert secrets.resolve(SecretRef("prompt", "password of li")) == "typed at <password of li>"


def test_a_person_is_asked_once() -> None:
    asked: list[str] = []
    secrets = Secrets(lambda text: asked.append(text) or "typed")
    assert [secrets.resolve(SecretRef("prompt", "p")) for _ in range(3)] == ["typed"] * 3
    assert asked == ["p"]


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        (SecretRef("env", "NOT_SET"), "not set"),
        (SecretRef("env", "EMPTY"), "empty"),
        (SecretRef("file", "/does/not/exist"), "No such file"),
        (SecretRef("file", "/"), "the file is a directory"),
        (SecretRef("command", ("/does/not/exist",)), "No such file"),
        (SecretRef("command", (sys.executable, "-c", "import sys; print('tell'); sys.exit('tell')")), "ended with 1"),
        (SecretRef("command", (sys.executable, "-c", "import os; os.write(1, b'\\xff')")), "not UTF-8"),
        (SecretRef("prompt", "password"), "no terminal"),
    ],
)
def test_failures_say_why_and_never_what(ref: SecretRef, reason: str) -> None:
    with pytest.raises(SecretUnavailable) as refused:
        Secrets(None, {"EMPTY": ""}, lambda argv: True).resolve(ref)
    assert reason in refused.value.message
    assert "tell\n" not in refused.value.message
    assert refused.value.remedy


def test_a_file_that_others_may_read_is_refused(secret_file: Path) -> None:
    secret_file.chmod(stat.S_IRUSR | stat.S_IRGRP)
    with pytest.raises(SecretUnavailable, match="others may read"):
        Secrets(None).resolve(SecretRef("file", str(secret_file)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x" * 70_000, "more than 64 KiB"),
        ("geheim".encode("utf-16"), "text in UTF-16"),
        (b"ge\x00heim", "binary data"),
        (b"\xef\xbb\xbf", "empty"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused_and_never_cut(secret_file: Path, content: bytes, reason: str) -> None:
    secret_file.write_bytes(content)
    with pytest.raises(SecretUnavailable, match=reason) as refused:
        Secrets(None).resolve(SecretRef("file", str(secret_file)))
    assert "heim" not in refused.value.message


def test_the_mark_of_windows_programs_is_no_part_of_a_secret(secret_file: Path) -> None:
    secret_file.write_bytes(b"\xef\xbb\xbfgeheim\r\n")
    assert Secrets(None).resolve(SecretRef("file", str(secret_file))) == "geheim"


def test_a_pipe_is_no_secret_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(SecretUnavailable, match="a pipe"):
        Secrets(None).resolve(SecretRef("file", str(tmp_path / "pipe")))


def test_all_are_tried_and_all_failures_told(secret_file: Path) -> None:
    refs = [SecretRef("env", "A"), SecretRef("file", str(secret_file)), SecretRef("env", "B")]
    failed = Secrets(None, {}).resolve_all(refs)
    assert [str(error.facts["reference"]) for error in failed] == ["env:A", "env:B"]


def test_the_environment_is_the_process_own_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SITEWRIGHT_TEST_SECRET", "value")
    assert Secrets(None).resolve(SecretRef("env", "SITEWRIGHT_TEST_SECRET")) == "value"


def test_redaction_masks_the_longest_first_and_spares_short_words() -> None:
    for value in ("geheim", "geheim-lang", "x"):
        learn(value)
    assert redacted("geheim-lang geheim x") == f"{MASK} {MASK} x"


def test_redaction_knows_what_was_resolved() -> None:
    secrets = Secrets(None, {"A": "verborgen"})
    assert redacted("verborgen") == "verborgen"
    secrets.resolve(SecretRef("env", "A"))
    assert redacted("so verborgen!") == f"so {MASK}!"


@pytest.mark.parametrize("written", [json.dumps, shlex.quote, lambda v: base64.b64encode(v.encode()).decode()])
def test_redaction_knows_a_secret_in_the_forms_in_which_programs_write_it(written: Callable[[str], str]) -> None:
    secret = 'so "it\'s"\n geheim'
    learn(secret)
    assert "geheim" not in redacted(f"-u {written(secret)} said")
    assert base64.b64encode(secret.encode()).decode() not in redacted(f"Basic {written(secret)}")
