"""Hosts as customers have them: what is left on a real one is seen, and reaches nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from practice import Practice, raise_practice
from stages import open_site

from installer.hosts import facts
from installer.ports import CURL
from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

ODD = """
printf 'https_proxy=http://192.0.2.99:3128\\nhttp_proxy=http://192.0.2.99:3128\\n' >>/etc/environment
echo 'proxy = http://192.0.2.99:3128' >/root/.curlrc
mkdir -p /etc/systemd/system.conf.d /etc/systemd/system/kubelet.service.d
printf '[Manager]\\nDefaultEnvironment=HTTPS_PROXY=http://192.0.2.99:3128\\n' >/etc/systemd/system.conf.d/proxy.conf
printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' >/etc/systemd/system/kubelet.service.d/10-kubeadm.conf
systemctl daemon-reexec
ip link add docker0 type bridge && ip address add 10.244.0.1/16 dev docker0 && ip link set docker0 up
ip route add 10.96.0.0/12 dev docker0
mount -t tmpfs -o noexec tmpfs /opt
echo '/dev/sdz9 none swap sw 0 0' >>/etc/fstab
: >/etc/resolv.conf
echo 'echo printed by a login script' >>/root/.bashrc
"""


@pytest.fixture(scope="module")
def odd() -> Iterator[Practice]:
    practice = raise_practice(1)
    hosts.console(practice.site, "cp-1", "sh", "-c", ODD)
    yield practice
    hosts.down(practice.site)


@pytest.mark.parametrize("user", ["root", "deploy"])
def test_no_proxy_of_a_host_reaches_what_is_run_there(odd: Practice, tmp_path: Path, user: str) -> None:
    access = replace(odd.access, user=user, sudo_password=None)
    with open_site(odd, tmp_path, access) as site:
        assert "proxy" not in site.run("cp-1", "env").out.lower()
        refused = site.query("cp-1", *CURL, "--show-error", "--max-time", "5", "http://127.0.0.1:9/")
        assert "port 9" in refused.err, "not by way of the proxy"
        assert "proxy" not in site.work("cp-1", f"environment-{user}", "env").out.lower()


def test_what_stands_in_the_way_of_a_cluster_is_seen(odd: Practice, tmp_path: Path) -> None:
    with open_site(odd, tmp_path) as site:
        found = facts.ask(site, "cp-1")
    told = {(each.unit, each.text) for each in found.drop_ins}
    assert ("kubelet.service", "ExecStart=/bin/true") in told
    places = [each.place for each in found.drop_ins if each.unit == "kubelet.service"]
    assert places == [f"/etc/systemd/system/kubelet.service.d/10-kubeadm.conf:{line}" for line in (2, 3)]
    reached = {str(each.network): each.how for each in found.networks}
    assert reached["10.244.0.0/16"] and reached["10.96.0.0/12"] == "it routes 10.96.0.0/12 on docker0"
    assert found.name_servers == ()
    assert "noexec" in found.disks["/opt/cni/bin"].options
    assert [place.partition(":")[0] for place in found.returning_swap] == ["/etc/fstab"]
