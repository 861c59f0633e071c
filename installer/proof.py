"""Running the probes of a site: all of an environment side by side, every result kept, whatever fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from installer.answers import Environment
from installer.errors import ProbeFailed, SitewrightError
from installer.plan.inputs import Inputs
from installer.plan.steps import verify
from installer.world.ports import World


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How a probe ended: `evidence` says what was seen, or why it failed."""

    id: str
    title: str
    environment: str
    passed: bool
    evidence: str
    seconds: float


def count(inputs: Inputs) -> int:
    """How many probes there are, if nothing goes wrong around them."""
    return sum(len(verify.probes(inputs, verify.Ground(each, ""))) for each in inputs.answers.environments)


def prove(world: World, inputs: Inputs, report: Callable[[ProbeResult], None]) -> tuple[ProbeResult, ...]:
    """Run every probe of every environment; `report` hears each result as it comes. Cleans up behind itself.

    What goes wrong before or after the probes is a failed probe of its own. Where nothing could be put there, those
    that need it fail with that, at once; the others are tried all the same.
    """
    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="environment") as pool:
        groups = pool.map(lambda e: _environment(world, inputs, e, report), inputs.answers.environments)
        return tuple(result for group in groups for result in group)


def _environment(
    world: World, inputs: Inputs, environment: Environment, report: Callable[[ProbeResult], None]
) -> tuple[ProbeResult, ...]:
    ground = verify.Ground.of_now(environment, world.now())
    probes = verify.probes(inputs, ground)
    prepared = _one(world, verify.preparing(inputs, ground))
    with ThreadPoolExecutor(max_workers=len(probes), thread_name_prefix="probe") as pool:
        results = pool.map(lambda probe: _told(_after(prepared, world, probe), report), probes)
        found = [*(_told(each, report) for each in (prepared,) if not each.passed), *results]
    cleaned = _one(world, verify.cleaning(ground))
    return (*found, *(_told(each, report) for each in (cleaned,) if not each.passed))


def _after(prepared: ProbeResult, world: World, probe: verify.Probe) -> ProbeResult:
    if probe.prepared and not prepared.passed:
        return ProbeResult(probe.id, probe.title, probe.environment, False, f"not tried: {prepared.evidence}", 0.0)
    return _one(world, probe)


def _one(world: World, probe: verify.Probe) -> ProbeResult:
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
    return ProbeFailed(reason=f"{len(broken)} of {len(results)} probes failed: {names}")
