"""The plan of an installation: read it from top to bottom to know what sitewright does to a site.

Hosts are prepared side by side. The site registry is started on its first host and filled over the operator's link,
once; everybody pulls from it over the LAN. Then each environment becomes a cluster, and its releases follow in the
order of what they require. A part that consumes what another environment publishes waits for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from installer.answers.model import Environment
from installer.bundle import known
from installer.bundle.manifest import Component
from installer.plan import stages
from installer.plan.inputs import Inputs
from installer.plan.model import Plan, Step
from installer.plan.steps import (
    authority,
    dns_spread,
    host_components,
    hosts,
    kubelet_certificates,
    kubernetes,
    pools,
    record,
    registry,
    registry_content,
    releases,
    secrets,
)


def plan(inputs: Inputs) -> Plan:
    """Every step of an installation, in order.

    Raises:
        AnswersInvalid: a chosen component is not in the bundle, or a part of the site needs what it has not.
        BundleNotTrusted: a template of the bundle cannot be rendered with these answers.
    """
    steps = ground(inputs)
    for environment in inputs.answers.environments:
        steps += _cluster(inputs, environment)
    named = {step.id: step for step in steps}
    ordered = stages.stable(named, {step.id: step.after for step in steps})
    return Plan("install", tuple(named[each] for each in ordered), subject(inputs), inputs.answers.parallel_hosts)


def ground(inputs: Inputs) -> list[Step]:
    """What every cluster of the site stands on: prepared hosts, the filled registry, the site's authority."""
    environments = inputs.answers.environments
    steps = [step for environment in environments for host in environment.hosts
             for step in hosts.prepare(inputs, environment, host)]  # fmt: skip
    steps += registry.serve(inputs)
    for environment in environments:
        steps += [registry.trust(inputs, host) for host in environment.hosts
                  if host not in inputs.answers.registry.hosts]  # fmt: skip
    return [*steps, *authority.serve(inputs)]


NOT_PLANNED = frozenset({"answers.access", "answers.limits", "answers.needs", "answers.plan", "answers.trust"})
"""Sections of the answers that shape no step: how hosts are reached, what is reckoned and reported."""


def subject(inputs: Inputs) -> dict[str, str]:
    """What the plan was made from, each with its digest, so that a refused resume can name what changed.

    Of some sections only a part shapes steps: not the customer's name, a host's login, or a waiver's reason and day.
    """
    answers = inputs.answers
    sections = {name: digest for name, digest in answers.digests.items() if name not in NOT_PLANNED}
    parts = {
        "answers.site": answers.site,
        "answers.hosts": [(host.name, host.address, *([host.pool] if host.pool else [])) for host in answers.hosts],
        "answers.waivers": sorted((waiver.check, sorted(waiver.hosts)) for waiver in answers.waivers),
    }
    shaped = {name: _digest(json.dumps(part).encode()) for name, part in parts.items()}
    return {"bundle": inputs.manifest.digest, "signers": _digest(inputs.signers), **sections, **shaped}


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _cluster(inputs: Inputs, environment: Environment) -> list[Step]:
    """One environment: parts on its hosts, control plane, other members, releases, and the record of it all."""
    chosen = inputs.components(environment)
    steps: list[Step] = []
    installed = {host: _host_parts(inputs, environment, host, steps) for host in environment.hosts}

    first, *others = environment.control_planes
    steps.append(kubernetes.init(inputs, environment, installed[first]))
    joined = steps[-1].id
    members = {first: joined}
    for host in others:  # one at a time: etcd admits one new member at once
        steps.append(kubernetes.join(inputs, environment, host, (*installed[host], members[first], joined)))
        members[host] = joined = steps[-1].id
    for host in environment.workers:
        steps.append(kubernetes.join(inputs, environment, host, (*installed[host], members[first])))
        members[host] = steps[-1].id

    certified = [
        kubelet_certificates.certify(inputs, environment, host, (members[host],)) for host in environment.hosts
    ]
    steps += certified
    steps += _releases(inputs, environment, chosen, members, tuple(step.id for step in certified))
    done = tuple(step.id for step in steps if step.phase in {"charts", "kubernetes"})
    steps += [record.write(inputs, environment, host, done) for host in environment.hosts]
    return steps


