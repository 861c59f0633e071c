"""Which bundle may follow which: whether what stands on a site's hosts allows another bundle to be installed.

`install` brings the bundle that stands to where the answers want it. Going from one bundle to another is an upgrade:
hosts one after the other, drained, with a way back, and Kubernetes by one minor version at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from installer.bundle.manifest import Manifest
from installer.messages import Message
from installer.plan import site_record
from installer.plan.site_record import FORMAT as RECORD_FORMAT

SHOWN = 3
"""Hosts that are named; of more it is told how many."""
NO_UPGRADE = Message("install with the bundle that stands; going to another one is: sitewright upgrade")
NOTHING_STANDS = Message("install with this bundle: sitewright install")
NOTHING_NEW = Message("nothing has to be done; what may be missing: sitewright install")
IN_STEP = Message("bring all hosts to the bundle that most of them have: sitewright install with that one, or rollback")
ONE_MINOR = Message("install with the bundle that stands; Kubernetes goes up by one minor version at a time")
NOT_BACK = Message("install with the bundle that stands; to go back behind the last run: sitewright rollback")
ANOTHER = Message("install with the bundle that stands, or take the site away first: sitewright uninstall")
THE_SAME_FILE = Message("install with the very file that stands, or build the other one under a version of its own")
NEWER_PROGRAM = Message("use the sitewright that installed what stands, or a newer one")
_NUMBERS = re.compile(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:[-+][A-Za-z0-9.+-]*)?")


@dataclass(frozen=True, slots=True)
class Standing:
    """The bundle that stands on hosts; `format` is that of the record that says so."""

    name: str
    version: str
    kubernetes: str
    digest: str
    hosts: tuple[str, ...] = ()
    format: int = RECORD_FORMAT

    @classmethod
    def of(cls, manifest: Manifest) -> Standing:
        """A bundle as what may stand."""
        return cls(manifest.name, manifest.version, manifest.kubernetes, manifest.digest)

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.kubernetes})"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a bundle may not follow, what would be right, and what to do."""

    found: Message
    wanted: Message
    remedy: Message


def recorded(host: str, record: bytes) -> Standing | None:
    """What a host's site record says stands there; None where it says nothing that can be believed."""
    try:
        told = site_record.told(host, record)
    except site_record.Newer as newer:
        return Standing("", "", "", "", format=newer.format)
    except ValueError:
        return None
    bundle = told["bundle"]
    return Standing(bundle["name"], bundle["version"], told["kubernetes"], bundle["digest"])


def gathered(by_host: Iterable[tuple[str, Standing | None]]) -> tuple[Standing, ...]:
    """What stands, each bundle once with all its hosts, in the order of the hosts."""
    hosts: dict[Standing, list[str]] = {}
    for host, standing in by_host:
        if standing is not None:
            hosts.setdefault(standing, []).append(host)
    return tuple(
        Standing(each.name, each.version, each.kubernetes, each.digest, tuple(names), each.format)
        for each, names in hosts.items()
    )


def refusal(stands: Iterable[Standing], wanted: Manifest, going_on: str = "") -> Refusal | None:
    """Why a bundle may not be installed where others stand; None where it may.

    `going_on` is the digest of the bundle of a run that was broken off: that run is always gone on with.
    """
    others = [each for each in stands if each.digest != wanted.digest]
    if not others or (going_on and wanted.digest == going_on):
        return None
    stands_there = others[0]
    new, hosts = Standing.of(wanted), _named(stands_there.hosts)
    what = Message("the bundle that stands on {hosts}", hosts=hosts)
    if stands_there.format > RECORD_FORMAT:
        found = Message(
            "the record on {hosts} has format {number}; this sitewright reads up to {known}",
            hosts=hosts,
            number=stands_there.format,
            known=RECORD_FORMAT,
        )
        return Refusal(found, Message("a record that can be read"), NEWER_PROGRAM)
    found, remedy = _turn(stands_there, new)
    whole = Message("{bundle} stands on {hosts}; this bundle is {found}", bundle=stands_there, hosts=hosts, found=found)
    return Refusal(whole, what, remedy)


def minor(kubernetes: str) -> str:
    """The minor version of a version of Kubernetes.

    >>> minor("v1.36.3")
    '1.36'
    """
    found = _numbers(kubernetes)
    return f"{found[0]}.{found[1]}" if found else ""


def upgrade_refusal(stands: Sequence[Standing], wanted: Manifest, going_on: str = "") -> Refusal | None:
    """Why a site may not be upgraded to a bundle from what stands there; None where it may.

    `going_on` is the digest of the bundle of an upgrade that was broken off: that run is always gone on with.
    """
    what = Message("one bundle on all hosts, and a newer one to go to")
    if going_on and wanted.digest == going_on:
        return None
    if not stands:
        return Refusal(Message("nothing stands on these hosts"), what, NOTHING_STANDS)
    if any(each.format > RECORD_FORMAT for each in stands):
        return refusal(stands, wanted)
    if len(stands) > 1:
        found = Message("hosts are out of step: {bundle} stands on {hosts}, and {other} on {others}", bundle=stands[0],
                        hosts=_named(stands[0].hosts), other=stands[1], others=_named(stands[1].hosts))  # fmt: skip
        return Refusal(found, what, IN_STEP)
    if stands[0].digest == wanted.digest:
        return Refusal(Message("{bundle} stands already", bundle=stands[0]), what, NOTHING_NEW)
    refused = refusal(stands, wanted)
    return None if refused is None or refused.remedy == NO_UPGRADE else refused


def _turn(old: Standing, new: Standing) -> tuple[Message, Message]:
    """What a bundle is to the one that stands, and what to do instead of installing it."""
    if old.name != new.name:
        return Message("another one: {other}", other=new), ANOTHER
    if (old.version, old.kubernetes) == (new.version, new.kubernetes):
        return Message(
            "another build of the same version: {digest}, not {former}", digest=new.digest[:19], former=old.digest[:19]
        ), THE_SAME_FILE
    numbers = [_numbers(each) for each in (old.version, new.version, old.kubernetes, new.kubernetes)]
    if not all(numbers):
        return Message("a different version: {other}", other=new), NO_UPGRADE
    before, after, kubernetes_before, kubernetes_after = numbers
    if after < before or kubernetes_after < kubernetes_before:
        return Message("an older one: {other}", other=new), NOT_BACK
    (major, minor), (new_major, new_minor) = kubernetes_before[:2], kubernetes_after[:2]
    if new_major != major or new_minor > minor + 1:
        return Message("several minor versions of Kubernetes ahead: {other}", other=new), ONE_MINOR
    return Message("a newer one: {other}", other=new), NO_UPGRADE


def _numbers(version: str) -> tuple[int, ...]:
    found = _NUMBERS.fullmatch(version)
    return tuple(int(each or 0) for each in found.groups()) if found else ()


def _named(hosts: tuple[str, ...]) -> str | Message:
    more = len(hosts) - SHOWN
    shown = ", ".join(hosts[:SHOWN])
    return Message("{names} and {count} more", names=shown, count=more) if more > 0 else shown
