"""Networks inside the clusters, names of services, the site registry and time servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Label

from installer.draft import hosts as draft_hosts
from installer.messages import Message
from installer.ui.tui.context import WizardContext
from installer.ui.tui.widgets.field import Field
from installer.ui.tui.widgets.page import Page

OF_ENVIRONMENT = (("domain",), ("endpoint",), ("networks", "pods"), ("networks", "services"))


class NetworkPage(Page):
    """For each environment its networks and names; for the site its registry and clocks."""

    KEY = "network"
    INTRO: ClassVar[str] = Message(
        "Networks that exist inside the clusters alone, and the names by which services are reached."
    )

    def shape(self, around: WizardContext) -> object:
        """The environments that there are."""
        return draft_hosts.environments(around.draft)

    def body(self) -> ComposeResult:
        """The environments' fields, then the site's."""
        say = self.wizard.say
        yield Vertical(*self._of_environments(), id="networks", classes="auto")
        yield Label(say("Site registry"), classes="group", markup=False)
        yield Field(("registry", "hosts"))
        yield Field(("registry", "port"))
        yield Field(("registry", "push_port"))
        yield Label(say("Clocks"), classes="group", markup=False)
        yield Field(("network", "ntp"))

    def _of_environments(self) -> Iterator[Widget]:
        names = draft_hosts.environments(self.wizard.draft)
        if not names:
            yield Label(
                self.wizard.say("There is no environment yet; add one on its page."), classes="muted", markup=False
            )
        for position, name in enumerate(names):
            yield Label(name, classes="group", markup=False)
            for path in OF_ENVIRONMENT:
                yield Field(("environments", position, *path))
