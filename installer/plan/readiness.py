"""Whether a running cluster is ready to be upgraded, judged by what its API answers. Pure.

Everything here would otherwise stop an upgrade half way, at night: a node that nobody missed, a pod that nothing would
start again, a budget that lets no pod go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from installer.formats.objects import at, condition, items, listed, name, text
from installer.messages import Message

PLANES, NODES, PODS, BUDGETS, VOLUMES = (
    "upgrade.planes", "upgrade.nodes", "upgrade.pods", "upgrade.budgets", "upgrade.volumes"
)  # fmt: skip
CHECKS: Mapping[str, Message] = {
    PLANES: Message("every control plane serves the version that stands"),
    NODES: Message("every node is ready, in service and of the version that stands"),
    PODS: Message("every pod is started again by somebody when its node is emptied"),
    BUDGETS: Message("every disruption budget lets a pod go"),
    VOLUMES: Message("no application is bound to one node"),
}
OVER = frozenset({"Failed", "Succeeded"})
FOR_GOOD = "Always"
"""The restart policy of a pod that never ends by itself; also that of one that names none."""
SHOWN = 5
"""Things that are named; of more it is told how many."""


class Trouble(NamedTuple):
    """What is not as it should be: found, wanted, what to do about it, and whether it only has to be known."""

    check: str
    host: str
    found: str
    wanted: str
    remedy: str
    warning: bool = False


def plane(host: str, serving: str, former: str) -> Iterator[Trouble]:
    """A control plane whose API server does not answer, or is of another version."""
    if serving != former:
        found = Message("its API server is {version}", version=serving or Message("silent"))
        remedy = Message("look at it: journalctl -u kubelet; then bring it to {version}", version=former)
        yield Trouble(PLANES, host, found, Message("{version}, answering", version=former), remedy)


def nodes(hosts: Sequence[str], listing: Any, former: str) -> Iterator[Trouble]:
    """Nodes that are lost, out of service, or out of step."""
    there = {name(node): node for node in items(listing)}
    for host in hosts:
        node = there.get(host)
        if node is None or not condition(node, "Ready"):
            remedy = Message("mend it, or take it out of the answers and out of the cluster")
            yield Trouble(NODES, host, Message("its node is not ready"), Message("Ready"), remedy)
        elif at(node, "spec", "unschedulable"):
            remedy = Message("find out who has closed it, then: kubectl uncordon {host}", host=host)
            yield Trouble(NODES, host, Message("its node is out of service"), Message("in service"), remedy)
        elif (seen := text(node, "status", "nodeInfo", "kubeletVersion")) != former:
            remedy = Message("bring it to the version of the others first: sitewright install with what stands")
            yield Trouble(NODES, host, Message("its kubelet is {version}", version=seen),
                          Message("{version}, as the cluster", version=former), remedy)  # fmt: skip


def pods(listing: Any, *, alone: bool) -> Iterator[Trouble]:
    """Pods that nothing would start again, and applications that are away while their node is."""
    living = _living(listing)
    naked = [_named(pod) for pod in living if _naked(pod)]
    if naked and not alone:
        yield Trouble(PODS, "", Message("nothing starts these again: {names}", names=_told(naked)),
                      Message("pods that belong to a Deployment, a StatefulSet or the like"),
                      Message("delete them, or put them under a Deployment"))  # fmt: skip
    bound = [_named(pod) for pod in living
             if any("persistentVolumeClaim" in volume for volume in listed(pod, "spec", "volumes"))]  # fmt: skip
    if bound and not alone:
        yield Trouble(VOLUMES, "", Message("away while the node of their volume is: {names}", names=_told(bound)),
                      Message("applications with a copy on another node"),
                      Message("tell whoever uses them, or choose a quiet hour"), warning=True)  # fmt: skip


def passing(listing: Any) -> list[str]:
    """The pods that nothing would start again and that end by themselves, as those by which volumes are cleared."""
    return [
        _named(pod) for pod in _living(listing)
        if _naked(pod) and (text(pod, "spec", "restartPolicy") or FOR_GOOD) != FOR_GOOD
    ]  # fmt: skip


def _living(listing: Any) -> list[Mapping[str, Any]]:
    return [pod for pod in items(listing) if text(pod, "status", "phase") not in OVER]


def _naked(pod: Any) -> bool:
    """Whether nothing would start a pod again."""
    return not listed(pod, "metadata", "ownerReferences")


def budgets(listing: Any) -> Iterator[Trouble]:
    """Budgets that let no pod go now: a node with such a pod is never emptied."""
    tight = [_named(each) for each in items(listing)
             if at(each, "status", "expectedPods") and at(each, "status", "disruptionsAllowed") == 0]  # fmt: skip
    if tight:
        yield Trouble(BUDGETS, "", Message("no pod may go by: {names}", names=_told(tight)),
                      Message("budgets that allow one disruption at least"),
                      Message("start another replica, or take the budget away meanwhile"))  # fmt: skip


def _named(thing: Any) -> str:
    return f"{text(thing, 'metadata', 'namespace')}/{name(thing)}"


def _told(names: Sequence[str]) -> str | Message:
    shown, more = ", ".join(sorted(names)[:SHOWN]), len(names) - SHOWN
    return Message("{names} and {count} more", names=shown, count=more) if more > 0 else shown
