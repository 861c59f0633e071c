"""What another laptop may take from a site, and what not: a host is believed about itself alone."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from simulation import act, answers_of, differences, install, site_of, world_of

from installer import operations
from installer.answers import file as answers_file
from installer.errors import ConnectionLost, HostRecordRefused, PlanChanged, StepFailed, UsageError
from installer.ports import Output
from installer.runs import host_records, site_copy
from installer.simulated.faults import Faults
from installer.simulated.machine import KERNEL_MODULES

PRECIOUS = "/srv/customer-data/ledger"


@pytest.fixture
def world():
    return world_of("rehearsal", Faults({"push": "E"}), loaded=KERNEL_MODULES)


def broken_off(world, state):
    """A site whose first run breaks off at its push, seen from the laptop that began it."""
    site = site_of(world, state)
    with pytest.raises(StepFailed):
        install(site)
    (run,) = site.runs.history(site.name)
    return site, f"{site_copy.FOLDER}/{run.name}/{site_copy.JOURNAL}"


def records(world, host, path):
    return [json.loads(line) for line in (world.read(host, path) or b"").splitlines()]


def rewrite(world, host, path, lines):
    world.site.host(host).tree.put(path, b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def agreeing(heard):
    return lambda about, lines: heard.append((about, tuple(lines)))


def edited(site, change, to, profile="rehearsal"):
    answers = answers_of(profile)
    assert change in answers.text
    return replace(site, inputs=replace(site.inputs, answers=answers_file.parse(answers.text.replace(change, to), "x")))


def without_lock(lines):
    return [line for line in lines if "sitewright.lock.guard" not in line]


def test_each_host_keeps_the_records_of_its_own_steps_alone(world, tmp_path):
    site, path = broken_off(world, tmp_path)
    (run,) = site.runs.history(site.name)
    ours = [json.loads(line) for line in (run.read("journal.jsonl") or b"").splitlines()][1:]
    kept = {host.name: records(world, host.name, path) for host in site.inputs.answers.hosts}
    for host, (header, *lines) in kept.items():
        assert lines == [record for record in ours if host_records.host_of(record["step"]) == host]
        assert (header["site"], header["outcome"], header["sequence"]) == (site.name, "failed", 1)
    assert sum(len(lines) - 1 for lines in kept.values()) == len(ours)


def test_of_the_site_s_copy_come_neither_answers_nor_flags_nor_papers(world, tmp_path):
    first, _ = broken_off(world, tmp_path / "first")
    (begun,) = first.runs.history(first.name)
    folder = f"{site_copy.FOLDER}/{begun.name}"
    tree = world.site.host("cp-1").tree
    tree.put(f"{folder}/answers.yaml", b"access: {password: {command: [touch, /tmp/PWNED]}}\n")
    tree.put(f"{folder}/run.json", b'{"format": 1, "remembered": {"profile": "/evil"}}')
    tree.put(f"{folder}/allowed_signers", b"evil")
    other = replace(site_of(world, tmp_path / "other"), remembered={"profile": "/mine.yaml"})
    assert act(operations.resume, other).outcome == "done"
    (run,) = other.runs.history(other.name)
    assert run.remembered == {"profile": "/mine.yaml"}
    assert run.read("answers.yaml") == other.inputs.answers.text.encode()
    assert run.read("allowed_signers") == other.inputs.signers
    assert all(b"evil" not in path.read_bytes() for path in run.folder.rglob("*") if path.is_file())


def test_what_one_host_says_takes_nothing_away_from_another(world, tmp_path):
    world.site.host("node-1").tree.put(PRECIOUS, b"precious")
    start = world.snapshot()
    _, path = broken_off(world, tmp_path / "first")
    forged = {"step": "production/hosts.trust@node-1", "state": "begin", "at": "2026-01-01T00:00:00+00:00"}
    lies = [{**forged, "before": {"/srv/customer-data": None}}, {**forged, "state": "failed"}]
    rewrite(world, "cp-1", path, [*records(world, "cp-1", path), *lies])
    assert act(operations.uninstall, site_of(world, tmp_path / "other")).outcome == "done"
    assert without_lock(differences(start, world.snapshot())) == []


def test_a_before_image_that_names_what_its_step_does_not_is_refused_with_its_host(world, tmp_path):
    world.site.host("node-1").tree.put(PRECIOUS, b"precious")
    _, path = broken_off(world, tmp_path / "first")
    lines = records(world, "node-1", path)
    begun = next(line for line in lines if line.get("step") == "production/hosts.trust@node-1" and "before" in line)
    begun["before"]["/srv/customer-data"] = None
    rewrite(world, "node-1", path, lines)
    other = site_of(world, tmp_path / "other")
    with pytest.raises(HostRecordRefused, match=r"node-1: .*names /srv/customer-data") as refused:
        act(operations.rollback, other)
    assert refused.value.exit_code == 6
    assert world.read("node-1", PRECIOUS) == b"precious"


def test_a_before_image_that_lacks_what_its_step_captures_is_refused_with_its_host(world, tmp_path):
    _, path = broken_off(world, tmp_path / "first")
    lines = records(world, "node-1", path)
    begun = next(line for line in lines if line.get("step") == "production/hosts.trust@node-1" and "before" in line)
    del begun["before"]["files"]
    rewrite(world, "node-1", path, lines)
    with pytest.raises(HostRecordRefused, match=r"node-1: .*has no 'files', which that step captures"):
        act(operations.rollback, site_of(world, tmp_path / "other"))


@pytest.mark.parametrize("name", ["../../../../etc/x", "/tmp/acme", "x", "20260101T000000.000000Z-rollback"])
def test_a_run_s_name_is_no_path(world, tmp_path, name):
    world.site.host("cp-1").tree.put(f"{site_copy.FOLDER}/{name.strip('/').replace('../', '')}/journal.jsonl", b"x")
    mirrored = site_copy.kept(Listing(world, name), "cp-1", "practice", lambda *_: "")
    assert mirrored == ()


class Listing:
    """A world in which a host lists names of its own choice."""

    def __init__(self, world, *names):
        self._world, self._names = world, names

    def query(self, host, *argv, **_):
        return Output(0, "".join(f"{name}\n" for name in self._names), "")

    def stat(self, host, *paths):
        assert all(path.startswith(f"{site_copy.FOLDER}/2") for path in paths)
        return self._world.stat(host, *paths)


def test_of_any_number_of_runs_the_newest_are_looked_at(world):
    asked = []

    class Counting(Listing):
        def stat(self, host, *paths):
            asked.extend(paths)
            return (None,) * len(paths)

    names = [f"2026{n:04d}T000000.000000Z-install" for n in range(300)]
    assert site_copy.kept(Counting(world, *names), "cp-1", "x", lambda *_: "") == ()
    assert len(asked) == site_copy.NEWEST
    assert asked[0].split("/")[-2] == names[-1]


@pytest.mark.parametrize("content", [b"", b"x" * (5 << 20), b"[" * 9000 + b"\n", b"{}\n", b"\xff\n"])
def test_a_run_that_nobody_here_knows_is_refused_where_it_is_of_another_form(world, tmp_path, content):
    name = "99991231T000000.000000Z-install"
    world.site.host("cp-1").tree.put(f"{site_copy.FOLDER}/{name}/journal.jsonl", content)
    site = site_of(world, tmp_path)
    with pytest.raises(HostRecordRefused, match=f"cp-1: .*{name}"):
        act(operations.rollback, site)
    assert site.runs.history(site.name) == ()


def test_what_this_machine_knows_stands_whatever_its_hosts_say(world, tmp_path):
    start = world.snapshot()
    site, path = broken_off(world, tmp_path)
    (run,) = site.runs.history(site.name)
    before = {file: file.read_bytes() for file in run.folder.rglob("*") if file.is_file()}
    lines = records(world, "node-1", path)
    for line in lines:
        if "before" in line:
            line["before"] = {"/srv/customer-data": None}
    rewrite(world, "node-1", path, lines)
    world.site.host("cp-1").tree.put(path, b"{}" + b" " * 500 + b"\n")
    with operations._held(site, threading.Event()):
        pass
    kept = {
        file: file.read_bytes() for file in run.folder.rglob("*") if file.is_file() and file.name != site_copy.COPIES
    }
    assert kept == {file: content for file, content in before.items() if file.name != site_copy.COPIES}
    assert act(operations.uninstall, site).outcome == "done"
    assert without_lock(differences(start, world.snapshot())) == []


def test_steps_that_another_laptop_began_of_our_run_are_taken_back_by_us(world, tmp_path):
    start = world.snapshot()
    first, _ = broken_off(world, tmp_path / "first")
    second = site_of(world, tmp_path / "second")
    assert act(operations.resume, second).outcome == "done"
    with operations._held(first, threading.Event()):
        pass
    (run,) = first.runs.history(first.name)
    assert run.outcome == "done"
    assert run.told
    assert act(operations.uninstall, first).outcome == "done"
    assert without_lock(differences(start, world.snapshot())) == []


def test_our_own_run_that_another_laptop_went_on_with_is_still_held_to_our_answers_of_then(world, tmp_path):
    first, _ = broken_off(world, tmp_path / "first")
    world.fate = Faults({"apply": "E"})
    with pytest.raises(StepFailed):
        act(operations.resume, site_of(world, tmp_path / "second"))
    changed = replace(edited(first, *CHANGE), agree=agreeing([]))
    with pytest.raises(PlanChanged, match=r"answers\.environments"):
        act(operations.resume, changed)
    assert act(operations.resume, first).outcome == "done"


CHANGE = ("domain: practice.internal", "domain: other.internal")


def test_other_answers_are_shown_and_asked_about_before_another_laptop_goes_on(world, tmp_path):
    broken_off(world, tmp_path / "first")
    heard: list = []
    other = edited(site_of(world, tmp_path / "other"), *CHANGE)
    with pytest.raises(UsageError, match="with other answers") as refused:
        act(operations.resume, other)
    assert refused.value.exit_code == 2
    assert f"-    {CHANGE[0]}" in refused.value.details
    assert f"+    {CHANGE[1]}" in refused.value.details
    assert "--yes" in refused.value.remedy
    assert act(operations.resume, replace(other, agree=agreeing(heard))).outcome == "done"
    assert len(heard) == 1


def test_with_other_answers_agreed_to_another_laptop_takes_all_back(world, tmp_path):
    start = world.snapshot()
    broken_off(world, tmp_path / "first")
    other = edited(site_of(world, tmp_path / "other"), *CHANGE)
    with pytest.raises(UsageError, match="with other answers"):
        act(operations.rollback, other)
    heard: list = []
    assert act(operations.uninstall, replace(other, agree=agreeing(heard))).outcome == "done"
    assert len(heard) == 1
    assert without_lock(differences(start, world.snapshot())) == []


def test_before_other_answers_are_installed_over_those_of_another_laptop_somebody_agrees(world, tmp_path):
    world.fate = Faults({})
    assert install(site_of(world, tmp_path / "first")).outcome == "done"
    other = edited(site_of(world, tmp_path / "other"), *CHANGE)
    with pytest.raises(UsageError, match="with other answers"):
        install(other)


def test_steps_that_these_answers_do_not_give_are_never_forgotten(world, tmp_path):
    _, path = broken_off(world, tmp_path / "first")
    lines = records(world, "node-1", path)
    strange = {"step": "production/more.install@node-1", "state": "begin", "at": lines[0]["at"], "before": {}}
    rewrite(world, "node-1", path, [*lines, strange])
    other = replace(site_of(world, tmp_path / "other"), agree=agreeing([]))
    with pytest.raises(UsageError, match=r"do not give: production/more\.install@node-1"):
        act(operations.rollback, other)


def test_another_bundle_is_no_matter_of_consent(world, tmp_path):
    broken_off(world, tmp_path / "first")
    other = replace(site_of(world, tmp_path / "other"), agree=agreeing([]))
    other = replace(other, inputs=replace(other.inputs, signers=b"others"))
    with pytest.raises(PlanChanged, match="signers"):
        act(operations.rollback, other)


class Silent(Faults):
    """A fate in which one host does not answer."""

    def __init__(self, host):
        super().__init__({})
        self.host = host

    def around(self, verb, host, effect):
        if host == self.host:
            raise ConnectionLost(host=host, reason="silence")
        return super().around(verb, host, effect)


def test_a_run_is_not_taken_over_while_a_host_that_may_know_of_it_is_silent(world, tmp_path):
    broken_off(world, tmp_path / "first")
    other = site_of(world, tmp_path / "other")
    world.fate = Silent("node-2")
    with pytest.raises(ConnectionLost, match="node-2"):
        act(operations.rollback, other)
    assert other.runs.history(other.name) == ()


def test_after_the_last_run_is_taken_back_what_was_kept_to_reach_the_site_goes(world, tmp_path):
    world.fate = Faults({})
    site = site_of(world, tmp_path)
    install(site)
    operations.fetch_kubeconfigs(site)
    assert operations.clear(site) == ()
    act(operations.uninstall, site)
    assert [path.name for path in operations.clear(site)] == ["production.kubeconfig"]
