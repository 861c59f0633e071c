"""A dialog with fields. Every edit counts at once; Ctrl+Z takes it back."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from installer.ui.tui import context
from installer.ui.tui.state.review import Review
from installer.ui.tui.widgets.field import UNDOING, Field, field_of


class Form(ModalScreen[None]):
    """A dialog with fields; below them stands what the one under the cursor is about."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f8", "done", "", show=False), *UNDOING]

    def compose(self) -> ComposeResult:
        """Heading, fields, explanation, button."""
        say = context.of(self).say
        with Vertical(classes="dialog host-form"):
            yield Label(self.heading(), classes="heading", markup=False)
            with VerticalScroll(classes="fields", can_focus=False):
                yield from self.fields()
            yield Static("", classes="about muted", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(say("Done"), id="done", compact=True)

    def heading(self) -> str:
        """What the dialog is about."""
        raise NotImplementedError

    def fields(self) -> ComposeResult:
        """The fields."""
        raise NotImplementedError

    def reviewed(self, review: Review) -> None:
        """Show the draft as it is now, and what is wrong with it."""
        for field in self.query(Field):
            field.sync(review.every)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what the field under the cursor is about."""
        field = field_of(event.widget)
        if field is not None:
            self.query_one(".about", Static).update(context.of(self).say(field.question.description))

    @on(Button.Pressed, "#done")
    @on(Input.Submitted)
    def _finished(self, event: Button.Pressed | Input.Submitted) -> None:
        event.stop()
        self.action_done()

    def action_done(self) -> None:
        """Close; what was typed stays."""
        self.dismiss(None)
