"""Preflight: every check on every host in a tree that fills in; tried again one by one, or waived with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from installer.draft import hosts as draft_hosts
from installer.errors import PreflightFailed
from installer.messages import Message
from installer.preflight import Finding
from installer.ui.tui.content import Content
from installer.ui.tui.run.filter import Find, Searched
from installer.ui.tui.run.finding_texts import (
    counts_told,
    finding_line,
    finding_told,
    host_line,
    signed,
    waiting_line,
    waiver_line,
    waiver_told,
    waivers_line,
)
from installer.ui.tui.run.page import Keys, moment, out_of_date, told
from installer.ui.tui.run.start import lacks
from installer.ui.tui.run.waive import Waive
from installer.ui.tui.run.waivers import Waivers
from installer.ui.tui.state import findings
from installer.ui.tui.state.findings import UNWAIVABLE
from installer.ui.tui.state.session import Checked
from installer.ui.tui.widgets.tree import Branches, Line


class PreflightPage(Searched):
    """The findings of the last check, and what can be done about each."""

    KEY = "preflight"
    CONCERN = "checking"
    KEYS_TOLD = (
        (
            "✔ ! ✖",
            Message("in order; to be known, or waived with a reason; failed: to be mended before an installation"),
        ),
        ("c", Message("checks everything on every host and changes nothing")),
        ("r", Message("tries the check under the cursor once more, alone")),
        ("w x", Message("sets a failed check aside, with a reason, a person and a last day; takes that back")),
        ("W", Message("lists every waiver of the answers, to be changed there")),
        ("y", Message("copies what to do about the check under the cursor")),
        ("/", Message("lists only what holds a text; Escape lists all again")),
        ("PgUp PgDn", Message("reads on in what is told below; turns the list's pages where nothing is cut there")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        ("c", "check", ""),
        ("r", "again", ""),
        ("w", "waive", ""),
        ("x", "withdraw", ""),
        ("y", "copy", ""),
        ("W", "waivers", ""),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._hosts: dict[str, TreeNode[Line]] = {}
        self._drawn: object = None
        self._filled = self._onward = False
        self._fills = 0
        self._aimed: Any = None
        """Where the cursor is on its way to."""
        self._offhand: Any = None
        """Where the cursor was put while nothing had failed: it may still go to what fails later."""

    def body(self) -> ComposeResult:
        """The counts, the tree, what is to be said of the line under the cursor, the keys."""
        yield Static(id="counts", markup=False)
        yield Branches("findings")
        with VerticalScroll(id="finding", classes="read", can_focus=False):
            yield Static(id="told", markup=False)
        yield Find(self.wizard.say)
        yield Keys(classes="keys")

    @property
    def check(self) -> Checked:
        """The last check."""
        return self.session.check

    @property
    def stale(self) -> bool:
        """Whether the answers have changed since the check."""
        return out_of_date(self.wizard, self.check)

    @property
    def arrived(self) -> bool:
        """Whether the cursor stands where it was sent."""
        return self._aimed is None

    def shown(self) -> list[Finding]:
        """The findings, with the waivers that the answers hold now."""
        return self.check.findings.shown(self.wizard.draft, datetime.now(UTC).date())

    def draw(self) -> None:
        """Draw what differs."""
        if not self.is_mounted or not self.query("#findings"):
            return
        found, sought = self.shown(), self.query_one(Find)
        self.query_one("#counts", Static).update(self._counts(found))
        found = [each for each in found if sought.holds(f"{each.check} {each.host} {each.found}")]
        drawn = (
            found,
            sought.value,
            findings.waivers_of(self.wizard.draft),
            self.at_work,
            len(self.check.findings.asked),
        )
        if drawn != self._drawn:
            self._drawn = drawn
            self._fill(found)
        self._tell()

    def _counts(self, found: Sequence[Finding]) -> Content:
        say, count = self.wizard.say, findings.counts(found)
        if self.at_work and not found:
            hosts = len(self.wizard.draft.items(("hosts",)))
            done = len(self.check.findings.asked)
            doing = say("then disks, links and ports are tried") if done < hosts else say("trying disks, links, ports")
            return Content(say("asking the hosts: {done} of {total}", done=done, total=hosts) + f" · {doing}")
        if not found:
            if self.failure:
                return told(self.wizard.say, self.failure)
            return Content(
                lacks(self.wizard) or say("Nothing was checked yet. A check looks at every host and changes nothing.")
            )
        line = counts_told(say, count)
        if self.at_work:
            return Content.assemble(line, "    ", (say("checking again …"), "$accent"))
        if self.check.alone:
            only = say("{checks} alone; c checks everything", checks=", ".join(self.check.alone))
            return Content.assemble(line, "    ", (only, "$text-warning"))
        when = say("checked {time}", time=moment(self.check.since))
        stale = (say("answers have changed since; c checks again"), "$text-warning") if self.stale else (when, "dim")
        return Content.assemble(line, "    ", stale)

    def _fill(self, found: Sequence[Finding]) -> None:
        tree = self.query_one(Branches)
        here = self._aimed if self._aimed is not None else self._about
        opened = {n.data.about for n in tree.root.children if n.data and n.is_expanded}
        closed = {n.data.about for n in tree.root.children if n.data and not n.is_expanded and _failed(n)}
        if not self._filled:
            here, opened, closed = None, set(), set()
        if self._onward or here == self._offhand:  # what was waived is settled: on to the next
            here, self._onward = None, False
        self._filled = bool(found)
        tree.clear()
        hosts = [name or "?" for name in draft_hosts.names(self.wizard.draft)]
        groups, sought = findings.by_host(found), bool(self.query_one(Find).value)
        if self.at_work and not found:
            for host in hosts:
                self._waiting(tree, host)
        worst: TreeNode[Line] | None = None
        for host, mine in groups.items():
            bad = [each for each in mine if each.status != "ok"]
            count = findings.counts(mine)
            open_ = sought or host in opened or (host not in closed and bool(count["failed"]))
            node = tree.branch(None, Line(*host_line(self.wizard.say, host, count), host), open_=open_)
            for each in bad:
                leaf = tree.leaf(node, Line(*finding_line(self.wizard.say, each), each))
                worst = worst or (leaf if each.status == "failed" else None)
            good = [each for each in mine if each.status == "ok"]
            if good:
                told_ = self.wizard.say("{count} in order", count=len(good))
                below = tree.branch(node, Line(signed("ok", told_, "dim"), about=(host, "ok")), open_=sought)
                for each in good:
                    tree.leaf(below, Line(*finding_line(self.wizard.say, each), each))
        self._list_waivers(tree, open_="waivers" in opened)
        self._return(tree, here, worst)

    def _return(self, tree: Branches, here: Any, worst: TreeNode[Line] | None) -> None:
        """Put the cursor where it was, at first on the first thing that failed."""
        nodes = [child for node in tree.root.children for child in (node, *node.children)]
        was = next((n for n in nodes if here is not None and n.data and findings.is_same(here, n.data.about)), None)
        target = was or worst or next(iter(tree.root.children), None)
        self._aimed = target.data.about if target and target.data else None
        self._offhand = None if was or worst else self._aimed
        self._fills = fill = self._fills + 1

        def arrive() -> None:
            if fill == self._fills:  # else it was drawn anew meanwhile, and the node is gone
                tree.move_cursor(target)
                self._aimed = None

        self.call_after_refresh(arrive)

    def _waiting(self, tree: Branches, host: str) -> None:
        answered = host in self.check.findings.asked
        tree.branch(None, Line(*waiting_line(self.wizard.say, host, answered), host)).allow_expand = False

    def _list_waivers(self, tree: Branches, *, open_: bool) -> None:
        say, waivers = self.wizard.say, findings.waivers_of(self.wizard.draft)
        if waivers:
            node = tree.branch(None, Line(waivers_line(say, len(waivers)), about="waivers"), open_=open_)
            for position, waiver in enumerate(waivers):
                tree.leaf(node, Line(*waiver_line(say, waiver), ("waiver", position)))

    @on(Tree.NodeHighlighted)
    def _moved(self, event: Tree.NodeHighlighted[Line]) -> None:
        event.stop()
        self._tell()

    @property
    def _about(self) -> Any:
        node = self.query_one(Branches).cursor_node
        return node.data.about if node and node.data else None

    @property
    def _waiver(self) -> Mapping[str, Any] | None:
        """The waiver under the cursor, unless it was withdrawn."""
        about, waivers = self._about, findings.waivers_of(self.wizard.draft)
        listed = isinstance(about, tuple) and about[0] == "waiver" and about[1] < len(waivers)
        return waivers[about[1]] if listed else None

    @property
    def _chosen(self) -> Finding | None:
        return self._about if isinstance(self._about, Finding) else None

    def _tell(self) -> None:
        """Say all of the line under the cursor, and which keys do something for it."""
        about, say = self._about, self.wizard.say
        text: RenderableType | Content | None = None
        keys = [] if self.busy else [("c", Message("check all"))]
        if isinstance(about, Finding):
            text = finding_told(say, about)
            keys += [] if self.busy else [("r", Message("try this again"))]
            keys += [("y", Message("copy what to do"))] if about.remedy else []
            if about.status == "failed" and about.check not in UNWAIVABLE:
                keys.append(("w", Message("waive")))
        elif waiver := self._waiver:
            text = waiver_told(say, waiver)
            keys.append(("x", Message("withdraw this waiver")))
        if self.failure and self.shown() and self.failure.error != PreflightFailed.__name__:
            text = told(self.wizard.say, self.failure)
        self.query_one("#finding").display = text is not None
        self.query_one("#told", Static).update(text or "")
        self.show_keys([*keys, ("W", Message("waivers")), ("/", Message("find")), ("Enter", Message("open, close"))])

    def action_check(self) -> None:
        """Check everything."""
        self.begin("check")

    def action_copy(self) -> None:
        """Copy what to do about the check under the cursor."""
        if (finding := self._chosen) and finding.remedy:
            self.app.copy_to_clipboard(finding.remedy)
            self.notify(self.wizard.say("copied"), timeout=2)

    def action_again(self) -> None:
        """Try the check under the cursor again."""
        if finding := self._chosen:
            name = f"{finding.check}@{finding.host}" if finding.host else finding.check
            self.begin("check", "--only", name)

    def action_waive(self) -> None:
        """Set the check under the cursor aside."""
        finding = self._chosen
        if finding is None or finding.status != "failed":
            return
        if finding.check in UNWAIVABLE:
            self.notify(self.wizard.say("A host that cannot be entered cannot be installed on: no waiver helps."))
            return
        self.app.push_screen(Waive(self.wizard, finding.check, finding.host), self._waived)

    def action_waivers(self) -> None:
        """Show the list of waivers, to add, change and take away some."""
        self.app.push_screen(Waivers())

    def _waived(self, waiver: Mapping[str, Any] | None) -> None:
        if waiver is not None:
            self.wizard.change(findings.with_waiver(self.wizard.draft, waiver))
            self._onward = True
            self.draw()

    def action_withdraw(self) -> None:
        """Take the waiver under the cursor back."""
        if self._waiver is not None:
            about = self._about
            self.wizard.change(findings.without_waiver(self.wizard.draft, about[1]))
            self.draw()


def _failed(host: TreeNode[Line]) -> bool:
    """Whether a host has checks that failed: it is closed only where a person closed it."""
    return any(n.data and isinstance(n.data.about, Finding) and n.data.about.status == "failed" for n in host.children)
