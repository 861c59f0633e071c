"""Where a person begins: new answers, a file, a draft that was left, a run that was broken off, a site to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from installer.answers.paths import located, lost_home
from installer.draft.document import Draft
from installer.errors import AnswersInvalid, Problem, SitewrightError
from installer.runs import background
from installer.runs.store import Runs
from installer.ui.tui import context, problem_texts, recovery
from installer.ui.tui.content import Content
from installer.ui.tui.run.follower import VERBS
from installer.ui.tui.run.page import moment
from installer.ui.tui.state import editor, last_run
from installer.ui.tui.widgets import panels
from installer.ui.tui.widgets.dialogs import Ask
from installer.ui.tui.words import Say

LIKE_ANSWERS = re.compile(r"(?=[\s\S]*^version\s*:)(?=[\s\S]*^site\s*:)", re.MULTILINE)
"""What a text has that means to be answers, whether it is well-formed or not."""


PAGES = {"check": "preflight", "plan": "plan", "status": "result"}
"""Pages about what runs, where that is not an installation."""


@dataclass(frozen=True)
class Way:
    """One way to begin: what it says, the file it opens and the page it opens it on."""

    key: str
    title: str
    told: str
    file: Path | None
    step: str = "site"


class Start(Screen[None]):
    """A list of ways to begin; the likeliest comes first."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "app.leave", "")]

    def anew(self) -> Start:
        """The same screen, to be drawn anew."""
        return Start()

    def compose(self) -> ComposeResult:
        """The name, the list, a line for a file's name."""
        say = context.of(self).say
        with Vertical(id="start"):
            yield Label("sitewright", classes="heading", markup=False)
            yield Label(
                say("A Kubernetes platform on your own machines, from one signed file, without internet."),
                classes="intro",
                markup=False,
            )
            yield OptionList(id="ways", compact=True, markup=False)
            yield Input(placeholder=say("name of the answers file, e.g. acme/answers.yaml"), id="name", compact=True)
        yield panels.Hints(id="hints")

    def on_mount(self) -> None:
        """Look for what there is to go on with."""
        around = context.of(self)
        self._ways = {way.key: way for way in ways(around.say, around.runs, Path.cwd())}
        listed = self.query_one("#ways", OptionList)
        for way in self._ways.values():
            listed.add_option(Option(Content.assemble((way.title, "bold"), "\n", (f"  {way.told}", "dim")), way.key))
        listed.highlighted = 0
        listed.focus()
        self.query_one("#name").display = False
        keys = (
            ("↑↓", around.say("choose")),
            ("Enter", around.say("open")),
            ("F9", around.say.other.called),
            ("F10", around.say("leave")),
        )
        self.query_one(panels.Hints).show(keys)

    @on(OptionList.OptionSelected, "#ways")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        way = self._way = self._ways[event.option_id or ""]
        if way.file is not None:
            self._open(way.file, way.step)
        else:
            name = self.query_one("#name", Input)
            name.display = True
            name.value = "answers.yaml" if way.key == "new" and not Path("answers.yaml").exists() else ""
            name.focus()

    @on(Input.Submitted, "#name")
    def _named(self, event: Input.Submitted) -> None:
        event.stop()
        text, say = event.value.strip(), context.of(self).say
        file = located(text)
        told = ""
        if person := lost_home(text):
            told = say("{person}, whom this machine does not know", person=person)
        elif self._way.key == "other" and not file.is_file():
            told = say("There is no file {file}; for new answers choose “New answers”.", file=file)
        if told:
            self.notify(told, severity="error", markup=False)
        elif text:
            self._open(file, "site")

    def _open(self, file: Path, step: str) -> None:
        try:
            opened = editor.opened(file)
        except AnswersInvalid as error:
            say = context.of(self).say
            told = "\n\n".join(problem_texts.few(say, error.problems, lambda problem: _flaw(say, problem)))
            after = say("Mend this in an editor, then open the file again. The wizard has not changed it.")
            heading = say("{file} cannot be made out", file=file.name)
            self.app.push_screen(Ask(heading, f"{told}\n\n{after}", [("close", say("Close"))]))
        except SitewrightError as error:
            told = ". ".join(filter(None, problem_texts.failure(context.of(self).say, error)))
            self.notify(told, severity="error", timeout=10, markup=False)
        else:
            context.of(self).begin(opened, step)


def ways(say: Say, runs: Runs, folder: Path) -> Iterator[Way]:
    """The ways there are here, the likeliest first."""
    yield from _of_runs(say, runs)
    lefts = [left.with_name(left.name[1 : -len(".draft")]) for left in sorted(folder.glob(".*.draft"))]
    drafts = [file for file in lefts if _is_left(file)]
    for file in drafts:
        kept = say("kept {time}", time=recovery.written(editor.draft_of(file)))
        yield Way(f"draft:{file}", say("Go on with the draft of {file}", file=file.name), kept, file)
    for file in sorted(folder.glob("*.yaml")):
        if file not in drafts:
            yield from _of_file(say, file)
    yield Way("new", say("New answers"), say("asks everything that an installation needs"), None)
    yield Way("other", say("Open a file from elsewhere"), say("type its name"), None)


def _of_runs(say: Say, runs: Runs) -> Iterator[Way]:
    busy = {process.site: process for process in background.under_way(runs)}
    for site, process in busy.items():
        file = Path(last_run.named(process).get("profile", ""))
        if file.is_file() and process.argv[0] in VERBS:
            told = say("{what} at {name}, under way since {time}", what=say(VERBS[process.argv[0]]), name=site,
                       time=moment(process.since))  # fmt: skip
            yield Way(f"process:{site}", say("Look at what runs at {name}", name=site), told, file,
                      PAGES.get(process.argv[0], "install"))  # fmt: skip
    for site in runs.sites():
        if site in busy:
            continue
        try:
            history = runs.history(site)
        except SitewrightError:
            continue
        file = Path(history[-1].remembered.get("profile", "")) if history else Path()
        if not history or not file.is_file():
            continue
        last = history[-1]
        if last.outcome in ("done", "taken back"):
            told = say("last: {operation}, {outcome}", operation=say(last.operation), outcome=say(last.outcome))
            yield Way(f"site:{site}", say("Look at site {name}", name=site), told, file, "result")
        else:
            told = say(
                "{operation}, {outcome}; it can be resumed", operation=say(last.operation), outcome=say(last.outcome)
            )
            yield Way(f"run:{site}", say("Go on with the run at {name}", name=site), told, file, "install")


def _of_file(say: Say, file: Path) -> Iterator[Way]:
    """The way to open a file that looks like answers, also where a mistake in it must be mended first."""
    try:
        text = editor.read_text(file)
    except SitewrightError:
        return
    if not LIKE_ANSWERS.match(text):
        return
    try:
        name = str(Draft.of(text, str(file)).at(("site", "name"), "")) or "–"
        yield Way(f"file:{file}", say("Open {file}", file=file.name), say("site {name}", name=name), file)
    except AnswersInvalid as error:
        told = _flaw(say, error.problems[0])
        yield Way(f"file:{file}", say("Mend {file} first", file=file.name), told, file)


def _flaw(say: Say, problem: Problem) -> str:
    found, wanted = (say(text) for text in (problem.found, problem.wanted))
    where = f"{Path(problem.file).name}:{problem.line}"
    return f"{where}  {say('✖ found {found}; wanted {wanted}', found=found, wanted=wanted)}"


def _is_left(file: Path) -> bool:
    """Whether an earlier session left a draft of a file; what cannot be read is none of ours."""
    try:
        return editor.leftover(file) is not None
    except SitewrightError:
        return False
