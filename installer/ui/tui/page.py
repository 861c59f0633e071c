"""A page of the wizard: a heading, a sentence on what it is for, and its body."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Label

from installer.errors import Problem
from installer.ui.tui import desk
from installer.ui.tui.form import Field
from installer.ui.tui.repeated import Repeated
from installer.ui.tui.review import Change, Review
from installer.ui.tui.steps import STEPS


class Page(VerticalScroll, can_focus=False):
    """What every page has. A page keeps nothing of the answers: it shows the draft, and edits it."""

    KEY: ClassVar[str]
    INTRO: ClassVar[str] = ""
    HINTS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Keys of this page alone, each with what it does."""

    ASKS: ClassVar[bool] = True
    """Whether there is something to say of what is under the cursor."""

    wants_cursor = False
    """Whether the cursor is to come here as soon as something takes it."""

    @property
    def desk(self) -> desk.Desk:
        """The wizard around this page."""
        return desk.of(self)

    def compose(self) -> ComposeResult:
        """Heading, sentence, body."""
        title = next(step.title for step in STEPS if step.key == self.KEY)
        yield Label(self.desk.say(title), classes="heading")
        if self.INTRO:
            yield Label(self.desk.say(self.INTRO), classes="intro")
        yield from self.body()

    def body(self) -> ComposeResult:
        """The page's own parts."""
        yield from ()

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Show the draft as it is now, with what is wrong with it; called after every edit, undoing and recovery."""
        problems = self.problems(review)
        for repeated in self.query(Repeated):
            repeated.sync()
        for field in self.query(Field):
            field.sync(problems)

    def focus_first(self) -> None:
        """Put the cursor on the first thing that takes it; where none is there yet, the page does it once it is."""
        first = next((each for each in self.query("*") if each.focusable), None)
        self.wants_cursor = first is None
        if first is not None and self.display:
            self.screen.set_focus(first)

    def problems(self, review: Review) -> tuple[Problem, ...]:
        """What is wrong on this page."""
        return review.problems.get(self.KEY, ())
