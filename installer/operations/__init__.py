"""One short function per verb; console, terminal interface and tests all call these.

Each takes a site and does one thing, and returns a value or raises; nothing here prints. The order of an installation:
`check`, `plan`, `preview`, `install`, `prove`; of another one where all is `repeated.whole`: `prove`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from installer.errors import SitewrightError, UsageError
from installer.formats import json_lines
from installer.messages import Message
from installer.operations import authority, kubeconfigs
from installer.operations import rollback as taking_back
from installer.operations.examining import check, measured, plan, planned, preview, standing
from installer.operations.site import Site, SiteWorld
from installer.plan import standing as standing_plans
from installer.plan.inputs import Inputs
from installer.plan.model import BACKWARD, Plan
from installer.plan.steps.volumes import Volume
from installer.probes import proof
from installer.runs import adoption, execute, kubectl, lock, provenance, site_copy
from installer.runs.execute import Watch
from installer.runs.store import PROBES, Run

__all__ = [
    "Site",
    "SiteWorld",
    "at_stake",
    "check",
    "choose_again",
    "clear",
    "fetch_kubeconfigs",
    "install",
    "keep_kubectl",
    "keep_proof",
    "measured",
    "plan",
    "planned",
    "preview",
    "prove",
    "resume",
    "rollback",
    "standing",
    "uninstall",
]


def install(site: Site, plan_: Plan, watch: Watch, stop: threading.Event) -> Run:
    """Carry a plan out, of an upgrade too: a run that was broken off goes on, otherwise a new one begins.

    Raises:
        SiteLocked: another run is under way, or has taken the site over from this one.
        PlanChanged: a broken-off run was of another plan.
        StepFailed, RunStopped, Interrupted: as the engine says; the run can be resumed.
    """
    with _held(site, stop):
        run = site.runs.unfinished(site.name)
        if run is None:
            adoption.compare(site, site.runs.last_standing(site.name), plan_)
            run = site.runs.begin(site.name, plan_.operation, site.remembered)
        else:
            adoption.settle(site, run, plan_)
        return _drive(site, site.inputs, plan_, run, watch, stop)


def resume(site: Site, watch: Watch, stop: threading.Event, *, delete_volumes: bool = False) -> Run:
    """Go on with the run that was broken off, forward or back; a way back keeps data unless `delete_volumes` says so.

    An installation whose steps are done but whose probes have not all passed yet is given back as it is: to be proved.

    Raises:
        UsageError: none was.
        As `install` otherwise.
    """
    with _held(site, stop):
        run = site.runs.unfinished(site.name)
        if run is None:
            standing = site.runs.standing(site.name)
            if standing and not standing[-1].proved:
                return standing[-1]
            raise UsageError(
                reason=Message("no run of site {name} was broken off", name=site.name),
                hint=Message("see: sitewright status"),
            )
        if run.operation in BACKWARD:
            return _back(site, run.operation, watch, stop, delete_volumes=delete_volumes)
        wanted = planned(site, run, measured(site))
        adoption.settle(site, run, wanted)
        return _drive(site, site.inputs, wanted, run, watch, stop)


def at_stake(site: Site, operation: str = "rollback") -> tuple[Volume, ...]:
    """The volumes with data of applications that a rollback, or an uninstall, would delete if somebody consents."""
    subjects = site.runs.standing(site.name)
    last = site.runs.last_standing(site.name)
    if operation == "rollback":
        subjects = (last,) if last is not None else ()
    found = [taking_back.at_stake(site.world, provenance.recall(run, site.inputs), run) for run in subjects]
    return tuple(dict.fromkeys(volume for volumes in found for volume in volumes))


def rollback(
    site: Site, watch: Watch, stop: threading.Event, operation: str = "rollback", *, delete_volumes: bool = False
) -> Run:
    """Take the site's last run back, finished or not; data of applications stays unless `delete_volumes` says so.

    Raises:
        UsageError: there is nothing to take back.
        RollbackIncomplete: a step could not be undone; calling again goes on there.
    """
    with _held(site, stop):
        return _back(site, operation, watch, stop, delete_volumes=delete_volumes)


def uninstall(site: Site, watch: Watch, stop: threading.Event, *, delete_volumes: bool = False) -> Run:
    """Take every run of the site back, the last one first; but for kept data, the hosts are as before the first."""
    run = rollback(site, watch, stop, "uninstall", delete_volumes=delete_volumes)
    while site.runs.standing(site.name):
        run = rollback(site, watch, stop, "uninstall", delete_volumes=delete_volumes)
    return run


def clear(site: Site) -> tuple[Path, ...]:
    """Remove what is of no use once nothing of the site stands: what its clients had. Returns what was removed."""
    of_no_use = ("*.kubeconfig", kubectl.NAME, authority.NAME)
    return () if site.runs.standing(site.name) else site.runs.discard(site.name, *of_no_use)


def prove(
    site: Site,
    report: Callable[[proof.ProbeResult], None],
    prepared: Mapping[str, proof.Prepared],
    silent: Mapping[str, SitewrightError] = MappingProxyType({}),
) -> tuple[proof.ProbeResult, ...]:
    """Try every probe; `prepared` has, by environment, those whose pods are there already.

    Hosts that are `silent` are failed probes of their own, and the others are tried without them.
    """
    missing = {host: error.message for host, error in silent.items()}
    there = standing_plans.remaining(site.inputs, site.gone)
    return proof.prove(site.world, there, report, prepared, missing)


def fetch_kubeconfigs(site: Site) -> dict[str, Path]:
    """Keep each environment's administrator kubeconfig with the site's runs."""
    answers, keep = site.inputs.answers, partial(site.runs.keep, site.name)
    found = {each.name: kubeconfigs.fetch(site.world, answers, each, keep) for each in answers.environments}
    return {name: path for name, path in found.items() if path is not None}


def choose_again(site: Site, silent: Collection[str]) -> None:
    """Let each kubeconfig that is kept use a control plane that answers; one that none answers for stays as it is."""
    keep = partial(site.runs.keep, site.name)
    for environment in site.inputs.answers.environments:
        if (site.runs.folder(site.name) / kubeconfigs.file_name(environment)).is_file():
            with suppress(SitewrightError):
                kubeconfigs.fetch(site.world, site.inputs.answers, environment, keep, silent)


def keep_kubectl(site: Site) -> Path | None:
    """The bundle's own kubectl beside the kubeconfigs; None where it has none for this machine, or is not at hand."""
    if site.archive is None:
        return None
    return kubectl.kept(site.archive, site.inputs.manifest, site.runs.make(site.name))


