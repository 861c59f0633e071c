"""The installation: what will happen, then phases down and hosts across; paused, gone on with, taken back.

The run is a process of its own. Closing the wizard does not end it; opening this page finds it again.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, DataTable, Static

from installer.messages import Message
from installer.runs.stream import Failure
from installer.ui import words
from installer.ui.text import Text
from installer.ui.tui.content import Content
from installer.ui.tui.run import grid
from installer.ui.tui.run.dialogs import StepLog, TypeName, install_question
from installer.ui.tui.run.follower import BEAT
from installer.ui.tui.run.page import COLOURS, Keys, RunPage, moment, told
from installer.ui.tui.run.start import lacks
from installer.ui.tui.run.step_list import Steps, log_missing, step_told
from installer.ui.tui.run.summary import summary
from installer.ui.tui.state.result import begun
from installer.ui.tui.state.run import ACTIVE, RESTING, RESUMABLE, SIGNS, Mode, Watched, heading, keys
from installer.ui.tui.widgets.dialogs import Ask

LOG_NAMED = 90
"""Columns from which on the path of a log is told beside why its step broke; `l` shows it anywhere."""
CLOCK = 0.9
"""Seconds after which clocks are drawn anew where nothing was heard."""


class InstallPage(RunPage):
    """Starts a run, or shows the one that is under way or was broken off."""

    KEY = "install"
    CONCERN = "running"
    KEYS_TOLD = (
        ("i", Message("installs, after a question: hosts are checked first, and nothing is touched before they pass")),
        ("p", Message("pauses: steps that run finish, none begins; what is done stays done")),
        ("s", Message("stops at once: steps that run are cut off and done again later")),
        ("g", Message("goes on where a run was broken off, or proves again what was not proved")),
        ("b", Message("takes a broken-off run back, the last step first, after the site's name was typed")),
        ("l", Message("all that is known of the step under the cursor, and its log")),
        ("f", Message("lets the cursor follow the newest step again")),
        ("[ ]", Message("shows other hosts in the columns")),
        ("PgUp PgDn", Message("reads on in what is told below; turns the list's pages where nothing is cut there")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        ("i", "install", ""), ("p", "pause", ""), ("g", "resume", ""), ("s", "stop", ""), ("b", "back", ""),
        ("l", "log", ""), ("f", "newest", ""), ("o", "see", ""), ("left_square_bracket", "across(-1)", ""),
        ("right_square_bracket", "across(1)", ""),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._first = 0
        self._drawn_at = 0.0
        self._held: Widget | None = None
        self._mode: Mode = "idle"

    def body(self) -> ComposeResult:
        """Where it stands, the bar; before a run its summary; then the grid, the steps, why it failed; the keys."""
        yield Static(id="status", markup=False)
        yield Static(id="bar", markup=False)
        with VerticalScroll(id="room", classes="read", can_focus=False):
            yield Static(id="across", markup=False)
        yield Button(self.wizard.say("Install"), id="go", compact=True)
        yield Steps(self.wizard.say)
        with VerticalScroll(id="why", classes="read", can_focus=False):
            yield Static(id="told", markup=False)
        yield Keys(classes="keys")

    @property
    def watched(self) -> Watched:
        """The run that is under way or ended last."""
        return self.session.run

    @property
    def mode(self) -> Mode:
        """Where the run stands."""
        return self.watched.mode(alive=self.watching.runs)

    def on_mount(self) -> None:
        """Take up what is under way; clocks go on, what is heard is drawn when it comes."""
        super().on_mount()
        self.set_interval(BEAT, self._beat)

    def _beat(self) -> None:
        if self.display and self.watching.runs and time.monotonic() - self._drawn_at > CLOCK:
            self._draw_run()

    def draw(self) -> None:
        """Show where things stand."""
        if not self.is_mounted or not self.query("#told"):
            return
        mode = self.mode
        idle = mode in RESTING or (mode == "done" and self.watched.course is None)
        button, steps = self.query_one("#go", Button), self.query_one(Steps)
        button.display = idle and not self.at_work
        button.disabled = not button.display
        steps.display = not idle and self.watched.course is not None
        self.set_class(not steps.display, "-summary")
        self._hold_focus(steps if steps.display else button if button.display else self.query_one("#room"))
        self._draw_run()
        self._draw_why(mode)
        if mode != self._mode and steps.display:
            self._mode = mode
            self.call_after_refresh(steps.reveal)
        self.show_keys(self._keys_now(mode))

    def _hold_focus(self, widget: Widget) -> None:
        """The page's keys work while the cursor is on it: it goes to the part that is shown now."""
        self.query_one("#room").can_focus = widget.id == "room"
        if widget is not self._held and self.display and self.app.screen is self.screen:
            self.call_after_refresh(widget.focus)
        self._held = widget

    def _draw_run(self) -> None:
        self._drawn_at = time.monotonic()
        say, mode, course = self.wizard.say, self.mode, self.watched.course
        sign = SIGNS[mode]
        said = heading(say, mode, back=self.watched.back)
        line = Text.assemble((f"{words.SIGNS[sign]} ", COLOURS[sign]), (said, "bold"))
        now = datetime.now(UTC)
        if mode not in ACTIVE and course is not None and course.last:
            now = course.last
        if course is not None and course.began:
            line.append(f"   {grid.standing(say, course, now)}", "dim")
        self.query_one("#status", Static).update(line if mode != "idle" or self.at_work else "")
        strip, across = self.query_one("#bar", Static), self.query_one("#across", Static)
        strip.display = course is not None
        width = max(self.query_one("#room").size.width, 40)
        if course is None:
            resting = mode in RESTING or mode == "done"
            across.update(summary(self.wizard, self.watching.site) if resting else self._looking())
            return
        strip.update(grid.bar(course, width))
        across.update(grid.grid(say, course, width, self._first, now))
        self.query_one(Steps).show(course, width, now, follow=mode in ACTIVE)

    def _looking(self) -> Text:
        count = self.watched.findings
        told_ = self.wizard.say("{count} findings so far", count=count) if count else ""
        return Text(told_, style="dim")

    def _draw_why(self, mode: Mode) -> None:
        text = self._why(mode)
        self.query_one("#why").display = text is not None
        self.query_one("#told", Static).update(text or "")

    def _why(self, mode: Mode) -> Content | None:
        """Why something could not be done, or did not end well; what may be read on."""
        say, refusal = self.wizard.say, self.session.refusal
        if refusal is not None and self.failure is refusal[1]:
            return told(self.wizard.say, refusal[1])
        reasons = [] if mode in ACTIVE else self.watched.reasons(say)
        if reasons:
            course = self.watched.course
            wide = self.size.width >= LOG_NAMED
            log = self.log_of(course.failed[-1]) if wide and course and course.failed else ""
            lines = [told(self.wizard.say, Failure("", reason, remedy, 0)) for reason, remedy in reasons]
            return Content("\n").join([*lines, *([Content.styled(f"  {say('log')}: {log}", "dim")] if log else [])])
        if mode == "broken":
            return Content(say("Its process was killed, or this machine was switched off. g goes on where it stopped."))
        if mode == "done" and self.watched.ready:
            passed = sum(1 for each in self.watched.probes if each.passed)
            return Content(say("{count} probes passed. o shows the result.", count=passed))
        return None

    def _keys_now(self, mode: Mode) -> list[tuple[str, str]]:
        most = max(self._hosts_across(), default=0)
        more = most > grid.columns(self.query_one("#room").size.width, most)
        following = self.query_one(Steps).following
        return [] if self.watching.starting else keys(self.watched, mode, following=following, more_hosts=more)

    def log_of(self, step: str) -> str:
        """Where the log of a step is; empty where there is none."""
        course = self.watched.course
        if course is None or not course.run:
            return ""
        path = self.wizard.runs.log(self.watching.site, course.run, step)
        return str(path) if path.exists() else ""

    def _hosts_across(self) -> list[int]:
        """How many hosts each environment has."""
        course = self.watched.course
        return [len(course.hosts(name)) for name in course.environments()] if course else []

    @on(Button.Pressed, "#go")
    def action_install(self) -> None:
        """Install, after one question that names the hosts."""
        if self.busy or self.mode in RESUMABLE:
            return
        say = self.wizard.say
        lacking = lacks(self.wizard)
        if lacking:
            self.notify(lacking, severity="warning", timeout=8)
            return
        names = [str(host.get("name")) for host in self.wizard.draft.sections(("hosts",))]

        def answered(choice: str | None) -> None:
            if choice == "install":
                self.begin("install", "--yes")

        self.app.push_screen(install_question(say, names), answered)

    def action_pause(self) -> None:
        """Let the running steps finish, then stop."""
        if self.mode == "running":
            self.watching.pause()

    def action_stop(self) -> None:
        """Stop at once, after a question."""
        say = self.wizard.say
        if not self.watching.runs:
            return

        def answered(choice: str | None) -> None:
            if choice == "stop":
                self.watching.stop()

        told_ = say("Steps that run now are cut off; going on later does them again. Pausing lets them finish.")
        choices = (("stay", say("Let it run")), ("stop", say("Stop now")))
        self.app.push_screen(Ask(say("Stop at once?"), told_, choices), answered)

    def action_resume(self) -> None:
        """Go on with what was broken off, or prove what was not proved."""
        if not self.busy and self.watched.left is not None:
            self.begin("resume", "--yes")

    def action_back(self) -> None:
        """Take the run back, after the site's name was typed."""
        left = self.watched.left
        if self.busy or left is None or self.mode not in RESUMABLE or self.watched.back:
            return
        say = self.wizard.say
        told_ = say("Every step of the run that began {time} is undone, the last one first; the hosts are then as "
                    "before it.\n\n{run}", time=moment(f"{begun(left.run)}"), run=left.run.name)  # fmt: skip

        def answered(confirmed: bool | None) -> None:
            if confirmed:
                self.begin("rollback", "--yes")

        dialog = TypeName(say, say("Take the run back?"), told_, self.watching.site, say("Take it back"))
        self.app.push_screen(dialog, answered)

    @on(DataTable.RowSelected)
    def action_log(self) -> None:
        """Show the step under the cursor and its log."""
        course, step = self.watched.course, self.query_one(Steps).chosen
        if course is None or step not in course.steps:
            return
        say = self.wizard.say
        log = self.wizard.runs.log(self.watching.site, course.run, step) if course.run else None
        told_, none = partial(step_told, say, course, step), partial(log_missing, say, course, step)
        self.app.push_screen(StepLog(say, say(course.steps[step].title), told_, log, none))

    def action_newest(self) -> None:
        """Let the cursor follow the step that began last."""
        self.query_one(Steps).following = True
        self.draw()

    def action_see(self) -> None:
        """Show the result, or what failed before anything began."""
        if self.mode == "refused":
            self.wizard.open_page("preflight")
        elif self.mode in ("done", "unproved"):
            self.wizard.open_page("result")

    def action_across(self, by: int) -> None:
        """Show other hosts in the columns."""
        course = self.watched.course
        if course is not None:
            most = max(self._hosts_across(), default=0)
            step = max(grid.columns(self.query_one("#room").size.width, most), 1)
            self._first = min(max(self._first + by * step, 0), max(most - step, 0))
            self._draw_run()
