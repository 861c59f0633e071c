"""Dialogs about what hosts are for: the role of one, and the roles that are proposed for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Label, OptionList, Static
from textual.widgets.option_list import Option

from installer.draft.hosts import LISTS, Place
from installer.hosts.roles import Roles
from installer.ui.tui.content import Content
from installer.ui.tui.hosts.texts import ROLES_IN_FULL
from installer.ui.tui.words import Say

NOWHERE = Place(-1, "worker")
"""Stands for taking a host out of every environment."""


class ChooseRole(ModalScreen[Place]):
    """Gives the place that was chosen, NOWHERE for none at all; None where Escape was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "", show=False)]

    def __init__(self, say: Say, host: str, environments: Sequence[str], now: Place | None) -> None:
        super().__init__()
        self._say, self._host, self._environments, self._now = say, host, environments, now
        self._places = [Place(at, role) for at in range(len(environments)) for role in LISTS] + [NOWHERE]

    def compose(self) -> ComposeResult:
        """Every place there is; the cursor is on the one the host has."""
        say = self._say
        with Vertical(classes="dialog host-role"):
            yield Label(say("What is {host} for?", host=self._host), classes="heading", markup=False)
            yield OptionList(*(Option(self._line(place)) for place in self._places), compact=True, markup=False)
            yield Label(say("Enter takes it; Escape leaves it as it is."), classes="muted", markup=False)

    def on_mount(self) -> None:
        """Begin where the host is."""
        chosen = self.query_one(OptionList)
        chosen.highlighted = self._places.index(self._now or NOWHERE)
        chosen.focus()

    def _line(self, place: Place) -> str:
        sign = "●" if place == (self._now or NOWHERE) else " "
        if place == NOWHERE:
            return f"{sign} {self._say('in no environment')}"
        return f"{sign} {self._environments[place.environment]} · {self._say(ROLES_IN_FULL[place.role])}"

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._places[event.option_index])


class Proposals(ModalScreen[bool]):
    """Shows what is proposed, with the reasons; True where it is to be applied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "", show=False),
        Binding("f8", "dismiss(True)", "", show=False),
    ]

    def __init__(self, say: Say, roles: Roles) -> None:
        super().__init__()
        self._say, self._roles = say, roles

    def compose(self) -> ComposeResult:
        """Host by host; notes below."""
        say = self._say
        with Vertical(classes="dialog host-roles"):
            yield Label(say("Proposed roles"), classes="heading", markup=False)
            yield Static(say("By what their groups and names say, what they are, and what the needs take."),
                         classes="muted", markup=False)  # fmt: skip
            with VerticalScroll(classes="told"):
                yield Static(Content("\n").join(self._lines()), markup=False)
            with Horizontal(classes="buttons"):
                yield Button(say("Apply (F8)"), id="apply", compact=True)
                yield Button(say("Leave them as they are"), id="leave", compact=True)

    def on_mount(self) -> None:
        """What is proposed is what is mostly wanted."""
        self.query_one("#apply").focus()

    def _lines(self) -> list[Content]:
        say = self._say
        notes = [Content.styled(f"! {say(note)}", "$text-warning") for note in self._roles.notes]
        hosts = [
            Content.assemble((each.host, "bold"), f"  {each.environment} · {say(ROLES_IN_FULL[each.role])}\n",
                             (f"  {say(each.reason)}", "$foreground 60%"))
            for each in self._roles.proposals
        ]  # fmt: skip
        return [*notes, *hosts]

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "apply")
