"""What two sides of SSH have in common: where it is nothing, what each of them offers and which setting mends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from installer.messages import Message
from installer.remote.ssh.login import quoted

Offer = Mapping[str, Sequence[str]]
"""Names of algorithms by what they are for, as in `SETTINGS`."""

SETTINGS = {
    "kex": ("KexAlgorithms", Message("key exchange")),
    "keys": ("HostKeyAlgorithms", Message("host key")),
    "ciphers": ("Ciphers", Message("cipher")),
    "macs": ("MACs", Message("message authentication code")),
}
"""For each kind its setting in sshd_config, and what it is called."""
ALLOW_ANOTHER = Message("allow further algorithms in its sshd_config")
FIELDS = {
    "kex": "kex_algo_list", "keys": "server_key_algo_list", "ciphers": "server_encrypt_algo_list",
    "macs": "server_mac_algo_list",
}  # fmt: skip
"""What paramiko calls each kind in a server's first message of a key exchange (RFC 4253, section 7.1)."""
NO_ALGORITHMS = ("ext-info-", "kex-strict-")
"""How the names of extensions begin that stand among the algorithms."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Why two sides do not come together, and what to do about it; `kind` as in `SETTINGS`, empty where not known."""

    kind: str
    reason: Message
    hint: Message
    theirs: str = ""


class Speaking(Protocol):
    """What is wanted of a connection: what both sides offer."""

    @property
    def offered(self) -> Offer:
        """The server's."""
        ...

    def get_security_options(self) -> Any:
        """Ours, as paramiko has them."""
        ...


def offered(parsed: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """A server's offer, of its first message as paramiko has parsed it; what is no algorithm is left out."""
    told = {kind: parsed.get(name) for kind, name in FIELDS.items()}
    return {kind: tuple(_algorithms(names if isinstance(names, list) else [])) for kind, names in told.items()}


def _algorithms(names: Iterable[str]) -> Iterable[str]:
    return (name for name in names if name and not name.startswith(NO_ALGORITHMS))


def apart(connection: Speaking) -> Apart | None:
    """The first kind of which the two sides have nothing in common, None where there is none.

    Ciphers that authenticate by themselves need no code, but paramiko wants one in common all the same.
    """
    options = connection.get_security_options()
    ours = {"kex": options.kex, "keys": options.key_types, "ciphers": options.ciphers, "macs": options.digests}
    for kind, (setting, called) in SETTINGS.items():
        own, other = tuple(_algorithms(ours[kind])), connection.offered.get(kind, ())
        if set(own).isdisjoint(other):
            theirs = quoted(", ".join(other))
            reason = Message(
                "no {kind} in common: it offers {theirs}; this program knows {ours}",
                kind=called, theirs=theirs or Message("none"), ours=", ".join(own),
            )  # fmt: skip
            hint = Message("allow one that this program knows by {setting} in its sshd_config", setting=setting)
            return Apart(kind, reason, hint, theirs)
    return None


def told(apart: Apart, pinned: Sequence[str]) -> tuple[Message, Message]:
    """Reason and hint, where the host's keys of the types in `pinned` are pinned and of no other one."""
    if apart.kind != "keys" or not pinned:
        return apart.reason, apart.hint
    reason = Message(
        "no host key of a pinned type: {pinned} is pinned; it offers {theirs}",
        pinned=", ".join(pinned), theirs=apart.theirs or Message("none"),
    )  # fmt: skip
    return reason, Message("pin a key that it has: host_key in the answers, or a line in access.known_hosts")
