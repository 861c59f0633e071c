"""What a check has found, as a page needs it: by host, counted, with what was tried again in its place. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from installer.draft.document import Draft
from installer.preflight import Finding

ORDER = ("failed", "warn", "waived", "ok")
UNWAIVABLE = frozenset({"ssh.login", "sudo.rights"})
"""A host that cannot be entered cannot be installed on: no waiver helps."""


@dataclass
class Findings:
    """The findings of a check, and the hosts that have answered while it runs."""

    found: list[Finding] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    again: frozenset[tuple[str, str]] = frozenset()
    """The checks that are tried again, with their hosts; empty where all of them are made."""
    _known: set[Finding] = field(default_factory=set)

    def begin(self, only: Sequence[str] = ()) -> None:
        """A check begins: of all things, which forgets all; or of some, whose findings come in place of the former."""
        self.asked = []
        self.again = frozenset((text.partition("@")[0], text.partition("@")[2]) for text in only)
        if not only:
            self.found, self._known = [], set()

    def take(self, finding: Finding) -> None:
        """Take a finding in; the first one of what is tried again replaces the earlier."""
        subject = (finding.check, finding.host)
        if subject in self.again:
            place = next(
                (n for n, each in enumerate(self.found) if (each.check, each.host) == subject), len(self.found)
            )
            self.found = [each for each in self.found if (each.check, each.host) != subject]
            self.found.insert(place, finding)
            self.again -= {subject}
        elif finding not in self._known:
            self.found.append(finding)
        self._known.add(finding)

    def shown(self, draft: Draft, today: date) -> list[Finding]:
        """The findings with the waivers of the answers as they are now, so that a waiver is seen at once."""
        waivers = waivers_of(draft)
        return [_waived(each, waivers, today) for each in self.found]


def counts(found: Iterable[Finding]) -> Counter[str]:
    """How many findings have each status."""
    return Counter(each.status for each in found)


def by_host(found: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings of each host, the worst first; those of the whole site under an empty name."""
    hosts: dict[str, list[Finding]] = {}
    for each in found:
        hosts.setdefault(each.host, []).append(each)
    return {host: sorted(mine, key=lambda each: ORDER.index(each.status)) for host, mine in hosts.items()}


def waivers_of(draft: Draft) -> list[Mapping[str, Any]]:
    """The waivers of the answers, those that are written as such."""
    return draft.sections(("waivers",))


def with_waiver(draft: Draft, waiver: Mapping[str, Any]) -> Draft:
    """The answers with one waiver more."""
    return draft.with_value(("waivers",), [*waivers_of(draft), dict(waiver)])


def without_waiver(draft: Draft, position: int) -> Draft:
    """The answers without one of their waivers."""
    left = [each for number, each in enumerate(waivers_of(draft)) if number != position]
    return draft.with_value(("waivers",), left) if left else draft.without(("waivers",))


def holds(waiver: Mapping[str, Any], check: str, host: str, today: date) -> bool:
    """Whether a waiver, as it is written, sets a check on a host aside."""
    try:
        lasting = date.fromisoformat(str(waiver.get("until", ""))) >= today
    except ValueError:
        return False
    named = waiver.get("hosts")
    hosts = named if isinstance(named, list) else ()
    return lasting and waiver.get("check") == check and (not hosts or host in hosts)


def _waived(finding: Finding, waivers: Iterable[Mapping[str, Any]], today: date) -> Finding:
    held = any(holds(waiver, finding.check, finding.host, today) for waiver in waivers)
    if finding.status == "failed" and held and finding.check not in UNWAIVABLE:
        return replace(finding, status="waived")
    if finding.status == "waived" and not held:
        return replace(finding, status="failed", waiver=None)
    return finding


def is_same(one: Any, other: Any) -> bool:
    """Whether two lines of the page are about the same thing; a finding stays the same when it is tried again."""
    if isinstance(one, Finding) and isinstance(other, Finding):
        return (one.check, one.host) == (other.check, other.host)
    return bool(one == other)
