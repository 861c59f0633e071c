"""Pages follow what the answers have become: parts that came, hosts that went, and what is wrong where no field is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from textual.pilot import Pilot
from textual.widgets import Input, Label
from wizards import answers_of, field, on_screen, play, settled, wizard

from installer.answers.file import flaws
from installer.draft.document import Draft, History
from installer.ui.tui import problem_texts
from installer.ui.tui.hosts.forms import HostForm
from installer.ui.tui.pages.components import LATER, Parts
from installer.ui.tui.pages.environments import fresh
from installer.ui.tui.pages.secrets import Secret
from installer.ui.tui.state.review import Looks


def secrets(pilot: Pilot[None]) -> list[tuple[str | int, ...]]:
    """The places of the secrets that are asked for now."""
    return [each.path for each in pilot.app.screen.query(Secret)]


def test_the_page_of_secrets_follows_the_answers(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")
    document = yaml.safe_load(file.read_text())
    for host in document["hosts"][1:]:
        host["access"] = {"password": {"env": host["name"].upper().replace("-", "_")}}
    file.write_text(yaml.safe_dump(document))

    async def script(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert ("access", "bastion", "password") not in secrets(pilot)
        app.answer(("access", "bastion"), {"address": "10.1.1.1", "user": "ops"})
        await settled(pilot)
        assert ("access", "bastion", "password") in secrets(pilot)
        last = app.draft.at(("hosts", 2, "name"))
        app.change(app.draft.without(("hosts", 1)))
        await settled(pilot)
        assert ("hosts", 2, "access", "password") not in secrets(pilot)
        left = next(each for each in app.screen.query(Secret) if each.path == ("hosts", 1, "access", "password"))
        assert str(left.query(Label).first().render()).startswith(f"{last}: ")
        left.query_one(Input).value = "OTHER"
        await settled(pilot)
        assert app.draft.at(("hosts", 1)) == {
            **app.draft.at(("hosts", 1)), "name": last, "access": {"password": {"env": "OTHER"}}
        }  # fmt: skip

    play(wizard(file, "secrets"), script)


def test_the_cursor_stays_in_its_field_when_a_page_is_made_anew(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        field(pilot, "registry", "port").query_one(Input).focus()
        environments = pilot.app.draft.items(("environments",))
        pilot.app.change(pilot.app.draft.with_value(("environments", 1), fresh(1, environments)))
        await settled(pilot)
        assert pilot.app.focused is field(pilot, "registry", "port").query_one(Input)
        assert field(pilot, "environments", 1, "domain").query_one(Input).value == "pre-release.site.internal"

    play(wizard(answers_of(tmp_path, "rehearsal"), "network"), script)


@pytest.mark.parametrize(
    ("page", "path", "value"),
    [
        ("site", ("site", "nmae"), "acme"),
        ("needs", ("needs", "user"), 5),
        ("environments", ("environments", 0, "component"), {}),
        ("site", ("version",), 7),
        ("components", ("environments", 0, "components", "shop", "password"), "plain"),
    ],
)
def test_what_is_wrong_where_no_field_is_stands_at_the_top(
    tmp_path: Path, page: str, path: tuple[str | int, ...], value: object
) -> None:
    async def script(pilot: Pilot[None]) -> None:
        pilot.app.change(pilot.app.draft.with_value(path, value))
        await settled(pilot)
        (found,) = [each for each in flaws(pilot.app.draft.data, "") if each.path == ".".join(map(str, path))]
        told = pilot.app.screen.page.query_one(".astray", Label)
        assert told.display
        assert f"{found.path}: ✖ found {found.found}" in str(told.render())
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert not pilot.app.screen.page.query_one(".astray").display

    play(wizard(answers_of(tmp_path, "rehearsal"), page), script)


def test_of_very_many_problems_a_page_tells_the_first_and_counts_the_others(tmp_path: Path) -> None:
    """Each with a name that would act as markup; what would act on the terminal no answers may hold."""
    file = answers_of(tmp_path, "rehearsal")
    file.write_text(file.read_text() + "".join(f'"[red]k{n}": 1\n' for n in range(3000)))

    async def script(pilot: Pilot[None]) -> None:
        told = str(pilot.app.screen.page.query_one(".astray", Label).render()).splitlines()
        assert len(told) == problem_texts.FEW + 1
        assert told[0].startswith("[red]k0")
        assert told[-1] == f"and {3000 - problem_texts.FEW} more"
        assert "[red]k0" in on_screen(pilot)

    play(wizard(file, "site"), script)


def test_the_effect_of_an_edit_is_that_of_the_whole_edit(tmp_path: Path) -> None:
    looks = Looks()

    def memory(users: int) -> Draft:
        return Draft({"version": 1, "needs": {"users": users}, "environments": [{"name": "production"}]})

    def effect(history: History) -> float:
        _, changes = looks.look(history.now, history.former, str(tmp_path / "answers.yaml"), {}, None)
        return sum(each.memory_gib for each in changes)

    history = History(memory(1000))
    history.edit(memory(2), "users")
    effect(history)
    for users in (20, 200, 2000, 20000):  # as a person types, with pauses
        history.edit(memory(users), "users")
        grown = effect(history)
    other = Looks()
    _, whole = other.look(memory(20000), memory(1000), str(tmp_path / "answers.yaml"), {}, None)
    assert grown == sum(each.memory_gib for each in whole) > 0
    history.undo()
    assert effect(history) == -grown


def test_a_dialog_on_a_host_that_an_undoing_took_away_closes(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        app = pilot.app
        app.change(app.draft.with_value(("hosts",), [*app.draft.items(("hosts",)), {"name": "a"}, {"name": "b"}]))
        await settled(pilot)
        await pilot.press("end", "enter")
        await settled(pilot)
        assert isinstance(app.screen, HostForm)
        address = app.screen.query(Input)[1]
        address.focus()
        before = app.draft
        app.action_undo()
        await pilot.press("9")
        await settled(pilot)
        assert not isinstance(app.screen, HostForm)
        assert app.draft.data != before.data
        assert len(app.draft.items(("hosts",))) == 3

    play(wizard(answers_of(tmp_path, "rehearsal"), "hosts"), script)


def test_networks_of_a_new_environment_are_those_of_no_other() -> None:
    made: list[dict[str, object]] = []
    for position in range(3):
        made.append(fresh(position, made))
    del made[1]
    made.append(fresh(2, made))
    assert len({str(each.get("networks")) for each in made}) == 3


async def tick(pilot: Pilot[None], place: int, name: str) -> Parts:
    """Press space on a part; the list as it is after that."""
    parts = next(each for each in pilot.app.screen.query(Parts) if each.place == place)
    parts.focus()
    parts.highlighted = [option.value for option in parts.options].index(name)
    await pilot.press("space")
    await settled(pilot)
    after = next(each for each in pilot.app.screen.query(Parts) if each.place == place)
    assert pilot.app.focused is after, "the cursor stays"
    return after


def line(parts: Parts, name: str) -> str:
    """A part's line."""
    return str(next(option.prompt for option in parts.options if option.value == name))


