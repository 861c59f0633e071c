"""What a World is tried on: a stage of either adapter, and how the real one is opened on a practice site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from practice import Practice

from installer.answers.model import Access, Answers, Environment, Host, Registry, SecretRef
from installer.bundle.manifest import Artifact
from installer.ports import Probed, World
from installer.remote.world import Bundle, Site


class Staged(World, Probed, Protocol):
    """A world with its probes."""


@dataclass(frozen=True)
class Wares:
    """Artifacts of the bundle: two that share a layer, one that nobody pushes, and two with altered bytes."""

    registry: Artifact
    first: Artifact
    second: Artifact
    never: Artifact
    altered_layer: Artifact
    altered_manifest: Artifact


@dataclass(frozen=True)
class Stage:
    """A world; the names and addresses of two hosts in it, and a folder on the first where a test may do as it likes.

    `end_unseen` leaves a transient unit that ended with a code, as an installer that died does; `sent` counts the blobs
    that were taken from the bundle. `start_cluster` makes the first host the control plane of "production".
    """

    world: Staged
    wares: Wares
    host: str
    address: str
    other: str
    folder: str
    end_unseen: Callable[[str, int], None]
    sent: Callable[[], int]
    start_cluster: Callable[[], None]
    stop_cluster: Callable[[], None]


def secret(reference: SecretRef) -> str:
    """The value of a reference to a file, the only kind that a practice site has."""
    assert reference.kind == "file"
    return Path(str(reference.value)).read_text()


def answers_for(hosts: tuple[Host, ...]) -> Answers:
    environment = Environment("production", control_planes=(hosts[0].name,))
    return Answers("contract", hosts, (environment,), Registry((hosts[0].name,)), signers="")


def open_site(practice: Practice, state: Path, access: Access | None = None, archive: Bundle | None = None) -> Site:
    return Site(answers_for(practice.answers_hosts(access)), secret, archive, state)


def whoami(site: Site, host: str = "cp-1") -> str:
    return site.run(host, "id", "-un").out.strip()
