"""What the cluster itself keeps of how it is to run, while a new version acts like the old one.

An API server can run the new version's code and still offer only what the former minor version did ("emulated
version", KEP-4330). As long as it does, nothing can be stored that the former one would not know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from installer.answers.model import Environment
from installer.errors import CommandFailed
from installer.formats import libyaml
from installer.formats.objects import text
from installer.messages import Message
from installer.plan.model import Difference, Differences, Image, Step
from installer.plan.steps import static_pods
from installer.plan.steps.hosts import step_id
from installer.plan.steps.kept_objects import SPACE, KeptObjects, named
from installer.ports import ReadOnly, World

CONFIGURATION = f"/api/v1/namespaces/{SPACE}/configmaps/kubeadm-config"
KEY = "ClusterConfiguration"
PROGRAMS = ("apiServer", "controllerManager", "scheduler")
EMULATED = "emulated-version"
ACTED = Message("{emulated} of the control planes", emulated=EMULATED)


def emulate(environment: Environment, minor: str, version: str, after: tuple[str, ...]) -> Step:
    """The step by which control planes of `version` are to act as those of a `minor` ("1.36") did.

    Once a control plane of that version is there, the answer is given: the step holds, also when that is over.
    """

    def differs(world: ReadOnly) -> Differences:
        found = _read(world, environment)
        if found.get("kubernetesVersion") == version or all(_emulates(found, each) == minor for each in PROGRAMS):
            return ()
        return (Difference(ACTED, minor, Message("their own")),)

    return _step(
        environment, "kubernetes.emulate", Message("let the new control planes act as {minor} first", minor=minor),
        "control planes", differs, lambda found: _set(found, minor), after,
    )  # fmt: skip


def settle(environment: Environment, after: tuple[str, ...]) -> Step:
    """The step after which control planes that are made from now on act as what they are."""

    def differs(world: ReadOnly) -> Differences:
        found = _read(world, environment)
        still = [minor for each in PROGRAMS if (minor := _emulates(found, each))]
        return (Difference(ACTED, Message("their own"), still[0]),) if still else ()

    return _step(
        environment, "kubernetes.settle", Message("let control planes to come act as what they are"),
        "new behaviour", differs, lambda found: _set(found, ""), after,
    )  # fmt: skip


def _step(
    environment: Environment,
    name: str,
    title: Message,
    phase: str,
    differs: Callable[[ReadOnly], Differences],
    changed: Callable[[dict[str, Any]], dict[str, Any]],
    after: tuple[str, ...],
) -> Step:
    host = environment.desk
    own = tuple(named("v1", "ConfigMap", each) for each in ("kubeadm-config", "kubelet-config"))
    kept = KeptObjects(host, environment.name, name.rpartition(".")[2], own)

    def apply(world: World) -> None:
        said = yaml.safe_dump(changed(_read(world, environment)), sort_keys=True)
        world.apply(environment.name, {**named("v1", "ConfigMap", "kubeadm-config"), "data": {KEY: said}})

    def undo(world: World, image: Image) -> None:
        static_pods.settle(world, environment)  # kubelets were exchanged just before
        kept.give_back(world, image)

    return Step(
        id=step_id(environment, name, environment.founder), title=title, phase=phase, host=host,
        environment=environment.name, after=after, differs=differs, apply=apply, capture=kept.capture, keep=kept.keep,
        undo=undo, weight=1,
    )  # fmt: skip


def _read(world: ReadOnly, environment: Environment) -> dict[str, Any]:
    """The configuration that kubeadm keeps of the cluster.

    Raises:
        CommandFailed: there is none that can be read.
    """
    said = text(world.get(environment.name, CONFIGURATION), "data", KEY)
    try:
        found = libyaml.load(said)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise CommandFailed(
            host=environment.desk, command=f"get configmap {SPACE}/kubeadm-config", code=1,
            reason=Message("it holds no ClusterConfiguration that can be read"),
            hint=Message("bring it back: kubeadm init phase upload-config kubeadm --config FILE"),
        )  # fmt: skip
    return found


def _arguments(found: dict[str, Any], program: str) -> list[dict[str, Any]]:
    given = (found.get(program) or {}).get("extraArgs") or []
    return [each for each in given if isinstance(each, dict)]


def _emulates(found: dict[str, Any], program: str) -> str:
    return next((str(each.get("value")) for each in _arguments(found, program) if each.get("name") == EMULATED), "")


def _set(found: dict[str, Any], minor: str) -> dict[str, Any]:
    """The same configuration with every program acting as a minor version; as its own where it is empty."""
    changed = dict(found)
    for program in PROGRAMS:
        others = [each for each in _arguments(found, program) if each.get("name") != EMULATED]
        wanted = [*others, *([{"name": EMULATED, "value": minor}] if minor else [])]
        rest = {key: value for key, value in (found.get(program) or {}).items() if key != "extraArgs"}
        changed[program] = {**rest, **({"extraArgs": wanted} if wanted else {})}
    return changed
