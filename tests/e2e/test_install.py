"""The main job through the real command, killed (-9) in every phase: what each kill and a power cut leave, what an
installation leaves and says, that it need not be done twice; and that it is taken back, down to files, units, rules,
settings and processes.
"""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
import secrecy
import snapshot
from ship import Operator, kill_when, records
from sites import Bare, Installed

from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

PROBES = {"schedule", "traffic", "dns", "volume", "certificate", "metrics", "outside", "shop"}
PATIENCE = 300
"""Seconds in which a cluster has to be whole again after a power cut; it takes a fifth of it."""


def test_each_kill_hit_a_step_that_had_begun(installed: Installed) -> None:
    assert list(installed.killed_at) == ["hosts", "registry", "kubernetes", "joining", "charts"]
    for phase, said in installed.killed_at.items():
        last = {record["step"]: record["state"] for record in said if "step" in record}
        assert "begin" in last.values(), f"{phase}: nothing was under way"


def test_what_was_done_before_a_kill_is_not_done_again(installed: Installed) -> None:
    journal = records(installed.site.run / "journal.jsonl")
    for phase, said in installed.killed_at.items():
        assert journal[: len(said)] == said, f"what the journal said when killed in {phase} was rewritten"
        done = {record["step"] for record in said if record.get("state") == "done"}
        again = {record["step"] for record in journal[len(said) :] if record["state"] == "begin"}
        assert not done & again
    begun = Counter(record["step"] for record in journal if record.get("state") == "begin")
    assert {"production/registry.push@cp-1", "production/kubernetes.init@cp-1"} <= {
        s for s, n in begun.items() if n > 1
    }


def test_every_byte_crosses_the_link_once(installed: Installed) -> None:
    """Counted by the card of the host with the registry; a push that began anew would be half as much again."""
    plan = json.loads((installed.site.run / "plan.json").read_text())
    to_send = sum(step["bytes"] for step in plan["steps"])
    assert to_send > 500_000_000
    assert to_send < installed.received < 1.25 * to_send


def test_a_second_installer_is_turned_away_by_the_name_of_the_first(installed: Installed) -> None:
    for turned_away in installed.intruders:
        turned_away.expect(8)
        assert f"(process {installed.frozen})" in turned_away.err
        assert turned_away.out == ""


def test_a_cluster_survives_a_power_cut(installed: Installed) -> None:
    """The first host goes: API server, registry and all; what has to come back by itself does."""
    site = installed.site
    hosts.kill(site.practice.site, "cp-1")
    hosts.start(site.practice.site, "cp-1")
    end = time.monotonic() + PATIENCE
    while (status := site.operator.run("status", "--probe")).code:
        assert status.code in (4, 6), status
        assert time.monotonic() < end, f"{status.out}\n{status.err}"
    for host in site.practice.site.hosts:
        failed = hosts.console(
            site.practice.site, host.name, "systemctl", "list-units", "--failed", "--plain", "--no-legend"
        )
        assert failed == ""


def test_no_secret_stands_in_clear_in_what_etcd_writes(installed: Installed) -> None:
    """Keys of certificates are Secrets of every cluster; what encrypts them marks what it wrote."""
    counts = [
        hosts.console(installed.site.practice.site, "cp-1", "sh", "-c", f"grep -rlaE '{sought}' /var/lib/etcd | wc -l")
        for sought in ("k8s:enc:secretbox:v1:site:", "BEGIN (EC |RSA )?PRIVATE KEY")
    ]
    assert int(counts[0]) >= 1
    assert int(counts[1]) == 0


def test_a_state_directory_from_elsewhere_learns_from_the_site(installed: Installed) -> None:
    """Somebody without our runs sees what stands, and installing again finds nothing to do."""
    other = Operator(installed.site.operator.state.with_name("other"))
    status = other.run("status", *installed.site.flags, "--json").expect()
    assert all(record["site"] == installed.site.name for record in status.of("status")[0]["hosts"].values())
    assert not list(other.state.rglob("fault-*.log"))


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


def test_a_person_may_work_in_the_cluster_until_it_is_taken_back(installed: Installed) -> None:
    from kubernetes import client, config
    from kubernetes.client import ApiException

    operator = installed.site.operator
    given = operator.run("access", "anna", "--as", "view", "--for", "30m", "--json").expect().of("granted")[0]
    with config.new_client_from_config(config_file=given["kubeconfig"]) as api:
        core = client.CoreV1Api(api)
        assert core.list_namespaced_pod("shop").items
        with pytest.raises(ApiException, match="Forbidden"):
            core.list_namespaced_secret("shop")
        operator.run("access", "anna", "--revoke", "--json").expect()
        with pytest.raises(ApiException, match="Forbidden"):
            core.list_namespaced_pod("shop")


def test_after_uninstall_the_hosts_are_as_before(bare: Bare, installed: Installed) -> None:
    """Also where the first try is killed half-way."""
    site = installed.site
    runs = len(site.operator.runs(site.name))
    running = site.operator.start("uninstall", "--yes", "--delete-volumes")
    kill_when(running, lambda: len(site.operator.runs(site.name)) > runs and site.state("undo:production/kube") != "")
    done = site.operator.run("uninstall", "--yes", "--delete-volumes").expect()
    assert "the hosts are as before" in done.out

    assert snapshot.differences(bare.before, snapshot.take(site.practice)) == []

    status = site.operator.run("status", "--json").expect().of("status")[0]
    assert set(status["hosts"].values()) == {None}
    again = site.operator.run("uninstall", "--yes")
    again.expect(2)
    assert "nothing of site" in again.err
