"""A host that fails under way, and an installer killed in the middle: told, taken back, and the host is as before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import secrecy
import snapshot
from ruamel.yaml import YAML
from ship import kill_when
from sites import Bare, SiteUnderTest

from installer.rehearsal import hosts

pytestmark = pytest.mark.lab


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the host, how that is mended, and what the person who installs has to be told."""

    make: str
    mend: str
    step: str
    told: str


TROUBLES = {
    "a file where a directory should be": Trouble(
        "touch /etc/sitewright", "rm /etc/sitewright", "hosts.home@solo", "/etc/sitewright"
    ),
    "a read-only file system": Trouble(
        "mount -t tmpfs -o ro tmpfs /etc/sysctl.d",
        "umount /etc/sysctl.d",
        "hosts.settings@solo",
        "Read-only file system",
    ),
    "no space": Trouble(
        "mkdir /var/lib/sitewright && mount -t tmpfs -o size=48m tmpfs /var/lib/sitewright",
        '[ -z "$(ls -A /var/lib/sitewright)" ] && umount /var/lib/sitewright && rmdir /var/lib/sitewright',
        "registry.push@solo",
        "no space left",
    ),
}


@pytest.fixture(scope="module")
def solo(raise_profile: Callable[[str], SiteUnderTest]) -> Bare:
    """One host, put back by every test."""
    site = raise_profile("minimal")
    return Bare(site, snapshot.take(site.practice))


def on_host(site: SiteUnderTest, script: str) -> None:
    hosts.console(site.practice.site, "solo", "sh", "-ec", script)


def as_before(bare: Bare) -> None:
    assert snapshot.differences(bare.before, snapshot.take(bare.site.practice)) == []


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_host_that_fails_is_told_and_taken_back(solo: Bare, trouble: Trouble) -> None:
    site = solo.site
    on_host(site, trouble.make)
    try:
        said = site.operator.run("install", *site.flags, "--json").expect(6)
        site.operator.run("rollback", "--yes").expect()
    finally:
        on_host(site, trouble.mend)
    as_before(solo)
    (broke,) = said.of("step_broke")
    assert broke["step"] == f"production/{trouble.step}"
    (error,) = said.of("error")
    assert trouble.told in error["message"]
    assert "sitewright resume" in error["remedy"]
    assert secrecy.leaks(site, ()) == []


def test_an_installation_that_was_killed_is_taken_back(solo: Bare) -> None:
    site = solo.site
    runs = len(site.operator.runs(site.name))
    running = site.operator.start("install", *site.flags)

    def under_way() -> bool:
        return len(site.operator.runs(site.name)) > runs and site.state("production/kubernetes.init@") == "begin"

    kill_when(running, under_way)
    site.operator.run("rollback", "--yes").expect()
    as_before(solo)


LOG = "/var/lib/sitewright/log/"
"""What long work said is no state of a host."""


def test_a_second_run_is_taken_back_alone_and_its_data_stays(solo: Bare, tmp_path: Path) -> None:
    site, less = solo.site, tmp_path / "less.yaml"
    yaml = YAML()
    answers = yaml.load(site.profile.read_text())
    del answers["environments"][0]["components"]["shop"]
    with less.open("w") as file:
        yaml.dump(answers, file)
    site.operator.run("install", "--profile", less, "--bundle", site.bundle, "--yes").expect()
    first = snapshot.take(site.practice)
    site.operator.run("install", *site.flags, "--yes").expect()
    assert "shop" in site.console("ls", "/var/lib/sitewright/charts")

    said = site.operator.run("rollback", "--yes", "--json").expect()
    (gone,) = said.of("gone")
    assert said.of("volumes") == [{"type": "volumes", "volumes": gone["volumes"], "deleted": False}]
    assert [each["application"] for each in gone["volumes"]] == ["shop/data-shop-backend-0"]
    place = gone["volumes"][0]["path"]
    assert "orders.jsonl" in site.console("ls", place)
    ours = ("/etc/", "/opt/", "/usr/", "/var/lib/sitewright/")
    left = [
        line
        for line in snapshot.differences(first, snapshot.take(site.practice))
        if "process: " not in line and any(f" {where}" in line or f"*{where}" in line for where in ours)
    ]
    assert [line for line in left if LOG not in line and "/var/lib/sitewright/volumes" not in line] == []
    said = site.operator.run("plan", "--profile", less, "--bundle", site.bundle, "--dry-run", "--json").expect()
    assert all(said.of("plan")[0]["holding"].values())

    said = site.operator.run("uninstall", "--yes", "--delete-volumes", "--json").expect()
    assert said.of("gone")[0]["volumes"] == []
    as_before(solo)
