"""The plan of an upgrade: read it from top to bottom to know how a running site comes to the next bundle.

A plan is a function of what stands and what is wanted. Its steps are those of an installation wherever both mean the
same, so the way back is the same too: each step of this plan has a before-image, and taking the run back, also long
after it has ended, gives what stood before, with everything that was written since. In between:

    restore points    the store of each cluster is copied, and each copy proved by a trial
    control planes    one at a time: the new programs, which first act as the former minor version did
    new behaviour     one at a time: they act as what they are
    nodes             one at a time: out of service, programs exchanged, back into service
    charts            DNS and kube-proxy, then the releases in the order of what they require

One environment follows the other, in the order of the answers: put the one first that may fail.
"""

from __future__ import annotations

from dataclasses import replace

from installer.answers.model import Environment
from installer.bundle import known
from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted
from installer.messages import Message
from installer.plan import install, stages, succession
from installer.plan.inputs import Inputs
from installer.plan.model import Plan, Step
from installer.plan.steps import (
    addons,
    cluster_configuration,
    dns_spread,
    host_components,
    nodes,
    planes,
    record,
    registry,
    registry_content,
    restore_points,
)

OPERATION = "upgrade"
WAYS_BACK = {
    "hosts": Message("files put back"),
    "registry": Message("the former contents, which stay there meanwhile"),
    "restore points": Message("nothing to take back"),
    "control planes": Message("the former programs over the store as it then is: nothing written is lost"),
    "new behaviour": Message("as the control planes"),
    "nodes": Message("out of service, former programs, back into service"),
    "charts": Message("helm rollback to the revision of before; what an application did to its own data stays"),
}
"""By phase, how it is taken back, also when all of it has ended well."""
AWAY_ALONE = {
    "control planes": Message("the API, while its programs change; applications run on"),
    "new behaviour": Message("the API, once more"),
    "nodes": Message("the API, once more, where Kubernetes goes to another minor version; applications run on"),
    "charts": Message("what has one copy, while that is exchanged"),
}
AWAY = {
    "control planes": Message("nothing with several control planes; with one the API, while its programs change"),
    "new behaviour": Message("as before"),
    "nodes": Message(
        "what has one copy, or its volume on the node, while that is emptied; with one control plane the API, once more"
    ),
    "charts": Message("what has one copy, while that is exchanged"),
}
"""By phase, what is away meanwhile; nothing where there is no word of it. `AWAY_ALONE` of a site with single hosts."""
FORMER = "standing.kubernetes"
"""In a plan's subject the version of Kubernetes that stood before: with answers and bundle it gives the plan again."""


def plan(inputs: Inputs, former: str) -> Plan:
    """Every step from a site whose clusters run Kubernetes `former` ("v1.36.3") to what is wanted, in order.

    Raises:
        AnswersInvalid: a chosen component is not in the bundle, or a part of the site needs what it has not.
        BundleNotTrusted: the bundle is not made for upgrades, or a template of it cannot be rendered.
    """
    if known.STORE_TOOLS not in {component.name for component in inputs.manifest.components}:
        reason = Message("it has no {component}: nothing can be upgraded to it", component=known.STORE_TOOLS)
        raise BundleNotTrusted(bundle=inputs.manifest.name, reason=reason)
    steps = install.ground(inputs)
    before: tuple[str, ...] = ()
    for environment in inputs.answers.environments:
        own = _cluster(inputs, environment, former, before)
        named = {step.id: step for step in own}
        ordered = stages.stable(named, {step.id: [a for a in step.after if a in named] for step in own})
        steps += [named[each] for each in ordered]
        before = tuple(step.id for step in own if ".record@" in step.id)
    subject = {**install.subject(inputs), FORMER: former}
    return Plan(OPERATION, _known(steps), subject, inputs.answers.parallel_hosts)


def _known(steps: list[Step]) -> tuple[Step, ...]:
    """The steps, each after only what this plan has: what else it would wait for stands already."""
    seen: set[str] = set()
    found = []
    for step in steps:
        found.append(replace(step, after=tuple(each for each in step.after if each in seen)))
        seen.add(step.id)
    return tuple(found)


