"""Whether the hosts carry what is installed and what comes later, by the figures that `size` and the report tell."""

from __future__ import annotations

from collections.abc import Mapping

from installer import requirements
from installer.hosts.facts import Facts
from installer.plan.inputs import Planned
from sizing.hosts import of_cluster
from sizing.offered import Shortfall, suffices


def shortfalls(planned: Planned, facts: Mapping[str, Facts]) -> tuple[Shortfall, ...]:
    """What the hosts are short of for the needs; nothing where nobody said what is needed.

    An environment is judged once all its hosts are known. Machines that are no nodes are not among the answers' hosts.
    """
    answers = planned.answers
    if not answers.needs:
        return ()
    needs = planned.sizing.needs
    known = {environment.name for environment in answers.environments
             if all(host in facts for host in environment.hosts)}  # fmt: skip
    with requirements.reasons(answers):
        verdicts = suffices(needs, requirements.offers_from(answers, facts, needs)).verdicts
    judged = (each for each in verdicts if of_cluster(each.pool) and each.offered_machines)
    return tuple(short for each in judged if each.environment in known for short in each.shortfalls)
