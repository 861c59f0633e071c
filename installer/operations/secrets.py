"""The Secrets of a site's parts: which there are, what one holds, and new values in their place."""

from __future__ import annotations

import threading

from installer.errors import EffectMissing, UsageError
from installer.messages import Message
from installer.operations import Site, rollout
from installer.plan.card import SecretCard
from installer.plan.inputs import Inputs
from installer.plan.stages import Place
from installer.plan.steps import secrets
from installer.plan.steps.secrets import Kept
from installer.ports import Report, World, discarded
from installer.runs import lock


def named(inputs: Inputs, name: str) -> SecretCard:
    """The Secret of that name: "component/secret", with the environment before it where several have it.

    Raises:
        UsageError: there is none, or more than one.
    """
    every = SecretCard.of(inputs)
    found = [each for each in every if name in (each.name, each.name.partition("/")[2])]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.name for each in found or every) or "none"
    reason = Message("there are several of that name: {names}", names=names) if found else Message(
        "the site has no secret {name}; it has: {names}", name=name, names=names
    )  # fmt: skip
    raise UsageError(reason=reason, hint=Message("see: sitewright secrets list"))


def values(inputs: Inputs, world: World, wanted: SecretCard) -> dict[str, str]:
    """What a Secret holds, by key, as it stands in its cluster.

    Raises:
        UsageError: it is not there.
    """
    environment = inputs.answers.environment(wanted.environment)
    kept = Kept(environment.control_planes, wanted.environment, wanted.namespace, wanted.secret)
    data = kept.data(world)
    if data is None:
        reason = Message("{name} is not in its cluster", name=wanted.name)
        raise UsageError(reason=reason, hint=Message("an installation makes it: sitewright install"))
    return {key: value.decode("utf-8", "replace") for key, value in data.items()}


def rotate(site: Site, wanted: SecretCard, report: Report = discarded) -> tuple[str, ...]:
    """Make a Secret's values anew, bring them to all who have a copy, and start anew what uses them.

    The part itself comes first and is waited for; then those who consume it. Broken off anywhere, it can be begun
    again: everybody then has still newer values. Returns the workloads that were started anew, as people name them.

    Raises:
        UsageError: nothing in it is made at the site.
        SiteLocked: a run is under way.
        EffectMissing: a workload has not come back with the new values.
    """
    if not wanted.made:
        reason = Message("nothing in {name} is made at the site", name=wanted.name)
        raise UsageError(reason=reason, hint=Message("its texts come from the bundle and the answers"))
    inputs = site.inputs
    with lock.hold(site.world, site.runs, site.name, site.planes, site.owner, threading.Event()):
        environment = inputs.answers.environment(wanted.environment)
        part = inputs.manifest.component(wanted.component)
        secrets.renew(inputs, environment, part, wanted.secret, site.world)
        begun = _restarted(site.world, environment.name, wanted.namespace, tuple(part.secrets), report)
        for edge in inputs.wiring.edges:
            if edge.provider == (environment.name, part.name) and part.published_secret:
                begun += _copied(site, edge.consumer, edge.role, report)
    return begun


def _copied(site: Site, place: Place, role: str, report: Report) -> tuple[str, ...]:
    """Bring a consumer's copy up to date, and start anew what uses it."""
    environment = site.inputs.answers.environment(place.environment)
    part = site.inputs.manifest.component(place.component)
    if "chart" not in part.spec:
        return ()
    secrets.serve(site.inputs, environment, part, ()).apply(site.world)
    return _restarted(site.world, environment.name, part.spec["chart"]["namespace"], (role,), report)


def _restarted(world: World, cluster: str, namespace: str, names: tuple[str, ...], report: Report) -> tuple[str, ...]:
    found = rollout.using(world, cluster, namespace, names)
    for at, workload in enumerate(found):
        report(at, len(found), "items", str(workload))
        rollout.restart(world, workload)
    late = tuple(str(workload) for workload in found if not rollout.settled(world, workload))
    if late:
        raise EffectMissing(
            reason=Message("not yet back with the new values: {names}", names=", ".join(late)),
            hint=Message("look at its pods; the same command can be given again"),
        )
    return tuple(map(str, found))
