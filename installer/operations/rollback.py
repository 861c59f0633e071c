"""The way back of a run: its plan, and the data of applications that would go with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from installer import engine
from installer.errors import SitewrightError
from installer.plan.inputs import Inputs, Planned
from installer.plan.model import Plan
from installer.plan.renamed import present_id
from installer.plan.steps import before_images, volumes
from installer.plan.steps.hosts import step_id
from installer.plan.steps.volumes import Volume
from installer.ports import ReadOnly
from installer.runs.store import Run


def inverse(inputs: Inputs, run: Run, forth: Plan, operation: str) -> Plan:
    """The plan that takes a run back, down to what hosts keep of it; `forth` is the one that it was begun with.

    Raises:
        PlanChanged: the run was made from something else than `inputs`.
    """
    with run.journal() as journal:
        back = engine.inverse(forth, journal, operation)
    going = {step.id for step in back}
    last = []
    for environment in inputs.answers.environments:
        for host in environment.hosts:
            if f"undo:{step_id(environment, 'hosts.home', host)}" not in going:  # what is kept there goes with all else
                after = tuple(step.id for step in back if step.host == host)
                last.append(before_images.forget(host, environment.name, run.name, after))
    return replace(back, steps=(*back.steps, *last))


def at_stake(world: ReadOnly, inputs: Planned, run: Run) -> tuple[Volume, ...]:
    """The volumes that would be lost if a run were taken back with consent to that; hosts that are silent have none."""
    with run.journal() as journal:
        images = {present_id(name): image for name, image in journal.images.items()}
    hosts = [(environment, host) for environment in inputs.answers.environments for host in environment.hosts]
    with ThreadPoolExecutor(inputs.answers.parallel_hosts) as pool:
        found = pool.map(lambda each: _volumes(world, each[1]), hosts)
    going: list[Volume] = []
    for (environment, host), there in zip(hosts, found, strict=True):
        home = images.get(step_id(environment, "hosts.home", host))
        spaces = set(_namespaces(inputs, environment.name, images))
        for volume in there:
            whole = home is not None and volume.path.rpartition("/")[2] not in home.get("_volumes", ())
            if whole or volume.application.partition("/")[0] in spaces:
                going.append(volume)
    return tuple(going)


def _volumes(world: ReadOnly, host: str) -> tuple[Volume, ...]:
    try:
        return volumes.found(world, host)
    except SitewrightError:  # the way back itself will say what is wrong with that host
        return ()


def _namespaces(inputs: Planned, environment: str, images: dict[str, dict[str, object]]) -> Iterator[str]:
    """The namespaces of an environment whose applications go with a run: it installed them first."""
    for component in inputs.manifest.components:
        for step, image in images.items():
            if step.startswith(f"{environment}/{component.name}.release@") and image.get("release") == "":
                yield component.spec.get("chart", {}).get("namespace", component.name)
