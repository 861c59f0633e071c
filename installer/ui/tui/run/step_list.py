"""The steps of a run, one line each; the cursor follows the newest until a person moves it."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.cells import cell_len
from textual import events
from textual.widgets import DataTable

from installer.messages import Message
from installer.plan.card import StepCard
from installer.ui import words
from installer.ui.run_progress import RunProgress, StepTiming
from installer.ui.text import Text
from installer.ui.tui.content import Content
from installer.ui.tui.run.grid import clock
from installer.ui.tui.run.page import COLOURS, moment
from installer.ui.tui.words import Say

SIGN, HOST, STATE, PADDING = 1, 12, 22, 8
NARROW, BRIEF = 76, 10
KEYS = frozenset({"up", "down", "pageup", "pagedown", "home", "end"})


class Steps(DataTable[Text]):
    """All steps in the plan's order; only what changed is drawn anew."""

    def __init__(self, say: Say) -> None:
        super().__init__(id="list", cursor_type="row", zebra_stripes=False)
        self.following = True
        self._say = say
        self._brief = False
        self._listed: tuple[RunProgress, datetime | None, int] | None = None
        self._heard = 0

    @property
    def chosen(self) -> str:
        """The step under the cursor; empty where there is none."""
        if not self.row_count:
            return ""
        return str(self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value)

    def _fill(self, course: RunProgress, width: int) -> None:
        """List the steps of a plan in so many columns of the screen."""
        chosen = self.chosen
        self.clear(columns=True)
        self._brief = width < NARROW
        state = BRIEF if self._brief else STATE
        host = min(max((cell_len(self._where(step)) for step in course.steps.values()), default=4), HOST)
        title = max(width - SIGN - host - state - PADDING - 1, 16)
        for name, width in (("", SIGN), (self._say("step"), title), (self._say("host"), host), ("", state)):
            self.add_column(name, width=width, key=str(len(self.columns)))
        for name in course.steps:
            self.add_row(*self._cells(course, name, course.last), key=name)
        if chosen in course.steps:
            self.move_cursor(row=self.get_row_index(chosen))

    def show(self, course: RunProgress, width: int, now: datetime, *, follow: bool) -> None:
        """Draw what is not as it was drawn last; all of it where the run or the width is another one."""
        listed = course, course.began, width
        if listed != self._listed:
            self._fill(course, width)
            self._listed, self._heard = listed, course.heard
        for name in course.since(self._heard):
            for column, cell in enumerate(self._cells(course, name, now)):
                was = self.get_cell(name, str(column))
                if (cell.plain, cell.style) != (was.plain, was.style):
                    self.update_cell(name, str(column), cell)
        self._heard = course.heard
        target = (course.latest if follow else next(iter(course.failed), "")) if self.following else ""
        if target in course.steps:
            self.move_cursor(row=self.get_row_index(target))

    def reveal(self) -> None:
        """Bring the line under the cursor into view."""
        self.move_cursor(row=self.cursor_row)

    def on_resize(self) -> None:
        """Keep it in view where the room for the list has changed."""
        self.call_after_refresh(self.reveal)

    def on_key(self, event: events.Key) -> None:
        """A person who moves the cursor wants to stay there."""
        if event.key in KEYS:
            self.following = False

    def _where(self, step: StepCard) -> str:
        return step.host or self._say("the whole site")

    def _cells(self, course: RunProgress, name: str, now: datetime | None) -> tuple[Text, Text, Text, Text]:
        step, pace = course.steps[name], course.paces[name]
        sign = Text(words.SIGNS[pace.state], style=COLOURS[pace.state])
        dim = "dim" if pace.state == "waiting" or (pace.state == "ok" and not pace.changed) else ""
        cells = (
            Text(self._say(step.title), style=dim),
            Text(self._where(step), style="dim"),
            state_of(self._say, course, name, now, brief=self._brief),
        )
        return sign, *cells


def state_of(say: Say, course: RunProgress, name: str, now: datetime | None, *, brief: bool = False) -> Text:
    """How far a step is, right-aligned as figures are."""
    pace = course.paces[name]
    text = ""
    if pace.state == "ok":
        text = words.duration(pace.seconds) if pace.changed else say("already so")
    elif pace.state == "failed":
        took = words.duration(pace.seconds)
        text = took if brief else say("failed after {time}", time=took)
    elif pace.state == "running":
        text = clock((now - pace.started).total_seconds()) if pace.started and now else ""
        if pace.unit == "bytes" and not brief:
            text = f"{words.size(pace.done)} · {words.speed(pace.speed)} · {text}"
    colour = "dim" if pace.state == "ok" else COLOURS[pace.state]
    return Text(text, style=colour, justify="right", no_wrap=True)


def _between(pace: StepTiming) -> str:
    """When a step began and ended."""
    end = pace.started + timedelta(seconds=pace.seconds) if pace.started else None
    return f"{moment(f'{pace.started}')} – {moment(f'{end}')}"


def log_missing(say: Say, course: RunProgress, name: str) -> str:
    """Why there is no log of a step."""
    texts = {
        "waiting": Message("It has not begun."),
        "running": Message("While it runs its output is on its host; should it break, that is kept here as its log."),
        "ok": Message("There is no log: a step keeps one only when it breaks."),
        "failed": Message("There is no log: it broke before it said anything."),
    }
    return say(texts[course.paces[name].state])


def step_told(say: Say, course: RunProgress, name: str) -> Content:
    """All that is known of a step."""
    step, pace = course.steps[name], course.paces[name]
    states = {
        "waiting": Message("waits for its turn"),
        "running": Message("runs"),
        "ok": Message("done"),
        "failed": Message("failed"),
    }
    lines = [
        Content.styled(f"{step.id}", "dim"),
        Content.assemble(f"{words.SIGNS[pace.state]} {say(states[pace.state])}", ("  ", ""),
                         (f"{step.host}  {say('expected')} {words.duration(step.seconds)}", "dim")),
    ]  # fmt: skip
    if pace.state == "ok":
        took = say("took {time}", time=words.duration(pace.seconds)) if pace.changed else say("already so")
        lines.append(Content(f"{took} · {_between(pace)}" if pace.started else took))
    if pace.unit == "bytes":
        sent = say("{done} of {total} sent", done=words.size(pace.done), total=words.size(pace.total))
        lines.append(Content(f"{sent} · {words.speed(pace.speed)}"))
    elif pace.note and pace.state == "running":
        lines.append(Content(pace.note))
    if pace.state == "running" and pace.started:
        lines.append(Content(say("since {time}", time=moment(f"{pace.started}"))))
    waiting = [other for other in step.after if course.paces[other].state != "ok"] if pace.state == "waiting" else []
    if waiting:
        lines.append(Content(say("waits for {steps}", steps=", ".join(waiting[:6]))))
    if pace.reason:
        lines.append(Content.styled(say(pace.reason), "$text-error"))
    return Content("\n").join(lines)
