"""How a World is opened on a practice site, and where in it a test may do as it likes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from practice import Practice

from installer.answers import Access, Answers, Environment, Host, Registry, SecretRef
from installer.world.ports import World
from installer.world.site import Site


@dataclass(frozen=True)
class Stage:
    """A world, the name of a host in it, and a folder on that host where a test may do as it likes."""

    world: World
    host: str
    folder: str


def secret(reference: SecretRef) -> str:
    """The value of a reference to a file, the only kind that a practice site has."""
    assert reference.kind == "file"
    return Path(str(reference.value)).read_text()


def answers_for(hosts: tuple[Host, ...]) -> Answers:
    environment = Environment("production", control_planes=(hosts[0].name,))
    return Answers("contract", hosts, (environment,), Registry((hosts[0].name,)), signers="")


def open_site(practice: Practice, state: Path, access: Access | None = None) -> Site:
    return Site(answers_for(practice.answers_hosts(access)), secret, None, state)
