"""Getting to know hosts before anything is asked of them: the test of each connection, live, many at a time.

A host goes through the stages of `STAGES` in order and stops at the first that fails. The key of a host that nobody
has pinned is shown without logging in: a person compares it, it goes into the answers as `host_key`, and the test is
made again. How a stage is done is the business of the connectors: `installer.remote.connection_test` has those of real
hosts, `installer.simulated.connection_test` those of simulated ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from installer.answers.model import Host
from installer.errors import HostKeyUnknown, SitewrightError
from installer.hosts.facts import GIB, Facts, ask
from installer.messages import Message
from installer.ports import Questions

Name = Literal["name", "port", "key", "login", "sudo", "facts"]
Status = Literal["running", "ok", "failed", "unknown-key"]
STAGES: tuple[Name, ...] = ("name", "port", "key", "login", "sudo", "facts")
"""What is tried, in this order: the name resolves, the port answers, the key is the pinned one, the login is accepted,
root is reached, and the host says what it is."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a host's test began or ended. `text` says what was found, `remedy` what to do where it failed."""

    host: str
    stage: Name
    status: Status
    text: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A host's public key: its fingerprint as `ssh-keygen -l` shows it, and its type ("ssh-ed25519")."""

    fingerprint: str
    type: str


@dataclass(frozen=True, slots=True)
class ConnectionResult:
    """What came of a host's test; `error` is None where every stage went well.

    `fingerprint` and `key_type` are those of the key that is pinned, or, where none is, of the one the host showed:
    never of a key that differs from the pinned one. `stage` is the last that was reached. `bastion_key` is the
    fingerprint to confirm where the bastion in front of the host is the one whose key nobody has pinned.
    """

    host: str
    fingerprint: str = ""
    key_type: str = ""
    facts: Facts | None = None
    error: SitewrightError | None = None
    stage: Name = "name"
    bastion_key: str = ""

    @property
    def to_confirm(self) -> bool:
        """Whether all that is wrong is that a person has not yet confirmed the host's key."""
        return isinstance(self.error, HostKeyUnknown) and bool(self.fingerprint)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where a host's test stands: the stage that began or ended last, and the result once there is one."""

    stage: Stage
    result: ConnectionResult | None = None


