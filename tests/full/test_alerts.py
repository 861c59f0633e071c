"""Alerts reach people: a mail server and a program that takes posts, both on a practice host, hear of what is broken.

All is broken at once, for each alert waits minutes before it is one; each test then waits for its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from clusters import Cluster, awaited
from outside import Outside, outside, text_of
from sites import SiteUnderTest
from small_disk import SmallDisk
from trials import Stores, Trials, printed

pytestmark = pytest.mark.lab

CHANGED = "/etc/sitewright/checks/checks.json"
"""A file that a component has brought."""


@pytest.fixture(scope="module")
def told(
    platform: SiteUnderTest, clusters: dict[str, Cluster], logs: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outside]:
    """Somebody outside; the platform is told of them by another run with changed answers."""
    folder = tmp_path_factory.mktemp("outside")
    where = clusters["testing"]
    with outside(where, platform.practice.site.container(where.host), folder) as hearing:
        password = {"metadata": {"name": "mail"}, "stringData": {"password": "alerts"}}
        logs.core.create_namespaced_secret("alertmanager", password)
        try:
            install(platform, folder / "answers.yaml", hearing.answers)
            yield hearing
        finally:
            logs.core.delete_namespaced_secret("mail", "alertmanager")
            install(platform, folder / "answers.yaml", {})


def install(platform: SiteUnderTest, path: Path, alertmanager: dict[str, object]) -> None:
    """Have the site as its answers say, with others for the part `alertmanager`."""
    answers = yaml.safe_load(platform.profile.read_text())
    for environment in answers["environments"]:
        if "alertmanager" in environment["components"]:
            environment["components"]["alertmanager"] = alertmanager
    path.write_text(yaml.safe_dump(answers, sort_keys=False))
    trust = ("--bundle", platform.bundle, "--signers", platform.signers)
    platform.operator.run("install", "--profile", path, *trust, "--yes", "--json").expect()


@pytest.fixture(scope="module")
def disk(logs: Cluster) -> Iterator[SmallDisk]:
    """The log store on a disk of its own."""
    small = SmallDisk(logs, "elasticsearch", "data-elasticsearch-0")
    try:
        small.move_in()
        yield small
    finally:
        small.move_out()


@pytest.fixture(scope="module")
def broken(told: Outside, disk: SmallDisk, clusters: dict[str, Cluster]) -> Iterator[None]:
    """What is watched is broken, all at once."""
    production, testing = clusters["production"], clusters["testing"]
    try:
        disk.leave(0.11)
        production.console("systemctl", "stop", "sitewright-registry")
        testing.console("chmod", "0600", CHANGED)
        testing.console("sh", "-c", "systemctl start sitewright-check@drift; true")
        yield
    finally:
        production.console("systemctl", "start", "sitewright-registry")
        testing.console("chmod", "0644", CHANGED)
        testing.console("sh", "-c", "systemctl start sitewright-check@drift; true")
        disk.leave(0.9)


def heard(told: Outside, logs: Cluster, alert: str, environment: str, *words: str) -> None:
    """An alert is on Alertmanager's page, in a mail that says what to do, and in a post."""
    who = logs.secret("alertmanager", "viewer")

    def shown() -> bool:
        alerts = json.loads(logs.ask("alertmanager", 30903, "/api/v2/alerts", (who["username"], who["password"])))
        return any(each["labels"]["alertname"] == alert and each["labels"]["cluster"] == environment for each in alerts)

    awaited(f"{alert} at the Alertmanager", shown)
    mail = awaited(f"a mail about {alert}", lambda: told.mail(alert, f"in {environment}", *words))
    assert "What to do: " in text_of(mail)
    assert mail["To"] == "people@practice.internal"
    awaited(f"a post about {alert}", lambda: told.post("alerts", alert))


@pytest.mark.usefixtures("broken")
def test_a_disk_that_fills_up_is_an_alert_before_it_is_a_fault(
    told: Outside, logs: Cluster, disk: SmallDisk, stores: Stores, trials: Trials
) -> None:
    """Lines are taken while the alert is told; those that come when the disk is full wait, and none is lost."""
    heard(told, logs, "DiskAlmostFull", "pre-release", disk.path)
    before = trials.end("disk almost full", trials.begin({"pre-release": logs}, 1000))
    assert (before.lost, before.lost_in_view) == (0, 0)
    disk.leave(0.02)
    awaited("the store takes no more", lambda: refused(logs))
    load = trials.begin({"pre-release": logs}, 5000)
    printed(load)
    awaited("the view has them", lambda: len(stores.in_view(load.run)) == load.lines)
    assert len(stores.in_store(load.run)) < load.lines
    disk.leave(0.9)
    found = trials.end("store's disk full", load)
    assert found.sound, str(found)


def refused(logs: Cluster) -> bool:
    """Whether indices of lines are closed for writing."""
    admin = logs.secret("elasticsearch", "users")["admin_password"]
    settings = logs.ask("elasticsearch", 30920, "/logs-*/_settings", ("admin", admin))
    return "read_only_allow_delete" in settings


@pytest.mark.usefixtures("broken")
def test_a_stopped_target_becomes_a_mail(told: Outside, logs: Cluster) -> None:
    heard(told, logs, "TargetDown", "production", "registry")


@pytest.mark.usefixtures("broken")
def test_what_a_check_has_found_becomes_a_mail(told: Outside, logs: Cluster) -> None:
    heard(told, logs, "CheckWarns", "testing", "drift", "test-1")


def test_the_dead_mans_switch_is_held_and_let_go(told: Outside, clusters: dict[str, Cluster]) -> None:
    """Each environment is heard of again and again; one that cannot tell any more is not, and that is the alarm."""

    def of(environment: str) -> int:
        posts = (each for post in told.posts("watchdog") for each in post["alerts"])
        return sum(each["labels"]["cluster"] == environment for each in posts)

    for environment in clusters:
        awaited(f"{environment} is heard of twice", lambda name=environment: of(name) >= 2)  # type: ignore[misc]
    production = clusters["production"]
    production.scale("prometheus", "prometheus", 0)
    try:
        # Others go on, so it is not the way there that is broken.
        def silent() -> bool:
            here, others = of("production"), of("testing")
            awaited("testing is heard of three more times", lambda: of("testing") >= others + 3)
            return of("production") == here

        awaited("production is silent", silent)
    finally:
        production.scale("prometheus", "prometheus", 1)
    count = of("production")
    awaited("production is heard of again", lambda: of("production") > count)
