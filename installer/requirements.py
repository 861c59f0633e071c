"""From the customer's answers, and what the hosts say, to what sizing asks: the only place where both are known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

from installer.answers.model import Answers, Environment
from installer.bundle.manifest import Manifest
from installer.errors import NeedsInvalid
from installer.hosts.facts import GIB, Facts
from installer.installed import Installed, Parts, installed, of_draft
from installer.messages import Message
from sizing.engine import Sizing, size
from sizing.errors import SizingError
from sizing.needs import Chosen, Needs, needs_of
from sizing.offers import Offer
from sizing.sentences import Sentence
from sizing.settings import with_settings
from sizing.workload import redundant_site

VOLUMES = "/var/lib"
"""Where volumes are kept; a disk of its own there is the data disk."""
UNDECIDED = ("", "", "")
"""The control planes of an environment that has none yet: it will survive a broken machine unless somebody says not."""


def needs_from(answers: Answers, settings: Sequence[str] = (), parts: Parts | None = None) -> Needs:
    """The needs of the answers, with `--set path=value` laid over them, and what is installed.

    An answers file that says nothing of environments under `needs` means its own, each redundant where it has more than
    one control plane, each bearing the whole load. `parts` are the components that the plan installs in each; without
    them it is those that the answers choose.

    Raises:
        sizing.errors.SizingError: the needs are malformed, absurd or contradictory; all problems at once.
    """
    own = {environment.name: len(environment.control_planes) for environment in answers.environments}
    needs = needs_of(with_settings(_with_environments(answers.needs, own), settings))
    return _with_parts(needs, installed(answers, parts))


def needs_of_sections(needs: Mapping[str, Any], environments: Any, manifest: Manifest | None = None) -> Needs:
    """The needs of a document's section `needs`, and of `environments`, of which anything may be missing or wrong.

    Raises:
        sizing.errors.SizingError: as `needs_from`.
    """
    listed = environments if isinstance(environments, list) else []
    there = [each for each in listed if isinstance(each, Mapping) and isinstance(each.get("name"), str)]
    planes = {str(each["name"]): each.get("control_planes") for each in there}
    own = {name: len(hosts if hosts and isinstance(hosts, list) else UNDECIDED) for name, hosts in planes.items()}
    chosen = ((str(each["name"]), each.get("components")) for each in there)
    values = ((name, mine if isinstance(mine, Mapping) else {}) for name, mine in chosen)
    return _with_parts(needs_of(_with_environments(needs, own)), of_draft(values, manifest))


def _with_parts(needs: Needs, parts: Iterable[Installed]) -> Needs:
    """The needs with what is installed in each of their environments; nothing is in one that the answers lack."""
    found: dict[str, dict[str, Chosen]] = {}
    for part in parts:
        if part.chosen is not None:
            found.setdefault(part.environment, {}).setdefault(part.chosen.rules, part.chosen)
    environments = tuple(
        replace(environment, components=tuple(found.get(environment.name, {}).values()))
        for environment in needs.environments
    )
    return replace(needs, environments=environments)


@lru_cache(maxsize=8)
def sized(needs: Needs) -> Sizing:
    """What needs take; reckoned once, whoever asks.

    Raises:
        sizing.errors.SizingError: the needs contradict each other, or nothing can carry them.
    """
    return size(needs)


@contextmanager
def reasons(answers: Answers | None = None, file: str = "size") -> Iterator[None]:
    """What sizing refuses, as an error of the answers, or of another `file`: every reason, with its line if it has one.

    Raises:
        NeedsInvalid: it was refused.
    """
    try:
        yield
    except SizingError as error:
        problems = [_placed(problem, answers) for problem in error.problems]
        raise NeedsInvalid(file=answers.file if answers else file, count=len(problems), problems=problems) from error


def _placed(problem: str, answers: Answers | None) -> str:
    line = answers.lines.get(f"needs.{problem.split()[0].rstrip(':')}") if answers else None
    return f"{answers.file}:{line}: {problem}" if answers and line else problem


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


def spoken(sentence: Sentence) -> Message:
    """What the calculator says, as a message: the same text, template and values."""
    values = {name: spoken(each) if isinstance(each, Sentence) else each for name, each in sentence.values.items()}
    return Message.restored(str(sentence), sentence.template, values)
