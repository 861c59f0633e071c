"""Looking which control planes of a site stand, before work on its clusters is planned."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from installer.answers.model import Answers
from installer.errors import SitewrightError
from installer.plan import standing
from installer.plan.steps.kubernetes import ADMIN
from installer.ports import ReadOnly


def absent(world: ReadOnly, answers: Answers, gone: Collection[str] = ()) -> frozenset[str]:
    """The hosts by which no work on a cluster goes: those gone, silent ones, and planes yet to join one that stands.

    An environment with one control plane is not looked at: its work goes by that one or not at all.
    """
    wide = [each for each in answers.environments if len(each.control_planes) > 1]
    planes = [host for each in wide for host in each.control_planes if host not in gone]

    def member(host: str) -> bool | None:
        try:
            return world.stat(host, ADMIN) != (None,)
        except SitewrightError:  # whether it can be reached is for a step of that host, or preflight, to say
            return None

    with ThreadPoolExecutor(answers.parallel_hosts, "members") as pool:
        members = dict(zip(planes, pool.map(member, planes), strict=True))
    return frozenset(gone).union(*(standing.strangers(each, members) for each in wide))
