"""The plan: every step before anything is touched, by phase, environment and host, with what it sends and takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from installer.messages import Message
from installer.plan.card import PlanCard, StepCard
from installer.ui import words
from installer.ui.run_progress import PHASES
from installer.ui.text import Text
from installer.ui.tui.content import Content
from installer.ui.tui.run.filter import Find, Searched
from installer.ui.tui.run.page import COLOURS, Keys, told
from installer.ui.tui.run.start import lacks
from installer.ui.tui.run.summary import plan_line
from installer.ui.tui.widgets.tree import Branches, Line

LEVELS: Sequence[Callable[[StepCard], str]] = (
    lambda step: step.phase, lambda step: step.environment, lambda step: step.host,
)  # fmt: skip
FEW = 30
"""Steps up to which everything below a phase is shown at once."""


class PlanPage(Searched):
    """The last plan that was made; hosts are asked which steps hold already where a person wants that."""

    KEY = "plan"
    CONCERN = "planning"
    KEYS_TOLD = (
        ("p", Message("makes the plan anew; that takes seconds and changes nothing")),
        ("d", Message("asks the hosts which steps hold already: those will not be done again")),
        ("/", Message("lists only what holds a text; Escape lists all again")),
        ("Enter", Message("opens and closes what is under the cursor; so do → and ←")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [("p", "plan", ""), ("d", "ask", "")]

    def __init__(self) -> None:
        super().__init__()
        self._drawn: object = None
        self._tried = False

    def body(self) -> ComposeResult:
        """The totals, the tree, the keys."""
        yield Static(id="counts", markup=False)
        yield Branches("steps-planned")
        yield Find(self.wizard.say)
        yield Keys(classes="keys")

    @property
    def planned(self) -> PlanCard | None:
        """The last plan."""
        return self.session.planned

    @property
    def stale(self) -> bool:
        """Whether the answers have changed since the plan was made."""
        return self.session.planned_of is not None and self.session.planned_of != self.wizard.draft.data

    @on(events.Show)
    def _opened_again(self) -> None:
        """A plan that could not be made is tried once more when the page is opened again."""
        self._tried = False

    def _make_by_itself(self) -> None:
        """Make the plan when the page is opened, where nothing has to be asked for it."""
        known = self.planned is not None or self._tried or self.busy or not self.taken_up
        if not known and not lacks(self.wizard) and not self.wizard.editor.changed:
            self._tried = True
            self.begin("plan")

    def draw(self) -> None:
        """Draw what differs."""
        if not self.is_mounted or not self.query("#counts"):
            return
        self._make_by_itself()
        self.query_one("#counts", Static).update(self._counts())
        drawn = (self.planned, self.query_one(Find).value)
        if self.planned is not None and self._drawn != drawn:
            self._drawn = drawn
            self._fill(self.planned)
        keys = (
            [] if self.busy else [("p", Message("plan anew")), ("d", Message("ask the hosts which steps hold already"))]
        )
        self.show_keys([*keys, ("/", Message("find")), ("Enter", Message("open, close"))])

    def _counts(self) -> Content:
        say = self.wizard.say
        if self.at_work:
            asking = self.watching.under_way and "--dry-run" in self.session.flags
            doing = say("asking the hosts which steps hold already …") if asking else say("making the plan …")
            return Content.styled(doing, "$accent")
        if self.failure:
            return told(self.wizard.say, self.failure)
        if self.planned is None:
            return Content(lacks(self.wizard) or say("No plan was made yet. It takes seconds and changes nothing."))
        line = Content(plan_line(say, self.planned))
        if self.stale:
            return line + Content.styled("\n" + say("answers have changed since; p plans anew"), "$text-warning")
        return line

    def _fill(self, planned: PlanCard) -> None:
        tree = self.query_one(Branches)
        tree.clear()
        several = len({step.environment for step in planned.steps}) > 1
        levels = [level for position, level in enumerate(LEVELS) if position != 1 or several]
        find = self.query_one(Find)
        steps = [step for step in planned.steps if find.holds(self._searched(step))]
        self._branch(tree, tree.root, steps, levels, open_=bool(find.value) and len(steps) <= FEW)
        self.call_after_refresh(lambda: tree.move_cursor(next(iter(tree.root.children), None)))

    def _searched(self, step: StepCard) -> str:
        return f"{step.title} {self.wizard.say(step.title)} {step.host} {step.id}"

    def _branch(
        self, tree: Branches, parent: TreeNode[Line], steps: Sequence[StepCard],
        levels: Sequence[Callable[[StepCard], str]], *, open_: bool = False,
    ) -> None:  # fmt: skip
        """Add what is below a node; hosts get their steps when they are opened, for there may be thousands."""
        if not levels:
            for step in steps:
                tree.leaf(parent, Line(self._step(step), self._figures([step]), step))
            return
        for name in dict.fromkeys(map(levels[0], steps)):
            mine = [step for step in steps if levels[0](step) == name]
            first, last = levels[0] is LEVELS[0], len(levels) == 1
            shown = self.wizard.say(PHASES.get(name, name)) if first else name or self.wizard.say("the whole site")
            text = Text(shown, style="bold" if first else "")
            below = self.wizard.say("{count} steps", count=len(mine)) if len(mine) > 1 else self.wizard.say("1 step")
            line = Line(text.append(f"  {below}", "dim"), self._figures(mine), (mine, levels[1:]))
            node = tree.branch(parent, line, open_=open_ or (first and len(mine) <= FEW))
            if not last or open_:
                self._branch(tree, node, mine, levels[1:], open_=open_)

    @on(Tree.NodeExpanded)
    def _opened(self, event: Tree.NodeExpanded[Line]) -> None:
        event.stop()
        node = event.node
        if node.data and not node.children and isinstance(node.data.about, tuple):
            steps, levels = node.data.about
            self._branch(self.query_one(Branches), node, steps, levels)

    def _step(self, step: StepCard) -> Text:
        holding, title = self.planned.holding if self.planned else None, self.wizard.say(step.title)
        if holding is None:
            text = Text(title)
        elif holding.get(step.id):
            text = Text.assemble(("✔ ", COLOURS["ok"]), (title, "dim"))
        else:
            text = Text.assemble(("─ ", "dim"), title)
        if not step.can_be_undone:
            text.append(f"  {self.wizard.say('point of no return')}", COLOURS["warn"])
        return text

    def _figures(self, steps: Sequence[StepCard]) -> Text:
        """Bytes and seconds, in columns."""
        holding = self.planned.holding if self.planned else None
        left = [step for step in steps if not (holding or {}).get(step.id)]
        if holding is not None and not left:
            return Text(f"{self.wizard.say('already so'):>22}", style="dim")
        sent = sum(step.bytes for step in left)
        seconds = max(sum(s.seconds for s in left if s.host == host) for host in {s.host for s in left})
        return Text(f"{words.size(sent) if sent else '':>9}  {words.duration(seconds):>11}")

    def action_plan(self) -> None:
        """Make the plan anew."""
        self.begin("plan")

    def action_ask(self) -> None:
        """Ask the hosts which steps hold already."""
        self.begin("plan", "--dry-run")
