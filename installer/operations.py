"""One short function per verb; console, terminal interface and tests all call these.

Each takes a site and does one thing, and returns a value or raises; nothing here prints. The order of an installation:
`check`, `plan`, `preview`, `install`, `prove`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from installer import engine, faults, lock, mirror, proof
from installer.errors import RollbackIncomplete, SitewrightError, StepFailed, UsageError
from installer.events import Emit, Event, StepBroke
from installer.plan import checks, context
from installer.plan import install as installing
from installer.plan.checks import Finding
from installer.plan.inputs import Inputs
from installer.plan.model import BACKWARD, Plan
from installer.plan.steps import kubernetes, record
from installer.runs import Run, Runs
from installer.world.ports import Probed, Report, World

Watch = Callable[[Plan], AbstractContextManager[Emit]]
"""Opens a view of the plan that is about to be driven; gives the sink of its events."""


def unheard(done: int, total: int, unit: str, note: str) -> None:
    """The report that nobody listens to."""


class SiteWorld(World, Probed, Protocol):
    """What operations act on: everything a world can do, and what preflight tries."""


@dataclass(frozen=True)
class Site:
    """What every verb on a site works with. `owner` names this person and machine in the site's lock."""

    inputs: Inputs
    world: SiteWorld
    runs: Runs
    owner: str
    remembered: Mapping[str, str]
    """What a run keeps so that `resume` and its kin need no flags: "profile", "bundle", "signers"."""

    @property
    def name(self) -> str:
        """The site's name."""
        return self.inputs.answers.site

    @property
    def first(self) -> str:
        """The host that keeps the site's lock and a copy of the journal."""
        return self.inputs.answers.environments[0].control_planes[0]


