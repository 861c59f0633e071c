"""Whom we trust is whom ssh trusts: both are given the same known_hosts files and the same real servers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from known_hosts_table import CERTIFICATES, CERTIFIED, PLAIN, UNCERTIFIED, Server, certified, ssh_accepts, we_accept
from practice import Practice
from stages import open_site

from installer.answers.model import Access, Host
from installer.errors import HostKeyRevoked
from installer.remote.ssh.link import Link
from installer.remote.ssh.login import login_of
from installer.remote.world import Site

pytestmark = pytest.mark.lab

HOST, FOLDER = "cp-1", "/run/known-hosts-test"
BARE_PORT, CERTIFIED_PORT, FIRST_PORT = 2340, 2341, 2342
START = """cd "$1" && chmod 600 key && sshd=$(command -v sshd || echo /usr/sbin/sshd)
"$sshd" -f "$1/config" && for n in $(seq 100); do ss -Hltn "sport = :$2" | grep -q . && exit; sleep 0.1; done; exit 1"""


@dataclass(frozen=True)
class Desk:
    """Keys on this machine, and servers on a practice host that have them."""

    folder: Path
    site: Site
    address: str

    def server(self, port: int) -> Server:
        key, authority, other = (
            " ".join((self.folder / f"{name}.pub").read_text().split()[:2]) for name in ("key", "authority", "other")
        )
        return Server(self.address, port, key, authority, other)

    def start(self, port: int, certificate: bytes = b"") -> Server:
        """One more SSH server on the host; it ends with the test."""
        place = f"{FOLDER}/{port}"
        config = f"Port {port}\nHostKey {place}/key\nPidFile {place}/pid\n"
        self.site.make_directory(HOST, place)
        self.site.write(HOST, f"{place}/key", (self.folder / "key").read_bytes())
        if certificate:
            self.site.write(HOST, f"{place}/certificate", certificate)
            config += f"HostCertificate {place}/certificate\n"
        self.site.write(HOST, f"{place}/config", config.encode())
        assert self.site.run(HOST, "sh", "-c", START, "start", place, str(port)).ok
        return self.server(port)


@pytest.fixture(scope="module")
def desk(practice: Practice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("key", "authority", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with open_site(practice, folder) as site:
        yield Desk(folder, site, practice.address(HOST))
        site.run(HOST, "sh", "-c", f"for pid in {FOLDER}/*/pid; do kill $(cat $pid); done; rm -r {FOLDER}")


@pytest.fixture(scope="module")
def bare(desk: Desk) -> Server:
    return desk.start(BARE_PORT)


@pytest.fixture(scope="module")
def with_certificate(desk: Desk) -> Server:
    return desk.start(
        CERTIFIED_PORT, certified(desk.folder, desk.server(CERTIFIED_PORT), CERTIFICATES["for the address"])
    )


def same(server: Server, text: str, folder: Path) -> bool:
    """What both decide on a file."""
    file = folder / "known_hosts"
    file.write_bytes(text.encode())
    ours = we_accept(server, file)
    assert ours == ssh_accepts(server, file)
    return ours


@pytest.mark.parametrize("name", [*PLAIN, *UNCERTIFIED])
def test_a_server_with_a_bare_key(bare: Server, tmp_path: Path, name: str) -> None:
    same(bare, {**PLAIN, **UNCERTIFIED}[name](bare), tmp_path)


@pytest.mark.parametrize("name", [*PLAIN, *CERTIFIED])
def test_a_server_with_a_certificate(with_certificate: Server, tmp_path: Path, name: str) -> None:
    same(with_certificate, {**PLAIN, **CERTIFIED}[name](with_certificate), tmp_path)


@pytest.mark.parametrize("number", range(len(CERTIFICATES)), ids=list(CERTIFICATES))
def test_certificates_of_every_kind(desk: Desk, tmp_path: Path, number: int) -> None:
    server = desk.server(FIRST_PORT + number)
    told = list(CERTIFICATES.values())[number]
    desk.start(server.port, certified(desk.folder, server, told))
    held = same(server, f"@cert-authority * {server.authority}\n", tmp_path)
    assert held or number not in (0, 1, 2)


def test_files_for_the_usual_port(desk: Desk, tmp_path: Path, practice: Practice) -> None:
    key = desk.site.run(HOST, "cat", "/etc/ssh/ssh_host_ed25519_key.pub").out
    server = replace(desk.server(22), key=" ".join(key.split()[:2]))
    for name in ("its key", "a star", "negated", "hashed", "revoked", "the bare address", "another's key"):
        same(server, PLAIN[name](server), tmp_path)


def test_a_revoked_key_is_refused_though_the_answers_pin_it(bare: Server, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"{bare.name} {bare.key}\n")
    login = login_of(Host(HOST, bare.address, replace(_access(file), port=bare.port)))
    (pinned,) = login.pins.fingerprints
    assert we_accept(bare, file, pinned)
    file.write_text(f"@revoked * {bare.key}\n")
    assert not we_accept(bare, file, pinned)
    with pytest.raises(HostKeyRevoked):
        Link(
            login_of(Host(HOST, bare.address, replace(_access(file), port=bare.port), pinned)), lambda _: ""
        ).verified_key()


def _access(known_hosts: Path) -> Access:
    return Access(user="nobody-here", known_hosts=str(known_hosts))