def keep_proof(run: Run, results: tuple[proof.ProbeResult, ...]) -> None:
    """Write the probes' results into a run's directory."""
    told = json_lines.masked([asdict(result) for result in results])
    run.write(PROBES, {"format": 1, "probes": told})


@contextmanager
def _held(site: Site, stop: threading.Event) -> Iterator[None]:
    """Hold the site, knowing of every run that it knows of; `stop` is set when it was lost to somebody else."""
    with lock.hold(site.world, site.runs, site.name, site.planes, site.owner, stop):
        adoption.adopt(site)
        yield


def _back(site: Site, operation: str, watch: Watch, stop: threading.Event, *, delete_volumes: bool) -> Run:
    """Take the last standing run back with a run of its own, or go on doing so; from what that run was planned from."""
    subject = site.runs.last_standing(site.name)
    if subject is None:
        raise UsageError(reason=Message("nothing of site {name} is known here to take back", name=site.name),
                         hint=Message("see: sitewright status"))  # fmt: skip
    recalled = replace(provenance.recall(subject, site.inputs), delete_volumes=delete_volumes)
    gone = site.gone
    inputs = standing_plans.regarding(recalled, site.inputs.answers.absent, gone)
    _require_hosts(site, subject, inputs)
    forth = planned(site, subject, inputs)
    adoption.settle(site, subject, forth)
    inverse = standing_plans.leave_out(taking_back.inverse(inputs, subject, forth, operation), gone)
    run = site.runs.unfinished(site.name, backward=True) or site.runs.begin(
        site.name, operation, {**site.remembered, "of": subject.name}
    )
    return _drive(site, inputs, inverse, run, watch, stop)


def _require_hosts(site: Site, subject: Run, inputs: Inputs) -> None:
    """Every host that a run worked on is one that we know how to reach."""
    reachable = {host.name for host in site.inputs.answers.hosts}
    lost = [host.name for host in inputs.answers.hosts if host.name not in reachable | inputs.answers.gone]
    if lost:
        raise UsageError(
            reason=Message(
                "run {name} worked on {names}, which the answers no longer name",
                name=subject.name,
                names=", ".join(lost),
            ),
            hint=Message(
                "take it back with the answers it began with: --profile {path}",
                path=subject.folder / provenance.ANSWERS,
            ),
        )


def _drive(site: Site, inputs: Inputs, plan_: Plan, run: Run, watch: Watch, stop: threading.Event) -> Run:
    """Carry a plan out in a run's folder; what goes forward is copied to the site as it goes."""
    # What is taken back takes its copy along.
    at_once = inputs.answers.parallel_hosts
    copy = None if run.operation in BACKWARD else site_copy.Mirror(site.world, site.name, site.planes, run, at_once)
    return execute.drive(run, plan_, inputs, site.world, watch, stop, copy)
