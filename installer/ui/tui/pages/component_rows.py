"""The lines of the page of components: a part, what it takes or would take, and why it is there or is not counted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from textual.widgets.selection_list import Selection

from installer import installed
from installer.bundle.manifest import Manifest
from installer.messages import Message
from installer.ui.tui.content import Content
from installer.ui.tui.state.review import Review
from installer.ui.tui.words import Say, gib
from sizing.needs import ALWAYS, PRODUCT, questions
from sizing.rules import load_rules

TITLE = 24
FIGURES = ((Message("cores"), 6), (Message("memory"), 9), (Message("disk"), 9))
"""Headings over what a part takes, each with the cells it has; the last is left out on narrow terminals."""
TICK = 4
"""Cells that a box takes before a part."""


def needed_by(manifest: Manifest, chosen: Iterable[str], name: str) -> str:
    """The first chosen part that takes `name` along; empty where none does."""
    return next((each for each in chosen if name in taken_along(manifest, [each])), "")


def taken_along(manifest: Manifest, chosen: Iterable[str]) -> set[str]:
    """The parts that the chosen ones need, and what those need, without the chosen ones themselves."""
    known = {component.name for component in manifest.components}
    start = [name for name in chosen if name in known]
    return {component.name for component in manifest.required(start)} - set(start)


def heading(say: Say, title: str, wide: bool) -> Content:
    """A title, and what the figures below it are."""
    figures = [_right(say(name), width) for name, width in _columns(wide)]
    return Content.assemble(Content(title).truncate(TICK + TITLE, ellipsis=True, pad=True), *figures)


def bundled(
    say: Say, manifest: Manifest, chosen: Mapping[str, Any], review: Review, environment: str, wide: bool
) -> Iterator[Selection[str]]:
    """The parts of a bundle that an environment may have; ticked are those it has, also if others brought them.

    Last come those that the answers name and the bundle lacks.
    """
    along = taken_along(manifest, chosen)
    for component in manifest.components:
        if {"chart", "objects"} & component.spec.keys() or (
            "host" in component.spec and not component.spec.get("always")
        ):
            name, title = component.name, say(component.title)
            why = say("needed by {by}", by=needed_by(manifest, chosen, name)) if name in along else ""
            taken = review.part(installed.rules(component), environment)
            yield Selection(_row(say, title, taken, why, wide), name, name in chosen or name in along)
    for name in sorted(set(chosen) - {component.name for component in manifest.components}):
        yield Selection(_row(say, name, None, say("not in the bundle"), wide), name, initial_state=True)


def later(say: Say, listed: Collection[object], review: Review, wide: bool) -> Iterator[Selection[str]]:
    """The parts that sizing knows and that are not installed everywhere; ticked are those that come later."""
    rules = load_rules().components
    names = [name for name, rule in rules.items() if rule.use is not None and name not in ALWAYS | PRODUCT]
    for name in sorted(names, key=lambda name: rules[name].title.casefold()):
        if review.complete(name) and name not in listed:
            continue
        taken = review.part(name)
        why = _uncounted(say, name) if taken is None and review.sizing is not None else ""
        yield Selection(_row(say, say(rules[name].title), taken, why, wide), name, name in listed)


def _uncounted(say: Say, name: str) -> str:
    """Why a part is left out whatever is ticked: the first need that would have to be more than nothing."""
    use = load_rules().components[name].use
    words = [word.removeprefix("site_") for word in re.findall(r"[a-z_]+", use.when if use else "")]
    titles = {asked.name: asked.title for asked in questions()}
    need = next((titles[word] for word in words if word in titles), "")
    return say("not counted ({need}: 0)", need=say(need)) if need else say("not counted: no need asks for it")


def _row(say: Say, title: str, taken: tuple[float, float, float] | None, why: str, wide: bool) -> Content:
    """A part in a line: its title, what it takes, why it is there."""
    name = Content(title).truncate(TITLE, ellipsis=True, pad=True)
    cost = Content()
    if taken is not None:
        cores, memory, disk = taken
        texts = (f"{cores:.1f}", gib(memory), gib(disk) if disk >= 1 else "")
        cost = Content("").join(_right(text, width) for text, (_, width) in zip(texts, _columns(wide), strict=False))
    return Content.assemble(name, cost.stylize("$text-muted"), "  ", (why, "$text-muted italic"))


def _columns(wide: bool) -> tuple[tuple[str, int], ...]:
    return FIGURES if wide else FIGURES[:-1]


def _right(text: str, width: int) -> Content:
    shown = Content(text)
    return shown.pad_left(max(width - shown.cell_length, 0))
