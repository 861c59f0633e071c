"""A site at one look: what stands on which host, how well, and what needs somebody's hand first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from installer.formats.objects import at, condition, items, name, text
from installer.messages import Message
from installer.plan import calendar
from installer.plan.calendar import SOON, URGENT, Certificate

OWNER = "meta.helm.sh/release-name"
"""The annotation by which helm says whose an object is."""


@dataclass(frozen=True, slots=True)
class Node:
    """A host as its cluster sees it. `state`: ready, not-ready, out-of-service, no-node, away, or empty: not told."""

    environment: str
    host: str
    role: str
    state: str
    kubelet: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A component as it stands: `release` is how helm calls its state ("" without one), `lacking` what is not ready."""

    environment: str
    name: str
    namespace: str
    version: str
    release: str
    ready: int
    wanted: int
    lacking: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether helm has deployed it, and every pod of its workloads is ready."""
        return self.release == "deployed" and not self.lacking


@dataclass(frozen=True, slots=True)
class Copy:
    """A restore point, or a snapshot, of a cluster's store that lies on a host."""

    environment: str
    host: str
    what: str
    made: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    """What a check on a host said last: `state` is ok, warning or critical."""

    environment: str
    host: str
    check: str
    state: str
    subject: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Need:
    """What needs somebody's hand, `now` or soon: about what, what was found, and the next command."""

    now: bool
    environment: str
    subject: str
    found: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it; `unasked` are clusters that did not answer, and why."""

    at: datetime
    nodes: tuple[Node, ...] = ()
    parts: tuple[Part, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    copies: tuple[Copy, ...] = ()
    checks: tuple[Reported, ...] = ()
    unasked: Mapping[str, str] = field(default_factory=dict)


def node(environment: str, host: str, *, plane: bool, listing: Any) -> Node:
    """A host, of the list of its cluster's nodes; None for the list where the cluster did not answer."""
    role = "control plane" if plane else "node"
    found = next((each for each in items(listing) if name(each) == host), None)
    if listing is None:
        return Node(environment, host, role, "", "")
    if found is None:
        return Node(environment, host, role, "no-node", "")
    state = "ready" if condition(found, "Ready") else "not-ready"
    if state == "ready" and at(found, "spec", "unschedulable"):
        state = "out-of-service"
    return Node(environment, host, role, state, text(found, "status", "nodeInfo", "kubeletVersion"))


def parts(
    environment: str, wanted: Mapping[str, tuple[str, str, str]], releases: str, workloads: Any
) -> Iterator[Part]:
    """The components `wanted`: by name their release's name, its namespace and the component's version.

    `releases` has a line "namespace name state revision" for each that helm keeps; `workloads` are those of the API.
    """
    states: dict[tuple[str, str], tuple[int, str]] = {}
    for words in map(str.split, releases.splitlines()):
        if len(words) == 4 and words[3].isdecimal():
            key = (words[0], words[1])
            states[key] = max(states.get(key, (0, "")), (int(words[3]), words[2]))
    for part, (release, namespace, version) in wanted.items():
        own = [each for each in workloads if _owner(each) == (namespace, release)]
        counted = [(name(each), *_counts(each)) for each in own]
        lacking = tuple(f"{each} {ready}/{all_}" for each, ready, all_ in counted if ready < all_)
        yield Part(environment, part, namespace, version, states.get((namespace, release), (0, "none"))[1],
                   sum(ready for _, ready, _ in counted), sum(all_ for *_, all_ in counted), lacking)  # fmt: skip


def _owner(workload: Any) -> tuple[str, str]:
    return text(workload, "metadata", "namespace"), text(workload, "metadata", "annotations", OWNER)


def _counts(workload: Any) -> tuple[int, int]:
    """How many pods of a workload are ready, of how many."""
    daemons = at(workload, "status", "desiredNumberScheduled")
    wanted = daemons if isinstance(daemons, int) else at(workload, "spec", "replicas")
    ready = at(workload, "status", "numberReady" if isinstance(daemons, int) else "readyReplicas")
    return (ready if isinstance(ready, int) else 0), (wanted if isinstance(wanted, int) else 1)


