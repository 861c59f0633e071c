"""Environments and what the needs say of each: they are renamed, added and removed together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input
from wizards import answers_of, field, play, settled, wizard

from installer.answers import file as answers_file
from installer.draft import environments as editing
from installer.draft.document import Draft
from installer.requirements import needs_of_sections
from installer.ui.tui.pages.environments import ShareField, fresh


def three(**needs: Any) -> Draft:
    """Three environments: a redundant one, a small one, and one whose hosts are not known yet."""
    environments = [
        {"name": "production", "control_planes": ["a", "b", "c"]},
        {"name": "testing", "control_planes": ["d"]},
        {"name": "later", "control_planes": []},
    ]
    return Draft({"version": 1, "environments": environments, **({"needs": needs} if needs else {})})


def sized(draft: Draft) -> dict[str, tuple[float, bool]]:
    """Load and redundancy of each environment as sizing takes them."""
    needs = needs_of_sections(draft.section(("needs",)), draft.items(editing.ENVIRONMENTS))
    return {each.name: (each.load_percent, each.redundant) for each in needs.environments}


def test_an_answer_on_one_environment_leaves_the_others_as_they_were() -> None:
    before = sized(three())
    draft = editing.shared(three(), 1, "load_percent", 25)
    assert sized(draft) == {**before, "testing": (25, False)}
    assert sized(editing.shared(draft, 1, "redundant", True))["testing"] == (25, True)


def test_the_needs_are_silent_again_where_all_is_as_usual() -> None:
    draft = three(users=5)
    for key, value, back in (("load_percent", 25, 100), ("load_percent", 25, None), ("redundant", True, False)):
        assert editing.shared(editing.shared(draft, 1, key, value), 1, key, back).data == draft.data


def test_a_share_follows_its_environment_through_any_name() -> None:
    draft = editing.shared(three(), 1, "load_percent", 25)
    for name in (None, "p", "production", "production2", None, "qa"):  # as a person types
        draft = editing.renamed(draft, 1, name)
    assert sized(draft) == {"production": (100, True), "qa": (25, False), "later": (100, True)}


def test_the_usual_domain_of_an_environment_follows_its_name() -> None:
    draft = editing.added(three(), {"name": "qa", "control_planes": [], "domain": editing.domain_of("qa")})
    for name in (None, "s", "staging"):
        draft = editing.renamed(draft, 3, name)
    assert draft.at((*editing.ENVIRONMENTS, 3, "domain")) == "staging.site.internal"
    own = editing.renamed(draft.with_value((*editing.ENVIRONMENTS, 3, "domain"), "acme.example"), 3, "qa")
    assert own.at((*editing.ENVIRONMENTS, 3, "domain")) == "acme.example"


@pytest.mark.parametrize("name", ["testing", "pre-release", "environment-2"])
def test_a_new_environment_has_the_domain_of_its_own_name(name: str) -> None:
    others = [fresh(0, [])]
    assert fresh(1, others, name)["domain"] == f"{name}.site.internal"


def test_environments_come_and_go_in_the_needs_as_well() -> None:
    draft = editing.added(editing.shared(three(), 1, "load_percent", 25), {"name": "more", "control_planes": []})
    assert sized(draft)["more"] == (100, True)
    draft = editing.removed(editing.removed(draft, 0), 0)
    assert list(sized(draft)) == ["later", "more"]
    assert editing.removed(three(), 2).at(("needs",)) is None


@pytest.mark.parametrize("position", [0, 1])
def test_the_page_asks_for_load_and_redundancy(tmp_path: Path, position: int) -> None:
    file = answers_of(tmp_path, "environments")

    async def script(pilot: Pilot[None]) -> None:
        before = pilot.app.review.total("memory_gib")
        shares = [each for each in pilot.app.screen.query(ShareField) if not each.gone]
        load, redundant = shares[2 * position], shares[2 * position + 1]
        box = load.query_one(Input)
        box.focus()
        await pilot.press("end", "ctrl+u", *"10")
        await settled(pilot)
        name = pilot.app.draft.at(("environments", position, "name"))
        assert sized(pilot.app.draft)[name][0] == 10
        redundant.query_one(Checkbox).toggle()
        await settled(pilot)
        assert pilot.app.review.total("memory_gib") != before
        title = field(pilot, "environments", position, "name").query_one(Input)
        title.focus()
        await pilot.press("end", "ctrl+u", *"acme")
        await settled(pilot)
        assert sized(pilot.app.draft)["acme"][0] == 10
        assert not answers_file.flaws(pilot.app.draft.data, str(file))
        for _ in range(3):
            await pilot.press("ctrl+z")
            await settled(pilot)
        assert pilot.app.draft.data == Draft.of(file.read_text()).data, "each answer is one edit"

    play(wizard(file, "environments"), script, (120, 60))


def test_what_is_wrong_with_a_share_stands_at_its_field(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        pilot.app.change(editing.shared(pilot.app.draft, 1, "load_percent", "much"))
        await settled(pilot)
        load = next(each for each in pilot.app.screen.query(ShareField) if each._position == 1)
        assert load.query_one(".problem").display
        assert not pilot.app.screen.page.query_one(".astray").display

    play(wizard(answers_of(tmp_path, "environments"), "environments"), script, (120, 60))