def _host_parts(inputs: Inputs, environment: Environment, host: str, steps: list[Step]) -> tuple[str, ...]:
    """Append the steps that put host components on a host, one after the other; returns the ids to wait for."""
    last: tuple[str, ...] = (
        registry_content.filled_id(inputs),
        registry.trust_id(environment, host),
        hosts.step_id(environment, "hosts.settings", host),
    )
    for part in inputs.wiring.hosted(environment.name):
        spec = part.spec["host"]
        if part.name != known.REGISTRY and host_components.belongs(spec, inputs, environment, host):
            after = (*last, *_producers(inputs, environment, part))
            steps.append(host_components.install(inputs, environment, part, host, after))
            last = (steps[-1].id,)
    return last


def _releases(
    inputs: Inputs,
    environment: Environment,
    chosen: tuple[Component, ...],
    members: dict[str, str],
    certified: tuple[str, ...],
) -> list[Step]:
    """The releases in order of requirement. Network add-ons (`network: true`) come first; others want Ready nodes."""
    release_parts = [part for part in chosen if "chart" in part.spec or "objects" in part.spec]
    network = [part for part in release_parts if part.spec.get("network")]
    joined = members[environment.founder]
    steps = [releases.release(inputs, environment, part, (joined, *_producers(inputs, environment, part)))
             for part in network]  # fmt: skip
    up = tuple(step.id for step in steps)
    ready = [kubernetes.ready(environment, host, (members[host], *up)) for host in environment.hosts]
    steps += ready
    if len(environment.hosts) > 1:
        steps.append(dns_spread.spread(environment, free_hosts(inputs, environment), tuple(step.id for step in ready)))
    gate = (*(step.id for step in ready), *certified)
    if pools.pooled(inputs, environment):
        steps += [pools.join(inputs, environment, host, (step.id,))
                  for host, step in zip(environment.hosts, ready, strict=True)]  # fmt: skip
        gate = (*gate, *(step.id for step in steps[-len(ready) :]))
    return steps + released(inputs, environment, [part for part in release_parts if part not in network], gate)


def released(inputs: Inputs, environment: Environment, parts: Sequence[Component], gate: tuple[str, ...]) -> list[Step]:
    """The steps that release parts into a cluster, each after what it requires; all of them wait for `gate`."""
    steps: list[Step] = []
    there = {part.name for part in inputs.components(environment) if "chart" in part.spec or "objects" in part.spec}
    for part in parts:
        needed = inputs.wiring.required(environment.name, part)
        requires = tuple(releases.release_id(environment, name) for name in needed if name in there)
        after = (*gate, *requires, *_producers(inputs, environment, part))
        if authority.KEY in part.spec:
            steps.append(authority.intermediate(inputs, environment, part, after))
            after = (*after, steps[-1].id)
        if secrets.needed(inputs, environment, part):
            steps.append(secrets.serve(inputs, environment, part, after))
            after = (*after, steps[-1].id)
        steps.append(releases.release(inputs, environment, part, after))
    return steps


def free_hosts(inputs: Inputs, environment: Environment) -> int:
    """How many hosts of an environment are there and kept for no part of it."""
    there = [host for host in environment.hosts if host not in inputs.answers.gone]
    return sum(not environment.reserved(inputs.answers.host(host).pool) for host in there)


def _producers(inputs: Inputs, environment: Environment, part: Component) -> tuple[str, ...]:
    """The steps of all parts, wherever they stand, that fill the roles which a part consumes."""
    found: list[str] = []
    for edge in inputs.wiring.consumed(environment.name, part.name):
        there = inputs.answers.environment(edge.provider.environment)
        producer = inputs.manifest.component(edge.provider.component)
        if "chart" in producer.spec or "objects" in producer.spec:
            found.append(releases.release_id(there, producer.name))
        elif producer.name == known.REGISTRY:
            found.append(registry_content.filled_id(inputs))
        elif "host" in producer.spec:
            found += [host_components.install_id(there, producer, host) for host in there.hosts
                      if host_components.belongs(producer.spec["host"], inputs, there, host)]  # fmt: skip
    return tuple(dict.fromkeys(found))