def copies(environment: str, host: str, listing: str) -> Iterator[Copy]:
    """Restore points and the newest snapshot, of `ls -lR --time-style=+%s` on a host."""
    folder, snapshots = "", list[datetime]()
    for line in listing.splitlines():
        if line.startswith("/") and line.endswith(":"):
            folder = line[:-1]
            continue
        words = line.split(None, 6)
        if len(words) < 7 or not words[5].isdecimal():
            continue
        made = datetime.fromtimestamp(min(int(words[5]), 1 << 33), tz=UTC)
        if words[6] == "proved.json":
            yield Copy(environment, host, Message("restore point {name}", name=folder.rpartition("/")[2]), made)
        elif folder.endswith("/checks/etcd") and words[6].endswith(".db"):
            snapshots.append(made)
    if snapshots:
        yield Copy(environment, host, Message("etcd snapshot, newest of {count}", count=len(snapshots)), max(snapshots))


def needs(seen: Overview) -> tuple[Need, ...]:
    """What needs somebody's hand: what cannot wait first, and of that what most other things hang on."""
    found = [*_of_clusters(seen), *_of_nodes(seen), *_of_parts(seen), *_of_certificates(seen), *_of_checks(seen)]
    return tuple(sorted(found, key=lambda each: not each.now))


def _of_clusters(seen: Overview) -> Iterator[Need]:
    for environment, why in seen.unasked.items():
        yield Need(True, environment, "cluster", why, Message("on its control planes: journalctl -u kubelet -n 50"))


def _of_nodes(seen: Overview) -> Iterator[Need]:
    for each in seen.nodes:
        found, remedy, now = {
            "away": (each.reason, "sitewright check", True),
            "not-ready": (Message("its node is not ready"), Message("on it: journalctl -u kubelet -n 50"), True),
            "no-node": (Message("its cluster does not know it"), "sitewright install", True),
            "out-of-service": (
                Message("takes no new pods"),
                Message("kubectl uncordon {host}, if nobody works on it", host=each.host),
                False,
            ),
        }.get(each.state, ("", "", False))  # fmt: skip
        if found:
            yield Need(now, each.environment, each.host, found, remedy)


def _of_parts(seen: Overview) -> Iterator[Need]:
    for each in seen.parts:
        if each.release == "none":
            yield Need(True, each.environment, each.name, Message("its release is gone"), "sitewright install")
        elif each.release != "deployed":
            found = Message("its release is {state}", state=each.release)
            yield Need(True, each.environment, each.name, found, "sitewright install")
        elif each.lacking:
            remedy = Message("look at its pods: kubectl --namespace {namespace} get pods", namespace=each.namespace)
            yield Need(True, each.environment, each.name, Message("not ready: {names}", names=each.lacking), remedy)


def _of_certificates(seen: Overview) -> Iterator[Need]:
    for each in seen.certificates:
        left = each.left(seen.at)
        if left <= SOON and each.renewal != "access" and not (each.renewal == "itself" and left > URGENT):
            where = each.host or each.place
            yield Need(left <= URGENT, each.environment, where, _ending(each, left), calendar.remedy(each))


def _of_checks(seen: Overview) -> Iterator[Need]:
    for each in seen.checks:
        if each.state != "ok":
            found = Message("check {name}: {subject}", name=each.check, subject=each.subject)
            yield Need(each.state == "critical", each.environment, each.host, found, each.remedy)


def _ending(each: Certificate, left: timedelta) -> Message:
    told = {"purpose": each.purpose, "day": f"{each.ends:%Y-%m-%d %H:%M}", "breaks": each.breaks}
    if left > timedelta():
        return Message("certificate of {purpose} ends on {day} UTC; then: {breaks}", **told)
    return Message("certificate of {purpose} has ended on {day} UTC: {breaks}", **told)
