"""A choice of some among many names: ticking, with a line to search by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, SelectionList
from textual.widgets.selection_list import Selection

from installer.ui.tui.content import Content
from installer.ui.tui.widgets.ticks import Ticks
from installer.ui.tui.words import Say


class Pick(ModalScreen[tuple[str, ...]]):
    """Chooses some of many by ticking; typing searches. Gives the chosen ones, None where Escape was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", ""), ("ctrl+enter,f8", "take", "")]

    def __init__(self, say: Say, heading: str, names: Sequence[str], chosen: Sequence[str]) -> None:
        super().__init__()
        self._say, self._heading, self._names, self._chosen = say, heading, names, list(chosen)

    def compose(self) -> ComposeResult:
        """A line to search by, the names, the buttons."""
        with Vertical(classes="dialog"):
            yield Label(self._heading, classes="heading", markup=False)
            yield Input(placeholder=self._say("type to search"), compact=True)
            yield Ticks[str](*self._matching(""), compact=True)
            with Horizontal(classes="buttons"):
                yield Button(self._say("Take these"), id="take", compact=True)
                yield Button(self._say("Cancel"), id="cancel", compact=True)

    def _matching(self, text: str) -> list[Selection[str]]:
        return [
            Selection(Content(name), name, name in self._chosen)
            for name in self._names
            if text.casefold() in name.casefold()
        ]

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        names = self.query_one(SelectionList)
        names.clear_options()
        names.add_options(self._matching(event.value))

    @on(SelectionList.SelectionToggled)
    def _ticked(self, event: SelectionList.SelectionToggled[str]) -> None:
        name = event.selection.value
        self._chosen = [each for each in self._chosen if each != name] + ([name] if name not in self._chosen else [])

    @on(Input.Submitted)
    def _down(self) -> None:
        self.query_one(SelectionList).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "take":
            self.action_take()
        else:
            self.dismiss(None)

    def action_take(self) -> None:
        """Take what is ticked, in the order of the names."""
        self.dismiss(tuple(name for name in self._names if name in self._chosen))
