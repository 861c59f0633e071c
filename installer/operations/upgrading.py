"""From one bundle to the next: what stands, whether its clusters are ready for it, and the plan."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from installer.answers.model import Environment
from installer.bundle.manifest import Manifest
from installer.errors import AnotherBundleStands, SitewrightError, StateUnreadable
from installer.hosts.facts_parsing import RECORD
from installer.messages import Message
from installer.plan import readiness, succession, upgrade
from installer.plan.inputs import Inputs
from installer.plan.model import Plan
from installer.plan.readiness import Trouble
from installer.plan.standing import leave_out
from installer.plan.steps import planes
from installer.ports import ReadOnly
from installer.preflight import Finding, bundle_templates
from installer.runs.store import Run

PASSING = 60
"""Looks, a second apart, at pods that are about to end: a volume that was given up is cleared by one."""


class Site(Protocol):
    """What this needs of an `installer.operations.Site`."""

    @property
    def inputs(self) -> Inputs:
        """Answers and bundle."""
        ...

    @property
    def world(self) -> ReadOnly:
        """The hosts."""
        ...


def plan(inputs: Inputs, former: str) -> Plan:
    """The plan of an upgrade of a site whose clusters run Kubernetes `former`.

    Raises:
        BundleNotTrusted: the bundle is not what an upgrade takes.
    """
    bundle_templates.prove(inputs)
    return leave_out(upgrade.plan(inputs, former), inputs.answers.gone)


def former(site: Site, run: Run | None) -> str:
    """The version of Kubernetes that an upgrade starts from: as its run says, else as the hosts record.

    Raises:
        AnotherBundleStands: this bundle may not follow what they record.
        StateUnreadable: the run's journal is damaged.
    """
    if run is not None:
        with run.journal() as journal:
            said = journal.subject.get(upgrade.FORMER, "")
            begun = bool(journal.subject)
        if begun and not succession.minor(said):
            reason = Message("it names no version of Kubernetes that stood before")
            raise StateUnreadable(path=run.folder / "journal.jsonl", reason=reason)
        if begun:
            return said
    stands = standing(site)
    if refusal := succession.upgrade_refusal(stands, site.inputs.manifest):
        raise AnotherBundleStands(reason=refusal.found, hint=refusal.remedy)
    return stands[0].kubernetes


def standing(site: Site) -> tuple[succession.Standing, ...]:
    """What stands on the hosts, as they record it; a host that does not answer says nothing here."""

    def recorded(host: str) -> succession.Standing | None:
        try:
            return succession.recorded(host, site.world.read(host, RECORD) or b"")
        except SitewrightError:  # whether it can be reached is preflight's matter
            return None

    names = [host.name for host in site.inputs.answers.hosts]
    with ThreadPoolExecutor(site.inputs.answers.parallel_hosts) as pool:
        return succession.gathered(zip(names, pool.map(recorded, names), strict=True))


def ready(site: Site, former: str) -> tuple[Finding, ...]:
    """What of the clusters is not as an upgrade wants it, each with its remedy; and what is."""
    found: list[Finding] = []
    for environment in site.inputs.answers.environments:
        host = environment.desk
        troubles = list(_troubles(site.world, environment, former, site.inputs.manifest))
        found += [Finding(each.check, each.host or host, "warn" if each.warning else "failed", each.found, each.wanted,
                          each.remedy) for each in troubles]  # fmt: skip
        told = {each.check for each in troubles}
        found += [Finding(name, host, "ok", title) for name, title in readiness.CHECKS.items() if name not in told]
    return tuple(found)


def _pods(world: ReadOnly, cluster: str) -> Any:
    """A cluster's pods, once those that are about to end have ended, or had time to."""
    pods = world.get(cluster, "/api/v1/pods")
    for _ in range(PASSING):
        if not readiness.passing(pods):
            break
        time.sleep(1)
        pods = world.get(cluster, "/api/v1/pods")
    return pods


def _troubles(world: ReadOnly, environment: Environment, former: str, manifest: Manifest) -> Iterator[Trouble]:
    cluster = environment.name
    try:
        nodes = world.get(cluster, "/api/v1/nodes")
        pods = _pods(world, cluster)
        budgets = world.get(cluster, "/apis/policy/v1/poddisruptionbudgets")
    except SitewrightError as error:
        yield Trouble(readiness.PLANES, "", error.message, Message("a cluster that answers"), error.remedy)
        return
    for host in environment.control_planes:
        yield from readiness.plane(host, planes.serving(world, host), former)
    yield from readiness.nodes(environment.hosts, nodes, former)
    yield from readiness.pods(pods, alone=len(environment.hosts) == 1)
    if len(environment.hosts) > 1:
        yield from readiness.budgets(budgets)
