"""Setting a failed check aside: with a reason, a person and an end, refused by the same validator as the file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select

from installer.answers import file as answers_file
from installer.messages import Message
from installer.ui.text import Text
from installer.ui.tui import context
from installer.ui.tui.state.findings import waivers_of, with_waiver

USUAL = timedelta(days=30)


class Waive(ModalScreen[Mapping[str, Any]]):
    """Asks for a waiver of a check; gives it as the answers hold it, None where Escape was pressed."""

    KEYS_TOLD = (
        ("Tab", Message("next field; Shift+Tab goes back")),
        ("F8", Message("waives the check; a reason of two words or more, a person and a last day are needed")),
        ("Escape", Message("waives nothing and closes this")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", ""), ("ctrl+enter,f8", "take", "")]

    def __init__(self, around: context.WizardContext, check: str, host: str) -> None:
        super().__init__()
        self._around, self._check, self._host = around, check, host
        self._today = datetime.now(UTC).date()

    def compose(self) -> ComposeResult:
        """What is set aside; why, who answers for it, until when, where."""
        say = self._around.say
        with Vertical(classes="dialog"):
            yield Label(say("Waive {check}", check=self._check), classes="heading", markup=False)
            yield Label(
                say("The check stays failed and is set aside. The report names every waiver."),
                classes="muted",
                markup=False,
            )
            yield from self._row(
                Message("reason"), Input(placeholder=say("why this is acceptable here"), id="reason", compact=True)
            )
            yield from self._row(Message("person"), Input(last_person(self._around), id="person", compact=True))
            yield from self._row(Message("last day"), Input(f"{self._today + USUAL}", id="until", compact=True))
            everywhere = (Text(say("every host")), "")
            alone = (Text(say("{host} alone", host=self._host)), self._host)
            hosts = [alone, everywhere] if self._host else [everywhere]
            yield from self._row(
                Message("holds for"), Select(hosts, value=self._host, allow_blank=False, id="hosts", compact=True)
            )
            with Horizontal(classes="buttons"):
                yield Button(say("Waive it"), id="take", compact=True)
                yield Button(say("Cancel"), id="cancel", compact=True)

    def _row(self, title: str, control: Input | Select[str]) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Label(self._around.say(title), classes="label", markup=False)
            yield control
        yield Label("", id=f"wrong-{control.id}", classes="wrong", markup=False)

    def on_mount(self) -> None:
        """The reason is what is missing."""
        self.query_one("#reason").focus()
        for label in self.query(".wrong"):
            label.display = False

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take() if event.input.id == "until" else self.focus_next()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_take() if event.button.id == "take" else self.dismiss(None)

    def action_take(self) -> None:
        """Take the waiver, unless something of it is wrong, which is said."""
        told = {name: self.query_one(f"#{name}", Input).value.strip() for name in ("reason", "person", "until")}
        host = self.query_one("#hosts", Select).value
        waiver: dict[str, Any] = {"check": self._check, **{name: text for name, text in told.items() if text}}
        if host:
            waiver["hosts"] = [host]
        wrong = flaws_of(self._around, waiver, self._today)
        for name in ("reason", "person", "until", "hosts"):
            label = self.query_one(f"#wrong-{name}", Label)
            label.display = name in wrong
            label.update(f"  ✖ {wrong.get(name, '')}")
        if not wrong:
            self.dismiss(waiver)
        elif first := next((name for name in told if name in wrong), ""):
            self.query_one(f"#{first}").focus()


def flaws_of(around: context.WizardContext, waiver: Mapping[str, Any], today: date) -> dict[str, str]:
    """What is wrong with a waiver that would be the last of the answers, by its part; its last day must be to come."""
    draft = with_waiver(around.draft, waiver)
    place = f"waivers.{len(waivers_of(draft)) - 1}"
    found: dict[str, str] = {}
    for problem in answers_file.flaws(draft.data, str(around.editor.file)):
        if problem.path.startswith(f"{place}."):
            part = problem.path.removeprefix(f"{place}.").partition(".")[0]
            found.setdefault(part, around.say("wanted: {wanted}", wanted=around.say(problem.wanted)))
    if "until" not in found and date.fromisoformat(waiver["until"]) < today:
        found["until"] = around.say("wanted: {wanted}", wanted=around.say("a day to come"))
    return found


def last_person(around: context.WizardContext) -> str:
    """Who answered for the last waiver; empty where there was none."""
    return next((str(each["person"]) for each in reversed(waivers_of(around.draft)) if each.get("person")), "")
