"""Dialogs in which a person confirms host keys: one shown large, or all unknown ones in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Static

from installer.formats.strict_yaml import Path
from installer.ui.tui.content import Content
from installer.ui.tui.words import Say

COMMAND = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
FILES = {"ssh-ed25519": "ed25519", "ssh-rsa": "rsa", "ecdsa-sha2-nistp256": "ecdsa", "ecdsa-sha2-nistp384": "ecdsa",
         "ecdsa-sha2-nistp521": "ecdsa"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A key that a person has yet to compare: whose it is, and the place in the answers at which it is pinned."""

    host: str
    address: str
    fingerprint: str
    type: str
    place: Path

    @property
    def command(self) -> str:
        """What shows the key on the host itself."""
        return COMMAND.replace("ed25519", FILES.get(self.type, "ed25519"))


class ConfirmKeys(ModalScreen[bool]):
    """Says True when a person has compared the keys; False, or None, when not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "", show=False),
        Binding("y", "copy", "", show=False),
        Binding("left", "app.focus_previous", "", show=False),
        Binding("right", "app.focus_next", "", show=False),
    ]

    def __init__(self, say: Say, keys: Sequence[Unconfirmed]) -> None:
        super().__init__()
        self._say, self._keys = say, list(keys)

    def compose(self) -> ComposeResult:
        """The key or keys, how to compare, the answers; the cursor is on the careful one."""
        say = self._say
        with Vertical(classes="dialog host-key"):
            if len(self._keys) == 1:
                yield from self._one(self._keys[0])
            else:
                yield from self._many()
            with Horizontal(classes="buttons"):
                yield Button(say("Not now"), id="not", compact=True)
                yield Button(say("They are the same: pin") if len(self._keys) > 1 else say("It is the same: pin it"),
                             id="same", compact=True)  # fmt: skip

    def _one(self, key: Unconfirmed) -> ComposeResult:
        say = self._say
        yield Label(say("Is this the key of {host}?", host=key.host), classes="heading", markup=False)
        yield Static(f"{key.address} · {key.type}".strip(" ·"), classes="muted", markup=False)
        yield Static(key.fingerprint, classes="fingerprint", markup=False)
        yield Static(say("Compare it letter by letter with what the host says at its own console:"), markup=False)
        yield Static(key.command, classes="command", markup=False)
        yield Static(say("Nothing was sent to the host yet. y copies the fingerprint."), classes="muted", markup=False)

    def _many(self) -> ComposeResult:
        say = self._say
        yield Label(
            say("{count} keys that nobody has confirmed", count=len(self._keys)), classes="heading", markup=False
        )
        yield Static(say("Compare each with what its host says at its own console:"), markup=False)
        yield Static(COMMAND, classes="command", markup=False)
        with VerticalScroll(classes="told"):
            lines = (
                Content.assemble((key.host, "bold"), f"  {key.address}\n  {key.fingerprint}") for key in self._keys
            )
            yield Static(Content("\n").join(lines), markup=False)

    def on_mount(self) -> None:
        """The careful answer has the cursor."""
        self.query_one("#not").focus()

    def action_copy(self) -> None:
        """Copy the fingerprint, or all of them with their hosts."""
        alone = len(self._keys) == 1
        self.app.copy_to_clipboard(
            self._keys[0].fingerprint if alone else "\n".join(f"{key.host} {key.fingerprint}" for key in self._keys)
        )
        self.notify(self._say("copied"), timeout=2, markup=False)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "same")
