"""What the pages that run something share: a process of its own is started, found again, and followed."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker

from installer import answers_file, detached
from installer.detached import Detached
from installer.errors import SitewrightError
from installer.followed import Ended, Failure, Follower, Item, Note
from installer.runs import Runs
from installer.ui.tui.messages import Reviewed
from installer.ui.tui.page import Page
from installer.ui.tui.review import Change, Review
from installer.ui.tui.screens.dialogs import Ask, Typed
from installer.ui.tui.steps import STEPS
from installer.ui.tui.theme import NIGHT
from installer.ui.tui.words import Say

BEAT = 0.25
"""Seconds between two looks at what a process has said."""
PIECES = 8
"""Readings that one look takes at most, so that a page that comes back shows something soon."""
FILES = frozenset({"--profile", "--bundle", "--signers", "--simulate", "--state"})
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
COLOURS = {"ok": str(NIGHT.success), "warn": str(NIGHT.warning), "waived": str(NIGHT.warning),
           "failed": str(NIGHT.error), "running": str(NIGHT.accent), "waiting": "dim"}  # fmt: skip
"""What repeats a sign: the colours of the wizard's theme."""
VERBS = {
    "check": "the check", "plan": "the plan", "status": "the look at the hosts", "install": "the installation",
    "resume": "the installation", "rollback": "the rollback", "uninstall": "the removal",
}  # fmt: skip


@dataclass
class Heard(Message):
    """What a process has said since the last look, in order."""

    items: Sequence[Item]


class Keys(Static):
    """The keys that work on a page now, each with what it does."""

    def show(self, say: Say, keys: Sequence[tuple[str, str]]) -> None:
        """Write them."""
        parts = [Content.assemble((key, "bold $accent"), " ", say(what)) for key, what in keys]
        self.update(Content("   ").join(parts))


