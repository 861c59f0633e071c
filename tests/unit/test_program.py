"""What a host is told to run: a line that every login shell takes alike, and a program that nothing else runs."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from installer.remote.ssh import program
from installer.remote.ssh.program import SUDO

ODD = ["plain", "two words", "it's", '"', "$HOME", "`id`", "a\\b", "new\nline", "*", "", "-n", "ünï", "#", "~", ";rm"]
NOT_PLAIN = ["", "a b", "'", '"', "\\", "$x", "!1", "a\n", "~", "*", "?", "[a]", "{a}", "=ls", "#", "^a", "%1", "@",
             ";", "&", "|", "<", "(", "`", "ü", "\u2028", "a\0"]  # fmt: skip


@pytest.mark.parametrize("sudo", sorted(SUDO))
def test_the_login_shell_gets_plain_words_alone(sudo: str) -> None:
    for line in (program.loop_line(sudo), program.login_line(sudo, "true")):
        assert re.fullmatch(r"[A-Za-z0-9_./:=+ -]+", line)
        assert shlex.split(line) == line.split(" ")
    assert re.fullmatch(r"[a-z0-9 -]+", program.stream_line(5000, "ab12"))


@pytest.mark.parametrize("word", NOT_PLAIN)
def test_a_word_that_some_shell_would_change_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="plain"):
        program.login_line("", "echo", word)


def test_the_password_is_asked_for_even_where_sudo_remembers_one() -> None:
    assert "-k" in SUDO["password"]


@pytest.mark.parametrize("argv", [[], [""], ["echo", "a\0b"]])
def test_what_is_no_command_is_a_mistake(argv: list[str]) -> None:
    with pytest.raises(ValueError, match=r"empty|NUL"):
        program.request(b"mark", argv, 0, 1)


def test_arguments_survive_bash() -> None:
    head, _, command = program.request(b"mark", ["printf", "%s\\0", *ODD], 7, 1.5).partition(b"\n")
    assert head.split() == [b"mark", str(len(command)).encode(), b"7"]
    printed = subprocess.run(["bash", "-c", command.decode()], capture_output=True, text=True, check=True).stdout
    assert printed.split("\0")[:-1] == ODD


def test_all_that_comes_may_be_input() -> None:
    assert program.request(b"mark", ["cat"], None, 1).split()[2] == b"rest"


@pytest.mark.parametrize("shell", ["dash", "sh", "python3"])
def test_what_is_not_bash_runs_nothing_of_ours(shell: str) -> None:
    """As where a login script put another program in the place of the shell."""
    said = program.opening("echo ran; id") + program.greeting(b"mark")
    done = subprocess.run([shell], input=said, capture_output=True, check=False, timeout=60)
    assert (done.returncode != 0, done.stdout) == (True, b"")


def test_half_a_program_is_not_run() -> None:
    said = program.opening("echo ran")[:-1]
    done = subprocess.run(["bash", "-p", "-s"], input=said, capture_output=True, check=False, timeout=60)
    assert done.stdout == b""
