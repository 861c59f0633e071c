"""Run directories: what they keep, what they refuse, and what a site's history means."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime

import pytest

from installer.engine.events import RunFinished, StepStarted
from installer.errors import StateUnreadable
from installer.plan.model import Step
from installer.runs.store import Run, Runs

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def ended(run: Run, outcome: str) -> Run:
    run.emit(RunFinished(AT, run.name, outcome, 1.0, 1))
    return run


def test_a_run_is_found_again_as_it_was_left(tmp_path):
    run = Runs(tmp_path).begin("acme", "install", {"profile": "/a.yaml"})
    assert run.outcome == "unfinished"
    ended(run, "failed")
    found = Runs(tmp_path).history("acme")
    assert [(r.name, r.operation, r.remembered, r.outcome) for r in found] == [
        (run.name, "install", {"profile": "/a.yaml"}, "failed")
    ]


def test_runs_are_in_the_order_of_time(tmp_path):
    runs = Runs(tmp_path)
    names = [runs.begin("acme", operation, {}).name for operation in ("upgrade", "install", "rollback")]
    assert [run.name for run in runs.history("acme")] == names


def test_a_clock_that_was_put_back_changes_no_order(tmp_path):
    runs = Runs(tmp_path)
    ahead = runs.adopt("acme", "29990101T000000.000000Z-install", {})
    later = runs.begin("acme", "install", {})
    assert later.name < ahead.name
    assert [run.name for run in runs.history("acme")] == [ahead.name, later.name]
    assert runs.unfinished("acme").name == later.name


def test_runs_of_an_older_program_come_first_in_the_order_of_their_names(tmp_path):
    runs = Runs(tmp_path)
    new = runs.begin("acme", "install", {})
    for name in ("29990102T000000.000000Z-install", "29990101T000000.000000Z-install"):
        runs.adopt("acme", name, {}).write("run.json", {"format": 1, "site": "acme", "operation": "install"})
    names = [run.name for run in runs.history("acme")]
    assert names == ["29990101T000000.000000Z-install", "29990102T000000.000000Z-install", new.name]


def test_what_is_called_as_no_run_is_called_is_none(tmp_path):
    runs = Runs(tmp_path)
    run = runs.begin("acme", "install", {})
    for name in ("99990101T000000Z\x1b[31m-install", "..install", "99990101T000000Z-install\n"):
        (run.folder.parent / name).mkdir()
        (run.folder.parent / name / "run.json").write_text((run.folder / "run.json").read_text())
    (run.folder.parent / "99990101T000000Z-install").write_text("")
    assert [each.name for each in runs.history("acme")] == [run.name]


def test_nobody_else_reads_what_a_run_keeps(tmp_path):
    run = Runs(tmp_path / "state").begin("acme", "install", {})
    run.emit(StepStarted(AT, "a"))
    run.keep(Step("production/containerd.install@node-1", "", "hosts", bool, print, host="node-1"), "what it said")
    for path in (tmp_path / "state").rglob("*"):
        allowed = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) & ~allowed == 0, path
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_a_steps_log_is_named_after_host_and_step(tmp_path):
    run = Runs(tmp_path).begin("acme", "install", {})
    step = Step("production/containerd.install@node-1", "", "hosts", bool, print, host="node-1")
    name = run.keep(step, "what it said")
    assert name == "hosts/node-1/production.containerd.install.log"
    assert (run.folder / name).read_text() == "what it said\n"


def test_a_log_is_found_by_the_names_of_run_and_step(tmp_path):
    runs = Runs(tmp_path)
    run = runs.begin("acme", "install", {})
    for id_ in ("production/containerd.install@node-1", "registry.push:a/b@node-1", "undo:c@node-1", "without-a-host"):
        host = "node-1" if "@" in id_ else ""
        run.keep(Step(id_, "", "hosts", bool, print, host=host), id_)
        assert runs.log("acme", run.name, id_).read_text() == f"{id_}\n"


def test_a_site_that_was_only_looked_at_has_no_runs(tmp_path):
    runs = Runs(tmp_path)
    assert runs.make("acme") == tmp_path / "sites" / "acme"
    assert (stat.S_IMODE(runs.folder("acme").stat().st_mode), runs.sites()) == (0o700, ())
    runs.begin("acme", "install", {})
    assert runs.sites() == ("acme",)


def test_events_are_lines_that_any_tool_reads(tmp_path):
    run = Runs(tmp_path).begin("acme", "install", {})
    run.emit(StepStarted(AT, "a"))
    ended(run, "done")
    lines = [json.loads(line) for line in (run.folder / "events.jsonl").read_text().splitlines()]
    assert [line["type"] for line in lines] == ["step_started", "run_finished"]


@pytest.mark.parametrize(("outcome", "left"), [("done", False), ("failed", True), ("interrupted", True)])
def test_what_did_not_end_well_is_left_to_be_resumed(tmp_path, outcome, left):
    runs = Runs(tmp_path)
    ended(runs.begin("acme", "install", {}), outcome)
    assert (runs.unfinished("acme") is not None) is left


def test_a_run_killed_without_a_word_is_unfinished_too(tmp_path):
    runs = Runs(tmp_path)
    run = runs.begin("acme", "install", {})
    assert runs.unfinished("acme") == runs.history("acme")[0]
    assert runs.unfinished("acme", backward=True) is None
    assert runs.last_standing("acme").name == run.name


def test_a_rollback_takes_the_last_run_off_what_stands(tmp_path):
    runs = Runs(tmp_path)
    first = ended(runs.begin("acme", "install", {}), "done")
    second = ended(runs.begin("acme", "upgrade", {}), "done")
    back = runs.begin("acme", "rollback", {"of": second.name})
    assert runs.last_standing("acme").name == second.name
    ended(back, "done")
    assert [run.name for run in runs.standing("acme")] == [first.name]
    assert runs.last_standing("acme").name == first.name
    assert runs.unfinished("acme") is None


def test_an_unfinished_rollback_goes_on_with_the_run_it_was_about(tmp_path):
    runs = Runs(tmp_path)
    ended(runs.begin("acme", "install", {}), "done")
    second = ended(runs.begin("acme", "upgrade", {}), "done")
    back = ended(runs.begin("acme", "rollback", {"of": second.name}), "failed")
    assert runs.last_standing("acme").name == second.name
    assert runs.unfinished("acme", backward=True).name == back.name


def test_a_file_where_the_state_directory_should_be_is_refused(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(StateUnreadable, match="is a file"):
        Runs(tmp_path / "state")


GOOD = {"format": 1, "site": "acme", "operation": "install", "sequence": 1, "remembered": {}}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff",
        *({**GOOD, **wrong} for wrong in (
            {"site": None}, {"operation": 7}, {"format": "x"}, {"remembered": []}, {"remembered": {"bundle": 7}},
            {"outcome": "\x1b]0;PWNED\x07"}, {"sequence": "1"}, {"sequence": -1}, {"told": [7]},
        )),
    ],
    ids=str,
)  # fmt: skip
def test_a_damaged_description_is_refused_by_name_with_the_cure(tmp_path, body):
    run = Runs(tmp_path).begin("acme", "install", {})
    (run.folder / "run.json").write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    with pytest.raises(StateUnreadable, match=r"run\.json: it is damaged") as refused:
        Runs(tmp_path).history("acme")
    assert f"move {run.folder} away" in refused.value.remedy


def test_files_of_no_use_any_more_are_removed_by_the_form_of_their_names(tmp_path):
    runs = Runs(tmp_path)
    for name in ("a.kubeconfig", "b.kubeconfig", "kubectl", "speeds.json"):
        runs.keep("acme", name, b"x")
    gone = runs.discard("acme", "*.kubeconfig", "kubectl")
    assert [path.name for path in gone] == ["a.kubeconfig", "b.kubeconfig", "kubectl"]
    assert [path.name for path in runs.folder("acme").iterdir()] == ["speeds.json"]


def test_a_newer_program_s_run_is_refused(tmp_path):
    run = Runs(tmp_path).begin("acme", "install", {})
    body = json.loads((run.folder / "run.json").read_text())
    run.write("run.json", {**body, "format": 2})
    with pytest.raises(StateUnreadable, match="newer"):
        Runs(tmp_path).history("acme")


def test_a_forgotten_site_leaves_the_others(tmp_path):
    runs = Runs(tmp_path)
    for site in ("acme", "zenith"):
        runs.begin(site, "install", {})
    runs.forget("acme")
    assert runs.sites() == ("zenith",)