class RunPage(Page):
    """A page that runs a verb of the command line in a process of its own, and shows what it says."""

    VERBS: ClassVar[frozenset[str]]
    """Verbs whose process this page takes up when it is opened."""

    def __init__(self) -> None:
        super().__init__(classes="run-page")
        self.process: Detached | None = None
        self.failure: Failure | None = None
        self.ended: Ended | None = None
        self.starting = False
        self._follower: Follower | None = None
        self._poll: Worker[None] | None = None

    @property
    def site(self) -> str:
        """The site's name; empty while it has no valid one."""
        name = str(self.desk.draft.at(("site", "name"), ""))
        return name if NAME.fullmatch(name) else ""

    @property
    def verb(self) -> str:
        """What the process that is followed was told to do; empty where there is none."""
        return self.process.argv[0] if self.process and self.process.argv else ""

    @property
    def under_way(self) -> bool:
        """Whether the process that is followed has not told its end."""
        return self._follower is not None and not self._follower.ended

    @property
    def busy(self) -> bool:
        """Whether something is being started or is under way here."""
        return self.starting or self.under_way

    def on_mount(self) -> None:
        """Take up what is under way, and listen."""
        self.take_up()
        self.set_interval(BEAT, self._beat)

    @on(events.Show)
    @on(events.Hide)
    def _seen(self) -> None:
        """Pages that run something take the whole width; what happened meanwhile elsewhere is taken up."""
        page = getattr(self.screen, "page", None)
        self.screen.set_class(isinstance(page, RunPage), "-running")
        if page is self and not self.busy:
            self.take_up()

    def take_up(self) -> None:
        """Follow the process that was last started for the site, if it is one for this page."""
        try:
            found = detached.find(self.desk.runs, self.site) if self.site else None
        except SitewrightError as error:
            self.failed(error)
            return
        if found and found.argv and found.argv[0] in self.VERBS and found != self.process:
            self.follow(found)

    def follow(self, process: Detached) -> None:
        """Read along with a process from its beginning."""
        self.process, self.failure, self.ended = process, None, None
        self._follower = Follower(process)
        self.began(process)
        self.draw()
        self._beat()

    def _beat(self) -> None:
        if self.under_way and (self._poll is None or self._poll.is_finished):
            self._poll = self.run_worker(self._listen, thread=True, group="listen", exit_on_error=False)
        self.beat()

    def _listen(self) -> None:
        follower = self._follower
        if follower is None:
            return
        told: list[Item] = []
        try:
            for _ in range(PIECES):
                piece = follower.poll()
                told += piece
                if not piece:
                    break
        except SitewrightError as error:
            follower.ended = True
            told += [_failure(error), Ended(None)]
        if told and follower is self._follower:
            self.post_message(Heard(told))

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        message.stop()
        for item in message.items:
            if isinstance(item, Failure):
                self.failure = item
            elif isinstance(item, Ended):
                self.ended = item
            elif isinstance(item, Note) and self.failure is None and item.text.startswith("✖"):
                self.failure = Failure("", item.text.removeprefix("✖").strip(), "", 1)
        self.heard(message.items)
        self.draw()

    def began(self, process: Detached) -> None:
        """A process is followed from now on; what is known of another one is of the past."""

    def heard(self, items: Sequence[Item]) -> None:
        """Take in what the process said."""

    def beat(self) -> None:
        """Time has passed."""

    def draw(self) -> None:
        """Show where things stand."""

    def failed(self, error: SitewrightError) -> None:
        """Say why something could not be done."""
        self.failure = _failure(error)
        self.draw()

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Follow the answers."""
        super().reviewed(review, changes)
        self.draw()

    def lacks(self) -> str:
        """What has to be done before anything can be run; empty where nothing has."""
        say, review = self.desk.say, self.desk.review
        if review.count:
            titles = [say(step.title) for step in STEPS if step.key in review.problems]
            told = say("{count} things are to be mended or added first", count=review.count)
            return f"{told}: {', '.join(titles)}" if titles else told
        if self.desk.bundle is None:
            return say("Name the bundle first: page {page}", page=say("Certificates"))
        return "" if self.site else say("Name the site first: page {page}", page=say("Site and people"))

    def begin(self, verb: str, *flags: str) -> None:
        """Run a verb, after asking for what it needs: that the answers are saved, and secrets that nobody typed yet."""
        if self.starting:
            return
        if self.under_way:
            self.notify(self.desk.say("{what} is still under way", what=self.desk.say(VERBS[self.verb])))
            return
        self.starting = True
        self.draw()
        self.run_worker(self._begin(verb, flags), group="begin", exit_on_error=False)

    async def _begin(self, verb: str, flags: Sequence[str]) -> None:
        try:
            lacking = self.lacks()
            if lacking:
                self.notify(lacking, severity="warning", timeout=8)
            elif await self._saved() and await self._asked():
                typed = {} if self.desk.simulate else self.desk.typed_secrets()
                runs, site = self.desk.runs, self.site
                process = await asyncio.to_thread(detached.start, self.argv(verb, flags), runs, site, typed)
                self.follow(process)
        except SitewrightError as error:
            self.failed(error)
        finally:
            self.starting = False
            self.draw()

    async def _saved(self) -> bool:
        """Whether the file holds the answers; it is asked once whether they may be written there."""
        desk, say = self.desk, self.desk.say
        if desk.editor.changed:
            told = say("What runs reads {file}; it does not hold your last edits yet.", file=desk.editor.file.name)
            choices = (("save", say("Save and go on")), ("cancel", say("Cancel")))
            if await self.app.push_screen_wait(Ask(say("Save the answers?"), told, choices)) != "save":
                return False
            desk.editor.save()
            self.post_message(Reviewed(desk.review, ()))
        return True

    async def _asked(self) -> bool:
        """Whether every secret that is to be asked for was typed. A simulated site needs none."""
        if self.desk.simulate:
            return True
        answers = await asyncio.to_thread(answers_file.load, self.desk.editor.file)
        prompts = [str(reference.value) for reference in answers.secret_refs() if reference.kind == "prompt"]
        for prompt in dict.fromkeys(prompts):
            missing = prompt not in self.desk.typed_secrets()
            if missing and not await self.app.push_screen_wait(Typed(self.desk, prompt)):
                return False
        return True

    def argv(self, verb: str, flags: Sequence[str]) -> list[str]:
        """The command line of a verb on this site."""
        desk = self.desk
        state = desk.runs.state.parent if desk.simulate else desk.runs.state
        named: dict[str, Any] = {
            "--profile": desk.editor.file, "--bundle": desk.bundle, "--signers": desk.signers,
            "--simulate": desk.simulate, "--state": state,
        }  # fmt: skip
        given = [word for name, path in named.items() if path for word in (name, str(path.absolute()))]
        return [verb, *given, *flags]


def goes_on(runs: Runs, name: str, say: Say) -> str:
    """What is to be said of a site's run that is under way to a person who leaves; empty where there is none."""
    try:
        found = detached.find(runs, name) if NAME.fullmatch(name) else None
    except SitewrightError:
        return ""
    if found is None or not found.alive or not found.argv:
        return ""
    again = shlex.join(["sitewright", "wizard", *found.argv[1:][: 2 * sum(word in FILES for word in found.argv)]])
    what = say(VERBS.get(found.argv[0], found.argv[0]))
    return say("{what} goes on without the wizard. To come back to it: {command}", what=what, command=again)


def moment(since: str) -> str:
    """A time as a clock on the wall shows it; with its day where that is another one."""
    try:
        at = datetime.fromisoformat(since).astimezone()
    except ValueError:
        return since
    today = datetime.now(UTC).astimezone().date()
    return f"{at:%H:%M:%S}" if at.date() == today else f"{at:%Y-%m-%d %H:%M}"


def told(failure: Failure) -> Content:
    """Why something ended: the message and the remedy, in full."""
    lines = [Content.assemble(("✖ ", "$text-error"), failure.message)]
    lines += [Content.assemble(("  → ", "bold"), line) for line in failure.remedy.splitlines()]
    return Content("\n").join(lines)


def _failure(error: SitewrightError) -> Failure:
    return Failure(type(error).__name__, error.message, error.remedy, error.exit_code)
