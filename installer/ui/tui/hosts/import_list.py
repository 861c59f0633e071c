"""The dialog that takes a list of hosts over: pasted or from a file, shown as what it will do before it does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Button, Input, Label, Static, TextArea

from installer.answers.paths import located
from installer.draft.hosts import Imported, imported
from installer.errors import StateUnreadable
from installer.hosts import inventory
from installer.hosts.inventory import NOTHING, Inventory, beside
from installer.hosts.inventory import file as inventory_file
from installer.messages import Message
from installer.ui.tui import context, problem_texts
from installer.ui.tui.content import Content
from installer.ui.tui.words import Say

PAUSE = 0.15
"""Seconds without a key before the list is read."""
SHOWN = 300
"""Hosts and problems that are listed one by one; the counts are of all."""
KINDS = {
    "list": Message("a list"),
    "csv": Message("a table (CSV)"),
    "ansible-ini": Message("an Ansible inventory"),
    "ansible-yaml": Message("an Ansible inventory"),
}
EXAMPLE = "node-[1-3] 10.20.0.[11-13]"


class ImportHosts(ModalScreen[Inventory]):
    """Gives the list that a person took over; the rows in it, and nothing else, are to become hosts."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "", show=False),
        Binding("f8", "take", "", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._read = Inventory((), (), "list")
        self._source, self._beside = "hosts", NOTHING
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        """A file's name, the text, what it comes to, the buttons."""
        say = context.of(self).say
        told = say(
            "Paste a list, a table (CSV) or an Ansible inventory; or name a file.\nRanges are written so: {example}",
            example=EXAMPLE,
        )
        with Vertical(classes="dialog tall host-import"):
            yield Label(say("Take over a list of hosts"), classes="heading", markup=False)
            yield Static(told, classes="muted", markup=False)
            with Horizontal(classes="row"):
                yield Label(say("File"), classes="label", markup=False)
                yield Input(placeholder=say("name of a file; Enter reads it"), compact=True, id="file")
            yield TextArea("", compact=True, tab_behavior="focus", id="pasted")
            yield Static("", id="comes-to", markup=False)
            with VerticalScroll(id="preview", can_focus=True):
                yield Static("", id="rows", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(say("Take over (F8)"), id="take", compact=True, disabled=True)
                yield Button(say("Cancel"), id="cancel", compact=True)

    def on_mount(self) -> None:
        """Pasting is what is done most."""
        self.query_one("#pasted").focus()

    @on(Input.Submitted, "#file")
    def _named(self, event: Input.Submitted) -> None:
        event.stop()
        name = event.value.strip()
        if not name:
            return
        try:
            path = inventory_file.found(located(name, context.of(self).editor.file.parent))
            text, self._beside = inventory_file.read(path), beside.found(path)
        except StateUnreadable as error:
            message, remedy = problem_texts.failure(context.of(self).say, error)
            self._tell(Content.styled(f"✖ {message}. {remedy}".removesuffix(". "), "$text-error"))
            return
        self._source = path.name
        self.query_one("#pasted", TextArea).text = text
        self.query_one("#pasted").focus()

    @on(TextArea.Changed)
    def _pasted(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(PAUSE, self._look)

    def _look(self) -> None:
        """Read the text and say what it comes to."""
        self._waiting = None
        text = self.query_one("#pasted", TextArea).text
        if not text.strip():
            self._read = Inventory((), (), "list")
            self._source, self._beside = "hosts", NOTHING
            self._show(None)
            return
        self._read = inventory.read(text, source=self._source, beside=self._beside)
        self._show(imported(context.of(self).draft, self._read.rows))

    def _show(self, made: Imported | None) -> None:
        self.query_one("#take", Button).disabled = made is None or not (made.new or made.updated)
        say = context.of(self).say
        if made is None:
            self._tell(Content())
            self.query_one("#rows", Static).update("")
            return
        self._tell(Content(summary(say, self._read, made)))
        before = {str(each.get("name")): str(each.get("address")) for each in _entries(self)}
        self.query_one("#rows", Static).update(Content("\n").join(_listed(say, self._read, made, before)))

    def _tell(self, text: Content) -> None:
        self.query_one("#comes-to", Static).update(text)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "take":
            self.action_take()
        else:
            self.dismiss(None)

    def action_take(self) -> None:
        """Take over what is shown, as it is after the last key."""
        if self._waiting is not None:
            self._waiting.stop()
            self._look()
        if not self.query_one("#take", Button).disabled:
            self.dismiss(self._read)


def summary(say: Say, read: Inventory, made: Imported) -> str:
    """What a list comes to, in a line."""
    parts = (
        Message("new: {count}", count=len(made.new)),
        *([Message("brought up to date: {count}", count=len(made.updated))] if made.updated else ()),
        *([Message("as before: {count}", count=len(made.same))] if made.same else ()),
        *([Message("there under another name: {count}", count=len(made.elsewhere))] if made.elsewhere else ()),
        *([Message("problems: {count}", count=len(read.problems))] if read.problems else ()),
    )
    return " · ".join(map(say, (KINDS[read.kind], *parts)))


def _entries(widget: ImportHosts) -> list[Mapping[str, object]]:
    from installer.draft.hosts import entries

    return list(entries(context.of(widget).draft))


def _listed(say: Say, read: Inventory, made: Imported, before: Mapping[str, str]) -> Iterator[Content]:
    """The problems, then every host with a sign of what becomes of it."""
    for problem in read.problems[:SHOWN]:
        found, wanted = say(problem.found), say(problem.wanted)
        told = say("line {line}: found {found}; wanted {wanted}", line=problem.line, found=found, wanted=wanted)
        yield Content.styled(f"✖ {told}", "$text-error")
    for name, owner in made.elsewhere[:SHOWN]:
        told = say("{name}: its address is that of {owner}, which stays as it is", name=name, owner=owner)
        yield Content.styled(f"! {told}", "$text-warning")
    new, updated = set(made.new), set(made.updated)
    rows = [row for row in read.rows if row.name in new or row.name in updated]
    for row in rows[:SHOWN]:
        was = before.get(row.name, "")
        login = "".join([f"  {row.user}" if row.user else "", f":{row.port}" if row.port else ""])
        group = f"  [{row.group}]" if row.group else ""
        through = f"  {say('through {bastion}', bastion=str(row.bastion))}" if row.bastion else ""
        text = f"{'+' if row.name in new else '~'} {row.name:<16} {row.address:<15}{login}{through}{group}"
        yield Content.assemble(text, (f"  ← {was}" if was and was != row.address else "", "$foreground 60%"))
    if len(rows) > SHOWN:
        yield Content.styled(say("and {count} more", count=len(rows) - SHOWN), "$foreground 60%")
