"""What stands around every page: the steps and where they stand, what the answers take, what a field is about, keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from installer.answers.questions import Question
from installer.messages import Message
from installer.ui.tui.content import Content, Span
from installer.ui.tui.state.pages import STEPS, state
from installer.ui.tui.state.review import Change, Review
from installer.ui.tui.words import Say, gib
from installer.ui.words import number
from sizing.engine import Sizing
from sizing.machines import Layout

MARKS = {"done": ("✔", "$text-success"), "open": (" ", ""), "wrong": ("✖", "$text-error")}
CHANGED = ("cpu_cores", "memory_gib", "disk_gib")
WORTH_TELLING = 0.05
FIGURES = (
    ("count", Message("machines")),
    ("cpu_cores", Message("cores")),
    ("memory_gib", Message("memory")),
    ("disk_to_order_gib", Message("disk")),
)


class Steps(OptionList):
    """The pages, each with a sign of where it stands."""

    def __init__(self, say: Say) -> None:
        super().__init__(id="steps", compact=True, markup=False)
        self._say = say

    def show(self, review: Review, seen: Iterable[str], here: str) -> None:
        """Draw the signs anew."""
        known = set(seen)
        lines = [self._line(position, review, known) for position in range(len(STEPS))]
        if self.option_count != len(STEPS):
            self.clear_options()
            self.add_options(Option(line, step.key) for line, step in zip(lines, STEPS, strict=True))
        else:
            for option, line in zip(self.options, lines, strict=True):
                if _looks(line) != _looks(cast(Content, option.prompt)):
                    self.replace_option_prompt(cast(str, option.id), line)
        if not self.has_focus:
            self.highlighted = [step.key for step in STEPS].index(here)

    def _line(self, position: int, review: Review, seen: set[str]) -> Content:
        step = STEPS[position]
        sign, colour = (
            MARKS[state(step, review.problems.get(step.key, ()), step.key in seen)] if step.gathers else (" ", "")
        )
        return Content.assemble((sign, colour), f"{position + 1:>2} ", self._say(step.title))


class Telling(Static):
    """Says a text, and draws it only where it is another than before: each drawing lays out the whole screen anew."""

    _told: tuple[str, tuple[Span, ...]] = ("", ())

    def tell(self, text: Content) -> None:
        """Say it."""
        if _looks(text) != self._told:
            self._told = _looks(text)
            self.update(text)


class About(Telling):
    """What the field under the cursor is about, its example, and what the last edit did."""

    def show(self, say: Say, asked: Question | None, changes: tuple[Change, ...], picks: bool = False) -> None:
        """Say it; `picks` where the names may be chosen among those there are."""
        if asked is None:
            self.tell(Content())
            return
        told = say(asked.description)
        lines = [Content(told)]
        if changes:
            lines.append(Content.assemble((say("The last edit:"), "bold"), "  ", effect(say, changes[:3])))
        elif asked.examples and asked.examples[0] not in ("", []):
            shown = asked.examples[0]
            text = ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)
            lines.append(Content(say("Example: {example}", example=text)))
        if picks:
            lines.append(Content(say("F4 chooses among the names there are.")))
        self.tell(Content("\n").join(lines))


class Side(Telling):
    """The machines that the current answers take, what the last edit changed, and what is wrong."""

    def show(self, say: Say, review: Review, changes: tuple[Change, ...], hosts: int) -> None:
        """Draw it anew; `hosts` counts those of the answers.

        Where there is no room for all of it, the kinds of machines go: their sums and what is wrong matter more.
        """
        parts = [Content.styled(say("These needs take"), "bold"), Content("")]
        kinds: list[Content] = []
        if review.sizing is None:
            parts += [
                Content.styled(text, "$text-error") for text in review.doubts or (say("needs are not valid yet"),)
            ]
        else:
            kinds = [*self._kinds(say, review.sizing), Content("")]
        last = [*self._totals(say, review)] if review.sizing else []
        last += [Content(""), *self._changed(say, changes)] if changes else []
        last += [Content(""), Content(say("hosts named: {count}", count=hosts)), *self._found(say, review)]
        whole = Content("\n").join([*parts, *kinds, *last])
        if 0 < self.size.height < whole.get_height({}, max(self.size.width, 1)):
            whole = Content("\n").join([*parts, *last])
        self.tell(whole)

    def _kinds(self, say: Say, sizing: Sizing) -> Iterator[Content]:
        for environment in sizing.needs.environments:
            yield Content.styled(environment.name, "$accent")
            pools = (pool.expected for pool in sizing.planned if pool.environment == environment.name)
            yield from (Content(_machines(say, layout)) for layout in pools)

    def _found(self, say: Say, review: Review) -> Iterator[Content]:
        """Whether the hosts suffice, and how much is wrong."""
        if review.offered is not None:
            short = sum(len(each.shortfalls) for each in review.offered.verdicts)
            lacking = Content.styled("✖ " + say("too small or too few: {count}", count=short), "$text-error")
            yield lacking if short else Content.styled("✔ " + say("they suffice"), "$text-success")
        if review.count:
            yield Content("")
            yield Content.styled(say("to mend or add: {count}", count=review.count), "$text-warning")

    def _totals(self, say: Say, review: Review) -> list[Content]:
        lines = []
        for figure, name in FIGURES:
            value = review.total(figure)
            text = gib(value) if figure.endswith("_gib") else number(value)
            lines.append(
                Content.assemble(Content(text).pad_left(max(10 - Content(text).cell_length, 0)), " ", say(name))
            )
        return lines

    def _changed(self, say: Say, changes: tuple[Change, ...]) -> list[Content]:
        sums = [sum(getattr(each, figure) for each in changes) for figure in CHANGED]
        sign = "▲" if sum(sums) > 0 else "▼"
        told = grown(say, *sums)
        return [Content.styled(f"{sign} {say('by the last edit')}", "bold"), *(Content(f"  {line}") for line in told)]


class Brief(Telling, Label):
    """The same in a few words, for terminals too narrow for the panel."""

    def show(self, say: Say, review: Review) -> None:
        """Count machines, their disk, and what is wrong; the disk gives way to what is wrong."""
        parts = [say("machines: {count}", count=number(review.total("count")))] if review.sizing else []
        if review.count:
            parts.append(say("to mend or add: {count}", count=review.count))
        elif review.sizing:
            parts.append(f"{say('disk')} {gib(review.total('disk_to_order_gib'))}")
        self.tell(Content(" · ".join(parts)))


class Hints(Telling):
    """The keys that work here."""

    def show(self, hints: Iterable[tuple[str, str]]) -> None:
        """Write them in one line; where it is too short the last but one go, for the last is the way out."""
        parts = [Content.assemble((key, "bold $foreground"), " ", what) for key, what in hints]
        line = Content("  ").join(parts)
        while line.cell_length > self.app.size.width - 2 and len(parts) > 1:
            parts.pop(-2)
            line = Content("  ").join(parts)
        self.tell(line)


class Kept(Telling, Label):
    """When the answers were last written down."""

    def show(self, say: Say, at: datetime | None, changed: bool) -> None:
        """Say it in this machine's time of day."""
        if at is None:
            self.tell(Content(say("nothing changed yet")))
            return
        clock = f"{at.astimezone():%H:%M:%S}"
        self.tell(Content(say("draft kept {time}", time=clock) if changed else say("saved {time}", time=clock)))


