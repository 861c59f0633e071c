"""Verbs that look at a site and change nothing: check, plan, preview, and what stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from installer import engine, preflight, state_files
from installer.bundle.archive import Archive
from installer.errors import SitewrightError, StateUnreadable
from installer.messages import Message
from installer.operations import upgrading
from installer.operations.site import Site
from installer.plan import install as installing
from installer.plan import standing as standing_plans
from installer.plan import upgrade
from installer.plan.inputs import Inputs
from installer.plan.model import Plan
from installer.plan.steps import record
from installer.ports import Report, discarded
from installer.preflight import Finding, bundle_images, bundle_templates
from installer.runs import installed_bundle
from installer.runs.store import Run

SPEEDS = "speeds.json"
"""By host of the registry, bytes per second; kept with a site."""
COMPLETE = "complete"
"""Digest of the bundle and the answers that were last proved to lack no image; kept with a site."""


def check(
    site: Site, asked: Report = discarded, only: Iterable[str] = (), *, upgrading: bool = False
) -> tuple[Finding, ...]:
    """Look at every host; all findings, good and bad. `asked` hears of each host that has answered, or could not.

    `upgrading` says that the bundle is to follow the one that stands. `only` names checks, or checks on a host
    ("disk.space", "disk.space@node-1"), that alone are wanted.

    Raises:
        UsageError: it names one that does not exist.
    """
    answers = standing_plans.remaining(site.inputs, site.gone, hosts=True).answers
    wanted = preflight.only(only, preflight.NAMES, [host.name for host in answers.hosts])
    lacking: Callable[[], preflight.Lacking] = dict
    if site.archive is not None and any(wanted.wants(preflight.IMAGES, host.name) for host in answers.hosts):
        lacking = partial(_lacking, site, site.archive)
    known_here, going_on = installed_bundle.of_runs(site.runs, site.name)
    case = preflight.look(
        site.world, answers, site.inputs.manifest, site.world.now(), asked, wanted, lacking, known_here, going_on,
        upgrading=upgrading,
    )  # fmt: skip
    _keep_speeds(site, case.tried)
    return preflight.judge(case, wanted)


def _lacking(site: Site, archive: Archive) -> preflight.Lacking:
    """What the charts ask for and the bundle lacks: all of them are rendered, once for a bundle and its answers."""
    of = bundle_images.digest(site.inputs)
    with suppress(StateUnreadable):
        if state_files.read(site.runs.folder(site.name) / COMPLETE, 1000) == of.encode():
            return bundle_images.none(site.inputs)
    found = bundle_images.lacking(site.inputs, archive)
    if not any(found.values()):
        with suppress(StateUnreadable):  # as with speeds
            site.runs.keep(site.name, COMPLETE, of.encode())
    return found


def plan(inputs: Inputs) -> Plan:
    """The plan of an installation.

    Raises:
        BundleNotTrusted: the bundle is not what an installation takes.
    """
    bundle_templates.prove(inputs)
    return standing_plans.leave_out(installing.plan(inputs), inputs.answers.gone)


def planned(site: Site, run: Run, inputs: Inputs) -> Plan:
    """The plan that a run was begun with, made again from what it was planned from.

    Raises:
        As `plan`, and `upgrading.former`.
    """
    return upgrading.plan(inputs, upgrading.former(site, run)) if run.operation == upgrade.OPERATION else plan(inputs)


def measured(site: Site) -> Inputs:
    """The same inputs with the speed to the first registry that preflight has last measured; it feeds the ETA alone."""
    host = site.inputs.answers.registry.hosts[0]
    with suppress(StateUnreadable):  # nothing was measured, or it is damaged: no harm but the ETA's
        rate = (state_files.read_object(site.runs.folder(site.name) / SPEEDS, Message("remove it")) or {}).get(host)
        if isinstance(rate, int | float) and 1 <= rate < 1e12:
            return replace(site.inputs, send_rate=float(rate))
    return site.inputs


def _keep_speeds(site: Site, tried: preflight.Tried) -> None:
    """Keep, for each host of the registry that was measured, how fast bytes get onto its disk from here."""
    speeds = {host: min(speed, tried.disk.get(host, speed)) for host, speed in tried.link.items()}
    if speeds:
        with suppress(StateUnreadable):  # whoever only looks at hosts needs no place for it
            site.runs.keep(site.name, SPEEDS, json.dumps(speeds).encode())


def preview(site: Site, plan_: Plan) -> dict[str, bool]:
    """Which steps already hold; nothing is touched."""
    return engine.preview(plan_, site.world, hosts_at_once=site.inputs.answers.parallel_hosts)


def standing(site: Site) -> tuple[dict[str, dict[str, Any] | None], dict[str, SitewrightError]]:
    """Each host's record of what stands on it, None where nothing of ours does; and why the others do not say."""
    records: dict[str, dict[str, Any] | None] = {}
    silent: dict[str, SitewrightError] = {}

    def look(host: str) -> dict[str, Any] | SitewrightError | None:
        try:
            return record.stated(site.world, host)
        except SitewrightError as error:
            return error

    names = [host.name for host in site.inputs.answers.hosts]
    with ThreadPoolExecutor(site.inputs.answers.parallel_hosts) as pool:
        for host, found in zip(names, pool.map(look, names), strict=True):
            if isinstance(found, SitewrightError):
                silent[host] = found
            else:
                records[host] = found
    return records, silent
