"""Dialogs with fields: one host, and how all hosts are reached. Every edit counts at once; Ctrl+Z takes it back."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from installer.draft.hosts import entries, name_of, names, renamed, spread
from installer.formats.strict_yaml import Path
from installer.hosts.inventory.entry import BadRange
from installer.messages import Message
from installer.ui.tui import context
from installer.ui.tui.state.review import Review
from installer.ui.tui.widgets.field import Field
from installer.ui.tui.widgets.form import Form
from installer.ui.tui.widgets.ticks import Tick

OWN = (("user", Message("User")), ("port", Message("Port")), ("private_key", Message("Private key")))
SHARED = (
    ("user", Message("User")),
    ("port", Message("Port")),
    ("private_key", Message("Private key")),
    ("agent", Message("SSH agent")),
    ("known_hosts", Message("Known hosts")),
)
BASTION = (
    ("address", Message("Address")),
    ("user", Message("User")),
    ("port", Message("Port")),
    ("private_key", Message("Private key")),
    ("host_key", Message("Host key")),
)


SHOWN = 36
"""Characters of the site's answer that are shown while a host has none of its own; of a path the end says most."""


class NameField(Field):
    """The name of a host. It counts when the field is left, for everything that names the host follows it then."""

    def __init__(self, position: int) -> None:
        super().__init__(("hosts", position, "name"), Message("Host name"))
        self._position = position
        self._typing: str | None = None

    def _answer(self, value: Any) -> None:
        self._typing = None if value is None else str(value)
        self._shown = value
        self._problem.display = bool(self.objection)
        self._problem.update(self.objection)

    @property
    def objection(self) -> str:
        """Why what was typed cannot be the name; empty where it can."""
        others = names(self.wizard.draft)
        own = others.pop(self._position) if self._position < len(others) else ""
        typed = self.query_one(Input).value.strip()
        if not typed and own:
            return self.wizard.say("✖ a host needs a name; it stays {name}", name=own)
        return self.wizard.say("✖ {name} is another host's name", name=typed) if typed in others else ""

    def keep(self) -> str:
        """Rename the host to what was typed; gives the objection where that cannot be."""
        typed, self._typing = self._typing, None
        if (objection := self.objection) or typed is None:
            return objection
        if self._position < len(entries(self.wizard.draft)):
            self.wizard.change(renamed(self.wizard.draft, self._position, typed))
        return ""

    def on_descendant_blur(self) -> None:
        """The name counts."""
        self.keep()

    def sync(self, problems: Any) -> None:
        """Show what the draft holds, unless another name is being typed."""
        if self._typing is None and not self.objection:
            super().sync(problems)


class OwnField(Field):
    """A field in which a host may differ from the site; while it does not, the site's own answer is shown."""

    def _placeholder(self) -> str:
        value = self.wizard.draft.at(("access", self.path[-1]))
        shared = self._text(value if value is not None else self.question.default)
        shared = shared if len(shared) <= SHOWN else f"…{shared[-SHOWN:]}"
        return self.wizard.say("as all: {value}", value=shared) if shared else self.wizard.say("as all hosts")


class KeyField(Field):
    """The fingerprint of a host's key, which is mostly not typed."""

    def _placeholder(self) -> str:
        return self.wizard.say("a test shows it, k pins it")


class HostForm(Form):
    """One host."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self._position = position

    def heading(self) -> str:
        """Its name."""
        return name_of(entries(context.of(self).draft)[self._position]) or context.of(self).say("Host")

    def reviewed(self, review: Review) -> None:
        """Close where the host is there no more, as after an undoing."""
        if self._position < len(entries(context.of(self).draft)):
            super().reviewed(review)
        else:
            self.dismiss(None)

    def fields(self) -> ComposeResult:
        """What is asked of a host."""
        base: Path = ("hosts", self._position)
        yield NameField(self._position)
        yield Field((*base, "address"), Message("Address"))
        yield KeyField((*base, "host_key"), Message("Host key"))
        yield Field((*base, "pool"), Message("Pool"))
        yield Label(context.of(self).say("Where it is reached in its own way"), classes="group", markup=False)
        for key, title in OWN:
            yield OwnField((*base, "access", key), title)

    def action_done(self) -> None:
        """Close; a name that cannot be is told first, and a range becomes the hosts it stands for."""
        if objection := self.query_one(NameField).keep() or self._spread():
            self.notify(objection, severity="warning", markup=False)
        self.dismiss(None)

    def _spread(self) -> str:
        """Put the hosts that a range stands for in its place; gives what is wrong with it where that cannot be."""
        around = context.of(self)
        if self._position >= len(entries(around.draft)):
            return ""
        try:
            around.change(spread(around.draft, self._position))
        except BadRange as error:
            found, wanted = (around.say(text) for text in (error.found, error.wanted))
            return around.say("✖ found {found}; wanted {wanted}", found=found, wanted=wanted)
        return ""


class AccessForm(Form):
    """How every host is reached."""

    def heading(self) -> str:
        """The same for all."""
        return context.of(self).say("How the hosts are reached")

    def fields(self) -> ComposeResult:
        """The shared access, and the bastion's where there is one."""
        around = context.of(self)
        for key, title in SHARED:
            yield Field(("access", key), title)
        yield Field(("limits", "parallel_hosts"), Message("Hosts at once"))
        bastion = around.draft.at(("access", "bastion")) is not None
        with Horizontal(classes="row bastion"):
            yield Label("", classes="label", markup=False)
            yield Tick(around.say("through a bastion"), bastion, compact=True, id="through")
        with Vertical(id="bastion", classes="auto"):
            yield from self._bastion() if bastion else ()
        yield Label(
            around.say("Passwords and passphrases have a page of their own: Secrets."), classes="muted", markup=False
        )

    def reviewed(self, review: Review) -> None:
        """Follow an undoing, too."""
        bastion = context.of(self).draft.at(("access", "bastion")) is not None
        box = self.query_one("#through", Tick)
        if bastion and not box.value:
            box.value = True
        super().reviewed(review)

    @on(Tick.Changed, "#through")
    async def _through(self, event: Tick.Changed) -> None:
        event.stop()
        place = self.query_one("#bastion", Vertical)
        await place.remove_children()
        if event.value:
            await place.mount_all(self._bastion())
        elif context.of(self).draft.at(("access", "bastion")) is not None:
            context.of(self).answer(("access", "bastion"), None)

    def _bastion(self) -> list[Field]:
        return [Field(("access", "bastion", key), title) for key, title in BASTION]
