"""Running the probes of a site: all of an environment side by side, every result kept, whatever fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from installer.answers.model import Environment
from installer.errors import ProbeFailed, SitewrightError
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.standing import remaining
from installer.ports import World
from installer.probes import builtin


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How a probe ended: `evidence` says what was seen, or why it failed."""

    id: str
    title: Message
    environment: str
    passed: bool
    evidence: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """Where an environment's probes stand, and how it went to put their pods there."""

    ground: builtin.ProbeNamespace
    result: ProbeResult


def count(inputs: Planned) -> int:
    """How many probes there are, if nothing goes wrong around them."""
    return sum(len(builtin.probes(inputs, builtin.ProbeNamespace(each, ""))) for each in inputs.answers.environments)


def prepare(world: World, inputs: Planned) -> dict[str, Prepared]:
    """Put the pods of every environment's probes there, whatever fails; by environment, for `prove` or `clean`.

    A cluster takes a while to start them: whoever has something else to do first lets it begin.
    """
    with _environments() as pool:
        found = pool.map(partial(_prepare, world, inputs), inputs.answers.environments)
        return {each.ground.cluster: each for each in found}


def clean(world: World, prepared: Mapping[str, Prepared]) -> None:
    """Take away what was put there for a proof that will not be; what stays goes with the next proof."""
    with _environments() as pool:
        list(pool.map(lambda each: _one(world, builtin.cleaning(each.ground)), prepared.values()))


def prove(
    world: World,
    inputs: Planned,
    report: Callable[[ProbeResult], None],
    prepared: Mapping[str, Prepared] = MappingProxyType({}),
    missing: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ProbeResult, ...]:
    """Run every probe of every environment; `report` hears each result as it comes. Cleans up behind itself.

    `missing` are hosts that do not answer, and why: each is a failed probe of its own, and the others are tried
    without them. An environment none of whose control planes answers is not tried.

    What goes wrong before or after the probes is a failed probe of its own. Where nothing could be put there, those
    that need it fail with that, at once; the others are tried all the same.
    """

    def environment(inputs: Planned, environment: Environment) -> tuple[ProbeResult, ...]:
        ready = prepared.get(environment.name) or _prepare(world, inputs, environment)
        return _prove(world, inputs, ready, report)

    there = remaining(inputs, missing)
    lost = [_told(_lost(each, host, missing[host]), report)
            for each in inputs.answers.environments for host in each.hosts if host in missing]  # fmt: skip
    with _environments() as pool:
        tried = pool.map(partial(environment, there), there.answers.environments)
        return (*lost, *(result for group in tried for result in group))


def _lost(environment: Environment, host: str, reason: str) -> ProbeResult:
    return ProbeResult(
        f"{environment.name}/probe.host@{host}",
        Message("host {host} answers", host=host),
        environment.name,
        False,
        reason,
        0.0,
    )


def _environments() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="environment")


def _prepare(world: World, inputs: Planned, environment: Environment) -> Prepared:
    ground = builtin.ProbeNamespace.of_now(environment, world.now())
    return Prepared(ground, _one(world, builtin.preparing(inputs, ground)))


def _prove(
    world: World, inputs: Planned, ready: Prepared, report: Callable[[ProbeResult], None]
) -> tuple[ProbeResult, ...]:
    prepared, probes = ready.result, builtin.probes(inputs, ready.ground)
    with ThreadPoolExecutor(max_workers=len(probes), thread_name_prefix="probe") as pool:
        results = pool.map(lambda probe: _told(_after(prepared, world, probe), report), probes)
        found = [*(_told(each, report) for each in (prepared,) if not each.passed), *results]
    cleaned = _one(world, builtin.cleaning(ready.ground))
    return (*found, *(_told(each, report) for each in (cleaned,) if not each.passed))


def _after(prepared: ProbeResult, world: World, probe: builtin.Probe) -> ProbeResult:
    if probe.prepared and not prepared.passed:
        why = Message("not tried: {reason}", reason=prepared.evidence)
        return ProbeResult(probe.id, probe.title, probe.environment, False, why, 0.0)
    return _one(world, probe)


def _one(world: World, probe: builtin.Probe) -> ProbeResult:
    began = time.monotonic()
    try:
        passed, evidence = True, probe.run(world)
    except SitewrightError as error:
        passed, evidence = False, error.message
    except Exception as error:  # what a probe did not expect is no proof either, and must not take others along
        passed, evidence = False, f"{type(error).__name__}: {error}"
    return ProbeResult(probe.id, probe.title, probe.environment, passed, evidence, time.monotonic() - began)


def _told(result: ProbeResult, report: Callable[[ProbeResult], None]) -> ProbeResult:
    report(result)
    return result


def failed(results: tuple[ProbeResult, ...]) -> ProbeFailed | None:
    """The error to end with, None where every probe passed."""
    broken = [result for result in results if not result.passed]
    if not broken:
        return None
    names = ", ".join(result.id for result in broken)
    return ProbeFailed(
        reason=Message("{count} of {total} probes failed: {names}", count=len(broken), total=len(results), names=names)
    )
