"""A page of the wizard: a heading, a sentence on what it is for, and its body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Label

from installer.errors import Problem
from installer.ui.tui import problem_texts
from installer.ui.tui.context import WizardContext, of
from installer.ui.tui.state.pages import STEPS
from installer.ui.tui.state.review import Change, Review
from installer.ui.tui.widgets.field import Field, field_of
from installer.ui.tui.widgets.list_field import Repeated


class Page(VerticalScroll, can_focus=False):
    """What every page has. A page keeps nothing of the answers: it shows the draft, and edits it."""

    KEY: ClassVar[str]
    INTRO: ClassVar[str] = ""
    HINTS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Keys of this page alone, each with what it does."""

    ASKS: ClassVar[bool] = True
    """Whether there is something to say of what is under the cursor."""

    WHOLE: ClassVar[bool] = False
    """Whether it takes the room of the panels beside and below it as well."""

    FOLLOWS: ClassVar[bool] = True
    """Whether the page moves to the first thing that takes the cursor, where that is not all in view."""

    TELLS: ClassVar[tuple[str, ...]] = ()
    """Sections of the answers of whose items the page tells what is wrong in its own way."""

    KEYS_TOLD: ClassVar[tuple[tuple[str, str], ...]] = ()
    """What F1 tells of this page's keys."""

    wants_cursor = False
    """Whether the cursor is to come here as soon as something takes it."""

    _making = False
    """Whether the page is being made anew."""

    @property
    def ready(self) -> bool:
        """Whether everything on the page is there."""
        return self.is_mounted and not self._making

    @property
    def wizard(self) -> WizardContext:
        """The wizard around this page."""
        return of(self)

    def compose(self) -> ComposeResult:
        """Heading, sentence, body."""
        title = next(step.title for step in STEPS if step.key == self.KEY)
        yield Label(self.wizard.say(title), classes="heading", markup=False)
        if self.INTRO:
            yield Label(self.wizard.say(self.INTRO), classes="intro", markup=False)
        yield Label("", classes="astray", markup=False)
        self._shape = self.shape(self.wizard)
        yield from self.body()

    def shape(self, around: WizardContext) -> object:
        """What the body is made for: where it is another one than before, the body is made anew."""
        return None

    def body(self) -> ComposeResult:
        """The page's own parts."""
        yield from ()

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Show the draft as it is now, with what is wrong with it; called after every edit, undoing and recovery."""
        if self.shape(self.wizard) != self._shape:
            self._making = True
            self.run_worker(self._remake(), exclusive=True, group="shape")
            return
        problems = self.problems(review)
        for repeated in self.query(Repeated):
            repeated.sync()
        fields = list(self.query(Field))
        for field in fields:
            field.sync(problems)
        self._tell_astray([each for each in problems if not self._tells(each, fields)])

    def _tells(self, problem: Problem, fields: Sequence[Field]) -> bool:
        """Whether something on the page says this problem."""
        section, dot, _ = problem.path.partition(".")
        return (section in self.TELLS and bool(dot)) or any(field.tells(problem) for field in fields)

    def _tell_astray(self, problems: Sequence[Problem]) -> None:
        """Say at the top what is wrong with places that have no field."""
        label = self.query_one(".astray", Label)
        label.display = bool(problems)
        say = self.wizard.say

        def told(each: Problem) -> str:
            return f"{each.path}: {problem_texts.problem(say, each, each.found == 'nothing')}"

        label.update("\n".join(problem_texts.few(say, problems, told)))

    async def _remake(self) -> None:
        """Make the page anew; the cursor stays in its field where that is there still, and the page where it was."""
        seen = self.scroll_offset.y
        focused = self.screen.focused
        place = self.cursor(focused) if focused is not None and self in focused.ancestors else None
        await self.recompose()
        self._making = False
        self.reviewed(self.wizard.review, ())
        if focused is None or not focused.is_attached or self.wants_cursor:
            found = self.holder(place)
            if found is None or not self.display:
                self.focus_first()
                return
            self.screen.set_focus(found, scroll_visible=False)
            self.call_after_refresh(self.scroll_to, y=seen, animate=False)

    def cursor(self, focused: Widget) -> object:
        """Where the cursor is on the page, in terms that outlast its being made anew."""
        field = field_of(focused)
        return field.path if field is not None else None

    def holder(self, place: object) -> Widget | None:
        """What takes the cursor that was at a place; None where that is there no more."""
        boxes = (box for field in self.query(Field) if field.path == place for box in field.query("*"))
        return next((box for box in boxes if box.focusable), None)

    def focus_first(self) -> None:
        """Put the cursor on the first thing that takes it; where none is there yet, the page does it once it is."""
        first = next((each for each in self.query("*") if each.focusable), None)
        self.wants_cursor = first is None
        if first is not None and self.display:
            self.screen.set_focus(first, scroll_visible=self.FOLLOWS)

    def problems(self, review: Review) -> tuple[Problem, ...]:
        """What is wrong on this page."""
        return review.problems.get(self.KEY, ())
