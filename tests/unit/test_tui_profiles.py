"""Every profile can be made from nothing in the wizard, key by key; and opens and saves as the very file it was.

Two things are in the file alone, for no page asks for them: what stands in a pool of hosts, and values of components.

All set the same checks aside, for all are for practice hosts; the first two of them are typed, for one profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static
from waived import WAIVERS
from wizards import answers_of, field, open_page, play, settled, type_into, until, wizard

from installer.answers import file as answers_file
from installer.answers.model import Answers, Environment
from installer.cli.rehearse import recipe_for
from installer.formats import strict_yaml
from installer.formats.strict_yaml import Path as Place
from installer.ui.tui.hosts.table import HostTable
from installer.ui.tui.pages.components import Parts
from installer.ui.tui.pages.secrets import Secret
from installer.ui.tui.state.pages import step_of
from installer.ui.tui.widgets.field import Field

PROFILES = sorted((Path(__file__).parents[2] / "profiles").glob("*.yaml"))
TYPED = WAIVERS[:2]
"""Typed beside one profile; no profile has any."""
SECRETS = {"passphrase", "password", "sudo_password"}


@pytest.mark.parametrize("profile", [path.stem for path in PROFILES])
def test_a_profile_opens_and_saves_as_it_was(tmp_path: Path, profile: str) -> None:
    file = answers_of(tmp_path, profile)
    before = file.read_bytes()

    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, ("site", "customer"), "Somebody else")
        await pilot.press("ctrl+z")
        await settled(pilot)
        await pilot.press("ctrl+s")
        await settled(pilot)

    play(wizard(file), script)
    assert file.read_bytes() == before


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_a_profile_is_made_from_nothing(tmp_path: Path, profile: Path) -> None:
    wanted = strict_yaml.read(profile.read_text()).data
    file, recipe = answers_of(tmp_path), recipe_for(answers_file.load(profile)).name

    async def script(pilot: Pilot[None]) -> None:
        await hosts(pilot, wanted["hosts"])
        await environments(pilot, wanted["environments"])
        await access(pilot, wanted["access"])
        for path, value in leaves(wanted):
            await type_into_page(pilot, path, value)
        await settled(pilot)
        if profile.stem == "rehearsal":
            await waive(pilot, TYPED)
        await pilot.press("ctrl+s")
        await settled(pilot)

    play(wizard(file, bundle=tmp_path / recipe), script)
    made, meant = answers_file.load(file), answers_file.load(profile)
    said = [(each.check, each.reason, each.person, str(each.until)) for each in made.waivers]
    assert said == ([tuple(each.values()) for each in TYPED] if profile.stem == "rehearsal" else [])
    apart = {"file", "text", "lines", "digests", "waivers"}
    for each in fields(Answers):
        if each.name not in apart:
            assert getattr(made, each.name) == asked(getattr(meant, each.name)), each.name


def asked(value: Any) -> Any:
    """What of a part of the answers the wizard asks: of environments, neither pools nor values of components."""
    if isinstance(value, tuple):
        return tuple(asked(each) for each in value)
    if isinstance(value, Environment):
        return replace(value, pools={}, components={name: {} for name in value.components})
    return value


def leaves(wanted: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    """What has a field on a page of its own, place by place."""
    for section in ("site", "trust", "registry", "network", "limits", "plan", "needs"):
        for name, value in (wanted.get(section) or {}).items():
            yield (section, name), value
    for position, environment in enumerate(wanted["environments"]):
        for name in ("domain", "endpoint"):
            if name in environment:
                yield ("environments", position, name), environment[name]
        for name, value in environment.get("networks", {}).items():
            yield ("environments", position, "networks", name), value


async def type_into_page(pilot: Pilot[None], path: Place, value: Any) -> None:
    """Answer a question on the page where it is asked."""
    step = step_of(".".join(map(str, path)))
    if pilot.app.screen.here != step:
        await open_page(pilot, step)
    choices = field(pilot, *path).query(Select)
    if choices:
        choices.first().value = value
    else:
        put(pilot, path, " ".join(map(str, value)) if isinstance(value, list) else str(value))


def put(pilot: Pilot[None], path: Place, text: str) -> None:
    """Write into a field at one stroke, as pasting does, and go on to the next one."""
    field(pilot, *path).query(Input).first().value = text


def put_in_dialog(pilot: Pilot[None], path: Place, text: str) -> None:
    """Write into a field of the dialog that is open."""
    next(each for each in pilot.app.screen.query(Field) if each.path == path).query_one(Input).value = text


async def hosts(pilot: Pilot[None], wanted: list[dict[str, Any]]) -> None:
    """Paste them as a list; say in the form of each that is in a pool which one it is."""
    await open_page(pilot, "hosts")
    await pilot.press("i")
    await settled(pilot)
    area = pilot.app.screen.query_one("TextArea")
    area.focus()
    area.text = "\n".join(f"{host['name']} {host['address']}" for host in wanted)
    comes_to = pilot.app.screen.query_one("#comes-to", Static)
    await until(pilot, lambda: str(comes_to.render()))
    await pilot.press("f8")
    await settled(pilot)
    for position, host in enumerate(wanted):
        if "pool" in host:
            table = pilot.app.screen.query_one(HostTable)
            table.focus()
            table.move_cursor(row=position)
            await pilot.press("enter")
            await settled(pilot)
            put_in_dialog(pilot, ("hosts", position, "pool"), host["pool"])
            await settled(pilot)
            await pilot.press("escape")
            await settled(pilot)


async def environments(pilot: Pilot[None], wanted: list[dict[str, Any]]) -> None:
    """Add each, name its hosts, tick its parts."""
    await open_page(pilot, "environments")
    for position, environment in enumerate(wanted):
        pilot.app.screen.page.query("Repeated > .more").first().press()
        await settled(pilot)
        for name in ("name", "control_planes", "workers"):
            if name in environment:
                value = environment[name]
                text = value if isinstance(value, str) else " ".join(value)
                put(pilot, ("environments", position, name), text)
        await settled(pilot)
    await open_page(pilot, "components")
    for position, environment in enumerate(wanted):
        for name in environment["components"]:
            parts = next(each for each in pilot.app.screen.page.query(Parts) if each.place == position)
            if name not in pilot.app.draft.at(("environments", position, "components")):
                parts.focus()
                parts.highlighted = [option.value for option in parts.options].index(name)
                await pilot.press("space")
                await settled(pilot)


async def access(pilot: Pilot[None], wanted: dict[str, Any]) -> None:
    """How hosts are reached, and where the secrets are."""
    await open_page(pilot, "hosts")
    await pilot.press("l")
    await settled(pilot)
    for name, value in wanted.items():
        if name not in SECRETS:
            put_in_dialog(pilot, ("access", name), str(value))
    await settled(pilot)
    await pilot.press("escape")
    await open_page(pilot, "secrets")
    for name in SECRETS & set(wanted):
        ((kind, place),) = wanted[name].items()
        secret = next(each for each in pilot.app.screen.page.query(Secret) if each.path == ("access", name))
        secret.query_one(Select).value = kind
        await settled(pilot)
        secret.query_one(Input).value = place
    await settled(pilot)


async def waive(pilot: Pilot[None], wanted: list[dict[str, Any]]) -> None:
    """Set checks aside in the list that the page of preflight opens, with keys, and texts that are pasted."""
    await open_page(pilot, "preflight")
    await pilot.press("W")
    await settled(pilot)
    for waiver in wanted:
        pilot.app.screen.query_one("Listed > .more").focus()
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("enter", *waiver["check"], "enter", "tab", *" ".join(waiver.get("hosts", ())))
        for name in ("reason", "person", "until"):
            await pilot.press("tab", "end", "ctrl+u")
            pilot.app.post_message(Paste(waiver[name]))
        await settled(pilot)
    await pilot.press("escape")
    await settled(pilot)
