"""Who the site is for, and whom to call: the first page."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Label

from installer.messages import Message
from installer.ui.tui.widgets.field import Field
from installer.ui.tui.widgets.list_field import Repeated
from installer.ui.tui.widgets.page import Page

CONTACT = ("name", "side", "duty", "reach")


class SitePage(Page):
    """The site's name, the customer, the report's language, the people, and the days that the report's plan goes by."""

    KEY = "site"
    INTRO: ClassVar[str] = Message("Names the site in records, certificates and the report.")

    def body(self) -> ComposeResult:
        """The fields."""
        say = self.wizard.say
        for name in ("name", "customer", "language"):
            yield Field(("site", name))
        yield Label(say("People to call"), classes="group", markup=False)
        yield Repeated(("plan", "contacts"), CONTACT, say("Add a person"), {"name": "", "side": "customer"})
        yield Label(say("For the report's plan"), classes="group", markup=False)
        for name in ("start", "holidays", "delivery_days", "copy_mb_per_s", "mail"):
            yield Field(("plan", name))
        yield Label(say("Decisions needed"), classes="group", markup=False)
        yield Repeated(("plan", "decisions"), ("question", "person", "until"), say("Add a decision"), {"question": ""})
