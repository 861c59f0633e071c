"""Drafts: edits that share what they do not touch, undoing, and files that keep their comments."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer.answers import file as answers_file
from installer.draft.document import Draft, History
from installer.draft.round_trip import rewritten
from installer.errors import AnswersInvalid
from installer.formats import strict_yaml

PROFILES = sorted((Path(__file__).parents[2] / "profiles").glob("*.yaml"))
TEXT = """# who
site:
  name: acme   # short
hosts:
  # the first
  - {name: cp-1, address: 10.0.0.1}
  - {name: node-1, address: 10.0.0.2}
waivers:
  - check: clock.sync   # why
    until: 2030-12-31
"""


def test_an_edit_leaves_the_old_draft_as_it_was() -> None:
    old = Draft.of(TEXT)
    before = copy.deepcopy(old.data)
    new = old.with_value(("hosts", 1, "address"), "10.0.0.9").without(("waivers", 0))
    assert old.data == before
    assert new.at(("hosts", 1, "address")) == "10.0.0.9"
    assert new.at(("hosts", 0)) is old.at(("hosts", 0)), "what was not touched is shared"


def test_places_on_the_way_are_made_and_go_again_when_empty() -> None:
    draft = Draft().with_value(("access", "bastion", "address"), "b")
    assert draft.at(("access",)) == {"bastion": {"address": "b"}}
    assert draft.without(("access", "bastion", "address")).data == Draft().data


def test_an_item_of_a_list_stays_when_its_last_answer_goes() -> None:
    draft = Draft().with_value(("environments", 0), {"name": "production"})
    assert draft.without(("environments", 0, "name")).at(("environments",)) == [{}]


@pytest.mark.parametrize("path", [("nowhere",), ("hosts", 7, "name"), ("site", "name", "deeper")])
def test_what_is_not_there_cannot_be_taken_away(path: strict_yaml.Path) -> None:
    draft = Draft.of(TEXT)
    assert draft.without(path) is draft
    assert draft.at(path, "otherwise") == "otherwise"


@pytest.mark.parametrize("text", ["", "\t", "# nothing yet\n"])
def test_a_text_without_a_value_is_an_empty_draft(text: str) -> None:
    assert Draft.of(text).data == Draft().data


@pytest.mark.parametrize("text", ["- 1", "just words", "a: [", "a: 1\na: 2", "---", "a: 1\n---\nb: 2"])
def test_what_is_no_answers_file_is_refused_not_taken_for_an_empty_one(text: str) -> None:
    with pytest.raises(AnswersInvalid):
        Draft.of(text)


def test_a_word_typed_is_one_edit() -> None:
    history = History(Draft())
    for length in range(1, 5):
        assert history.edit(history.now.with_value(("site", "name"), "acme"[:length]), "name")
    assert not history.edit(history.now, "name"), "nothing differs"
    history.edit(history.now.with_value(("site", "customer"), "A"), "customer")
    assert history.undo()
    assert history.now.at(("site",)) == {"name": "acme"}
    assert history.undo()
    assert history.now.data == Draft().data
    assert not history.undo()
    assert history.redo()
    assert history.redo()
    assert history.now.at(("site", "customer")) == "A"
    assert not history.redo()


def test_after_an_undo_the_same_field_begins_a_new_edit() -> None:
    history = History(Draft())
    history.edit(history.now.with_value(("site", "name"), "a"), "name")
    history.undo()
    history.edit(history.now.with_value(("site", "name"), "b"), "name")
    assert history.undo()
    assert history.now.data == Draft().data


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_a_profile_that_was_not_changed_is_the_same_file(profile: Path) -> None:
    text = profile.read_text()
    assert rewritten(text, Draft.of(text).data) == text


def changed_lines(old: str, new: str) -> list[str]:
    return [line for line in new.splitlines() if line not in old.splitlines()]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_one_answer_changes_one_line_of_a_profile(profile: Path) -> None:
    text = profile.read_text()
    new = rewritten(text, Draft.of(text).with_value(("site", "customer"), "阿克梅").data)
    assert changed_lines(text, new) == ["  customer: 阿克梅"]
    assert len(new.splitlines()) == len(text.splitlines())


def test_comments_stay_with_what_they_are_about() -> None:
    draft = Draft.of(TEXT).without(("hosts", 0)).with_value(("waivers", 0, "until"), "2031-01-01")
    new = rewritten(TEXT, draft.data)
    assert strict_yaml.read(new).data == draft.data
    assert "name: acme   # short" in new
    assert "check: clock.sync   # why" in new


def test_a_broken_file_is_never_replaced() -> None:
    with pytest.raises(AnswersInvalid):
        rewritten("a: [", {"version": 1})


def test_what_stands_in_two_places_is_written_twice() -> None:
    shared = {"name": "cp-1"}
    draft = Draft({"hosts": [shared, shared]})
    assert Draft.of(draft.text()).data == draft.data


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=12)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9999, 9999), words),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(words, values, max_size=5), st.dictionaries(words, values, max_size=5))
def test_whatever_changes_the_file_reads_as_the_draft(old: dict[str, object], new: dict[str, object]) -> None:
    text = answers_file.dump(old)
    before = strict_yaml.read(text).data
    merged = {**(before if isinstance(before, dict) else {}), **new}
    assert strict_yaml.read(rewritten(text, merged)).data == merged
