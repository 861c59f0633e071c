"""Raises practice sites, takes them down, and breaks their hosts on purpose."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from installer.errors import PracticeFailed, PracticeImpossible
from installer.messages import Message
from installer.ports import Report
from installer.rehearsal import access, commands, image, kernel, podman
from installer.rehearsal.site import ENGINEER, PracticeHost, PracticeSite

State = Literal["running", "paused", "stopped", "made", "absent"]
"""`made`: never switched on yet, and perhaps without its identity."""

BOOT_SECONDS = 120
"""A host boots in two to four seconds; only a broken one takes this long, even on a busy machine."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """How a practice host is."""

    name: str
    address: str
    state: State


def up(site: PracticeSite, cache: Path, report: Report, definition: Path = image.DEFINITION) -> None:
    """Raise the site, or what of it does not stand; on hosts that run already nothing changes.

    `cache` is the folder that built things are kept in; `report` hears of the image and of each host. `definition` is
    the folder that says what is on the hosts.

    Raises:
        PracticeToolMissing: podman, runc or mmdebstrap is not installed.
        PracticeImpossible: a site of this name stands with other hosts.
        PracticeFailed: a command failed or a host did not boot.
    """
    podman.require_tools()
    kernel.make_room(report)
    name = image.ensure(cache, report, definition)
    standing = {status.name: status.state for status in status_of(site)}
    _refuse_strangers(site)
    access.make_folder(site)
    if site.network not in podman.run(*commands.list_networks(site.name)).split():
        _make_network(site)
    with ThreadPoolExecutor(max_workers=4) as pool:
        raised = pool.map(lambda host: _raise(site, host, standing[host.name], name), site.hosts)
        for ready, host in enumerate(raised, start=1):
            report(ready, len(site.hosts), "items", f"{host.name} is up")


def down(site: PracticeSite) -> None:
    """Remove the site's hosts, their volumes, its network and its keys; nothing of anybody else."""
    podman.require_tools()
    found = podman.run(*commands.list_containers(site.name))
    containers = [str(entry["Names"][0]) for entry in json.loads(found or "[]")]
    volumes = podman.run(*commands.list_volumes(site.name)).split()
    networks = podman.run(*commands.list_networks(site.name)).split()
    for argv in commands.removal(containers, volumes, networks):
        podman.run(*argv)
    access.remove_folder(site)


def status_of(site: PracticeSite) -> tuple[HostStatus, ...]:
    """How each host of the site is, in its order."""
    states = _states(site.name)
    return tuple(
        HostStatus(host.name, host.address, states.get(site.container(host.name), "absent")) for host in site.hosts
    )


def pause(site: PracticeSite, host: str) -> None:
    """Freeze a host: connections hang and nothing answers.

    Raises:
        PracticeFailed: it cannot be frozen.
    """
    for last in (False, False, True):
        try:
            podman.run(*commands.pause(site, host))
            return
        except PracticeFailed:  # freezing by cgroup v1 comes to no end on a busy machine now and then; runc gives up
            if last:
                raise


def unpause(site: PracticeSite, host: str) -> None:
    """Let a frozen host go on."""
    podman.run(*commands.unpause(site, host))


def kill(site: PracticeSite, host: str) -> None:
    """Cut a host's power; what it had not written to disk by then is lost."""
    podman.run(*commands.kill(site, host))


def stop(site: PracticeSite, host: str) -> None:
    """Shut a host down in order."""
    podman.run(*commands.stop(site, host))


def start(site: PracticeSite, host: str) -> None:
    """Switch a host on and wait until it has booted."""
    podman.run(*commands.start(site, host))
    _await_boot(site, host)


def console(site: PracticeSite, host: str, *argv: str) -> str:
    """Run a command in a host as root without logging in, as at its keyboard; return its standard output.

    Raises:
        PracticeFailed: it did not exit 0.
    """
    return podman.run(*commands.inside(site, host, *argv))


def _raise(site: PracticeSite, host: PracticeHost, state: State, name: str) -> PracticeHost:
    """Go on from wherever a former `up` was broken off."""
    if state == "absent":
        if site.volume(host.name) not in podman.run(*commands.list_volumes(site.name)).split():
            podman.run(*commands.create_volume(site, host))
        podman.run(*commands.create_host(site, host, name))
    if state in ("absent", "made"):
        podman.run(*commands.unpack(site, host.name), stdin=access.identity(site, host))
    if state == "paused":
        unpause(site, host.name)
    elif state != "running":
        podman.run(*commands.start(site, host.name))
    _await_boot(site, host.name)
    if podman.run(*commands.inside(site, host.name, "passwd", "--status", ENGINEER)).split()[1] != "P":
        podman.run(*commands.inside(site, host.name, "chpasswd"), stdin=access.passwords(site))
    return host


def _make_network(site: PracticeSite) -> None:
    """Make the site's network.

    Raises:
        PracticeImpossible: this machine has another network of these addresses.
    """
    code, _, err = podman.attempt(*commands.create_network(site))
    if code and "already used" in err:
        raise PracticeImpossible(
            site=site.name,
            reason=Message(
                "its hosts' addresses are in {subnet}, a network that this machine has already", subnet=site.subnet
            ),
            hint=Message(
                "take down what is there, or rehearse with a copy of the answers in which the hosts have others"
            ),
        )
    if code:
        raise PracticeFailed(command="podman network create", reason=err.strip())


def _await_boot(site: PracticeSite, host: str) -> None:
    """Wait until systemd has done all its jobs: "degraded" is booted too, as on many a customer's host."""
    deadline = time.monotonic() + BOOT_SECONDS
    while True:
        _, out, err = podman.attempt(*commands.inside(site, host, "systemctl", "is-system-running", "--wait"))
        if out.strip() in ("running", "degraded"):
            return
        if time.monotonic() > deadline:
            raise PracticeFailed(
                command=f"boot of {host}", reason=(err or out).strip() or Message("no answer from systemd")
            )
        time.sleep(0.1)


def _refuse_strangers(site: PracticeSite) -> None:
    """A site that stands under this name with other hosts is another site."""
    expected = {site.container(host.name) for host in site.hosts}
    strangers = sorted(set(_states(site.name)) - expected)
    if strangers:
        raise PracticeImpossible(
            site=site.name, reason=Message("it stands with other hosts: {names}", names=", ".join(strangers))
        )


def _states(site: str) -> dict[str, State]:
    words: dict[str, State] = {"running": "running", "paused": "paused", "created": "made"}
    found: Iterable[dict[str, object]] = json.loads(podman.run(*commands.list_containers(site)) or "[]")
    states: dict[str, State] = {}
    for entry in found:
        names = entry["Names"]
        if isinstance(names, list):
            states[str(names[0])] = words.get(str(entry["State"]), "stopped")
    return states
