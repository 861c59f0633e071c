"""What the pages that run something share: each is a view of the one process that is followed for them all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from installer.messages import Message
from installer.runs.stream import Failure
from installer.ui.tui.content import Content
from installer.ui.tui.context import Watching, WizardContext
from installer.ui.tui.messages import Told
from installer.ui.tui.state.review import Change, Review
from installer.ui.tui.state.session import FIRST, Checked, Concern, Session
from installer.ui.tui.theme import NIGHT
from installer.ui.tui.widgets.page import Page
from installer.ui.tui.words import Say

COLOURS = {"ok": str(NIGHT.success), "warn": str(NIGHT.warning), "waived": str(NIGHT.warning),
           "failed": str(NIGHT.error), "running": str(NIGHT.accent), "waiting": "dim"}  # fmt: skip
"""What repeats a sign: the colours of the wizard's theme."""


GAP = "   "
"""Between two keys."""


class Keys(Static):
    """The keys that work on a page now, each with what it does."""

    def show(self, say: Say, keys: Sequence[tuple[str, str]]) -> None:
        """Write them, in as many lines as they need; a key and what it does stay together."""
        rows: list[list[Content]] = [[]]
        for key, what in keys:
            part = Content.assemble((key, "bold $accent"), " ", say(what))
            if rows[-1] and sum(each.cell_length + len(GAP) for each in rows[-1]) + part.cell_length > self.size.width:
                rows.append([])
            rows[-1].append(part)
        self.update(Content("\n").join(Content(GAP).join(row) for row in rows))


class RunPage(Page):
    """A page that runs a verb of the command line in a process of its own, and shows what it says."""

    CONCERN: ClassVar[Concern]
    """What of a process this page is about."""
    WHOLE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "read(-1)", "", priority=True), Binding("pagedown", "read(1)", "", priority=True),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(classes="run-page")
        self.taken_up = False
        """Whether it is known what runs."""
        self._keys: Sequence[tuple[str, str]] = ()

    @property
    def watching(self) -> Watching:
        """What runs for the site, or ran last."""
        return self.wizard.watching

    @property
    def session(self) -> Session:
        """What that has told."""
        return self.wizard.watching.session

    @property
    def busy(self) -> bool:
        """Whether something is being started or is under way, for whatever page."""
        return self.watching.busy

    @property
    def at_work(self) -> bool:
        """Whether what this page is about is being done or begun."""
        begun = FIRST.get(self.watching.starting)
        return begun == self.CONCERN or (self.watching.under_way and self.session.doing == self.CONCERN)

    @property
    def failure(self) -> Failure | None:
        """Why what this page is about could not be done; None where it could."""
        return self.session.failure_at(self.CONCERN)

    def on_mount(self) -> None:
        """Take up what is under way."""
        self.watching.take_up()
        self.taken_up = True
        self.draw()
        for told in self.query(".read").results(VerticalScroll):
            self.watch(told, "show_vertical_scrollbar", self._write_keys, init=False)

    def on_resize(self, event: events.Resize) -> None:
        """Set what stands to the right anew."""
        self.call_after_refresh(self.draw)

    @on(events.Show)
    @on(events.Hide)
    def _seen(self) -> None:
        """What happened meanwhile elsewhere is taken up."""
        if getattr(self.screen, "page", None) is self:
            self.watching.take_up()
            self.draw()

    @on(Told)
    def _told(self, message: Told) -> None:
        message.stop()
        if self.display:
            self.draw()

    def draw(self) -> None:
        """Show where things stand."""

    def show_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Write which keys do something now."""
        self._keys = keys
        self._write_keys()
        self.call_after_refresh(self._write_keys)  # what is cut is known once it is laid out

    def _write_keys(self) -> None:
        more = [("PgUp PgDn", Message("read on"))] if self._cut is not None else []
        self.query_one(Keys).show(self.wizard.say, [*self._keys, *more])

    @property
    def _cut(self) -> VerticalScroll | None:
        """What is told on this page and does not fit; None where all of it does."""
        return next((each for each in self.query(".read").results(VerticalScroll)
                     if each.display and each.max_scroll_y > 0), None)  # fmt: skip

    def action_read(self, by: int) -> None:
        """Read on in what is told and cut; where nothing is, turn the pages of the list that has the cursor."""
        where = self._cut or self.screen.focused
        if where is not None:
            where.action_page_down() if by > 0 else where.action_page_up()

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Follow the answers."""
        super().reviewed(review, changes)
        self.draw()

    def begin(self, verb: str, *flags: str) -> None:
        """Run a verb."""
        self.watching.begin(verb, *flags)


def out_of_date(wizard: WizardContext, check: Checked) -> bool:
    """Whether the answers have changed since a check; of one that another session made, by the file's time."""
    if check.of is not None:
        return check.of is not wizard.draft.data and check.of != wizard.draft.data
    try:
        written = datetime.fromtimestamp(wizard.editor.file.stat().st_mtime, UTC)
        return wizard.editor.changed or written > datetime.fromisoformat(check.since)
    except (OSError, ValueError):
        return True


def moment(since: str) -> str:
    """A time as a clock on the wall shows it; with its day where that is another one."""
    try:
        at = datetime.fromisoformat(since).astimezone()
    except ValueError:
        return since
    today = datetime.now(UTC).astimezone().date()
    return f"{at:%H:%M:%S}" if at.date() == today else f"{at:%Y-%m-%d %H:%M}"


def told(say: Say, failure: Failure) -> Content:
    """Why something ended: the message and the remedy, in full."""
    lines = [Content.assemble(("✖ ", "$text-error"), say(failure.message))]
    lines += [Content.assemble(("  → ", "bold"), line) for line in say(failure.remedy).splitlines()]
    return Content("\n").join(lines)