def _cluster(inputs: Inputs, environment: Environment, former: str, before: tuple[str, ...]) -> list[Step]:
    """One environment, once those `before` it are through."""
    filled = (registry_content.filled_id(inputs), *(registry.trust_id(environment, host) for host in environment.hosts))
    steps = _restore_points(inputs, environment, (*filled, *before))
    steps += [planes.bring(inputs, environment, host, (*filled, *before)) for host in environment.hosts]
    if succession.minor(former) != succession.minor(inputs.manifest.kubernetes):
        steps += _control_planes(inputs, environment, former, _ids(steps))
    elif former != inputs.manifest.kubernetes:  # nothing new is offered, so there is nothing to hold back
        steps += _programs(inputs, environment, _ids(steps))
    gate = _ids(steps)
    for host in environment.hosts:  # one at a time, control planes first
        steps += _node(inputs, environment, host, gate)
        gate = (steps[-1].id,)
    if former != inputs.manifest.kubernetes:
        steps.append(addons.follow(inputs, environment, gate))
        gate = (steps[-1].id,)
    if len(environment.hosts) > 1:
        steps.append(
            replace(dns_spread.spread(environment, install.free_hosts(inputs, environment), gate), phase="charts")
        )
        gate = (steps[-1].id,)
    parts = [part for part in inputs.components(environment) if "chart" in part.spec or "objects" in part.spec]
    network = [part for part in parts if part.spec.get("network")]
    steps += install.released(inputs, environment, network, gate)
    others = [part for part in parts if part not in network]
    steps += install.released(inputs, environment, others, (*gate, *_ids(steps[-len(network) :] if network else [])))
    done = _ids(steps)
    return steps + [record.write(inputs, environment, host, done) for host in environment.hosts]


def _ids(steps: list[Step]) -> tuple[str, ...]:
    return tuple(step.id for step in steps)


def _restore_points(inputs: Inputs, environment: Environment, after: tuple[str, ...]) -> list[Step]:
    tools = inputs.manifest.component(known.STORE_TOOLS)
    steps: list[Step] = []
    for host in environment.control_planes:
        brought = host_components.install(inputs, environment, tools, host, after)
        steps.append(replace(brought, phase="restore points"))
        steps.append(restore_points.take(inputs, environment, host, (steps[-1].id,)))
    return steps


def _control_planes(inputs: Inputs, environment: Environment, former: str, after: tuple[str, ...]) -> list[Step]:
    """New programs that act as the former minor version, one plane at a time; then what they are, one at a time."""
    version = inputs.manifest.kubernetes
    steps = [cluster_configuration.emulate(environment, succession.minor(former), version, after)]
    steps += _programs(inputs, environment, _ids(steps))
    gate = _ids(steps)
    for host in environment.control_planes:
        steps.append(planes.lift(inputs, environment, host, gate))
        gate = (steps[-1].id,)
    return [*steps, cluster_configuration.settle(environment, gate)]


def _programs(inputs: Inputs, environment: Environment, after: tuple[str, ...]) -> list[Step]:
    steps: list[Step] = []
    gate = after
    for host in environment.control_planes:
        steps.append(planes.change(inputs, environment, host, gate))
        gate = (steps[-1].id,)
    return steps


def _node(inputs: Inputs, environment: Environment, host: str, after: tuple[str, ...]) -> list[Step]:
    """One node: out of service, its programs, back into service. The only node of a cluster stays in service."""
    steps = [nodes.drain(inputs, environment, host, after)] if len(environment.hosts) > 1 else []
    gate = _ids(steps) or after
    for part in inputs.wiring.hosted(environment.name):
        if _of_nodes(part) and host_components.belongs(part.spec["host"], inputs, environment, host):
            steps.append(replace(host_components.install(inputs, environment, part, host, gate), phase=nodes.PHASE))
            gate = (steps[-1].id,)
    steps.append(nodes.configure(inputs, environment, host, gate))
    return [*steps, nodes.give_back(inputs, environment, host, (steps[-1].id,))]


def _of_nodes(part: Component) -> bool:
    """Whether a host component is exchanged while its node is out of service; the others come before any of that."""
    return part.name not in {known.REGISTRY, known.STORE_TOOLS}
