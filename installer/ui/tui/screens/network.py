"""Networks inside the clusters, names of services, the site registry and time servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Label

from installer import hosts_editing
from installer.ui.tui.form import Field
from installer.ui.tui.page import Page
from installer.ui.tui.review import Change, Review

OF_ENVIRONMENT = (("domain",), ("endpoint",), ("networks", "pods"), ("networks", "services"))


class NetworkPage(Page):
    """For each environment its networks and names; for the site its registry and clocks."""

    KEY = "network"
    INTRO: ClassVar[str] = "Networks that exist inside the clusters alone, and the names by which services are reached."

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] | None = None
        self._made = False

    def body(self) -> ComposeResult:
        """The site's fields; the environments' are made when they are known."""
        say = self.desk.say
        yield Vertical(id="networks", classes="auto")
        yield Label(say("Site registry"), classes="group")
        yield Field(("registry", "hosts"))
        yield Field(("registry", "port"))
        yield Field(("registry", "push_port"))
        yield Label(say("Clocks"), classes="group")
        yield Field(("network", "ntp"))

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Follow the environments that there are now."""
        names = tuple(hosts_editing.environments(self.desk.draft))
        if names != self._names:
            self._names = names
            self.run_worker(self._remake(names), exclusive=True, group="networks")
        super().reviewed(review, changes)

    async def _remake(self, names: tuple[str, ...]) -> None:
        place = self.query_one("#networks", Vertical)
        await place.remove_children()
        await place.mount_all(self._fields(names))
        if not self._made:  # the first field is one of these
            self._made = True
            self.focus_first()

    def _fields(self, names: tuple[str, ...]) -> Iterator[Widget]:
        if not names:
            yield Label(self.desk.say("There is no environment yet; add one on its page."), classes="muted")
        for position, name in enumerate(names):
            yield Label(name, classes="group", markup=False)
            for path in OF_ENVIRONMENT:
                yield Field(("environments", position, *path))
