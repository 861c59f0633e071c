"""Which hosts of a site stand, and what follows for its plans. Pure.

A cluster outlives any of its control planes, the one on which it was founded too. So a plan's steps keep their names
whatever stands, and the work on a cluster goes by the first control plane that does (`Environment.desk`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from installer.answers.model import Answers, Environment
from installer.errors import UsageError
from installer.messages import Message
from installer.plan.inputs import Inputs, Planned
from installer.plan.model import Differences, Image, Plan, Step, keep_nothing, nothing_before
from installer.ports import ReadOnly, World

Members = Mapping[str, bool | None]
"""Of each control plane that was looked at whether it is a member of its cluster; None: it did not say."""


def strangers(environment: Environment, members: Members) -> frozenset[str]:
    """The control planes by which no work goes: silent ones, and where the cluster stands those that are not of it."""
    planes = environment.control_planes
    if not any(members.get(host) for host in planes):
        return frozenset()
    return frozenset(host for host in planes if host in members and not members[host])


def regarding(inputs: Inputs, absent: Collection[str], gone: Collection[str] = ()) -> Inputs:
    """The same inputs, for a site of which these hosts are absent and those, among them, gone."""
    away = frozenset(absent) | frozenset(gone)
    environments = tuple(replace(each, absent=away & frozenset(each.hosts)) for each in inputs.answers.environments)
    answers = replace(inputs.answers, environments=environments, gone=frozenset(gone))
    return replace(inputs, answers=answers, _names={})


def require(answers: Answers, gone: Collection[str]) -> None:
    """A site can be worked on without these hosts.

    Raises:
        UsageError: one is not of the site, or too few control planes are left for their cluster to answer.
    """
    unknown = sorted(set(gone) - {host.name for host in answers.hosts})
    if unknown:
        raise UsageError(
            reason=Message("--without names {names}, which the answers do not", names=", ".join(unknown)),
            hint=Message("hosts: {names}", names=", ".join(host.name for host in answers.hosts)),
        )
    for environment in answers.environments:
        planes = environment.control_planes
        left = [host for host in planes if host not in gone]
        if 2 * len(left) <= len(planes):
            raise UsageError(
                reason=Message(
                    "without {names} too few of the {count} control planes of {environment} are left: nothing can be "
                    "decided there",
                    names=", ".join(sorted(set(planes) & set(gone))), count=len(planes), environment=environment.name,
                ),
                hint=Message("bring one of them back first"),
            )  # fmt: skip


def remaining(inputs: Planned, gone: Collection[str], *, hosts: bool = False) -> Planned:
    """The same inputs as if those hosts were in no environment; one without a control plane left is not there either.

    With `hosts` the list of hosts lacks them as well, and so does the registry.
    """
    if not gone:
        return inputs
    reduced = [
        replace(
            each,
            control_planes=tuple(host for host in each.control_planes if host not in gone),
            workers=tuple(host for host in each.workers if host not in gone),
        )
        for each in inputs.answers.environments
    ]
    answers = replace(inputs.answers, environments=tuple(each for each in reduced if each.control_planes))
    if hosts:
        replicas = tuple(host for host in answers.registry.hosts if host not in gone)
        answers = replace(
            answers, hosts=tuple(host for host in answers.hosts if host.name not in gone),
            registry=replace(answers.registry, hosts=replicas or answers.registry.hosts),
        )  # fmt: skip
    return replace(inputs, answers=answers, whole=inputs, _names={})


def leave_out(plan: Plan, gone: Collection[str]) -> Plan:
    """The same plan, its steps on hosts that are gone being over without anything done: it can be gone on with."""
    return replace(plan, steps=tuple(_passed_over(step) if step.host in gone else step for step in plan))


def _passed_over(step: Step) -> Step:
    def nothing(_: ReadOnly) -> Differences:
        return ()

    def do_nothing(_: World) -> None:
        return None

    def undo_nothing(_: World, __: Image) -> None:
        return None

    undo = undo_nothing if step.undo else None
    return replace(step, differs=nothing, apply=do_nothing, capture=nothing_before, keep=keep_nothing, undo=undo,
                   unrecorded=None, always_apply=False)  # fmt: skip
