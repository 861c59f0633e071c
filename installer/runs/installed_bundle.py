"""Which bundle stands at a site: what this machine's runs know of it, and what the hosts' records say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from installer.bundle.manifest import Blob
from installer.bundle.manifest_json import decode
from installer.errors import AnotherBundleStands, BundleNotTrusted, SitewrightError
from installer.hosts.facts_parsing import RECORD
from installer.plan import succession
from installer.plan.inputs import Planned
from installer.plan.succession import Standing
from installer.ports import ReadOnly
from installer.runs import provenance
from installer.runs.store import Runs


def of_runs(runs: Runs, site: str) -> tuple[Standing | None, str]:
    """The bundle of the last finished run known here, and the digest of that of a run that was broken off."""
    finished = [run for run in runs.standing(site) if run.outcome == "done"]
    kept = finished[-1].read(provenance.BUNDLE) if finished else None
    broken_off = runs.unfinished(site, backward=False)
    going_on = broken_off.read(provenance.BUNDLE) if broken_off else None
    known = None
    with suppress(BundleNotTrusted):  # damaged since: the hosts' own records say what stands
        known = Standing.of(decode(kept, provenance.BUNDLE)) if kept else None
    return known, Blob.of(going_on).digest if going_on else ""


def require(world: ReadOnly, inputs: Planned, runs: Runs) -> None:
    """Refuse what preflight would refuse, for whoever only wants to see the plan.

    Raises:
        AnotherBundleStands: by what the hosts record, this bundle may not follow.
    """

    def recorded(host: str) -> Standing | None:
        try:
            return succession.recorded(host, world.read(host, RECORD) or b"")
        except SitewrightError:  # whether it can be reached is preflight's matter
            return None

    names = [host.name for host in inputs.answers.hosts]
    with ThreadPoolExecutor(inputs.answers.parallel_hosts) as pool:
        stands = succession.gathered(zip(names, pool.map(recorded, names), strict=True))
    _, going_on = of_runs(runs, inputs.answers.site)
    if refusal := succession.refusal(stands, inputs.manifest, going_on):
        raise AnotherBundleStands(reason=refusal.found, hint=refusal.remedy)
