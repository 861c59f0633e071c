"""How a host is told what to run: one line of plain words for the login shell, everything else by standard input.

An SSH server hands a command to whatever shell the user has. fish, csh, zsh and the others each read quotes,
backslashes, `$` and `!` in a way of their own; a line of plain words is the same to all of them. Ours starts a bash as
root, and that bash reads its program, the commands and their input from standard input. It is bash because bash takes
not one byte more than it needs from an input that cannot be rewound; other shells read ahead, and what they have read
is lost to the commands they run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from installer.remote.ssh.commands import ENVIRONMENT

PROMPT = "sitewright-asks:"
"""What sudo prints before it reads a password. It cannot be told to print nothing: that takes an empty, quoted word."""
SUDO = {
    "": (),
    "free": ("env", "LC_ALL=C", "sudo", "-n", "--"),
    "password": ("env", "LC_ALL=C", "sudo", "-k", "-S", "-p", PROMPT, "--"),
}
"""What root is reached by: "" (we are root), "free" (no password asked) or "password" (its first line of standard
input). `-k` makes sudo read the password even where it remembers one, for otherwise the command would read it. sudo
speaks English, so that what it says can be told apart."""
IDLE = 600
"""Seconds after which a shell of root's that nobody uses ends by itself: its user may be gone without a word."""
PLAIN = re.compile(r"[A-Za-z0-9_./:+-][A-Za-z0-9_./:+=-]*\Z")
"""A word that sh, bash, zsh, ksh, mksh, fish, csh and tcsh all take as it stands."""

# A login script may have put another shell in bash's place. Whatever it is, it ends at this line, with nothing run.
_GUARD = 'test -n "$BASH_VERSION" || exit 97\n'
# A connection that breaks looks like the end of the program; half of it must not be run.
_LOAD = 'IFS= read -r -N {length} program && eval "$program"; exit\n'

# Each command gets pipes of its own, so that what it leaves behind cannot write into the next one's output. `read -N`
# takes whole blocks and not one byte too many, and so does `head`; what a command leaves of its input is read away.
LOOP = r"""
set -o pipefail
umask 022
exec 3>&1 4>&2
run() { eval "exec $request"; }
while IFS=' ' read -r -t "$1" mark length size; do
    code=0
    if [ "$length" != 0 ]; then
        IFS= read -r -N "$length" request || exit 1
        if [ "$size" = 0 ]; then
            { { run </dev/null 3>&- 4>&- | cat >&3; } 2>&1 | cat >&4; }
        elif [ "$size" = rest ]; then
            { { run 3>&- 4>&- | cat >&3; } 2>&1 | cat >&4; }
        else
            { { head -c "$size" | { (run); code=$?; cat >/dev/null; exit "$code"; } 3>&- 4>&- | cat >&3; } 2>&1 |
                cat >&4; }
        fi
        code=$?
    fi
    printf '%s %d\n' "$mark" "$code"
    printf '%s %d\n' "$mark" "$code" >&2
    [ "$size" != rest ] || exit 0
done
"""
"""Runs one command after another: reads "mark length size", the command and its standard input; ends both streams with
"mark code". A command of length 0 only gives the mark back. Of size "rest" it is the last, and its input is all that
still comes. Ends with its input, or after $1 seconds without any. What commands make is open to all to read, whatever
umask the login has: a folder of programs that only root can enter breaks pods."""

STREAM = r"""
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
printf '%s\n' "$2"
cat <&3 &
exec cat >&3
"""
"""Becomes a byte stream to port $1 of the host itself; the line $2 says that it is one."""

TRIAL = 'it\'s "one" \\ two\\\\ `three` $HOME ${four#\\} !5 !! %s * ~ # & | ; < >\n\tünï 中文 \\n'
"""A text in which every shell that reads it as its own finds something to change."""
PROOF = 'id -u; printf "%s" "$1"; exec cat'
"""Prints the user id, its argument and its standard input."""


def login_line(sudo: str, *words: str) -> str:
    """The one string an SSH server is given: these words, by `sudo` as in `SUDO`.

    Raises:
        ValueError: a word is not plain, so some login shell would make something else of it.
    """
    line = (*SUDO[sudo], *words)
    for word in line:
        if not PLAIN.match(word):
            raise ValueError(f"not a plain word: {word!r}")
    return " ".join(line)


def loop_line(sudo: str) -> str:
    """The line that starts the bash for `LOOP`."""
    return login_line(sudo, *ENVIRONMENT, "bash", "-p", "-s", str(IDLE))


def stream_line(port: int, mark: str) -> str:
    """The line that starts the bash for `STREAM`, as the login user."""
    return login_line("", "bash", "-p", "-s", str(port), mark)


def opening(program: str) -> bytes:
    """What a bash that was just started has to read to become a program; its length makes sure that it is whole."""
    text = program.encode("ascii")
    return _GUARD.encode() + _LOAD.format(length=len(text)).encode() + text


def greeting(mark: bytes) -> bytes:
    """Has `LOOP` give the mark back and do nothing."""
    return b"%s 0 0\n" % mark


def request(mark: bytes, argv: Sequence[str], size: int | None, timeout: float) -> bytes:
    """What `LOOP` is given to run one command; `size` bytes of standard input follow, or all that come where None.

    A command that takes longer than `timeout` seconds is ended on the host itself, with exit code 124.

    Raises:
        ValueError: the command is empty, or has a NUL in it.
    """
    command = shlex.join(_limited(argv, timeout)).encode("utf-8", "surrogateescape")
    if b"\0" in command:
        raise ValueError(f"a NUL in a command: {shlex.join(argv)}")
    return b"%s %d %s\n%s" % (mark, len(command), b"rest" if size is None else b"%d" % size, command)


def _limited(argv: Sequence[str], timeout: float) -> tuple[str, ...]:
    if not argv or not argv[0]:
        raise ValueError("an empty command")
    return ("timeout", "--kill-after=5", f"{timeout:g}", *argv)
