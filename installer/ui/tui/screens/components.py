"""The parts of the platform: what each is for, what it takes, what it takes along, and why one cannot be left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label, SelectionList
from textual.widgets.selection_list import Selection

from installer.bundle.manifest import Manifest
from installer.ui.tui.page import Page
from installer.ui.tui.review import Change, Review
from installer.ui.tui.ticks import Ticks
from installer.ui.tui.words import Say, gib
from installer.ui.words import number
from sizing.engine import ALWAYS
from sizing.rules import load_rules

SIZED = -1
"""The place of the list of parts that sizing reckons with, which are in no environment of the answers."""
FIGURES = ("cpu_cores", "memory_gib", "disk_gib")
TITLE = 24
NARROW = 100
"""Columns of a terminal below which the disk figure is left out."""


class Parts(Ticks[str]):
    """The parts that one environment may have; `place` is its position, or SIZED."""

    def __init__(self, place: int, *selections: Selection[str]) -> None:
        super().__init__(*selections, compact=True, classes="parts")
        self.place = place


class ComponentsPage(Page):
    """Ticks per environment. The panel below tells of the part under the cursor."""

    KEY = "components"
    INTRO: ClassVar[str] = "What a part needs is taken along by itself. Space ticks a part."
    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (("Space", "tick"),)

    def body(self) -> ComposeResult:
        """Room for the lists; they follow the bundle and the environments."""
        yield Vertical(id="lists", classes="auto")

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Follow the bundle, the environments, the choices and what they take."""
        super().reviewed(review, changes)
        shown = (self.desk.manifest, self.desk.draft.at(("environments",)), review.sizing)
        if shown != getattr(self, "_shown", None):
            self._shown = shown
            self.run_worker(self._remake(review), exclusive=True, group="lists")

    async def _remake(self, review: Review) -> None:
        """Make the lists anew; the cursor stays where it was."""
        before = next(((each.place, each.highlighted) for each in self.query(Parts) if each.has_focus), None)
        room = self.query_one("#lists", Vertical)
        async with self.batch():
            await room.remove_children()
            await room.mount_all(self._lists(review))
        for parts in self.query(Parts):
            if before and parts.place == before[0]:
                self.screen.set_focus(parts)
                parts.highlighted = before[1]
        if self.wants_cursor or self.screen.focused is None:
            self.focus_first()

    def _lists(self, review: Review) -> Iterator[Widget]:
        say, manifest, wide = self.desk.say, self.desk.manifest, self.app.size.width >= NARROW
        if manifest is None:
            told = self.desk.manifest_trouble or say("Name the bundle on the page of certificates to see its parts.")
            yield Label(told, classes="muted", markup=False)
        else:
            for position, environment in enumerate(self.desk.draft.sections(("environments",))):
                yield Label(str(environment.get("name", "?")), classes="group", markup=False)
                yield Parts(position, *_bundled(say, manifest, self._chosen(position), review, wide))
        yield Label(say("What sizing reckons with"), classes="group")
        yield Parts(SIZED, *_sized(say, review, wide))

    @on(SelectionList.SelectionHighlighted)
    def _told(self, event: SelectionList.SelectionHighlighted[str]) -> None:
        """Say what the part under the cursor is for."""
        event.stop()
        parts, name = event.selection_list, event.selection.value
        if isinstance(parts, Parts) and parts.has_focus:
            self.desk.tell(self._about(parts.place, name))

    def _about(self, place: int, name: str) -> str:
        say, manifest = self.desk.say, self.desk.manifest
        if place == SIZED or manifest is None:
            return say(load_rules().components[name].purpose)
        purpose = say(str(manifest.component(name).spec.get("purpose", "")))
        by = needed_by(manifest, self._chosen(place), name)
        return f"{purpose}\n{say('needed by {by}', by=by)}" if by else purpose

    def _chosen(self, place: int) -> Mapping[str, Any]:
        return self.desk.draft.section(("environments", place, "components"))

    @on(SelectionList.SelectionToggled)
    def _ticked(self, event: SelectionList.SelectionToggled[str]) -> None:
        event.stop()
        parts, name = event.selection_list, event.selection.value
        if not isinstance(parts, Parts):
            return
        if parts.place == SIZED:
            self.desk.answer(("needs", "components"), sorted(parts.selected) or None)
            return
        path, chosen = ("environments", parts.place, "components"), self._chosen(parts.place)
        if name in parts.selected:
            self.desk.answer(path, {**chosen, name: chosen.get(name, {})})
        elif name in chosen:
            self.desk.answer(path, {each: values for each, values in chosen.items() if each != name})
        else:
            by = needed_by(self.desk.manifest, chosen, name) if self.desk.manifest else ""
            parts.select(name)
            told = self.desk.say("{part} stays: {by} needs it", part=name, by=by)
            self.notify(told if by else self.desk.say("{part} is part of every cluster", part=name))


def needed_by(manifest: Manifest, chosen: Iterable[str], name: str) -> str:
    """The first chosen part that takes `name` along; empty where none does."""
    return next((each for each in chosen if name in taken_along(manifest, [each])), "")


def taken_along(manifest: Manifest, chosen: Iterable[str]) -> set[str]:
    """The parts that the chosen ones need, and what those need, without the chosen ones themselves."""
    known = {component.name for component in manifest.components}
    start = [name for name in chosen if name in known]
    return {component.name for component in manifest.required(start)} - set(start)


def _bundled(
    say: Say, manifest: Manifest, chosen: Mapping[str, Any], review: Review, wide: bool
) -> Iterator[Selection[str]]:
    """The parts of a bundle that a person may choose; those that others need are ticked too."""
    along = taken_along(manifest, chosen)
    for component in manifest.components:
        if "chart" in component.spec or "objects" in component.spec:
            name, title = component.name, say(str(component.spec.get("title", component.name)))
            why = say("needed by {by}", by=needed_by(manifest, chosen, name)) if name in along else ""
            yield Selection(_row(say, title, review.part(name), why, wide), name, name in chosen or name in along)


def _sized(say: Say, review: Review, wide: bool) -> Iterator[Selection[str]]:
    """The parts that sizing knows; ticked are those it reckons with now."""
    rules = load_rules().components
    names = [name for name, rule in rules.items() if rule.use is not None and name not in {*ALWAYS, "product"}]
    for name in sorted(names, key=lambda name: rules[name].title.casefold()):
        taken = review.part(name)
        yield Selection(_row(say, say(rules[name].title), taken, "", wide), name, taken is not None)


def _row(say: Say, title: str, taken: tuple[float, float, float] | None, why: str, wide: bool) -> Content:
    """A part in a line: its title, what it takes, why it is there."""
    cost = ""
    if taken is not None:
        cores, memory, disk = taken
        cost = f"{number(cores):>5} {say('cores')} {gib(memory):>8}" + (
            f" {gib(disk) if disk >= 1 else '':>8}" if wide else ""
        )
    name = Content(title).truncate(TITLE, ellipsis=True, pad=True)
    return Content.assemble(name, (cost, "$text-muted"), "  ", (why, "$text-muted italic"))
