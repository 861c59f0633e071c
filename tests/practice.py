"""Practice sites for tests: real hosts, each test run on subnets of its own, gone when the run is over."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from installer.answers.model import Access, Host
from installer.rehearsal import hosts, image, podman
from installer.rehearsal.commands import LABEL
from installer.rehearsal.site import PracticeHost, PracticeSite, access_to

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sitewright"
OWNER = re.compile(r"test-(\d+)-")


@dataclass(frozen=True)
class Practice:
    """A site that stands, and how to get in."""

    site: PracticeSite

    @property
    def folder(self) -> Path:
        return self.site.folder

    @property
    def password(self) -> str:
        return (self.folder / "password").read_text()

    @property
    def passphrase(self) -> str:
        return (self.folder / "passphrase").read_text()

    @property
    def access(self) -> Access:
        """Key login as engineer, sudo with a password; vary it with dataclasses.replace."""
        return access_to(self.site)

    def answers_hosts(self, access: Access | None = None) -> tuple[Host, ...]:
        """The hosts as the answers would name them."""
        return tuple(Host(host.name, host.address, access or self.access) for host in self.site.hosts)

    def address(self, host: str) -> str:
        return next(known.address for known in self.site.hosts if known.name == host)

    def ssh_options(self, access: Access | None = None) -> list[str]:
        """Options of the system's ssh for a strict, non-interactive login by key."""
        chosen = access or self.access
        options = {
            "UserKnownHostsFile": chosen.known_hosts,
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": chosen.private_key or "none",
            "User": chosen.user,
            "ConnectTimeout": "30",
        }
        return ["-F", "none", *(part for key, value in options.items() for part in ("-o", f"{key}={value}"))]

    def ssh(
        self, host: str, command: str, *options: str, stdin: str = "", access: Access | None = None, answer: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command with the system's ssh; `answer` is given to every question ssh asks."""
        with tempfile.TemporaryDirectory() as folder:
            ask = Path(folder) / "ask"
            ask.write_text('#!/bin/sh\nprintf "%s\\n" "$ANSWER"\n')
            ask.chmod(0o700)
            environment = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "ANSWER": answer}
            environment.pop("SSH_AUTH_SOCK", None)
            batch = [] if answer else ["-o", "BatchMode=yes"]
            argv = ["ssh", *options, *self.ssh_options(access), *batch, self.address(host), command]
            return subprocess.run(
                argv, input=stdin, env=environment, capture_output=True, text=True, timeout=120, check=False
            )

    def without_sudo_password(self) -> Access:
        """The user whom sudo asks for nothing."""
        return replace(self.access, user="deploy", sudo_password=None)


def raise_practice(count: int, names: tuple[str, ...] = (), definition: Path = image.DEFINITION) -> Practice:
    """Raise a site of `count` hosts (cp-1, node-1, node-2 ...) on the first free subnet."""
    podman.require_tools()
    chosen = names or ("cp-1", *(f"node-{number}" for number in range(1, count)))
    with (Path(tempfile.gettempdir()) / "sitewright-test-subnets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _sweep()
        octet = _free_octet()
        addressed = [PracticeHost(name, f"10.89.{octet}.{11 + at}") for at, name in enumerate(chosen)]
        site = PracticeSite(f"test-{os.getpid()}-{octet}", addressed)
        try:
            hosts.up(site, CACHE, lambda *_: None, definition)
        except BaseException:
            hosts.down(site)
            raise
    return Practice(site)


def _free_octet() -> int:
    """The first of 10.89.100.0/24 to 10.89.249.0/24 that no podman network has."""
    networks = json.loads(podman.run("podman", "network", "ls", "--format", "json"))
    taken = {subnet["subnet"] for network in networks for subnet in network.get("subnets") or ()}
    return next(octet for octet in range(100, 250) if f"10.89.{octet}.0/24" not in taken)


def _sweep() -> None:
    """Take down the sites of test runs that were killed before they could do it themselves."""
    names = podman.run("podman", "network", "ls", "--filter", f"label={LABEL}", "--format", "{{.Name}}").split()
    for name in names:
        site = name.removeprefix("sitewright-")
        owner = OWNER.match(site)
        if owner and not Path("/proc", owner[1]).exists():
            hosts.down(PracticeSite(site, [PracticeHost("gone", "10.89.0.2")]))
