"""One run at a time: a lock on this machine and one at the site, with owner, time and expiry.

The site's lock is a file under /run on each of its control planes, gone after a reboot of that host. Whoever holds most
of them holds the site, so one that is lost stops nobody, and two sides of a cut network cannot both go on. Each is
taken, renewed and given back under flock there, by that host's own clock. One that has expired belongs to a run that
died without a word, and is taken over. So is, at once, one that was taken from this very state directory: whoever holds
the lock here knows that its former holder is dead. A holder who finds, when renewing, that somebody else has taken over
in the meantime stops after the running steps; one whose lock is gone with a reboot takes it again.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from installer.errors import (
    CommandFailed,
    ConnectionLost,
    HostUnreachable,
    Interrupted,
    SiteLocked,
    SitewrightError,
    StateUnreadable,
)
from installer.formats import strict_json
from installer.messages import Message
from installer.ports import Output, World
from installer.runs.store import Runs
from installer.state_files import make, trouble

PATH = "/run/sitewright.lock"
LIFE = 300
"""Seconds that a lock outlives its last renewal: longer than a fail-over of the link, shorter than a coffee."""
RENEW = 60.0
"""Seconds between renewals."""
LONGEST = 200
"""Letters of an owner, a mark or a time that is taken for one."""

CLAIM = """set -eu
path=$1 token=$2 life=$3 renewing=$4
exec 9>"$path.guard"
flock 9
held= until=0
if [ -s "$path" ]; then read -r held until <"$path"; fi
if [ "$held" != "$token" ]; then
  if [ "$until" -gt "$(date +%s)" ]; then cat "$path"; exit 3; fi
  if [ -n "$renewing" ] && [ -n "$held" ]; then cat "$path"; exit 4; fi
fi
{ printf '%s %s\\n' "$token" "$(($(date +%s) + life))"; cat; } >"$path.new"
mv "$path.new" "$path"
"""
"""Take or renew the lock: first line token and end (seconds since 1970), then the owner as JSON.

3: somebody has it. 4: somebody had it since we did. Both print it.
"""

RELEASE = """set -eu
path=$1 token=$2
exec 9>"$path.guard"
flock 9
held=
if [ -s "$path" ]; then read -r held _ <"$path"; fi
if [ "$held" = "$token" ]; then rm -f "$path"; fi
"""
"""Give the lock back, if it is still ours."""


def taken(runs: Runs, site: str) -> bool:
    """Whether somebody has held a site's lock in this state directory, now or ever."""
    return (runs.folder(site) / "lock").exists()


@contextmanager
def hold(
    world: World, runs: Runs, site: str, hosts: Sequence[str], owner: str, stop: threading.Event
) -> Iterator[None]:
    """Hold both locks for as long as the block lasts; `stop` is set when the one at the site was lost.

    Raises:
        SiteLocked: another run holds one of them, or has taken the site's over and the block was interrupted by `stop`.
    """
    with _here(runs, site, owner) as place, _there(world, hosts, owner, place, stop):
        yield


@contextmanager
def _here(runs: Runs, site: str, owner: str) -> Iterator[str]:
    """Hold the lock of this state directory; gives the mark by which its claims are known at the site."""
    path = runs.folder(site) / "lock"
    try:
        make(path.parent)
        # Never through a link, for the file is written; and a pipe would have us wait.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise StateUnreadable(path=error.filename or path, reason=error.strerror or str(error)) from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise StateUnreadable(path=path, reason=Message("it is no regular file"), hint=Message("move it away"))
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held = _parsed(os.pread(handle, 4096, 0))
            raise SiteLocked(owner=held["owner"], since=held["since"], expires=Message("when it ends")) from None
        with trouble(path):
            place = _parsed(os.pread(handle, 4096, 0))["place"] or secrets.token_hex(8)
            os.ftruncate(handle, os.pwrite(handle, _claim(owner, place, datetime.now(UTC)), 0))
        yield place
    finally:
        os.close(handle)


@contextmanager
def _there(world: World, hosts: Sequence[str], owner: str, token: str, stop: threading.Event) -> Iterator[None]:
    """Hold the locks of most hosts, and renew them on all: one that was away gets its own when it is back."""
    body = _claim(owner, token, world.now())
    held: set[str] = set()

    def claim(host: str, renewing: str) -> Output:
        said = world.run(host, "sh", "-c", CLAIM, "claim", PATH, token, str(LIFE), renewing, stdin=body)
        if said.ok:
            held.add(host)
        return said

    over = threading.Event()
    lost: list[SiteLocked] = []

    def renew() -> None:
        while not over.wait(RENEW) and not lost:
            for host in hosts:
                # A lost link is the run's to report; the lock is renewed again once it is back.
                with suppress(SitewrightError, OSError):
                    told = claim(host, "renewing")
                    if told.code in (3, 4):
                        lost.append(_locked(told.out))
                        stop.set()

    keeper = threading.Thread(target=renew, name="lock", daemon=True)
    try:
        _most(hosts, lambda host: claim(host, ""))
        keeper.start()
        yield
    except Interrupted as error:
        if lost:
            raise lost[0] from error
        raise
    finally:
        over.set()
        if keeper.is_alive():
            keeper.join()
        for host in sorted(held):
            # Where the link is gone the lock expires by itself; what ended the run matters more.
            with suppress(ConnectionLost, HostUnreachable):
                world.run(host, "sh", "-c", RELEASE, "release", PATH, token)


def _most(hosts: Sequence[str], claim: Callable[[str], Output]) -> None:
    """Claim the locks of hosts.

    Raises:
        SiteLocked: somebody has one of them.
        SitewrightError: half of the hosts or more cannot be asked; why the first of them cannot.
    """
    away: list[SitewrightError] = []
    for host in hosts:
        try:
            taken = claim(host)
        except SitewrightError as error:
            away.append(error)
            continue
        if taken.code == 3:
            raise _locked(taken.out)
        if not taken.ok:
            raise CommandFailed(host=host, command="flock", code=taken.code, reason=taken.err.strip())
    if 2 * len(away) >= len(hosts):
        raise away[0]


def _locked(said: str) -> SiteLocked:
    """The refusal, from a lock's two lines."""
    end, _, held = said.partition("\n")
    found = _parsed(held.encode("utf-8", "replace"))
    try:
        expires = datetime.fromtimestamp(int(end.split()[-1]), UTC).isoformat(timespec="seconds")
    except (IndexError, ValueError, OverflowError, OSError):  # no number, or one that is no time
        expires = Message("at an unknown time")
    return SiteLocked(owner=found["owner"], since=found["since"], expires=expires)


def _claim(owner: str, place: str, since: datetime) -> bytes:
    body = {"format": 1, "owner": owner, "place": place, "since": since.isoformat(timespec="seconds")}
    return json.dumps(body).encode() + b"\n"


def _parsed(raw: bytes) -> dict[str, str]:
    """Who holds a lock, and since when; whatever form that has."""
    unknown = {"owner": Message("somebody"), "place": "", "since": Message("an unknown time")}
    try:
        found = strict_json.loads(raw)
    except ValueError:
        return unknown
    body = found if isinstance(found, dict) else {}
    told = {key: each for key in unknown if isinstance(each := body.get(key), str) and len(each) <= LONGEST}
    return told if len(told) == len(unknown) else unknown
