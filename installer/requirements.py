"""From the customer's answers, and what the hosts say, to what sizing asks: the only place where both are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from installer.answers.model import Answers, Environment
from installer.hosts.facts import GIB, Facts
from sizing.needs import Needs, needs_of, with_settings
from sizing.offered import Offer
from sizing.workload import redundant_site

VOLUMES = "/var/lib"
"""Where volumes are kept; a disk of its own there is the data disk."""
UNDECIDED = ("", "", "")
"""The control planes of an environment that has none yet: it will survive a broken machine unless somebody says not."""


def needs_from(answers: Answers, settings: Sequence[str] = ()) -> Needs:
    """The needs of the answers, with `--set path=value` laid over them.

    An answers file that says nothing of environments under `needs` means its own, each redundant where it has more than
    one control plane, each bearing the whole load.

    Raises:
        sizing.errors.SizingError: the needs are malformed, absurd or contradictory; all problems at once.
    """
    own = {environment.name: len(environment.control_planes) for environment in answers.environments}
    return needs_of(with_settings(_with_environments(answers.needs, own), settings))


def needs_of_sections(needs: Mapping[str, Any], environments: Any) -> Needs:
    """The needs of a document's section `needs`, and of `environments`, of which anything may be missing or wrong.

    Raises:
        sizing.errors.SizingError: as `needs_from`.
    """
    listed = environments if isinstance(environments, list) else []
    named = [each for each in listed if isinstance(each, Mapping) and isinstance(each.get("name"), str)]
    planes = {str(each["name"]): each.get("control_planes") for each in named}
    own = {name: len(hosts if hosts and isinstance(hosts, list) else UNDECIDED) for name, hosts in planes.items()}
    return needs_of(_with_environments(needs, own))


def _with_environments(needs: Mapping[str, Any], control_planes: Mapping[str, int]) -> dict[str, Any]:
    """`control_planes` says how many each environment of the answers has."""
    if "environments" in needs or not control_planes:
        return dict(needs)
    own = [{"name": name, "redundant": count > 1} for name, count in control_planes.items()]
    return {**needs, "environments": own}


def offers_from(answers: Answers, facts: Mapping[str, Facts], needs: Needs) -> tuple[Offer, ...]:
    """The customer's hosts as machines offered, in the environments that are sized; hosts not asked are left out."""
    wanted = {environment.name: environment.redundant for environment in needs.environments}
    return tuple(
        _offer(environment, host, facts[host], wanted[environment.name] and redundant_site(needs))
        for environment in answers.environments
        if environment.name in wanted
        for host in environment.hosts
        if host in facts
    )


def _offer(environment: Environment, host: str, facts: Facts, redundant: bool) -> Offer:
    pool = "node" if not redundant else ("control-plane" if host in environment.control_planes else "worker")
    system, volumes = facts.disks.get("/"), facts.disks.get(VOLUMES)
    own_disk = volumes is not None and system is not None and volumes.mount != system.mount
    return Offer(
        environment=environment.name,
        pool=pool,
        cpu_cores=facts.cpus,
        memory_gib=math.ceil(facts.memory / GIB),
        system_disk_gib=system.size / GIB if system else 0.0,
        data_disk_gib=volumes.size / GIB if volumes and own_disk else 0.0,
        name=host,
    )
