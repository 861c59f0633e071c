"""Where a component may write: its own places, and nothing that would make a host somebody else's."""

from __future__ import annotations

import pytest
from core_manifest import core_manifest
from every import every
from hypothesis import given
from hypothesis import strategies as st

from installer.bundle import places, specification
from installer.bundle.places import Owner

PAGE = Owner("page", frozenset({"pager"}), frozenset({"/srv/page/x", "/etc/passwd", "/usr/local/bin/other"}))
DANGEROUS = (
    "/etc/passwd", "/etc/passwd-", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d/page",
    "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/x.conf", "/root/.ssh/authorized_keys", "/root/x",
    "/home/ops/.ssh/authorized_keys", "/home/ops/.bashrc", "/etc/ld.so.preload", "/etc/ld.so.conf.d/x.conf",
    "/etc/crontab", "/etc/cron.d/x", "/etc/cron.daily/x", "/var/spool/cron/root", "/etc/pam.d/sshd", "/etc/security/x",
    "/etc/profile", "/etc/profile.d/x.sh", "/etc/bash.bashrc", "/etc/environment", "/etc/crypttab", "/etc/fstab",
    "/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/shells", "/etc/init.d/x", "/etc/rc.local",
    "/etc/systemd/system.conf", "/etc/systemd/system/page.service.d/x.conf", "/etc/systemd/system/ssh.service",
    "/etc/systemd/system/multi-user.target.wants/x.service", "/usr/lib/systemd/system/page.service", "/etc/apt/x.list",
    "/etc/udev/rules.d/x.rules", "/etc/polkit-1/rules.d/x", "/etc/modprobe.d/x.conf", "/etc/sysctl.d/x.conf",
    "/etc/default/grub", "/boot/vmlinuz", "/bin/sh", "/usr/bin/page", "/usr/sbin/page", "/lib/x", "/usr/lib/x.so",
    "/usr/local/lib/x.so", "/usr/local/bin/sudo", "/usr/local/bin/other", "/usr/local/sbin/ls", "/proc/sysrq-trigger",
    "/sys/kernel/x", "/dev/sda", "/run/systemd/system/x.service", "/var/lib/dpkg/status", "/var/log/journal/x",
    "/tmp/x",
    "/etc/kubernetes/manifests/x.yaml", "/etc/kubernetes/admin.conf", "/var/lib/kubelet/config.yaml", "/var/lib/etcd/x",
    "/etc/sitewright/bundle/allowed_signers", "/etc/sitewright/pki/registry-ca.crt", "/etc/sitewright/kubeadm.yaml",
    "/var/lib/sitewright/owner.json", "/var/lib/sitewright/site.json", "/var/lib/sitewright/runs/x/journal.jsonl",
    "/var/lib/sitewright/volumes/x", "/var/lib/sitewright/registry/x", "/etc/logrotate.d/x", "/etc/NetworkManager/x",
    "/", "/etc", "/etc/", "/var/lib", "/opt", "/usr/local", "relative", "", "/etc/sitewright/page/../../passwd",
    "/etc/sitewright/./page/x", "/etc/sitewright//page/x", "/etc/sitewright/page/x/", "/etc/sitewright/page/x\n",
    "/etc/sitewright/page/a b", "/etc/sitewright/page/$(id)", "/etc/sitewright/page/.hidden", "/etc/sitewright/page/-x",
    "/etc/sitewright/page/x\x00", "/etc/sitewright/page/\u202ex", "/etc/sitewright/" + "a/" * 20 + "x", "/" + "a" * 300,
)  # fmt: skip


def test_nothing_dangerous_is_a_place_of_a_component_or_can_be_exempted() -> None:
    def holds(path: str) -> None:
        owner = Owner("page", frozenset({"pager"}), frozenset({path}))
        assert places.file_flaw(owner, path)
        assert places.leaf_flaw(owner, path)

    every(DANGEROUS, holds, repr)


@pytest.mark.parametrize(
    "path",
    ["/etc/sitewright/page/page.conf", "/etc/containerd/certs.d/docker.io:5000/hosts.toml", "/usr/local/bin/pager",
     "/usr/local/sbin/page", "/opt/cni/bin/pager", "/usr/local/bin/sitewright-page", "/var/lib/sitewright/bin/copy",
     "/etc/systemd/system/page.service", "/etc/systemd/system/pager.timer", "/srv/page/x"],
)  # fmt: skip
def test_a_component_has_places_of_its_own(path: str) -> None:
    assert places.file_flaw(PAGE, path) == ""


@pytest.mark.parametrize(
    "path", ["/etc/sitewright/page", "/var/lib/containerd", "/var/lib/sitewright/page", "/srv/page/x"]
)
def test_what_a_component_leaves_may_go_with_it(path: str) -> None:
    assert places.leaf_flaw(PAGE, path) == ""


@pytest.mark.parametrize(
    "path",
    ["/etc/sitewright", "/var/lib/sitewright", "/var/lib/sitewright/other", "/var/lib/sitewright/page/x",
     "/usr/local/bin", "/etc/systemd/system"],
)  # fmt: skip
def test_what_others_need_too_never_goes_with_a_component(path: str) -> None:
    assert places.leaf_flaw(PAGE, path)


@pytest.mark.parametrize("name", ["bin", "charts", "components", "log", "registry", "replicate", "runs", "volumes"])
def test_a_component_that_is_called_like_a_directory_of_the_installers_does_not_get_it(name: str) -> None:
    assert places.leaf_flaw(Owner(name), f"/var/lib/sitewright/{name}")


@given(st.text(alphabet="/.ab\n \u202e-~*", max_size=20))
def test_a_path_that_is_accepted_is_in_one_spelling(tail: str) -> None:
    path = f"/etc/sitewright/page{tail}"
    if not places.file_flaw(PAGE, path):
        steps = path.split("/")[1:]
        assert all(step and step not in (".", "..") and step.isprintable() for step in steps)


@pytest.mark.parametrize("mode", ["0755", "0644", "0600", "0440", "0640", "0000"])
def test_modes_up_to_0755_are_taken(mode: str) -> None:
    assert places.mode_flaw(mode) == ""


@pytest.mark.parametrize("mode", ["4755", "2755", "1777", "0777", "0666", "0664", "0775", "0757"])
def test_no_file_is_writable_by_others_or_acts_as_its_owner(mode: str) -> None:
    assert "more than 0755" in places.mode_flaw(mode)


def test_every_path_of_the_core_bundle_is_a_component_s_own() -> None:
    paths = [path for part in core_manifest().components for _, path in specification.written(part.spec)]
    assert len(paths) > 25
    assert core_manifest().exemptions == ()
