"""Practice hosts are servers: tried from outside with the system's own ssh, as an engineer would."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from practice import CACHE, Practice

from installer.errors import PracticeImpossible
from installer.rehearsal import commands, hosts, podman
from installer.rehearsal.image import reference
from installer.rehearsal.site import PracticeHost, PracticeSite

pytestmark = pytest.mark.lab


def silent(*_: object) -> None:
    """Hears of progress and says nothing."""


def containers(site: PracticeSite) -> list[str]:
    return [entry["Id"] for entry in json.loads(podman.run(*commands.list_containers(site.name)))]


def listening(practice: Practice, host: str) -> bool:
    return practice.ssh(host, "true", "-o", "ConnectTimeout=3").returncode == 0


def test_every_host_is_a_running_server_of_its_own(practice: Practice) -> None:
    said = [
        practice.ssh(host.name, "hostname; cat /etc/machine-id; systemctl is-system-running")
        for host in practice.site.hosts
    ]
    names, machines, states = zip(*(done.stdout.split() for done in said), strict=True)
    assert names == ("cp-1", "node-1", "node-2")
    assert len(set(machines)) == 3
    assert set(states) == {"running"}


def test_engineer_needs_a_password_for_sudo(practice: Practice) -> None:
    asked = practice.ssh("cp-1", "sudo -n id -u")
    right = practice.ssh("cp-1", "sudo -S -p '' id -u", stdin=practice.password + "\n")
    wrong = practice.ssh("cp-1", "sudo -k; sudo -S -p '' id -u", stdin="not the password\n")
    assert asked.returncode != 0
    assert "a password is required" in asked.stderr
    assert (right.returncode, right.stdout) == (0, "0\n")
    assert wrong.returncode != 0


def test_deploy_needs_none(practice: Practice) -> None:
    assert practice.ssh("node-1", "sudo -n id -u", access=practice.without_sudo_password()).stdout == "0\n"


def test_login_by_password(practice: Practice) -> None:
    by_password = replace(practice.access, private_key="")
    assert practice.ssh("node-1", "id -un", access=by_password, answer=practice.password).stdout == "engineer\n"
    assert practice.ssh("node-1", "id -un", access=by_password, answer="wrong").returncode == 255


def test_login_by_a_key_with_a_passphrase(practice: Practice) -> None:
    locked = replace(practice.access, private_key=str(practice.folder / "id_ed25519_passphrase"))
    assert practice.ssh("node-2", "id -un", access=locked, answer=practice.passphrase).stdout == "engineer\n"
    assert practice.ssh("node-2", "id -un", access=locked).returncode == 255


def test_any_host_is_a_bastion(practice: Practice) -> None:
    hop = " ".join(["ssh", *practice.ssh_options(), "-o", "BatchMode=yes", "-W", "%h:%p", practice.address("node-1")])
    done = practice.ssh("cp-1", "echo $SSH_CONNECTION", "-o", f"ProxyCommand={hop}")
    assert done.stdout.split()[0] == practice.address("node-1")


def test_a_host_key_that_is_not_pinned_is_refused(practice: Practice, tmp_path: Path) -> None:
    pins = Path(practice.access.known_hosts).read_text().split("\n")
    swapped = tmp_path / "known_hosts"
    swapped.write_text(f"{practice.address('cp-1')} {pins[1].split(' ', 1)[1]}\n")
    done = practice.ssh("cp-1", "true", access=replace(practice.access, known_hosts=str(swapped)))
    assert done.returncode == 255
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in done.stderr


def test_hosts_reach_each_other_and_nothing_else(practice: Practice) -> None:
    peer, outside = practice.address("node-2"), "1.1.1.1"
    assert practice.ssh("cp-1", f"ping -c 1 -W 10 {peer}").returncode == 0
    assert practice.ssh("cp-1", f"ping -c 1 -W 2 {outside}").returncode != 0
    assert practice.ssh("cp-1", f"curl --silent --max-time 2 http://{outside}/").returncode != 0
    assert practice.ssh("cp-1", "getent ahosts outside.example.org").returncode != 0


def test_files_that_installers_replace_can_be_replaced(practice: Practice) -> None:
    for path in ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf"):
        hosts.console(practice.site, "cp-1", "sh", "-ec", f"cp {path} {path}.new; mv {path}.new {path}")


@pytest.mark.parametrize("off", [hosts.kill, hosts.stop])
def test_a_restart_keeps_disks_and_brings_the_rest_back(
    practice: Practice, off: Callable[[PracticeSite, str], None]
) -> None:
    def facts() -> str:
        return hosts.console(
            practice.site, "node-2", "sh", "-ec",
            "ip route show default; cat /proc/sys/net/ipv4/ip_forward /etc/machine-id /etc/hostname;"
            "cat /sys/class/net/eth0/address; findmnt --noheadings --output PROPAGATION /; stat --format '%a %n' /",
        )  # fmt: skip

    before = facts()
    assert before.startswith("default dev eth0")
    assert before.split("\n")[1] == "1"
    assert "\nshared\n755 /\n" in before
    hosts.console(practice.site, "node-2", "sh", "-ec", "echo kept > /var/kept; sync; echo gone > /run/gone")
    off(practice.site, "node-2")
    assert [status.state for status in hosts.status_of(practice.site)] == ["running", "running", "stopped"]
    assert not listening(practice, "node-2")

    hosts.start(practice.site, "node-2")

    assert facts() == before
    kept = practice.ssh("node-2", "cat /var/kept")
    assert (kept.stdout, kept.stderr) == ("kept\n", "")
    assert practice.ssh("node-2", "test ! -e /run/gone").returncode == 0


def test_a_paused_host_hangs_until_it_goes_on(practice: Practice) -> None:
    hosts.pause(practice.site, "node-1")
    try:
        assert not listening(practice, "node-1")
        assert hosts.status_of(practice.site)[1].state == "paused"
    finally:
        hosts.unpause(practice.site, "node-1")
    assert practice.ssh("node-1", "true").returncode == 0


def test_overlays_lie_on_the_state_volume(practice: Practice) -> None:
    script = (
        "cd $(mktemp -d -p /var/lib); mkdir lower upper work merged; echo below > lower/file;"
        "mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work merged;"
        "cat merged/file; umount merged; rm -r $PWD"
    )
    assert hosts.console(practice.site, "cp-1", "sh", "-ec", script) == "below\n"


def test_up_again_changes_nothing(practice: Practice) -> None:
    def found() -> tuple[object, ...]:
        shadow = hosts.console(practice.site, "cp-1", "stat", "--format", "%i %Z", "/etc/shadow")
        return containers(practice.site), Path(practice.access.known_hosts).read_text(), practice.password, shadow

    before = found()
    hosts.up(practice.site, CACHE, silent)
    assert found() == before


def test_addresses_that_this_machine_has_elsewhere_are_refused(practice: Practice) -> None:
    other = PracticeSite("neighbour", [PracticeHost("cp-1", practice.address("cp-1"))])
    try:
        with pytest.raises(PracticeImpossible, match=r"a network that this machine has already"):
            hosts.up(other, CACHE, silent)
    finally:
        hosts.down(other)


def test_up_goes_on_where_it_was_broken_off(practice_sites: Callable[[int], Practice]) -> None:
    practice = practice_sites(1)
    host = practice.site.hosts[0]
    hosts.kill(practice.site, host.name)
    podman.run("podman", "rm", practice.site.container(host.name))
    podman.run(*commands.create_host(practice.site, host, reference()))
    assert hosts.status_of(practice.site)[0].state == "made"

    hosts.up(practice.site, CACHE, silent)

    done = practice.ssh(host.name, "sudo -S -p '' id -u", stdin=practice.password + "\n")
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_up_refuses_another_site_of_the_same_name(practice: Practice) -> None:
    other = PracticeSite(practice.site.name, [PracticeHost("stranger", practice.address("cp-1"))])
    with pytest.raises(PracticeImpossible, match="stands with other hosts"):
        hosts.up(other, CACHE, silent)
    assert len(containers(practice.site)) == 3


def test_down_removes_one_site_and_spares_its_neighbour(
    practice: Practice, practice_sites: Callable[[int], Practice]
) -> None:
    neighbour = practice_sites(1)
    assert practice.ssh("cp-1", f"ping -c 1 -W 2 {neighbour.address('cp-1')}").returncode != 0

    hosts.down(neighbour.site)

    assert containers(neighbour.site) == []
    assert podman.run(*commands.list_volumes(neighbour.site.name)) == ""
    assert podman.run(*commands.list_networks(neighbour.site.name)) == ""
    assert not neighbour.folder.exists()
    assert len(containers(practice.site)) == 3
    assert practice.ssh("cp-1", "true").returncode == 0
