"""Arguments of OpenSSH's `ssh`, as Ansible's variables hold them: over which host they lead; pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from installer.messages import Message

WITH_VALUE = frozenset("BbcDEeFIiJLlmOoPpQRSWw")
"""Options of ssh(1) that take a value."""
TUNNELS = frozenset({"nc", "ncat", "netcat"})
"""Programs that, run on a bastion, do what `ssh -W` does."""
WANTED = Message("one bastion, as in: -o ProxyJump=ops@203.0.113.5:22, or a ProxyCommand of `ssh -W %h:%p`")
_OWN_FILE = Message("a configuration file of ssh's own, which is not read")
_LOGIN = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<address>[^@:]+|\[[0-9A-Fa-f:.%]+\])(?::(?P<port>[0-9]{1,5}))?")


class NoHop(Exception):
    """The arguments lead over something, but over no single bastion; `found` is what."""

    def __init__(self, found: Message) -> None:
        super().__init__(found)
        self.found = found


@dataclass(frozen=True, slots=True)
class Hop:
    """The bastion on the way to a host; `user` and `private_key` empty and `port` 0 where the arguments do not say."""

    address: str
    user: str = ""
    port: int = 0
    private_key: str = ""

    def access(self) -> dict[str, object]:
        """What is said of it, as `access.bastion` of the answers has it."""
        said = {"address": self.address, "user": self.user, "port": self.port, "private_key": self.private_key}
        return {key: value for key, value in said.items() if value}

    def __str__(self) -> str:
        return f"{self.user}@{self.address}:{self.port}".removesuffix(":0").removeprefix("@")


def hop(arguments: str) -> Hop | None:
    """The bastion that arguments name, None where they name none. The first of several options counts, as for ssh.

    Raises:
        NoHop: they lead over several hosts, or in a way that is not known here.
    """
    options, _ = _parted(_words(arguments))
    for option, value in options:
        jump = value if option == "J" else _set(option, value, "proxyjump")
        if jump and jump.lower() != "none":
            return _jump(jump)
        command = _set(option, value, "proxycommand")
        if command and command.lower() != "none":
            return _command(command)
        if jump or command:
            return None
    if any(option == "F" for option, _ in options):
        raise NoHop(_OWN_FILE)
    return None


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise NoHop(Message("arguments of ssh that end within quotes")) from error


def _parted(words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The options of a command line, each with its value, and the other words."""
    options: list[tuple[str, str]] = []
    others: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if len(others) > 1 or len(word) < 2 or word[0] != "-":  # after the destination's command, nothing is ssh's own
            others.append(word)
            continue
        for position, letter in enumerate(word[1:], start=2):
            if letter in WITH_VALUE:
                options.append((letter, word[position:] or next(waiting, "")))
                break
            options.append((letter, ""))
    return options, others


def _set(option: str, value: str, wanted: str) -> str:
    """The value of a setting in `-o`, which may be written with an equals sign or a blank."""
    key, _, said = re.sub(r"\s*=\s*|\s+", "=", value.strip(), count=1).partition("=")
    return said.strip() if option == "o" and key.lower() == wanted else ""


def _jump(text: str) -> Hop:
    if "," in text:
        raise NoHop(Message("a way over {count} hosts", count=text.count(",") + 1))
    match = _LOGIN.fullmatch(text.removeprefix("ssh://").rstrip("/"))
    if match is None or "{{" in text:
        raise NoHop(Message("a jump to what is no login"))
    if match["address"].startswith("["):
        raise NoHop(Message("an IPv6 address"))
    return Hop(match["address"], match["user"] or "", int(match["port"] or 0))


def _command(text: str) -> Hop:
    """The bastion of a ProxyCommand."""
    words = _words(text)
    if words[:1] and words[0].rpartition("/")[2] == "exec":
        words = words[1:]
    if words[:1] and words[0].rpartition("/")[2] == "sshpass":  # its password is not looked at
        words = words[next((at for at, word in enumerate(words) if word.rpartition("/")[2] == "ssh"), 1) :]
    if not words or words[0].rpartition("/")[2] != "ssh":
        raise NoHop(Message("a ProxyCommand that is not ssh"))
    options, others = _parted(words[1:])
    letters = dict(reversed(options))
    if "F" in letters:
        raise NoHop(_OWN_FILE)
    through = "W" in letters or (len(others) > 1 and others[1].rpartition("/")[2] in TUNNELS)
    if not others or not through:
        raise NoHop(Message("a ProxyCommand without -W"))
    if "J" in letters or any(_set(*each, "proxyjump") or _set(*each, "proxycommand") for each in options):
        raise NoHop(Message("a way over {count} hosts", count=2))
    return _said(_jump(others[0]), options)


def _said(hop: Hop, options: Sequence[tuple[str, str]]) -> Hop:
    """The bastion with what options say of it beside the login."""
    user = hop.user or next(_values(options, "l", "user"), "")
    port = next(_values(options, "p", "port"), "")
    key = next(_values(options, "i", "identityfile"), "")
    return Hop(hop.address, user, hop.port or (int(port) if port.isdigit() and len(port) < 6 else 0), key)


def _values(options: Sequence[tuple[str, str]], letter: str, setting: str) -> Iterator[str]:
    for option, value in options:
        if said := value if option == letter else _set(option, value, setting):
            yield said
