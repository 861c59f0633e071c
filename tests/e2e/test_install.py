"""The main job through the real command: what an installation leaves and says, that it need not be done twice; and that
it is taken back, down to files, units, rules, settings and processes.

The last test of the site that is installed: what comes after has this machine for itself.
"""

from __future__ import annotations

import json

import pytest
import secrecy
import snapshot
from ship import kill_when
from sites import Bare, Installed

pytestmark = pytest.mark.lab

PROBES = {"schedule", "traffic", "dns", "volume", "certificate", "metrics", "outside", "shop"}


def test_it_ends_with_every_probe_passed(installed: Installed) -> None:
    ready = installed.last.of("ready")[0]
    assert ready["folder"] == str(installed.site.run)
    proved = json.loads((installed.site.run / "probes.json").read_text())["probes"]
    assert {probe["id"] for probe in proved} == {f"production/probe.{name}" for name in PROBES}
    assert all(probe["passed"] for probe in proved)


def test_the_result_is_that_of_an_uninterrupted_run(installed: Installed) -> None:
    """Every step's own look at the site finds what it should have brought about."""
    plan = installed.site.operator.run("plan", *installed.site.flags, "--dry-run", "--json").expect().of("plan")[0]
    assert len(plan["holding"]) == len(plan["steps"]) > 50
    assert [step for step, holds in plan["holding"].items() if not holds] == []


def test_installing_again_changes_nothing(installed: Installed) -> None:
    """Neither the site nor what is known of it: everything is looked at, and no step begins."""
    site = installed.site
    before = site.operator.runs(site.name), (site.run / "journal.jsonl").read_bytes()
    again = site.operator.run("install", *site.flags, "--json").expect()
    assert (site.operator.runs(site.name), (site.run / "journal.jsonl").read_bytes()) == before
    assert {line["type"] for line in again.lines} == {"probe", "ready"}
    assert all(probe["passed"] for probe in again.of("probe"))


@pytest.mark.parametrize(
    ("argv", "kinds"),
    [
        (["status"], {"status"}),
        (["status", "--probe"], {"status", "probe"}),
        (["plan"], {"plan"}),
        (["check"], {"asked", "finding"}),
    ],
)
def test_json_is_all_that_goes_to_standard_output(installed: Installed, argv: list[str], kinds: set[str]) -> None:
    flags = installed.site.flags if argv[0] != "status" else ()
    said = installed.site.operator.run(*argv, *flags, "--json").expect()
    assert {line["type"] for line in said.lines} == kinds
    assert said.err == ""


def test_status_names_every_host_and_run(installed: Installed) -> None:
    said = installed.site.operator.run("status", "--json").expect().of("status")[0]
    assert {name: record["kubernetes"] for name, record in said["hosts"].items()} == {
        "cp-1": "v1.36.3", "node-1": "v1.36.3", "node-2": "v1.36.3",
    }  # fmt: skip
    assert {run["outcome"] for run in said["runs"]} == {"done"}


def test_no_secret_is_kept(installed: Installed) -> None:
    """Passwords, keys, join tokens, the registry's password: none in any file of the state directory or any output."""
    assert secrecy.leaks(installed.site, [installed.push_password]) == []


def test_no_secret_on_a_host_is_anybodys_to_read(installed: Installed) -> None:
    assert secrecy.read_by_anybody(installed.site.practice) == []


def test_what_is_kept_is_the_owners_alone(installed: Installed) -> None:
    for path in installed.site.operator.state.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_kubeconfig_works_from_outside(installed: Installed) -> None:
    """The file that the last lines of an installation name, used by an ordinary client on this machine."""
    from kubernetes import client, config

    (path,) = installed.last.of("ready")[0]["kubeconfigs"].values()
    with config.new_client_from_config(config_file=path) as api:
        nodes = client.CoreV1Api(api).list_node().items
    assert {node.metadata.name for node in nodes} == {"cp-1", "node-1", "node-2"}


def test_after_uninstall_the_hosts_are_as_before(bare: Bare, installed: Installed) -> None:
    """Also where the first try is killed half-way."""
    site = installed.site
    runs = len(site.operator.runs(site.name))
    running = site.operator.start("uninstall", "--yes")
    kill_when(running, lambda: len(site.operator.runs(site.name)) > runs and site.state("undo:production/kube") != "")
    done = site.operator.run("uninstall", "--yes").expect()
    assert "the hosts are as before" in done.out

    assert snapshot.differences(bare.before, snapshot.take(site.practice)) == []

    status = site.operator.run("status", "--json").expect().of("status")[0]
    assert set(status["hosts"].values()) == {None}
    again = site.operator.run("uninstall", "--yes")
    again.expect(2)
    assert "nothing of site" in again.err
