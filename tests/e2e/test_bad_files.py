"""Hosts that are not as the answers say: each told by its check with what was found and a remedy, exit code 4.

Nothing here installs, so the bundle is an empty one, made and signed by the test. What is wrong in files is refused
before a host is asked: tests/unit/test_bad_input.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from practice import Practice
from ship import Ended, Operator

from installer.builder import sbom
from installer.bundle import manifest_json, sshsig
from installer.bundle.manifest import Component, Manifest
from installer.bundle.writing import write_archive

NAMES = ("cert-manager", "site-ca", "metrics-server", "local-path-provisioner", "shop")
Document = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """A folder with good answers, a bundle and its signers; a test spoils one of them and types `check`."""

    folder: Path
    operator: Operator

    @property
    def profile(self) -> Path:
        return self.folder / "answers.yaml"

    @property
    def bundle(self) -> Path:
        return self.folder / "tiny.sitewright"

    @property
    def signers(self) -> Path:
        return self.folder / "signers"

    @property
    def user(self) -> str:
        """Who logs in."""
        return str(yaml.safe_load(self.profile.read_text())["access"]["user"])

    def check(self, *flags: object) -> Ended:
        flags_ = ("--profile", self.profile, "--bundle", self.bundle, "--signers", self.signers)
        return self.operator.run("check", *flags_, *flags)

    def edit(self, change: Callable[[Document], object]) -> None:
        document = yaml.safe_load(self.profile.read_text())
        change(document)
        self.profile.write_text(yaml.safe_dump(document, sort_keys=False))


def pack(desk: Desk, architecture: str = "amd64", key: Path | None = None) -> None:
    """Write the empty bundle, signed."""
    components = tuple(Component(name, "1.0.0") for name in NAMES)
    bare = Manifest("tiny", "1.0.0", architecture, "v1.36.3", components)
    bill = sbom.make_sbom(bare)
    manifest = sbom.with_sbom(bare, bill)
    signature = sshsig.sign(manifest_json.encode(manifest), key or desk.folder / "key")
    write_archive(desk.bundle, manifest, lambda digest: desk.folder / digest, signature, bill)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A signing key and its line of allowed signers."""
    path = tmp_path_factory.mktemp("key") / "key"
    return path, sshsig.generate_key(path)


@pytest.fixture
def desk(tmp_path: Path, practice: Practice, key: tuple[Path, str]) -> Iterator[Desk]:
    """Everything good, for one practice host, with what containers lack waived."""
    made = Desk(tmp_path, Operator(tmp_path / "state"))
    host = practice.site.hosts[0]
    until = {"reason": "a practice host", "person": "Li Wei", "until": "2099-12-31"}
    waived = ("cgroup.version", "limits.raise", "kernel.modules", "disk.fsync", "disk.space", "memory.swap", "host.cpu")
    document = {
        "version": 1,
        "site": {"name": "bad-input"},
        "access": {
            "user": practice.access.user,
            "private_key": practice.access.private_key,
            "known_hosts": practice.access.known_hosts,
            "sudo_password": {"file": str(practice.folder / "password")},
        },
        "hosts": [{"name": host.name, "address": host.address}],
        "environments": [{"name": "production", "control_planes": [host.name], "components": {"shop": {}}}],
        "waivers": [{"check": name, **until} for name in waived],
    }
    made.profile.write_text(yaml.safe_dump(document, sort_keys=False))
    made.signers.write_text(key[1])
    pack(made, key=key[0])
    yield made


def test_all_is_good_before_it_is_spoilt(desk: Desk) -> None:
    ended = desk.check().expect(0)
    assert "✖ 0" in ended.out


def access(**fields: Any) -> Callable[[Document], object]:
    """A change of the access."""
    return lambda document: document["access"].update(fields)


HOSTS: dict[str, tuple[Callable[[Document], object], str, str]] = {
    "unreachable": (lambda d: d["hosts"][0].update(address="10.89.255.254"), "ssh.login@cp-1", "cannot be reached"),
    "wrong port": (access(port=23), "ssh.login@cp-1", "refused"),
    "wrong user": (access(user="nobody-here"), "ssh.login@cp-1", "login as nobody-here refused"),
    "changed host key": (
        lambda d: d["hosts"][0].update(host_key=f"SHA256:{'A' * 43}"), "ssh.login@cp-1", "somebody may be in between",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "check", "message"), HOSTS.values(), ids=HOSTS)
def test_bad_hosts_exit_4(desk: Desk, spoil: Callable[[Document], object], check: str, message: str) -> None:
    desk.edit(spoil)
    ended = desk.check("--json").expect(4)
    (failed,) = (finding for finding in ended.of("finding") if finding["status"] == "failed")
    assert f"{failed['check']}@{failed['host']}" == check
    assert message in failed["found"]
    assert failed["remedy"]


def test_a_wrong_key_is_refused(desk: Desk, tmp_path: Path) -> None:
    sshsig.generate_key(tmp_path / "other")
    desk.edit(access(private_key=str(tmp_path / "other")))
    said = " ".join(desk.check().expect(4).out.split())
    assert "ssh.login@cp-1" in said
    assert f"login as {desk.user} refused" in said
    assert "check access.user and the key" in said


def test_a_wrong_sudo_password_is_refused_and_not_shown(desk: Desk, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong-geheim")
    wrong.chmod(0o600)
    desk.edit(access(sudo_password={"file": str(wrong)}))
    ended = desk.check().expect(4)
    said = " ".join(ended.out.split())
    assert "sudo.rights@cp-1" in said
    assert f"sudo as {desk.user} refused" in said
    assert "check access.sudo_password" in said
    assert "wrong-geheim" not in ended.out + ended.err


def test_a_secret_that_is_not_there(desk: Desk) -> None:
    desk.edit(access(sudo_password={"env": "NO_SUCH_VARIABLE_HERE"}))
    assert "env:NO_SUCH_VARIABLE_HERE" in desk.check().expect(4).err


def test_a_bundle_for_another_architecture(desk: Desk, key: tuple[Path, str]) -> None:
    pack(desk, "arm64", key[0])
    ended = desk.check("--json").expect(4)
    assert [f["check"] for f in ended.of("finding") if f["status"] == "failed"] == ["host.architecture"]


def test_a_waiver_that_ended_sets_nothing_aside_and_is_told_by_its_day(desk: Desk) -> None:
    desk.edit(lambda document: document["waivers"][0].update(until="2020-01-01"))
    assert "its waiver ended on 2020-01-01" in desk.check().expect(4).out


def test_without_waivers_the_practice_host_is_refused(desk: Desk) -> None:
    desk.edit(lambda document: document.pop("waivers"))
    ended = desk.check().expect(4)
    assert "cgroup.version@cp-1" in ended.out
    assert "nothing has been changed" in ended.out
