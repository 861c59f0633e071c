"""How preflight tells that the machines of an environment are too small for its needs."""

from __future__ import annotations

from collections.abc import Iterator

from installer.hosts.facts import Facts
from installer.messages import Message
from installer.preflight.finding import Case, Violation

CORES, DISKS = ("cpu_cores",), ("disk_gib", "system_disk_gib")
MEMORY = ("memory_gib", "machines", "room on one machine")
"""What each of the three checks tells of; memory is mostly what decides how many machines there are."""
COUNTED = {
    "cpu_cores": Message("cores"),
    "memory_gib": Message("GiB of memory"),
    "disk_gib": Message("GiB of disk for volumes"),
    "system_disk_gib": Message("GiB of system disk"),
    "machines": Message("machine(s)"),
    "room on one machine": Message("machine(s) of that size"),
}


def short_of(case: Case, facts: Facts, resources: tuple[str, ...]) -> Iterator[Violation]:
    """What the machines of a host's environment are short of, told at its first control plane.

    Only a warning where the environment stands already: then it is time to order more, and nothing is held up.
    """
    environment = case.answers.environment_of(facts.host)
    if facts.host != environment.desk:
        return
    for short in case.short:
        if short.environment == environment.name and short.resource in resources:
            what = COUNTED[short.resource]
            yield Violation(
                Message("{environment}/{pool}: {count} {what}", environment=environment.name, pool=short.pool,
                        count=f"{short.offered:.0f}", what=what),
                Message("{count} {what} for all that is installed or comes later",
                        count=f"{short.wanted:.0f}", what=what),
                Message("sitewright size --profile FILE --offered says what would do; or smaller needs"),
                case.begun(facts),
            )  # fmt: skip
