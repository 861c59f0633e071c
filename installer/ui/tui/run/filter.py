"""A line that narrows a list of many to what it holds."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widgets import Input

from installer.ui.tui.run.page import RunPage
from installer.ui.tui.widgets.tree import Branches
from installer.ui.tui.words import Say


class Find(Input):
    """Hidden until it is asked for; Enter goes on to the list, Escape shows all of it again."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "clear", "")]

    def __init__(self, say: Say) -> None:
        super().__init__(placeholder=say("find: name, host or text; Escape shows all"), id="find", compact=True)

    def on_mount(self) -> None:
        """Nothing is sought yet."""
        self.display = False

    def ask(self) -> None:
        """Let it be typed into."""
        self.display = True
        self.focus()

    def holds(self, text: str) -> bool:
        """Whether a text is to be listed."""
        return self.value.strip().casefold() in text.casefold()

    def action_clear(self) -> None:
        """Seek nothing any more."""
        self.value = ""
        self.display = False
        self.screen.query_one(Branches).focus()


class Searched(RunPage):
    """A page whose tree can be narrowed."""

    BINDINGS: ClassVar[list[BindingType]] = [("slash", "find", "")]

    @on(Input.Changed, "#find")
    def _sought(self, event: Input.Changed) -> None:
        event.stop()
        self.draw()

    @on(Input.Submitted, "#find")
    def _found(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(Branches).focus()

    def action_find(self) -> None:
        """List only what holds a text."""
        self.query_one(Find).ask()
