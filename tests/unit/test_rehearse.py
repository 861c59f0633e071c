"""`rehearse`: a customer's answers for practice hosts, and what a rehearsal leaves alone. No host is raised here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from core_manifest import ROOT

from installer import cli
from installer.answers import file as answers_file
from installer.answers.model import Access, Answers, Bastion, SecretRef
from installer.cli import site
from installer.cli.commands import SiteCommand
from installer.rehearsal import hosts, podman
from installer.rehearsal.site import site_of
from installer.rehearsal.stand_in import LIMITS, rehearsed
from installer.runs.store import Runs
from installer.ui.presenter import Presenter

CUSTOMER = """
version: 1
site: {name: acme-hq, customer: Acme}
access:
  user: ops
  private_key: keys/id
  passphrase: {prompt: passphrase of the key}
  known_hosts: keys/known_hosts
  bastion:
    {address: 10.20.0.9, user: hop, private_key: hop, host_key: "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDwv1Lb7uHuTJqAzAA"}
trust: {signers: vendor.allowed_signers}
hosts:
  - {name: cp-1, address: 10.20.0.11, host_key: "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDwv1Lb7uHuTJqAzAA"}
  - {name: node-1, address: 10.20.0.12, access: {user: root, sudo_password: {env: OTHER}}}
environments:
  - name: production
    control_planes: [cp-1]
    workers: [node-1]
    endpoint: api.acme.internal:6443
    domain: acme.internal
    components: {shop: {replicas: 3}}
waivers:
  - {check: disk.fsync, reason: as agreed with us, person: Li Wei, until: 2030-01-01}
  - {check: clock.sync, reason: as agreed with us, person: Li Wei, until: 2030-01-01, hosts: [cp-1]}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "answers.yaml").write_text(CUSTOMER)
    return tmp_path


@pytest.fixture
def customers(home: Path) -> Answers:
    return answers_file.load(home / "answers.yaml")


def test_a_customers_answers_stay_but_for_what_only_their_hosts_have(home: Path, customers: Answers) -> None:
    practice = site_of(customers)
    text = answers_file.dump(answers_file.document(rehearsed(customers, practice)))
    found = answers_file.parse(text, str(practice.folder / "answers.yaml"))
    login = Access(
        user="engineer", private_key=str(practice.folder / "id_ed25519"),
        known_hosts=str(practice.folder / "known_hosts"),
        sudo_password=SecretRef("file", str(practice.folder / "password")),
    )  # fmt: skip
    assert [(host.access, host.host_key) for host in found.hosts] == [(login, "")] * 2
    assert [(host.name, host.address) for host in found.hosts] == [("cp-1", "10.20.0.11"), ("node-1", "10.20.0.12")]
    assert found.environments == (replace(customers.environments[0], endpoint=""),)
    assert (found.site, found.customer, found.signers) == ("acme-hq", "Acme", str(home / "vendor.allowed_signers"))
    assert isinstance(customers.hosts[0].access.bastion, Bastion)
    assert found.waivers[:2] == customers.waivers
    assert {waiver.check for waiver in found.waivers[2:]} == LIMITS.keys() - {"disk.fsync"}


def test_the_same_answers_make_the_same_rehearsal(customers: Answers) -> None:
    once = rehearsed(customers, site_of(customers))
    assert rehearsed(once, site_of(once)) == once


@pytest.mark.parametrize("profile", sorted((ROOT / "profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_profiles_of_practice_sites_are_rehearsed_as_they_are(profile: Path) -> None:
    answers = answers_file.load(profile)
    found = rehearsed(answers, site_of(answers))
    assert {waiver.check for waiver in found.waivers} == set(LIMITS) and answers.waivers == ()
    assert found.hosts == answers.hosts


def test_down_takes_nothing_of_a_real_site(home: Path, customers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    state = home / "state"
    run = Runs(state).begin(customers.site, "install", {})
    assert cli.run(["rehearse", "--profile", str(home / "answers.yaml"), "--down", "--state", str(state)]) == 2
    told = capsys.readouterr().err
    assert "no practice hosts of that name were raised here; nothing was taken down" in told
    assert f"→ raise them: sitewright rehearse --profile {home}/answers.yaml --state {state}" in told
    assert run.folder.is_dir()


def test_it_installs_on_practice_hosts_with_runs_of_their_own_and_asks_nobody(
    home: Path, customers: Answers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever raises hosts, and the installation itself, is left out: tests/e2e does both."""
    installed: list[SiteCommand] = []

    def install(command: SiteCommand, _: Presenter) -> int:
        installed.append(command)
        return 0

    monkeypatch.setattr(podman, "require_tools", lambda: None)
    monkeypatch.setattr(hosts, "up", lambda *_: None)
    monkeypatch.setattr(site, "install", install)
    folder = site_of(customers).folder
    folder.mkdir(parents=True)
    typed = ["rehearse", "--profile", str(home / "answers.yaml"), "--bundle", "b", "--state", str(home / "state")]
    assert cli.run(typed) == 0
    assert installed == [
        SiteCommand(
            verb="install", profile=folder / "answers.yaml", bundle=Path("b"), state=home / "state/rehearsal", yes=True
        )
    ]
    assert answers_file.load(folder / "answers.yaml").site == customers.site
    streams = capsys.readouterr()
    assert "Practice site acme-hq · 2 hosts" in streams.err
    assert "--bundle b" in streams.out and "--down" in streams.out
