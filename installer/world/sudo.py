"""How a login becomes root: what kind of sudo the host has for it, or in plain words why it has none."""

from __future__ import annotations

from collections.abc import Callable

from installer.answers import SecretRef
from installer.errors import SudoRefused
from installer.world import shell
from installer.world.login import Login, Resolve
from installer.world.shell import Ended

PATIENCE = 15.0
"""Seconds for sudo to say yes."""


def escalation(
    login: Login, password: SecretRef | None, resolve: Resolve, run: Callable[[str, tuple[bytes, ...], float], Ended]
) -> tuple[str, bytes]:
    """The kind of sudo, as in `shell.SUDO`, and what it wants on standard input first; tried by `run`.

    Raises:
        SudoRefused: the login cannot become root. The password is tried once, so that no count locks the user out.
    """
    if login.user == "root":
        return "", b""
    free = run(shell.command_line(("true",), timeout=PATIENCE, sudo="free"), (), PATIENCE)
    if free.code == 0:
        return "free", b""
    if password is None:
        raise _refused(login, free, "it wants a password and the answers name none (access.sudo_password)")
    first = resolve(password).encode() + b"\n"
    asked = run(shell.command_line(("true",), timeout=PATIENCE, sudo="password"), (first,), PATIENCE)
    if asked.code == 0:
        return "password", first
    raise _refused(login, asked, "the password was not accepted")


def _refused(login: Login, ended: Ended, otherwise: str) -> SudoRefused:
    said = ended.err.decode("utf-8", "replace").strip()
    if "must have a tty" in said:
        otherwise = f"it wants a terminal; set `Defaults:{login.user} !requiretty` in its sudoers"
    elif "not in the sudoers" in said or "not allowed" in said or "may not run" in said:
        otherwise = "the user may not run every command"
    elif ended.code == 127:
        otherwise = "there is no sudo on the host"
    return SudoRefused(host=login.name, user=login.user, reason=otherwise)