def test_a_part_that_no_need_asks_for_is_ticked_and_says_so(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        pilot.app.answer(("needs", "developers"), 0)
        await settled(pilot)
        parts = await tick(pilot, LATER, "gitlab")
        assert "gitlab" in parts.selected
        assert "not counted (Developers: 0)" in line(parts, "gitlab")
        pilot.app.answer(("needs", "developers"), 50)
        await settled(pilot)
        parts = next(each for each in pilot.app.screen.query(Parts) if each.place == LATER)
        assert "GiB" in line(parts, "gitlab")

    play(wizard(answers_of(tmp_path, "rehearsal"), "components"), script)


def test_a_part_that_comes_later_says_what_it_takes_and_each_tick_is_an_edit(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        before, memory = pilot.app.draft, pilot.app.review.total("memory_gib")
        first = next(each for each in pilot.app.screen.query(Parts) if each.place == LATER)
        assert first.selected == [], "nothing is promised that the answers do not say"
        assert "GiB" in line(first, "elasticsearch"), "what it costs matters most while it is not ticked"
        parts = await tick(pilot, LATER, "elasticsearch")
        assert parts.selected == ["elasticsearch"]
        assert pilot.app.draft.at(("needs", "later")) == ["elasticsearch"]
        assert pilot.app.review.total("memory_gib") > memory
        await tick(pilot, LATER, "elasticsearch")
        assert pilot.app.draft.data == before.data, "where nothing comes later nothing is said"

    play(wizard(answers_of(tmp_path, "rehearsal"), "components"), script)


def test_what_is_installed_cannot_come_later(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        parts = next(each for each in pilot.app.screen.query(Parts) if each.place == LATER)
        offered = {option.value for option in parts.options}
        assert "kafka" in offered
        assert not offered & {"metrics-server", "cert-manager", "etcd", "product"}

    play(wizard(answers_of(tmp_path, "rehearsal"), "components"), script)


def test_a_part_that_the_bundle_lacks_is_wrong_shown_and_can_be_unticked(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")

    async def script(pilot: Pilot[None]) -> None:
        app = pilot.app
        app.change(app.draft.with_value(("environments", 0, "components", "kafka-of-old"), {}))
        await settled(pilot)
        assert "components" in app.review.problems
        assert "not in the bundle" in on_screen(pilot)
        await tick(pilot, 0, "kafka-of-old")
        assert "components" not in app.review.problems

    play(wizard(file, "components", bundle=Path("core")), script)


def test_each_environment_shows_its_own_figures(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        review = pilot.app.review
        names = [each.name for each in review.sizing.needs.environments]
        whole, own = review.part("etcd"), [review.part("etcd", name) for name in names]
        assert whole == tuple(sum(figures) for figures in zip(*own, strict=True))
        assert review.part("shop") is None

    play(wizard(answers_of(tmp_path, "environments"), "components"), script)


@pytest.mark.parametrize("size", [(100, 24), (120, 40)])
def test_what_is_wrong_is_said_beside_the_page_on_low_terminals_too(tmp_path: Path, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[None]) -> str:
        pilot.app.answer(("needs", "users"), 20000)
        await settled(pilot)
        pilot.app.answer(("site", "name"), "No Such Name")
        await settled(pilot)
        return on_screen(pilot)

    shown = play(wizard(answers_of(tmp_path, "environments"), "needs"), script, size)
    assert "to mend or add: 1" in shown
    assert "hosts named: 3" in shown
    assert ("pre-release" in shown) == (size[1] == 40), "the kinds of machines give way"


def test_narrow_terminals_tell_of_the_disk(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> str:
        return on_screen(pilot)

    shown = play(wizard(answers_of(tmp_path, "environments"), "needs"), script, (80, 24))
    assert "machines: 3 · disk " in shown