class Connector(Protocol):
    """The way into one host. Each verb gives what is told of it, and raises where it fails."""

    def resolve(self) -> str:
        """Look up the address that is connected to first."""
        ...

    def knock(self) -> str:
        """Try whether the port answers, through the bastion if there is one."""
        ...

    def enter(self, seen: Callable[[Key], None]) -> str:
        """Compare the host's key with the pinned one, call `seen` with it, and only then log in.

        Raises:
            HostKeyUnknown: no key is pinned; `shown` holds the host's, and no login was tried.
            HostKeyMismatch: another key is pinned; no login was tried.
            LoginRefused: the key is the pinned one, but the login was refused.
        """
        ...

    @property
    def shown(self) -> Key | None:
        """The key that the host showed."""
        ...

    def escalate(self) -> str:
        """Become root."""
        ...

    @property
    def questions(self) -> Questions:
        """By which the host can be asked."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Connectors(Protocol):
    """Opens the connector of a host; opening connects to nothing."""

    def open(self, host: Host) -> Connector:
        """The connector of a host."""
        ...


Tell = Callable[[Stage], None]
Met = Callable[[ConnectionResult], None]


def try_host(host: Host, connectors: Connectors, tell: Tell, stop: threading.Event | None = None) -> ConnectionResult:
    """Test the connection to one host; whatever goes wrong is in the result, never raised."""
    visit = _Visit(host, tell, stop or threading.Event())
    try:
        visit.make(connectors)
    except SitewrightError as error:
        visit.fail(error)
    except Exception as error:  # a malformed known_hosts file, an answer nobody foresaw: one host's, not everybody's
        visit.fail(
            SitewrightError(
                reason=Message(
                    "{name}: {__name__}: {reason}", name=host.name, __name__=type(error).__name__, reason=error
                )
            )
        )
    return visit.result


def try_all(
    hosts: Sequence[Host],
    connectors: Connectors,
    tell: Tell,
    at_once: int = 10,
    stop: threading.Event | None = None,
    met: Met | None = None,
) -> tuple[ConnectionResult, ...]:
    """Test the connections to many hosts, `at_once` at a time; the results are in the order of the hosts.

    `tell` is called from several threads, but by one at a time; so is `met`, with each host's result as it comes.
    Once `stop` is set no stage begins any more; one under way ends by itself, which may take as long as a host is
    waited for (`installer.remote.ssh.link.PATIENCE`).
    """
    turn, end = threading.Lock(), stop or threading.Event()

    def told(stage: Stage) -> None:
        with turn:
            tell(stage)

    def visited(host: Host) -> ConnectionResult:
        result = try_host(host, connectors, told, end)
        if met is not None:
            with turn:
                met(result)
        return result

    if not hosts:
        return ()
    with ThreadPoolExecutor(max_workers=max(1, min(at_once, len(hosts)))) as pool:
        try:
            return tuple(pool.map(visited, hosts))
        except BaseException:  # an interrupt: without this the pool would go on to the last host first
            end.set()
            raise


@dataclass
class _Visit:
    """One host's test: where it stands, and its result so far."""

    host: Host
    tell: Tell
    stop: threading.Event
    result: ConnectionResult = field(init=False)

    def __post_init__(self) -> None:
        self.result = ConnectionResult(self.host.name)

    def make(self, connectors: Connectors) -> None:
        """Go through all stages."""
        self._begin("name")
        with closing(connectors.open(self.host)) as connector:
            self._end("name", connector.resolve())
            self._begin("port")
            self._end("port", connector.knock())
            self._begin("key")
            try:
                self._end("login", connector.enter(self._seen))
            except HostKeyUnknown:
                self._note(connector.shown)
                raise
            self._begin("sudo")
            self._end("sudo", connector.escalate())
            self._begin("facts")
            facts = ask(connector.questions, self.host.name)
            self.result = replace(self.result, facts=facts)
            self._end("facts", in_words(facts))

    def fail(self, error: SitewrightError) -> None:
        """Tell that the stage under way failed, and why."""
        unknown = isinstance(error, HostKeyUnknown)
        confirmable = unknown and self.result.stage == "key"
        bastion_key = str(error.facts.get("fingerprint", "")) if unknown and not confirmable else ""
        self.result = replace(self.result, facts=None, error=error, bastion_key=bastion_key)
        status: Status = "unknown-key" if confirmable else "failed"
        with suppress(Exception):  # a listener that fails is told of in the result, as the error
            self.tell(Stage(self.host.name, self.result.stage, status, error.message, error.remedy))

    def _seen(self, key: Key) -> None:
        self._note(key)
        self._end("key", Message("{fingerprint} ({type}), as pinned", fingerprint=key.fingerprint, type=key.type))
        self._begin("login")

    def _note(self, key: Key | None) -> None:
        if key is not None:
            self.result = replace(self.result, fingerprint=key.fingerprint, key_type=key.type)

    def _begin(self, stage: Name) -> None:
        self.result = replace(self.result, stage=stage)
        if self.stop.is_set():
            reason = Message("{name}: the test was stopped before it ended", name=self.host.name)
            raise SitewrightError(reason=reason, hint=Message("test the connection again"))
        self.tell(Stage(self.host.name, stage, "running"))

    def _end(self, stage: Name, text: str) -> None:
        self.tell(Stage(self.host.name, stage, "ok", text))


def in_words(facts: Facts) -> str:
    """What a host is, in one line."""
    disk = facts.disks.get("/var/lib") or facts.disks.get("/")
    parts = [
        facts.os_name or facts.os_id or Message("an unknown system"),
        Message("{cpus} cores", cpus=facts.cpus),
        f"{facts.memory / GIB:.1f} GiB memory",
        Message("{free} of {size} GiB free", free=format(disk.free / GIB, ".0f"), size=format(disk.size / GIB, ".0f"))
        if disk
        else "",
    ]
    return ", ".join(filter(None, parts))
