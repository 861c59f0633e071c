"""How a login becomes root: what kind of sudo the host has for it, or in plain words why it has none."""

from __future__ import annotations

import re
from collections.abc import Callable

from installer.answers.model import SecretRef
from installer.errors import NoCommands, PreflightFailed, SudoRefused
from installer.messages import Message
from installer.remote.ssh import program
from installer.remote.ssh.hearing import START, NotBegun
from installer.remote.ssh.login import Login, Resolve, quoted

_ANOTHER_USER = re.compile(r"log ?in as the user \"?([a-z_][a-z0-9_-]{0,31})\"?")
"""What cloud-init has root's login say."""

Start = Callable[[str, bytes], int]
Ask = Callable[[str, bytes], NotBegun]


def escalation(login: Login, password: SecretRef | None, resolve: Resolve, start: Start, ask: Ask) -> tuple[str, bytes]:
    """The kind of sudo, as in `program.SUDO`, and what it wants on standard input first.

    `start` starts a shell by such a kind and gives the user id as which it runs commands, or raises `NotBegun`; `ask`
    gives what came of a line that ends by itself.

    Raises:
        NoCommands: the login runs no commands at all.
        SudoRefused: the login cannot become root. The password is tried once, so that no count locks the user out.
    """
    if login.user == "root":
        demand_root(login, _plain(login, start))
        return "", b""
    try:
        demand_root(login, start("free", b""))
        return "free", b""
    except NotBegun as refused:
        free = refused
    # What sudo says begins with its name; without that it may be the login that runs nothing, sudo or not.
    if "sudo:" not in free.said and _plain(login, start) == 0:
        return "", b""
    if password is None:
        raise refusal(
            login, "free", b"", free, Message("it wants a password and the answers name none (access.sudo_password)")
        )
    first = resolve(password).encode() + b"\n"
    asked = ask(program.login_line("password", "true"), first)
    if asked.code != 0:
        raise refusal(login, "password", first, asked, Message("the password was not accepted"))
    try:
        demand_root(login, start("password", first))
    except NotBegun as refused:
        raise refusal(login, "password", first, refused) from refused
    return "password", first


def refusal(
    login: Login, sudo: str, first: bytes, refused: NotBegun, otherwise: str = Message("it started no shell")
) -> PreflightFailed:
    """Why no shell began, with the host's own words; `sudo` and `first` are those that it was started by."""
    said = refused.said.replace(program.PROMPT, "")
    secret = first.decode("utf-8", "replace").strip()
    said = quoted(said.replace(secret, "***") if secret else said)
    if not sudo:
        another = _ANOTHER_USER.search(said)
        hint = {"hint": Message("set access.user to {name} in the answers", name=another[1])} if another else {}
        reason = Message("the host says: {said}", said=said) if said else _nothing(refused)
        return NoCommands(host=login.name, user=login.user, reason=reason, **hint)
    if "must have a tty" in said:
        otherwise = Message("it wants a terminal; set `Defaults:{user} !requiretty` in its sudoers", user=login.user)
    elif "not in the sudoers" in said or "not allowed" in said or "may not run" in said:
        otherwise = Message("the user may not run every command")
    elif refused.code == 127:
        otherwise = Message("there is no sudo on the host")
    elif not said and refused.code is None:
        otherwise = _nothing(refused)
    reason = Message("{otherwise}; the host says: {said}", otherwise=otherwise, said=said) if said else otherwise
    return SudoRefused(host=login.name, user=login.user, reason=reason)


def not_root(login: Login, user: int) -> SudoRefused:
    """What a login is refused by whose commands run as somebody else."""
    reason = Message("its commands run as user id {user}, not as root (0)", user=user)
    return SudoRefused(host=login.name, user=login.user, reason=reason)


def _nothing(refused: NotBegun) -> str:
    return (
        Message(
            "nothing came back for {patience} s; sudo may be waiting for name servers or a directory",
            patience=format(START, ".0f"),
        )
        if refused.code is None
        else Message("it ended with exit code {code}, wordless", code=refused.code)
    )


def demand_root(login: Login, user: int) -> None:
    """Refuse a login whose commands run as somebody else."""
    if user:
        raise not_root(login, user)


def _plain(login: Login, start: Start) -> int:
    """The user id of the login itself.

    Raises:
        NoCommands: it runs no commands.
    """
    try:
        return start("", b"")
    except NotBegun as refused:
        raise refusal(login, "", b"", refused) from refused