def check(site: Site, asked: Report = unheard, only: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Look at every host; all findings, good and bad. `asked` hears of each host that has answered, or could not.

    `only` names checks, or checks on a host ("disk.space", "disk.space@node-1"), that alone are wanted.

    Raises:
        UsageError: it names one that does not exist.
    """
    answers = site.inputs.answers
    wanted = checks.only(only, checks.NAMES, [host.name for host in answers.hosts])
    return checks.preflight(site.world, answers, site.inputs.manifest, site.world.now(), asked, wanted)


def plan(inputs: Inputs) -> Plan:
    """The plan of an installation."""
    return installing.plan(inputs)


def measured(site: Site) -> Inputs:
    """The same inputs with the speed that the link to the first registry host has now; it feeds the ETA alone."""
    return replace(site.inputs, send_rate=site.world.probing.link_speed(site.inputs.answers.registry.hosts[0]))


def preview(site: Site, plan_: Plan) -> dict[str, bool]:
    """Which steps already hold; nothing is touched."""
    return engine.preview(plan_, site.world, hosts_at_once=site.inputs.answers.parallel_hosts)


def install(site: Site, plan_: Plan, watch: Watch, stop: threading.Event) -> Run:
    """Carry the plan out: a run that was broken off goes on, otherwise a new one begins.

    Raises:
        SiteLocked: another run is under way.
        PlanChanged: a broken-off run was of another plan.
        StepFailed, Interrupted: as the engine says; the run can be resumed.
    """
    with lock.hold(site.world, site.runs, site.name, site.first, site.owner):
        adopt(site)
        run = site.runs.unfinished(site.name) or site.runs.begin(site.name, "install", site.remembered)
        return _drive(site, plan_, run, watch, stop)


def resume(site: Site, watch: Watch, stop: threading.Event) -> Run:
    """Go on with the run that was broken off, forward or back.

    Raises:
        UsageError: none was.
        As `install` otherwise.
    """
    adopt(site)
    run = site.runs.unfinished(site.name)
    if run is None:
        raise UsageError(reason=f"no run of site {site.name} was broken off", hint="see: sitewright status")
    if run.operation in BACKWARD:
        return _back(site, run.operation, watch, stop)
    return install(site, plan(site.inputs), watch, stop)


def rollback(site: Site, watch: Watch, stop: threading.Event, operation: str = "rollback") -> Run:
    """Take the site's last run back, finished or not.

    Raises:
        UsageError: there is nothing to take back.
        RollbackIncomplete: a step could not be undone; calling again goes on there.
    """
    return _back(site, operation, watch, stop)


def uninstall(site: Site, watch: Watch, stop: threading.Event) -> Run:
    """Take every run of the site back, the last one first; the hosts are as before the first."""
    run = rollback(site, watch, stop, "uninstall")
    while site.runs.standing(site.name):
        run = rollback(site, watch, stop, "uninstall")
    return run


def prove(site: Site, report: Callable[[proof.ProbeResult], None]) -> tuple[proof.ProbeResult, ...]:
    """Try every probe."""
    return proof.prove(site.world, site.inputs, report)


def fetch_kubeconfigs(site: Site) -> dict[str, Path]:
    """Keep each environment's administrator kubeconfig, addressed to its first control plane, with the site's runs."""
    kept: dict[str, Path] = {}
    for environment in site.inputs.answers.environments:
        first = environment.control_planes[0]
        raw = site.world.read(first, kubernetes.ADMIN)
        if raw is not None:
            address = f"{site.inputs.answers.host(first).address}:{context.API_PORT}"
            text = raw.decode().replace(f"https://127.0.0.1:{context.PROXY_PORT}", f"https://{address}")
            kept[environment.name] = site.runs.keep(site.name, f"{environment.name}.kubeconfig", text.encode())
    return kept


def standing(site: Site) -> dict[str, dict[str, Any] | None]:
    """Each host's record of what stands on it, None where nothing of ours does."""
    return {host.name: record.read(site.world, host.name) for host in site.inputs.answers.hosts}


def keep_proof(run: Run, results: tuple[proof.ProbeResult, ...]) -> None:
    """Write the probes' results into a run's directory."""
    run.write("probes.json", {"format": 1, "probes": [asdict(result) for result in results]})


def _drive(site: Site, plan_: Plan, run: Run, watch: Watch, stop: threading.Event) -> Run:
    """Carry a plan out in a run's folder, watched; an error is told where to read on."""
    run.write("plan.json", plan_json(plan_))
    logs: list[str] = []
    with ExitStack() as stack:
        emit = stack.enter_context(watch(plan_))
        copy = None
        if run.operation not in BACKWARD:  # what is taken back takes its copy along
            copy = stack.enter_context(mirror.Mirror(site.world, site.first, run).following())
        journal = stack.enter_context(run.journal(copy))

        def heard(event: Event) -> None:
            run.emit(event)
            with suppress(OSError):  # the run folder has it all: a view that cannot be written stops no run
                emit(event)
            if isinstance(event, StepBroke) and event.log:
                logs.append(f"full log: {run.folder / event.log}")

        at_once = site.inputs.answers.parallel_hosts
        try:
            engine.run(plan_, journal, site.world, heard, hosts_at_once=at_once, stop=stop, keep=run.keep)
        except (StepFailed, RollbackIncomplete) as error:
            error.facts["details"] = (*logs, f"{journal.count('done')} of {len(plan_)} steps are done and stay done")
            raise
        except SitewrightError:
            raise
        except Exception as error:
            raise faults.kept(error, run.folder) from error
    return run


def adopt(site: Site) -> None:
    """Where this machine knows no run of the site, take over what the site has kept of another machine's."""
    if not site.runs.history(site.name):
        for name, files in mirror.kept(site.world, site.first).items():
            site.runs.adopt(site.name, name, files)


def _back(site: Site, operation: str, watch: Watch, stop: threading.Event) -> Run:
    """Take the last standing run back with a run of its own, or go on doing so."""
    with lock.hold(site.world, site.runs, site.name, site.first, site.owner):
        adopt(site)
        subject = site.runs.last_standing(site.name)
        if subject is None:
            raise UsageError(reason=f"nothing of site {site.name} is known here to take back",
                             hint="see: sitewright status")  # fmt: skip
        with subject.journal() as journal:
            inverse = engine.inverse(plan(site.inputs), journal, operation)
        run = site.runs.unfinished(site.name, backward=True) or site.runs.begin(
            site.name, operation, {**site.remembered, "of": subject.name}
        )
        return _drive(site, inverse, run, watch, stop)


def plan_json(plan_: Plan) -> dict[str, Any]:
    """A plan as data."""
    steps = [
        {"id": s.id, "title": s.title, "phase": s.phase, "host": s.host, "environment": s.environment,
         "after": list(s.after), "seconds": s.weight, "bytes": s.bytes, "can_be_undone": s.undo is not None}
        for s in plan_
    ]  # fmt: skip
    return {"format": 1, "operation": plan_.operation, "digest": plan_.digest, "subject": dict(plan_.subject),
            "steps": steps}  # fmt: skip