class Name(Telling, Label):
    """The site and the file of its answers."""

    def show(self, site: str, file: Path) -> None:
        """Say them."""
        self.tell(Content(f"{site} — {file}"))


def effect(say: Say, changes: Iterable[Change]) -> Content:
    """What an edit did, part by part."""
    told = (
        f"{say(each.title)} {', '.join(grown(say, *(getattr(each, figure) for figure in CHANGED)))}" for each in changes
    )
    return Content(" · ".join(told))


def grown(say: Say, cpu_cores: float, memory_gib: float, disk_gib: float) -> list[str]:
    """By how much figures grew, those that did: +0.5 cores, −2 GiB memory."""
    figures = ((cpu_cores, Message("cores")), (memory_gib, Message("memory")), (disk_gib, Message("disk")))
    signed = ((value, "+" if value > 0 else "−", name) for value, name in figures if abs(value) >= WORTH_TELLING)
    return [
        f"{sign}{f'{abs(value):.1f}' if name == 'cores' else gib(abs(value))} {say(name)}"
        for value, sign, name in signed
    ]


def _looks(text: Content) -> tuple[str, tuple[Span, ...]]:
    """What a text looks like; texts of the same words are equal whatever their styles."""
    return text.plain, tuple(text.spans)


def _machines(say: Say, layout: Layout) -> str:
    return f" {layout.count} × {number(layout.shape.cpu_cores)} {say('cores')}, {gib(layout.shape.memory_gib)}"
