"""The waivers of the answers: added, changed and taken away, whether or not their checks have failed yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from textual.app import ComposeResult
from textual.widgets import Label

from installer.ui.tui import context
from installer.ui.tui.run.waive import USUAL, last_person
from installer.ui.tui.state.review import Review
from installer.ui.tui.widgets.form import Form
from installer.ui.tui.widgets.list_field import Repeated

PARTS = ("check", "hosts", "reason", "person", "until")


class Listed(Repeated):
    """The list; a new waiver ends in a month, and is answered for by whom the last one was."""

    def fresh(self, position: int) -> dict[str, Any]:
        """A new waiver."""
        person = last_person(self.wizard)
        return {**({"person": person} if person else {}), "until": f"{datetime.now(UTC).date() + USUAL}"}


class Waivers(Form):
    """All waivers in one dialog."""

    def heading(self) -> str:
        """What the dialog is about."""
        return context.of(self).say("Waivers")

    def fields(self) -> ComposeResult:
        """The list."""
        say = context.of(self).say
        told = say("A waived check stays failed and is set aside until a day. The report names every waiver.")
        yield Label(told, classes="muted", markup=False)
        yield Listed(("waivers",), PARTS, say("Add a waiver"), {})

    def reviewed(self, review: Review) -> None:
        """Follow an undoing, too."""
        self.query_one(Listed).sync()
        super().reviewed(review)
