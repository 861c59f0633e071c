"""Step ids outlive programs: journals name by them what was begun, also to a program that is newer."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from simulation import PROFILES, inputs_of

from installer import engine
from installer.engine.journal import Journal
from installer.plan import install
from installer.plan.model import Difference, Plan, Step
from installer.plan.renamed import RENAMED, present_id

GOLDEN = Path(__file__).parents[1] / "golden" / "step_ids"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_id_that_was_ever_given_is_known(profile: str) -> None:
    """Add new ids to the golden list; one that changes stays there, with an entry in installer.plan.renamed."""
    ids = {step.id for step in install.plan(inputs_of(profile))}
    given = (GOLDEN / f"{profile}.txt").read_text().split()
    assert given == sorted(set(given))
    assert {present_id(each) for each in given} == ids


def test_renaming_gives_ids_that_are_not_renamed_again() -> None:
    for old, new in RENAMED.items():
        assert re.compile(old)
        assert not any(re.fullmatch(other, new) for other in RENAMED)


def test_a_run_of_an_older_program_is_taken_back_under_the_new_names(tmp_path, monkeypatch) -> None:
    there: set[str] = set()

    def plan(name: str) -> Plan:
        def differs(_world):
            return () if "it" in there else (Difference("it", "there", "nothing"),)

        step = Step(name, "", "hosts", differs, lambda _: there.add("it"))
        return Plan("install", (replace(step, capture=lambda _: {"it": bool(there)}, undo=lambda *_: there.clear()),))

    class World:
        def reporting(self, _report):
            return self

    def run(wanted: Plan, where: str) -> Journal:
        (tmp_path / where).mkdir()
        books = Journal(tmp_path / where / "journal.jsonl")
        engine.run(wanted, books, World(), lambda _event: None)
        return books

    books = run(plan("production/proxy.install@cp-1"), "forth")
    monkeypatch.setitem(RENAMED, r"(.+)/proxy\.install@(.+)", r"\1/api-proxy.install@\2")
    back = engine.inverse(plan("production/api-proxy.install@cp-1"), books)
    assert [step.id for step in back] == ["undo:production/api-proxy.install@cp-1"]
    run(back, "back")
    assert there == set()
