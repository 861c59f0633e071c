"""Files with mistakes: the wizard and the command line agree on each, and opening and saving destroys none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_manifest import ROOT
from textual.pilot import Pilot
from textual.widgets import OptionList
from wizards import answers_of, on_screen, open_page, play, settled, type_into, wizard

from installer.answers import file as answers_file
from installer.answers.schema import schema
from installer.draft.document import Draft
from installer.errors import AnswersInvalid
from installer.formats import strict_yaml
from installer.ui.tui.state import editor
from installer.ui.tui.state.pages import STEPS
from installer.ui.tui.state.review import review

GOOD = (ROOT / "profiles" / "rehearsal.yaml").read_text()
GOOD_DATA: dict[str, Any] = yaml.safe_load(GOOD)
UNREADABLE = {
    "a tab": GOOD.replace("  name: practice", "\tname: practice"),
    "half written": GOOD + "needs: {users: [1,",
    "a key twice": GOOD.replace("  name: practice", "  name: practice\n  name: other"),
    "a section twice": GOOD + "site: {name: other}\n",
    "a second document": GOOD + "---\nversion: 1\n",
    "an alias": GOOD.replace("version: 1", "version: &one 1") + "other: *one\n",
    "a tag": GOOD.replace("version: 1", "version: !!str 1"),
    "a list": "- version: 1\n",
    "words": "just words\n",
    "nothing in it": "---\n",
    "a newer version": GOOD.replace("version: 1", "version: 2"),
    "a control character": GOOD + "# \x07\n",
}
ODD: tuple[Any, ...] = (7, True, "word", None, [], {}, [7], [None], ["word"], [[]], [{}], {"name": 7}, {"name": []})
"""What may stand where something else belongs."""
SECTIONS = [name for name in schema()["properties"] if name != "version"]


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_made_out_is_refused_in_the_words_of_the_command_line(tmp_path: Path, text: str) -> None:
    assert text != GOOD
    file = tmp_path / "answers.yaml"
    file.write_text(text)
    with pytest.raises(AnswersInvalid) as of_wizard:
        editor.opened(file)
    with pytest.raises(AnswersInvalid) as of_command:
        answers_file.load(file)
    assert of_wizard.value.problems
    assert set(of_wizard.value.problems) <= set(of_command.value.problems)
    assert all(problem.line >= 1 for problem in of_wizard.value.problems)


@pytest.mark.parametrize("text", ["", "# for Acme\n\n  # ask Li Wei\n"])
def test_a_file_of_comments_alone_is_begun_and_keeps_them(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(text)
    opened = editor.opened(file)
    opened.history.edit(opened.draft.with_value(("site", "name"), "acme"))
    opened.save()
    assert file.read_text().startswith(text)
    assert editor.opened(file).draft.at(("site", "name")) == "acme"


def refused() -> Iterator[dict[str, Any]]:
    """Documents, each with something odd in one place."""
    for name in SECTIONS:
        for value in ODD:
            yield {**GOOD_DATA, name: value}
        for part in ("environments", "hosts"):
            changed = deepcopy(GOOD_DATA)
            changed[part][0][name] = ODD[0]
            yield changed
    for key in ("name", "control_planes", "workers", "components", "networks", "address", "access"):
        for value in ODD:
            for part in ("environments", "hosts"):
                changed = deepcopy(GOOD_DATA)
                changed[part][0][key] = value
                yield changed
    for key in ("environments", "components", "users"):
        for value in ODD:
            yield {**GOOD_DATA, "needs": {key: value}}


def test_the_wizard_looks_at_whatever_the_schema_refuses_and_finds_what_the_command_line_does(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    for document in refused():
        text = answers_file.dump(document)
        file.write_text(text)
        opened = editor.opened(file)
        found = review(opened.draft, str(file))
        wanted = answers_file.problems(text, str(file))
        assert sorted(map(str, found.every)) == sorted(str(replace(problem, line=0)) for problem in wanted), document


@pytest.mark.parametrize("value", [7, None, [None], [{"name": []}]], ids=json.dumps)
def test_every_page_shows_whatever_stands_in_the_file_and_saving_keeps_it(tmp_path: Path, value: Any) -> None:
    file = answers_of(tmp_path)
    document = {name: value for name in SECTIONS if name != "site"}
    file.write_text(answers_file.dump({"version": 1, "site": {"name": "acme"}, **document}))

    async def script(pilot: Pilot[None]) -> None:
        for step in STEPS:
            await open_page(pilot, step.key)
        await open_page(pilot, "site")
        await type_into(pilot, ("site", "customer"), "Acme")
        await pilot.press("ctrl+s")
        await settled(pilot)

    play(wizard(file), script)
    kept = strict_yaml.read(file.read_text()).data
    assert kept == {"version": 1, "site": {"name": "acme", "customer": "Acme"}, **document}


def test_the_start_offers_a_file_with_a_mistake_as_one_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = answers_of(tmp_path)
    file.write_text(UNREADABLE["a tab"])
    line = next(at for at, each in enumerate(UNREADABLE["a tab"].splitlines(), 1) if "\t" in each)

    async def script(pilot: Pilot[None]) -> None:
        assert "Mend answers.yaml first" in on_screen(pilot)
        assert pilot.app.screen.query_one("#ways", OptionList).highlighted == 0
        await pilot.press("enter")
        await settled(pilot)
        assert f"answers.yaml:{line}" in on_screen(pilot)
        assert "a tab, perhaps" in on_screen(pilot)
        await pilot.press("enter")
        await settled(pilot)
        file.write_text(GOOD)
        await pilot.press("enter")
        await settled(pilot)
        assert pilot.app.draft.at(("site", "name")) == "practice"

    play(wizard(None), script)


def test_a_draft_that_was_spoilt_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")
    opened = editor.opened(file)
    opened.history.edit(Draft.of(GOOD).with_value(("site", "name"), "acme"))
    opened.keep(opened.draft)
    left = editor.draft_of(file)
    left.write_text(left.read_text() + "\t: [")
    with pytest.raises(AnswersInvalid) as refused:
        editor.opened(file)
    assert left.name in refused.value.message
