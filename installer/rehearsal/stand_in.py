"""The answers of a rehearsal: a customer's own, but for what only the customer's hosts have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from installer.answers.model import Answers, Waiver
from installer.rehearsal.site import PracticeSite, access_to

LIMITS = {
    "cgroup.version": "practice hosts are containers and see the cgroups of the machine under them",
    "limits.raise": "a container may not raise its own limits",
    "kernel.modules": "a container shares the kernel of the machine under it and loads no modules",
    "memory.swap": "swap belongs to the machine under the practice hosts",
    "clock.sync": "practice hosts share the clock of the machine under them",
    "disk.fsync": "practice hosts share one disk with everything else on the machine",
    "host.cpu": "practice hosts share the cores of one machine",
    "host.memory": "practice hosts share the memory of one machine",
    "disk.space": "practice hosts share one disk, and each needs little of it",
}
"""Checks that container hosts of one machine cannot pass, and why."""

PERSON = "the engineer who rehearses"
UNTIL = date(2030, 12, 31)
"""Fixed: another day would be another plan, and a rehearsal that was broken off could not go on."""


def rehearsed(answers: Answers, site: PracticeSite) -> Answers:
    """The same answers for practice hosts, which stand at the same addresses.

    Logins and host keys are those of the practice site, without a bastion; a load balancer of the customer's own is not
    there, so the proxy of each host takes its place; and what containers cannot do is waived.
    """
    access = access_to(site)
    waived = {waiver.check for waiver in answers.waivers if not waiver.hosts}
    return replace(
        answers,
        hosts=tuple(replace(host, access=access, host_key="") for host in answers.hosts),
        environments=tuple(replace(environment, endpoint="") for environment in answers.environments),
        waivers=(
            *answers.waivers,
            *(Waiver(check, reason, PERSON, UNTIL) for check, reason in LIMITS.items() if check not in waived),
        ),
    )
