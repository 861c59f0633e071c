"""The parts of the platform: what each is for, what it takes, what it takes along, and why one cannot be left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Label, SelectionList
from textual.widgets.selection_list import Selection

from installer.messages import Message
from installer.ui.tui.context import WizardContext
from installer.ui.tui.pages.component_rows import bundled, heading, later, needed_by
from installer.ui.tui.widgets.page import Page
from installer.ui.tui.widgets.ticks import Ticks
from sizing.rules import load_rules

LATER_PATH = ("needs", "later")
LATER = -1
"""The place of the list of parts that come later, which are in no environment of the answers."""
NARROW = 100
"""Columns of a terminal below which the disk figure is left out."""


class Parts(Ticks[str]):
    """The parts that one environment may have; `place` is its position, or LATER."""

    def __init__(self, place: int, *selections: Selection[str]) -> None:
        super().__init__(*selections, compact=True, classes="parts")
        self.place = place


class ComponentsPage(Page):
    """Ticks per environment. The panel below tells of the part under the cursor."""

    KEY = "components"
    FOLLOWS = False
    INTRO: ClassVar[str] = Message("Space ticks. A part of the bundle takes along what it needs.")
    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (("Space", Message("tick")),)

    def shape(self, around: WizardContext) -> object:
        """The bundle, the choices, what they take, and whether there is room for all of it."""
        chosen = around.draft.at(("environments",)), around.draft.at(LATER_PATH)
        return around.manifest, around.manifest_trouble, chosen, around.review.sizing, self._wide

    @property
    def _wide(self) -> bool:
        return self.app.size.width >= NARROW

    def cursor(self, focused: Widget) -> object:
        """The list, and the line in it."""
        return (focused.place, focused.highlighted) if isinstance(focused, Parts) else super().cursor(focused)

    def holder(self, place: object) -> Widget | None:
        """The same list, at the same line."""
        for parts in self.query(Parts):
            if isinstance(place, tuple) and parts.place == place[0]:
                parts.highlighted = place[1]
                return parts
        return super().holder(place)

    def focus_first(self) -> None:
        """The first list takes the cursor, and what stands above it stays in view."""
        super().focus_first()
        self.call_after_refresh(self.scroll_home, animate=False)

    def body(self) -> ComposeResult:
        """The parts of the bundle for each environment, and those that come later."""
        say, manifest, review = self.wizard.say, self.wizard.manifest, self.wizard.review
        wide = self._wide
        if manifest is None:
            told = self.wizard.manifest_trouble or say("Name the bundle on the page of certificates to see its parts.")
            yield Label(told, classes="muted", markup=False)
        else:
            for position, environment in enumerate(self.wizard.draft.sections(("environments",))):
                name = str(environment.get("name", "?"))
                yield Label(heading(say, name, wide), classes="group", markup=False)
                yield Parts(position, *bundled(say, manifest, self._chosen(position), review, name, wide))
        yield Label(heading(say, say("What comes later"), wide), classes="group", markup=False)
        yield Label(say("Not installed yet: the machines have room for it."), classes="muted", markup=False)
        yield Parts(LATER, *later(say, self.wizard.draft.items(LATER_PATH), review, wide))

    @on(SelectionList.SelectionHighlighted)
    def _told(self, event: SelectionList.SelectionHighlighted[str]) -> None:
        """Say what the part under the cursor is for."""
        event.stop()
        self._tell(event.selection_list)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what the part is for at which the cursor comes into a list."""
        self._tell(event.widget)

    def _tell(self, parts: Widget) -> None:
        if isinstance(parts, Parts) and parts.has_focus and parts.highlighted is not None:
            self.wizard.tell(self._about(parts.place, parts.get_option_at_index(parts.highlighted).value))

    def _about(self, place: int, name: str) -> str:
        say, manifest = self.wizard.say, self.wizard.manifest
        if place == LATER or manifest is None:
            return say(load_rules().components[name].purpose)
        if name not in {component.name for component in manifest.components}:
            return say("The bundle does not have this part; an installation is refused until it is unticked.")
        purpose = say(manifest.component(name).purpose)
        by = needed_by(manifest, self._chosen(place), name)
        return f"{purpose}\n{say('needed by {by}', by=by)}" if by else purpose

    def _chosen(self, place: int) -> Mapping[str, Any]:
        return self.wizard.draft.section(("environments", place, "components"))

    @on(SelectionList.SelectionToggled)
    def _ticked(self, event: SelectionList.SelectionToggled[str]) -> None:
        event.stop()
        parts, name = event.selection_list, event.selection.value
        if not isinstance(parts, Parts):
            return
        if parts.place == LATER:
            self._postpone(parts)
            return
        path, chosen = ("environments", parts.place, "components"), self._chosen(parts.place)
        if name in parts.selected:
            self.wizard.change(self.wizard.draft.with_value(path, {**chosen, name: chosen.get(name, {})}))
        elif name in chosen:
            self.wizard.change(self.wizard.draft.without((*path, name)))
        else:
            by = needed_by(self.wizard.manifest, chosen, name) if self.wizard.manifest else ""
            parts.select(name)
            told = self.wizard.say("{part} stays: {by} needs it", part=name, by=by)
            self.notify(told if by else self.wizard.say("{part} is part of every cluster", part=name))

    def _postpone(self, parts: Parts) -> None:
        """What is ticked comes later; nothing is told where nothing does."""
        ticked = sorted(parts.selected)
        draft = self.wizard.draft
        self.wizard.change(draft.with_value(LATER_PATH, ticked) if ticked else draft.without(LATER_PATH))
