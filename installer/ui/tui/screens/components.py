"""The parts of the platform: what each is for, what it takes, what it takes along, and why one cannot be left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Label, SelectionList
from textual.widgets.selection_list import Selection

from installer.bundle.manifest import Manifest
from installer.ui.tui.page import Page
from installer.ui.tui.review import Change, Review
from installer.ui.tui.words import Say, gib, number
from sizing.components import ComponentSize, size_component
from sizing.errors import SizingError
from sizing.rules import load_rules


class Parts(SelectionList[str]):
    """The parts that one environment may have; `place` is its position, -1 for parts that are sized and no more."""

    def __init__(self, place: int, *selections: Selection[str]) -> None:
        super().__init__(*selections, compact=True, classes="parts")
        self.place = place


class ComponentsPage(Page):
    """Ticks per environment. What stands below the page tells of the part under the cursor."""

    KEY = "components"
    INTRO: ClassVar[str] = "What a part needs is taken along by itself. Space ticks a part."

    def body(self) -> ComposeResult:
        """Room for the lists; they follow the bundle and the environments."""
        yield Vertical(id="lists", classes="auto")

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Follow the bundle, the environments and the choices."""
        super().reviewed(review, changes)
        shown = (
            self.desk.manifest,
            repr(self.desk.draft.at(("environments",))),
            repr(self.desk.draft.at(("needs", "components"))),
        )
        if shown == getattr(self, "_shown", None):
            return
        self._shown = shown
        place = self.query_one("#lists", Vertical)
        focused = [each.place for each in self.query(Parts) if each.has_focus]
        line = [each.highlighted for each in self.query(Parts) if each.has_focus]
        place.remove_children()
        place.mount_all(self._lists())
        if focused:
            self.call_after_refresh(self._return, focused[0], line[0])

    def _return(self, place: int, line: int | None) -> None:
        """Put the cursor back where it was before the lists were made anew."""
        for parts in self.query(Parts):
            if parts.place == place:
                parts.focus()
                parts.highlighted = line

    def _lists(self) -> Iterator[Widget]:
        say, manifest = self.desk.say, self.desk.manifest
        if manifest is None:
            told = self.desk.manifest_trouble or say("Name the bundle on the page of certificates to see its parts.")
            yield Label(told, classes="muted", markup=False)
        else:
            for position, environment in enumerate(self.desk.draft.at(("environments",), [])):
                yield Label(str(environment.get("name", "?")), classes="group", markup=False)
                yield Parts(position, *_selections(say, manifest, environment.get("components") or {}))
        yield Label(say("Not in this bundle; sized for later"), classes="group")
        chosen = self.desk.draft.at(("needs", "components"), []) or []
        yield Parts(
            -1, *(Selection(_row(say, part.title, part, ""), name, name in chosen) for name, part in _sizable())
        )

    @on(SelectionList.SelectionToggled)
    def _ticked(self, event: SelectionList.SelectionToggled[str]) -> None:
        event.stop()
        parts = event.selection_list
        if not isinstance(parts, Parts):
            return
        name, ticked = event.selection.value, event.selection.value in parts.selected
        if parts.place < 0:
            self.desk.answer(("needs", "components"), list(parts.selected) or None)
            return
        path = ("environments", parts.place, "components")
        chosen: Mapping[str, Any] = self.desk.draft.at(path, {}) or {}
        if ticked:
            self.desk.answer(path, {**chosen, name: chosen.get(name, {})})
        elif name in chosen:
            self.desk.answer(path, {each: values for each, values in chosen.items() if each != name})
        else:
            say, manifest = self.desk.say, self.desk.manifest
            by = needed_by(manifest, chosen, name) if manifest else ""
            parts.select(name)
            self.notify(
                say("{part} stays: {by} needs it", part=name, by=by)
                if by
                else say("{part} is part of every cluster", part=name)
            )


def needed_by(manifest: Manifest, chosen: Iterable[str], name: str) -> str:
    """The first chosen part that takes `name` along; empty where none does."""
    return next((each for each in chosen if name in taken_along(manifest, [each])), "")


def taken_along(manifest: Manifest, chosen: Iterable[str]) -> set[str]:
    """The parts that the chosen ones need, and what those need, without the chosen ones themselves."""
    known = {component.name: component for component in manifest.components}
    start = [name for name in chosen if name in known]
    found: set[str] = set()
    ahead = [need for name in start for need in known[name].requires]
    while ahead:
        name = ahead.pop()
        if name not in found and name in known:
            found.add(name)
            ahead.extend(known[name].requires)
    return found - set(start)


def _selections(say: Say, manifest: Manifest, chosen: Mapping[str, Any]) -> Iterator[Selection[str]]:
    along = taken_along(manifest, chosen)
    for component in manifest.components:
        if not component.spec.get("title") or ("chart" not in component.spec and "objects" not in component.spec):
            continue
        why = say("needed by {by}", by=needed_by(manifest, chosen, component.name)) if component.name in along else ""
        title = str(component.spec["title"])
        yield Selection(
            _row(say, title, _sized(component.name), why, str(component.spec.get("purpose", ""))),
            component.name, component.name in chosen or component.name in along,
        )  # fmt: skip


def _row(say: Say, title: str, size: ComponentSize | None, why: str, purpose: str = "") -> str:
    cost = ""
    if size is not None:
        cores, memory, disk = (size.total(each).expected for each in ("cpu_cores", "memory_gib", "disk_gib"))
        cost = " · ".join([f"{number(cores)} {say('cores')}", gib(memory), *([gib(disk)] if disk >= 1 else [])])
    told = " — ".join(each for each in (say(purpose or (size.purpose if size else "")), why) if each)
    return f"{say(title)}  [dim]{cost}[/dim]\n    [dim]{told}[/dim]"


@cache
def _sized(name: str) -> ComponentSize | None:
    try:
        return size_component(name, {})
    except SizingError:
        return None


@cache
def _sizable() -> tuple[tuple[str, ComponentSize], ...]:
    """Parts that sizing knows and needs may name, by title."""
    found = [(name, _sized(name)) for name, rule in load_rules().components.items() if rule.use is not None]
    return tuple(sorted(((name, size) for name, size in found if size is not None), key=lambda each: each[1].title))
