"""The variables of Ansible's that say how a host is reached, in one form wherever they stood; pure.

All others serve for what these refer to and for nothing else, and those that are called like secrets not even for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from installer.formats.values import shown
from installer.hosts.inventory import ssh_arguments
from installer.hosts.inventory.ssh_arguments import Hop, NoHop
from installer.messages import Message

OWN_ADDRESSES = ("ip", "node_ip", "internal_ip", "private_ip", "access_ip")
"""What kubespray and others call the address by which hosts reach each other."""
REACHED = ("ansible_host", "ansible_ssh_host")
"""Where Ansible logs in: it may be a translated address."""
ADDRESSES = (*OWN_ADDRESSES, *REACHED)
"""The first of them that is said counts."""
USERS = ("ansible_user", "ansible_ssh_user")
PORTS = ("ansible_port", "ansible_ssh_port")
KEYS = ("ansible_ssh_private_key_file", "ansible_private_key_file")
ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
"""In the order in which ssh gets them."""
PRIORITY = "ansible_group_priority"
OF_OTHERS = ("ansible_connection", "ansible_network_os")
TAKEN = frozenset({*ADDRESSES, *USERS, *PORTS, *KEYS, *ARGUMENTS, *OF_OTHERS, PRIORITY})
ENCRYPTED = "$ANSIBLE_VAULT;"
"""How a text begins that ansible-vault has encrypted."""
_REFERENCE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_SECRET = re.compile(r"pass|secret|token|vault|credential", re.IGNORECASE)
"""How names of variables are told that hold secrets."""
LONGEST = 1000
"""Characters of a variable that says how hosts are reached, or of one that such a variable refers to."""
_ALIKE = 4
"""References that may lead to each other."""

Trouble = tuple[Message, Message]
"""(found, wanted)."""


def said(variables: Any) -> dict[str, str]:
    """The variables of a mapping that are words or numbers, as texts; what is encrypted or a secret is not said."""
    told = variables if isinstance(variables, dict) else {}
    plain = {key: _text(value) for key, value in told.items() if isinstance(value, str | int | float)}
    return {key: value for key, value in plain.items() if value and not value.startswith(ENCRYPTED)
            and len(value) <= LONGEST and not _SECRET.search(key)}  # fmt: skip


def _text(value: str | int | float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def resolved(name: str, variables: Mapping[str, str]) -> tuple[dict[str, str], list[Trouble]]:
    """A host's variables with references to each other followed; templates beyond that are not said, and told."""
    known = {"inventory_hostname": name, **variables}
    made: dict[str, str] = {}
    troubles = []
    for key in TAKEN.intersection(variables):
        value = variables[key]
        for _ in range(_ALIKE):
            value = _REFERENCE.sub(lambda match: known.get(match[1], match[0]), value)
        if "{{" in value or "{%" in value:
            found = Message("{key} as a template, which Ansible fills in as it runs", key=key)
            troubles.append((found, Message("the value itself")))
        else:
            made[key] = value
    return made, troubles


def first(variables: Mapping[str, str], keys: tuple[str, ...]) -> str:
    """The first of some variables that is said, empty where none is."""
    return next((variables[key] for key in keys if variables.get(key)), "")


def other_addresses(variables: Mapping[str, str], address: str) -> Iterator[Trouble]:
    """What is told of addresses that a host has beside the one that is taken."""
    for other in dict.fromkeys(variables[key] for key in ADDRESSES if variables.get(key)):
        if other != address:
            found = Message("{address} beside {other}", address=shown(other), other=shown(address))
            yield found, Message("one address, the host's own: {address} is taken", address=address)


def bastion(variables: Mapping[str, str]) -> tuple[Hop | None, Trouble | None]:
    """The bastion before a host, or what is told of a way that cannot be taken."""
    for key in ARGUMENTS:
        try:
            if key in variables and (hop := ssh_arguments.hop(variables[key])):
                return hop, None
        except NoHop as error:
            return None, (Message("{key}: {found}", key=key, found=error.found), ssh_arguments.WANTED)
    return None, None
