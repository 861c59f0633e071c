"""The customer's machines: a table in which each is added, edited, tried, confirmed and given its role."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Button, Input, Static

from installer.draft import hosts as draft_hosts
from installer.draft.document import Draft
from installer.draft.hosts import Place
from installer.hosts.inventory import Inventory
from installer.hosts.roles import propose
from installer.ui.tui.content import Content
from installer.ui.tui.hosts.connection_tests import Trials
from installer.ui.tui.hosts.forms import AccessForm, HostForm
from installer.ui.tui.hosts.import_list import ImportHosts
from installer.ui.tui.hosts.roles import NOWHERE, ChooseRole, Proposals
from installer.ui.tui.hosts.table import HostTable, Lines
from installer.ui.tui.hosts.texts import access_line, cells, in_full, keys_line
from installer.ui.tui.state.review import Change, Review


class HostsPage(Trials):
    """The hosts, one a row; what is known of the one under the cursor stands in full below."""

    KEY = "hosts"
    TELLS = ("hosts",)
    ASKS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "", show=False),
        Binding("d", "duplicate", "", show=False),
        Binding("delete", "remove", "", show=False),
        Binding("i", "import", "", show=False),
        Binding("r", "role", "", show=False),
        Binding("p", "propose", "", show=False),
        Binding("l", "access", "", show=False),
        Binding("y", "copy", "", show=False),
        Binding("slash", "search", "", show=False),
        Binding("n", "next_found", "", show=False),
        Binding("escape", "close_search", "", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._told = Content()

    def body(self) -> ComposeResult:
        """How they are reached, the keys, the table, and the lines on the host under the cursor."""
        say = self.wizard.say
        yield Button("", id="host-access", compact=True)
        yield Static("", id="host-keys", markup=False)
        yield HostTable(say)
        yield Input(placeholder=say("search; Enter stays there, n goes on"), compact=True, id="host-search")
        with VerticalScroll(id="host-told", can_focus=False):
            yield Static("", id="host-lines", markup=False)

    def on_mount(self) -> None:
        """Searching begins with its key."""
        self.query_one("#host-search").display = False

    def focus_first(self) -> None:
        """The table is what matters."""
        if self.display:
            self.table.focus()

    @property
    def table(self) -> HostTable:
        """The table."""
        return self.query_one(HostTable)

    @property
    def position(self) -> int | None:
        """Which host is under the cursor; None where there is none."""
        row = self.table.cursor_row
        return row if 0 <= row < len(draft_hosts.entries(self.wizard.draft)) else None

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Show the draft as it is now."""
        super().reviewed(review, changes)
        self.show_hosts()

    def show_hosts(self) -> None:
        """Draw what differs from before."""
        say = self.wizard.say
        known = self.look()
        one = len(draft_hosts.environments(self.wizard.draft)) == 1
        self.table.show_lines(Lines([cells(say, each) for each in known], one))
        line = access_line(say, self.wizard.draft, self.problems(self.wizard.review), self.table.size.width)
        self.query_one("#host-access", Button).label = line
        self.show_lines()

    def show_host(self, position: int) -> None:
        """Draw one row."""
        self.table.show_line(position, cells(self.wizard.say, self.known[position]))
        if position == self.position:
            self.show_lines()

    def show_lines(self) -> None:
        """Say in full what is known of the host under the cursor."""
        position, say = self.position, self.wizard.say
        if position is None:
            told = say(
                "No host yet: a adds one; i takes over a list, pasted or from a file; l says how they are reached."
            )
            self._say_below(Content(told))
        elif position < len(self.known):
            self._say_below(in_full(say, self.known[position]))

    def _say_below(self, told: Content) -> None:
        """Write the lines below the table; the page is laid out anew only where they become more or fewer."""
        below = self.query_one("#host-lines", Static)
        height = told.get_height({}, max(below.size.width, 1))
        if told != self._told:
            self._told = told
            below.update(told, layout=height != below.size.height)

    @on(HostTable.RowHighlighted)
    def _moved(self, event: HostTable.RowHighlighted) -> None:
        event.stop()
        self.show_lines()

    @on(HostTable.Widened)
    def _widened(self, event: HostTable.Widened) -> None:
        event.stop()
        self.query_one("#host-keys", Static).update(keys_line(self.wizard.say, self.table.size.width))
        self.show_hosts()

    @on(HostTable.RowSelected)
    def _opened(self, event: HostTable.RowSelected) -> None:
        event.stop()
        self.app.push_screen(HostForm(event.cursor_row), lambda _: self.show_hosts())

    def _edit(self, draft: Draft, cursor: int | None = None) -> None:
        """Go on to another draft, and show it at once."""
        self.wizard.change(draft)
        self.show_hosts()
        if cursor is not None:
            self.table.move_cursor(row=cursor)

    def action_add(self) -> None:
        """One more host at the end, and the dialog that asks for it."""
        made = draft_hosts.added(self.wizard.draft)
        last = len(draft_hosts.entries(made)) - 1
        self._edit(made, last)
        self.app.push_screen(HostForm(last), lambda _: self._after_adding(made))

    def _after_adding(self, made: Draft) -> None:
        """Where nothing at all was said of a new host, it is taken back."""
        if self.wizard.draft.data == made.data:
            self.call_later(self.app.run_action, "undo")
        self.show_hosts()

    def action_duplicate(self) -> None:
        """One more like this, with the next name and address."""
        if self.position is not None:
            self._edit(draft_hosts.duplicated(self.wizard.draft, self.position), self.position + 1)

    def action_remove(self) -> None:
        """Take this host away, wherever it is named."""
        if self.position is None:
            return
        name = draft_hosts.names(self.wizard.draft)[self.position]
        self._edit(draft_hosts.removed(self.wizard.draft, self.position))
        self.notify(
            self.wizard.say("{host} is removed; Ctrl+Z brings it back", host=name or "?"), timeout=3, markup=False
        )

    def action_import(self) -> None:
        """Take over a list."""
        self.app.push_screen(ImportHosts(), self._imported)

    def _imported(self, read: Inventory | None) -> None:
        if read is None:
            return
        made = draft_hosts.imported(self.wizard.draft, read.rows)
        self.wizard.groups |= {row.address: row.group for row in read.rows if row.group}
        self._edit(made.draft)
        say = self.wizard.say
        told = say("{new} new, {updated} brought up to date.", new=len(made.new), updated=len(made.updated))
        self.notify(f"{told} {say('p proposes what they are for; T tests them all.')}", markup=False)

    def action_role(self) -> None:
        """Choose what this host is for."""
        say, draft, position = self.wizard.say, self.wizard.draft, self.position
        if position is None:
            return
        name, environments = draft_hosts.names(draft)[position], draft_hosts.environments(draft)
        if not name or not environments:
            what = (
                say("It needs a name first.") if not name else say("There is no environment yet; add one on its page.")
            )
            self.notify(what, severity="warning", markup=False)
            return
        now = draft_hosts.places(draft).get(name)
        self.app.push_screen(ChooseRole(say, name, environments, now), lambda place: self._placed(name, place))

    def _placed(self, name: str, place: Place | None) -> None:
        if place is not None:
            self._edit(draft_hosts.placed(self.wizard.draft, [name], None if place == NOWHERE else place))

    def action_propose(self) -> None:
        """Propose a role for every host."""
        say, draft, sizing = self.wizard.say, self.wizard.draft, self.wizard.review.sizing
        listed, names = draft_hosts.listed_rows(draft, self.wizard.groups), draft_hosts.names(draft)
        trouble = ""
        if not listed:
            trouble = say("There is no host yet.")
        elif not draft_hosts.environments(draft):
            trouble = say("There is no environment yet; add one on its page.")
        elif "" in names or len(set(names)) < len(names):
            trouble = say("Every host needs a name of its own first.")
        elif sizing is None:
            trouble = say("The needs do not make sense yet, and roles follow from them; see the page of needs.")
        else:
            roles = propose(listed, self.wizard.facts, sizing)
            trouble = "\n".join(say(each) for each in roles.problems) or self._strange(
                {each.environment for each in roles.proposals}
            )
            if not trouble:
                self.app.push_screen(
                    Proposals(say, roles),
                    lambda yes: self._edit(draft_hosts.proposed(self.wizard.draft, roles)) if yes else None,
                )
        if trouble:
            self.notify(trouble, severity="warning", timeout=10, markup=False)

    def _strange(self, wanted: set[str]) -> str:
        """Which environments the needs name and the answers do not have."""
        missing = sorted(wanted - set(draft_hosts.environments(self.wizard.draft)))
        if not missing:
            return ""
        return self.wizard.say("The needs are for environments that are not there: {names}.", names=", ".join(missing))

    @on(Button.Pressed, "#host-access")
    def _access_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_access()

    def action_access(self) -> None:
        """Say how all hosts are reached."""
        self.app.push_screen(AccessForm(), lambda _: self.show_hosts())

    def action_copy(self) -> None:
        """Copy what is most likely wanted of this host: the key to compare, what went wrong, or its address."""
        if self.position is None or self.position >= len(self.known):
            return
        known = self.known[self.position]
        error = known.attempt.result.error if known.attempt and known.attempt.result else None
        text = known.unconfirmed or (
            f"{error.message}\n{error.remedy}" if error else str(known.entry.get("address", ""))
        )
        self.app.copy_to_clipboard(text)
        self.notify(self.wizard.say("copied: {text}", text=text.partition("\n")[0]), timeout=3, markup=False)

    def action_search(self) -> None:
        """Search by what stands in a row."""
        line = self.query_one("#host-search", Input)
        line.display = True
        line.focus()

    @on(Input.Changed, "#host-search")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._go_to(event.value, self.table.cursor_row)

    @on(Input.Submitted, "#host-search")
    def _found(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_close_search()

    def action_close_search(self) -> None:
        """Back to the table."""
        self.query_one("#host-search").display = False
        self.table.focus()

    def action_next_found(self) -> None:
        """The next host of the same search."""
        self._go_to(self.query_one("#host-search", Input).value, self.table.cursor_row + 1)

    def _go_to(self, text: str, start: int) -> None:
        found = self.table.find(text, start) if text.strip() else None
        if found is not None:
            self.table.move_cursor(row=found)
        elif text.strip():
            self._say_below(Content(self.wizard.say("nothing found of “{text}”", text=text)))
