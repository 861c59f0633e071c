"""What lies over the pages that run something: a question, the log of a step, a name typed to confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from installer.messages import Message
from installer.plain import cleaned
from installer.ui.tui.content import Content
from installer.ui.tui.widgets.dialogs import Ask
from installer.ui.tui.words import Say

TAIL = 64 << 10
"""Bytes of a log that are shown, from its end."""
NAMED = 20
"""Hosts that a question names."""


def install_question(say: Say, hosts: Sequence[str]) -> Ask:
    """Whether to install on these hosts: the first twenty by name; gives "install", or "cancel"."""
    shown = ", ".join(hosts[:NAMED]) + (f" … ({len(hosts)})" if len(hosts) > NAMED else "")
    told = say("{hosts}\n\nThey are checked first; it can be paused, gone on with and taken back.", hosts=shown)
    many = say("Install on {count} hosts?", count=len(hosts))
    question = many if len(hosts) > 1 else say("Install on this host?")
    return Ask(question, told, (("install", say("Install")), ("cancel", say("Cancel"))))


class StepLog(ModalScreen[None]):
    """What is known of a step, followed while it runs: `told` says it, the log's end stands below."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,l", "dismiss", ""), ("y", "copy", "")]

    KEYS_TOLD = (
        ("↑↓ PgUp PgDn", Message("scroll the log, which is followed while its step runs")),
        ("y", Message("copies where the log is kept")),
        ("Escape", Message("closes this")),
    )

    def __init__(
        self, say: Say, heading: str, told: Callable[[], Content], log: Path | None, none: Callable[[], str]
    ) -> None:
        super().__init__()
        self._say, self._heading, self._told, self._log, self._none = say, heading, told, log, none
        self._shown: str | None = None

    def compose(self) -> ComposeResult:
        """Title, what is known, the log, the keys."""
        with Vertical(classes="dialog step-log"):
            yield Label(self._heading, classes="heading", markup=False)
            yield Static(id="known", markup=False)
            with VerticalScroll():
                yield Static(id="text", markup=False)
            yield Label(self._say("Escape closes · y copies the log's path · ↑↓ scroll"), classes="muted", markup=False)

    def on_mount(self) -> None:
        """Follow the log."""
        self.query_one(VerticalScroll).focus()
        self._look()
        self.set_interval(0.5, self._look)

    def _look(self) -> None:
        self.query_one("#known", Static).update(self._told())
        text = (tail(self._log) if self._log else "") or self._none()
        if text != self._shown:
            self._shown = text
            self.query_one("#text", Static).update(text)
            self.call_after_refresh(lambda: self.query_one(VerticalScroll).scroll_end(animate=False))

    def action_copy(self) -> None:
        """Copy where the log is."""
        if self._log is not None:
            self.app.copy_to_clipboard(str(self._log))
            self.notify(self._say("copied"), timeout=2)


def tail(path: Path) -> str:
    """The end of a log, without what a terminal would obey; empty where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL))
            raw = file.read()
    except OSError:
        return ""
    return cleaned((raw.partition(b"\n")[2] if size > TAIL else raw).decode(errors="replace"))


class TypeName(ModalScreen[bool]):
    """Asks a person to type a name, for what is meant by it is not done by mistake."""

    KEYS_TOLD = (
        ("Enter", Message("does it, once the name is typed in full")),
        ("Escape", Message("does nothing and closes this")),
    )

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(False)", "")]

    def __init__(self, say: Say, heading: str, told: str, name: str, do: str) -> None:
        super().__init__()
        self._say, self._heading, self._told, self._name_wanted, self._do = say, heading, told, name, do

    def compose(self) -> ComposeResult:
        """What will be done, and the line for the name."""
        with Vertical(classes="dialog confirm"):
            yield Label(self._heading, classes="heading", markup=False)
            yield Static(self._told, markup=False)
            yield Label(self._say("To confirm, type {name}", name=self._name_wanted), markup=False)
            yield Input(compact=True)
            with Horizontal(classes="buttons"):
                yield Button(self._say("Cancel"), id="cancel", compact=True)
                yield Button(self._do, id="do", compact=True, disabled=True)

    def on_mount(self) -> None:
        """The name is to be typed."""
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one("#do", Button).disabled = event.value.strip() != self._name_wanted

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() == self._name_wanted:
            self.dismiss(True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "do")
