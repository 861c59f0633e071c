"""The one process that works on the site: started, found again and followed for all pages of the wizard."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from textual.app import App
from textual.worker import Worker

from installer.errors import SitewrightError
from installer.messages import Message
from installer.runs import background, stream
from installer.runs.background import Detached
from installer.runs.stream import Ended, Follower, Item, failure
from installer.ui.tui.context import WizardContext
from installer.ui.tui.messages import Heard, Told
from installer.ui.tui.run import start
from installer.ui.tui.state.session import RUNS, Session

BEAT = 0.25
"""Seconds between two looks at what a process has said."""
PIECES = 8
"""Readings that one look takes at most, so that a page that comes back shows something soon."""
VERBS = {
    "check": Message("the check"),
    "plan": Message("the plan"),
    "status": Message("the look at the hosts"),
    "install": Message("the installation"),
    "upgrade": Message("the upgrade"),
    "resume": Message("the installation"),
    "rollback": Message("the rollback"),
    "uninstall": Message("the removal"),
}


class Watch:
    """Follows the site's last process; what it and those before it have told is the `session`."""

    def __init__(self, app: App[None]) -> None:
        self._app, self._desk = app, cast(WizardContext, app)
        self.session = Session()
        self.process: Detached | None = None
        self.starting = ""
        """The verb that is being started; empty while none is."""
        self.site = ""
        self._follower: Follower | None = None
        self._poll: Worker[None] | None = None

    @property
    def under_way(self) -> bool:
        """Whether the process that is followed has not told its end."""
        return self.process is not None and self.session.ended is None

    @property
    def busy(self) -> bool:
        """Whether something is being started or is under way."""
        return bool(self.starting) or self.under_way

    @property
    def runs(self) -> bool:
        """Whether a process that changes hosts is under way."""
        return self.under_way and self.session.verb in RUNS

    def take_up(self) -> None:
        """Follow the process that was last started for the site; where that is known, look what its last run left."""
        if self.busy:
            return
        site = start.site_of(self._desk.draft)
        if site != self.site:
            self.site, self.session, self.process, self._follower = site, Session(), None, None
        if not site:
            return
        try:
            found = background.find(self._desk.runs, site)
        except SitewrightError as error:
            self._refused("install", error)
            return
        if found is not None and found.argv and found != self.process:
            self._follow(found)
        else:
            self._listen_once()

    def _follow(self, process: Detached) -> None:
        """Read along with a process from its beginning."""
        self.process, self._follower = process, Follower(process)
        answers = self._desk.draft.data if process.child is not None else None
        self.session.begin(process.argv, process.since, answers)
        self._tell()
        self._listen_once()

    def beat(self) -> None:
        """Time has passed: listen on."""
        if self.under_way and (self._poll is None or self._poll.is_finished):
            self._listen_once()

    def _listen_once(self) -> None:
        def listen() -> None:
            follower, site = self._follower, self.site
            told = _heard(follower) if follower is not None else []
            if follower is None or follower.ended:
                self._app.post_message(_left(self._desk, site, Heard(follower, told)))
            elif told:
                self._app.post_message(Heard(follower, told))

        self._poll = self._app.run_worker(listen, thread=True, group="listen")

    def hear(self, heard: Heard) -> None:
        """Take in what was said."""
        if heard.follower is not self._follower:  # another process was begun meanwhile
            return
        self.session.take(heard.items)
        if heard.follower is None or self.session.ended is not None:
            self.session.leave(heard.left)
        if heard.trouble is not None:
            self.session.refuse("install", heard.trouble)
        self._tell()

    def begin(self, verb: str, *flags: str) -> None:
        """Run a verb, after asking for what it needs: that the answers are saved, and secrets that nobody typed yet."""
        if self.starting:
            return
        if self.under_way:
            say = self._desk.say
            self._app.notify(say("{what} is still under way", what=say(VERBS[self.session.verb])))
            return
        self.starting, self.session.refusal = verb, None
        self._tell()
        self._app.run_worker(self._begin(verb, flags), group="begin")

    async def _begin(self, verb: str, flags: Sequence[str]) -> None:
        app, wizard = self._app, self._desk
        try:
            lacking = start.lacks(wizard)
            if lacking:
                app.notify(lacking, severity="warning", timeout=8)
            elif await start.saved(app, wizard) and await start.asked(app, wizard):
                typed = {} if wizard.simulate else wizard.typed_secrets()
                self.site = start.site_of(wizard.draft)
                command = start.argv(wizard, verb, flags)
                self._follow(await asyncio.to_thread(background.start, command, wizard.runs, self.site, typed))
        except SitewrightError as error:
            self._refused(verb, error)
        finally:
            self.starting = ""
            self._tell()

    def _refused(self, verb: str, error: SitewrightError) -> None:
        self.session.refuse(verb, failure(error))
        self._tell()

    def pause(self) -> None:
        """Let the running steps finish, then stop."""
        if self.process is not None and self.runs:
            self.session.run.pausing = self.process.pause()
            self._tell()

    def stop(self) -> None:
        """Stop at once."""
        if self.process is not None and self.under_way:
            self._app.run_worker(self.process.stop, thread=True, group="stop")

    def _tell(self) -> None:
        for screen in self._app.screen_stack:
            for page in screen.query(".run-page"):
                page.post_message(Told())


def _heard(follower: Follower) -> list[Item]:
    """What was said since the last look; where it cannot be read, that is its end."""
    told: list[Item] = []
    try:
        for _ in range(PIECES):
            piece = follower.poll()
            told += piece
            if not piece:
                break
    except SitewrightError as error:
        follower.ended = True
        told += [failure(error), Ended(None)]
    return told


def _left(wizard: WizardContext, site: str, heard: Heard) -> Heard:
    """What was heard, with the run of the site that can be gone on with."""
    try:
        return replace(heard, left=stream.left(wizard.runs, site)) if site else heard
    except SitewrightError as error:
        return replace(heard, trouble=failure(error))
