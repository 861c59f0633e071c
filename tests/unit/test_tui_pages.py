"""The wizard's pages that ask: what is typed is in the draft, what is wrong is said, and nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button, Checkbox, Input, Select
from wizards import answers_of, field, noticed, on_screen, play, settled, type_into, wizard

from installer.answers import file as answers_file
from installer.draft.document import Draft
from installer.ui.tui.pages.components import Parts
from installer.ui.tui.pages.secrets import Secret
from installer.ui.tui.state import editor


def test_what_is_typed_is_kept_and_taken_up_again(tmp_path: Path) -> None:
    file = answers_of(tmp_path)

    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, ("site", "name"), "acme-hq")
        assert pilot.app.draft.at(("site", "name")) == "acme-hq"

    play(wizard(file), script)
    assert not file.exists(), "only saving writes the file"
    assert editor.draft_of(file).stat().st_mode & 0o077 == 0
    again = editor.opened(file)
    assert again.recovered
    assert again.draft.at(("site", "name")) == "acme-hq"


def test_saving_ends_the_draft_and_leaves_comments(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")
    before = file.read_text()

    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, ("site", "customer"), "Acme")
        assert editor.draft_of(file).exists()
        await pilot.press("ctrl+s")
        await settled(pilot)

    play(wizard(file), script)
    assert file.read_text() == before.replace("customer: Practice", "customer: Acme")
    assert not editor.draft_of(file).exists()


def test_a_file_changed_by_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")

    async def script(pilot: Pilot[None]) -> str:
        await type_into(pilot, ("site", "customer"), "Acme")
        file.write_text("version: 1\n")
        await pilot.press("ctrl+s")
        await settled(pilot)
        return on_screen(pilot)

    shown = play(wizard(file), script)
    assert "changed by somebody else" in shown
    assert file.read_text() == "version: 1\n"
    assert editor.opened(file).outdated


def test_undo_takes_a_word_back_and_the_field_follows(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, ("site", "customer"), "Acme")
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert field(pilot, "site", "customer").query_one(Input).value == "Practice"
        await pilot.press("ctrl+y")
        await settled(pilot)
        assert field(pilot, "site", "customer").query_one(Input).value == "Acme"

    play(wizard(answers_of(tmp_path, "rehearsal")), script)


def test_going_back_and_forth_loses_nothing(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, ("site", "name"), "acme")
        for key in ("f8", "f7"):
            await pilot.press(key)
            await settled(pilot)
        assert field(pilot, "site", "name").query_one(Input).value == "acme"

    play(wizard(answers_of(tmp_path)), script)


def test_what_is_wrong_stands_at_its_field_in_the_words_of_the_command_line(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")

    async def script(pilot: Pilot[None]) -> str:
        await type_into(pilot, ("site", "name"), "No Such Name")
        return on_screen(pilot)

    shown = play(wizard(file), script)
    draft = Draft.of(file.read_text()).with_value(("site", "name"), "No Such Name")
    (problem,) = answers_file.flaws(draft.data, str(file))
    assert f"✖ found {problem.found}; wanted" in shown


def test_a_number_that_is_none_is_refused_and_unknown_is_an_answer(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, ("needs", "users"), "many")
        assert pilot.app.draft.at(("needs", "users")) == "many"
        assert pilot.app.review.problems["needs"]
        box = field(pilot, "needs", "users").query_one(Checkbox)
        box.toggle()
        await settled(pilot)
        assert pilot.app.draft.at(("needs", "users")) == "unknown"
        assert "needs" not in pilot.app.review.problems
        await type_into(pilot, ("needs", "users"), "500")
        assert not box.value
        assert pilot.app.draft.at(("needs", "users")) == 500

    play(wizard(answers_of(tmp_path, "rehearsal"), "needs"), script)


def test_more_people_take_more_machines_and_the_screen_says_so(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> str:
        before = pilot.app.review.total("memory_gib")
        await type_into(pilot, ("needs", "users"), "20000")
        assert pilot.app.review.total("memory_gib") > before
        return on_screen(pilot)

    shown = play(wizard(answers_of(tmp_path, "rehearsal"), "needs"), script)
    assert "▲ by the last edit" in shown
    assert "The last edit:" in shown


def test_needs_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> str:
        await type_into(pilot, ("needs", "users"), "10")
        await type_into(pilot, ("needs", "users_at_once"), "20")
        return on_screen(pilot)

    assert "users_at_once is 20" in " ".join(play(wizard(answers_of(tmp_path, "rehearsal"), "needs"), script).split())


def test_the_usual_environments_at_one_stroke_and_back(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        pilot.app.screen.query_one("#usual-3", Button).press()
        await settled(pilot)
        environments = pilot.app.draft.at(("environments",))
        assert [each["name"] for each in environments] == ["production", "pre-release", "testing"]
        assert len({each.get("networks", {}).get("pods", "10.244.0.0/16") for each in environments}) == 3
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert pilot.app.draft.at(("environments",)) == []

    play(wizard(answers_of(tmp_path), "environments"), script)


def test_people_are_added_and_removed(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        pilot.app.screen.query(".more").first(Button).press()
        await settled(pilot)
        await type_into(pilot, ("plan", "contacts", 0, "name"), "Li Wei")
        field(pilot, "plan", "contacts", 0, "side").query_one(Select).value = "vendor"
        await settled(pilot)
        assert pilot.app.draft.at(("plan", "contacts")) == [{"name": "Li Wei", "side": "vendor"}]
        pilot.app.screen.query(".less").first(Button).press()
        await settled(pilot)
        assert not pilot.app.draft.at(("plan", "contacts"))

    play(wizard(answers_of(tmp_path, "rehearsal")), script)


def parts_of(pilot: Pilot[None]) -> Parts:
    """The parts of the first environment."""
    return next(each for each in pilot.app.screen.query(Parts) if each.place == 0)


def test_a_part_that_is_needed_stays_and_says_by_which(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> str:
        pilot.app.open_bundle(tmp_path / "core")
        await settled(pilot)
        parts = parts_of(pilot)
        chosen = dict(pilot.app.draft.at(("environments", 0, "components")))
        assert {"shop", "site-ca", "cert-manager"} <= set(parts.selected)
        for name in ("site-ca", "cert-manager"):
            chosen.pop(name)
            parts = parts_of(pilot)
            parts.focus()
            parts.highlighted = [option.value for option in parts.options].index(name)
            await pilot.press("space")
            await settled(pilot)
            assert name in parts_of(pilot).selected, "it is taken along"
        await pilot.press("space")
        await settled(pilot)
        await noticed(pilot, "cert-manager stays")
        assert pilot.app.draft.at(("environments", 0, "components")) == chosen
        return on_screen(pilot)

    shown = play(wizard(answers_of(tmp_path, "rehearsal"), "components"), script)
    assert "needed by" in shown


def test_a_secret_is_named_and_tried_and_never_shown(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")
    place = tmp_path / "word"
    place.write_text("correct horse battery\n")
    place.chmod(0o600)

    async def script(pilot: Pilot[None]) -> str:
        secret = next(each for each in pilot.app.screen.query(Secret) if each.path == ("access", "sudo_password"))
        secret.query_one(Input).value = str(place)
        await settled(pilot)
        secret.query_one(Button).press()
        await settled(pilot)
        shown = on_screen(pilot)
        place.chmod(0o644)
        secret.query_one(Input).value = str(tmp_path / "nowhere")
        await settled(pilot)
        secret.query_one(Button).press()
        await settled(pilot)
        assert "No such file" in on_screen(pilot)
        return shown

    shown = play(wizard(file, "secrets"), script)
    assert "there is one (not shown)" in shown
    everything = shown + "".join(each.read_text() for each in tmp_path.rglob("*") if each.is_file() and each != place)
    assert "correct horse" not in everything


def test_a_typed_secret_is_in_memory_alone(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")

    async def script(pilot: Pilot[None]) -> None:
        pilot.app.answer(("access", "sudo_password"), {"prompt": "sudo of engineer"})
        await settled(pilot)
        secret = next(each for each in pilot.app.screen.query(Secret) if each.path == ("access", "sudo_password"))
        secret.query_one(Button).press()
        await settled(pilot)
        await pilot.press(*"hunter22", "enter")
        await settled(pilot)
        assert "there is one" in on_screen(pilot)
        assert "hunter22" not in on_screen(pilot)
        assert pilot.app.typed_secrets() == {"sudo of engineer": "hunter22"}

    play(wizard(file, "secrets"), script)
    assert "hunter22" not in "".join(each.read_text() for each in tmp_path.rglob("*") if each.is_file())


def test_the_bundle_is_named_on_the_page_of_certificates(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> str:
        box = pilot.app.screen.query_one("#bundle", Input)
        box.focus()
        await pilot.press(*"core.sitewright", "enter")
        await settled(pilot)
        return on_screen(pilot)

    assert "✔ core 1.0.0" in play(wizard(answers_of(tmp_path, "rehearsal"), "certificates"), script)


def test_waivers_are_added_changed_and_taken_away_without_any_host(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("W")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("enter", *"memory.swap", "enter", "tab", *"cp-1", "tab", *"agreed for now", "tab", *"Li Wei")
        await settled(pilot)
        (waiver,) = pilot.app.draft.at(("waivers",))
        assert date.fromisoformat(waiver.pop("until")) > datetime.now(UTC).date()
        told = {"check": "memory.swap", "reason": "agreed for now", "person": "Li Wei"}
        assert waiver == {**told, "hosts": ["cp-1"]}
        await pilot.press("shift+tab", "end", *" only", "shift+tab", "end", "ctrl+u")
        await settled(pilot)
        changed = pilot.app.draft.at(("waivers", 0))
        assert changed["reason"] == "agreed for now only"
        assert "hosts" not in changed
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert pilot.app.draft.at(("waivers", 0, "hosts")) == ["cp-1"]
        await pilot.press(*["tab"] * 4, "enter")
        await settled(pilot)
        assert not pilot.app.draft.at(("waivers",))

    play(wizard(answers_of(tmp_path), "preflight"), script)
