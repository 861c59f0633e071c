"""The part of the hosts' page that tries connections: live, many at once, and with keys that a person confirms."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from installer.answers.model import Host, SecretRef
from installer.draft import hosts as draft_hosts
from installer.draft.partial import Built
from installer.errors import SitewrightError
from installer.formats.strict_yaml import Path
from installer.hosts.connection_test import Attempt, ConnectionResult, Stage, try_all
from installer.hosts.facts import Facts
from installer.ui.tui import context, problem_texts
from installer.ui.tui.hosts.keys import ConfirmKeys, Unconfirmed
from installer.ui.tui.hosts.texts import Known, of_host
from installer.ui.tui.run import start
from installer.ui.tui.widgets.dialogs import Typed
from installer.ui.tui.widgets.page import Page

AT_ONCE = 10
PAUSE = 0.1
"""Seconds for which news of hosts are gathered before they are drawn."""


@dataclass
class Heard(Message):
    """Something happened while a host was tried; `host` is without its name, `over` is set once nobody waits for it."""

    over: threading.Event
    host: Host
    attempt: Attempt


@dataclass
class Ended(Message):
    """A test of several hosts has ended; `trouble` says why it could not even begin, `over` is as in `Heard`."""

    over: threading.Event
    hosts: Sequence[Host]
    trouble: str = ""


class Trials(Page):
    """Keeps track of what is known of each host. What it shows is the business of the page itself.

    Results are the wizard's and outlive the page; how far a test has come is the page's own, and goes with it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "test", "", show=False),
        Binding("T", "test_all", "", show=False),
        Binding("s", "stop", "", show=False),
        Binding("k", "confirm", "", show=False),
        Binding("K", "confirm_all", "", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Known] = []
        self._over = threading.Event()
        self._trying: dict[Host, Attempt | None] = {}
        self._hosts: tuple[Host | None, ...] = ()
        self._given: dict[str, Facts] = {}
        self._news: set[Host] = set()
        self._built: Built | None = None

    def on_unmount(self) -> None:
        """Cancel tests that still run when the page closes."""
        self._over.set()

    def action_stop(self) -> None:
        """Let the tests that run end where they are; hosts that were not reached yet are not tried."""
        if self._trying:
            self._over.set()
            self._over = threading.Event()
            self._trying.clear()
            self.notify(self.wizard.say("the test is stopped; t and T try again"), timeout=4, markup=False)
            self.show_hosts()

    def _attempt(self, host: Host | None) -> Attempt | None:
        """What was heard of a host last: in the test that runs, or the result of an earlier one."""
        return (self._trying.get(host) or self.wizard.attempts.get(host)) if host else None

    def show_hosts(self) -> None:
        """Draw all rows."""
        raise NotImplementedError

    def show_host(self, position: int) -> None:
        """Draw one row."""
        raise NotImplementedError

    @property
    def position(self) -> int | None:
        """Which host is under the cursor."""
        raise NotImplementedError

    def look(self) -> list[Known]:
        """What is known of every host of the draft as it is now."""
        around = self.wizard
        draft = around.draft
        if self._built is None:
            self._built = Built(around.editor.file.parent)
        self._hosts = tuple(host and replace(host, name="") for host in self._built.hosts(draft))
        problems, places = of_host(around.review.problems.get("hosts", ())), draft_hosts.places(draft)
        environments = draft_hosts.environments(draft)
        self.known = []
        for position, (entry, host) in enumerate(zip(draft_hosts.entries(draft), self._hosts, strict=True)):
            place = places.get(draft_hosts.name_of(entry))
            environment = environments[place.environment] if place else ""
            self.known.append(Known(entry, place, environment, self._attempt(host), problems.get(position, ())))
        self._tell_facts()
        return self.known

    def action_test(self) -> None:
        """Try the host under the cursor."""
        if self.position is not None:
            self._begin([self.position])

    def action_test_all(self) -> None:
        """Try all hosts."""
        self._begin(range(len(draft_hosts.entries(self.wizard.draft))))

    def _begin(self, positions: Iterable[int]) -> None:
        """Try those of the hosts that can be tried and are not being tried."""
        self.look()
        built = self._built.hosts(self.wizard.draft) if self._built else ()
        chosen: dict[str, Host] = {}
        refused = []
        for position in positions:
            host = built[position]
            if host is None or host.name in chosen:
                refused.append(draft_hosts.names(self.wizard.draft)[position] or "?")
            elif replace(host, name="") not in self._trying:
                chosen[host.name] = host
        say = self.wizard.say
        if refused:
            told = say("not tried, for their answers are not valid yet: {hosts}", hosts=", ".join(refused[:8]))
            self.notify(told, severity="warning", timeout=6, markup=False)
        if chosen:
            self._try(list(chosen.values()))

    @work(group="trials")
    async def _try(self, hosts: Sequence[Host]) -> None:
        """Ask whether commands may run, and for the secrets that a person types, then try the hosts in threads."""
        around = self.wizard
        references = _references(hosts) if around.simulate is None else []
        if not await start.allowed(self.app, around, references):
            return
        known = around.typed_secrets()
        for prompt in (str(ref.value) for ref in references if ref.kind == "prompt"):
            if prompt not in known and not await self.app.push_screen_wait(Typed(around, prompt)):
                return
        keys = [replace(host, name="") for host in hosts]
        self._trying.update(dict.fromkeys(keys))
        at_once = around.draft.at(("limits", "parallel_hosts"), AT_ONCE)
        at_once = at_once if isinstance(at_once, int) and at_once > 0 else AT_ONCE
        await asyncio.to_thread(self._visit, around, hosts, at_once, self._over)

    def _visit(self, around: context.WizardContext, hosts: Sequence[Host], at_once: int, over: threading.Event) -> None:
        """Try hosts; runs in a thread, and only sends messages to the page."""
        keys = {host.name: replace(host, name="") for host in hosts}

        def tell(stage: Stage) -> None:
            self.post_message(Heard(over, keys[stage.host], Attempt(stage)))

        def met(result: ConnectionResult) -> None:
            stage = Stage(result.host, result.stage, "failed" if result.error else "ok")
            self.post_message(Heard(over, keys[result.host], Attempt(stage, result)))

        trouble = ""
        try:
            with around.host_connectors(hosts) as connectors:
                try_all(hosts, connectors, tell, at_once, over, met)
        except SitewrightError as error:
            trouble = "\n".join(problem_texts.failure(around.say, error)).strip()
        finally:
            self.post_message(Ended(over, list(keys.values()), trouble))

    @on(Heard)
    def _heard(self, event: Heard) -> None:
        """Note what was heard of a host; its row is drawn a little later, with all that is heard meanwhile."""
        event.stop()
        if event.over.is_set():  # the host may be tried anew by now
            return
        if event.attempt.result is None:
            self._trying[event.host] = event.attempt
        else:
            self._trying.pop(event.host, None)
            self.wizard.attempts[event.host] = event.attempt
        if not self._news:
            self.set_timer(PAUSE, self._show_news)
        self._news.add(event.host)

    def _show_news(self) -> None:
        """Draw the rows of the hosts of which something was heard."""
        news, self._news = self._news, set()
        for position, host in enumerate(self._hosts):
            if host in news and position < len(self.known):
                self.known[position] = replace(self.known[position], attempt=self._attempt(host))
                self.show_host(position)
        self._tell_facts()

    @on(Ended)
    def _ended(self, event: Ended) -> None:
        event.stop()
        if event.over.is_set():
            return
        for host in event.hosts:
            self._trying.pop(host, None)
        if any(host in self.wizard.attempts for host in event.hosts):
            self.wizard.look_again()
        if event.trouble:
            self.notify(event.trouble, severity="error", timeout=10, markup=False)
        self.show_hosts()

    def _tell_facts(self) -> None:
        """Let the other pages know what the hosts of the draft say of themselves, and no others that were told here."""
        facts = self.wizard.facts
        now = {draft_hosts.name_of(each.entry): each.facts for each in self.known if each.facts is not None}
        for name, told in self._given.items():
            if facts.get(name) is told and name not in now:
                del facts[name]
        facts.update(now)
        self._given = now

    def action_confirm(self) -> None:
        """Confirm the key of the host under the cursor."""
        found = self._unconfirmed(self.position) if self.position is not None else None
        if found is None:
            self.notify(
                self.wizard.say("There is no key to confirm here; t tries the connection and shows it."),
                timeout=4,
                markup=False,
            )
        else:
            self._confirm([found])

    def action_confirm_all(self) -> None:
        """Confirm all keys that were shown and are not pinned."""
        found = {key.place: key for at in range(len(self.known)) if (key := self._unconfirmed(at)) is not None}
        if found:
            self._confirm(list(found.values()))
        else:
            self.notify(
                self.wizard.say("There is no key to confirm; T tries all connections and shows them."),
                timeout=4,
                markup=False,
            )

    def _unconfirmed(self, position: int) -> Unconfirmed | None:
        known = self.known[position] if position < len(self.known) else None
        result = known.attempt.result if known and known.attempt else None
        if known is None or result is None or not known.unconfirmed:
            return None
        if not result.bastion_key:
            name, address = draft_hosts.name_of(known.entry), str(known.entry.get("address", ""))
            return Unconfirmed(name, address, result.fingerprint, result.key_type, ("hosts", position, "host_key"))
        own = isinstance(known.entry.get("access"), dict) and "bastion" in known.entry["access"]
        base: Path = ("hosts", position, "access", "bastion") if own else ("access", "bastion")
        bastion: Any = self.wizard.draft.at((*base, "address"), "")
        name = self.wizard.say("the bastion")
        return Unconfirmed(name, str(bastion), result.bastion_key, "", (*base, "host_key"))

    @work(group="confirm")
    async def _confirm(self, keys: Sequence[Unconfirmed]) -> None:
        """Ask a person, pin what they confirm, and try those hosts again."""
        draft, say = self.wizard.draft, self.wizard.say
        if not await self.app.push_screen_wait(ConfirmKeys(say, keys)):
            return
        if self.wizard.draft is not draft:
            self.notify(say("the answers changed meanwhile; nothing was pinned"), severity="warning", markup=False)
            return
        shown = {key.fingerprint for key in keys}
        again = [position for position, each in enumerate(self.known) if each.unconfirmed in shown]
        self.wizard.change(draft_hosts.pinned(draft, {key.place: key.fingerprint for key in keys}))
        self.show_hosts()
        self._begin(again)


def _references(hosts: Sequence[Host]) -> list[SecretRef]:
    """The secrets that are needed to log in to these hosts, each once; a host of unknown key is not logged in to."""
    found: dict[SecretRef, None] = {}
    for host in hosts:
        access = host.access
        refs: list[SecretRef | None] = [access.bastion.passphrase, access.bastion.password] if access.bastion else []
        if host.host_key or access.known_hosts:
            refs += [access.passphrase, access.password, access.sudo_password]
        found |= {ref: None for ref in refs if ref is not None}
    return list(found)
