"""The sites of the profiles of the platform, with what `bundles/field` has in the place of parts that are built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from core_manifest import ROOT, manifest_of
from rendering import objects_of
from simulation import answers_of

from installer.answers.model import Answers, Environment
from installer.bundle.manifest import Component
from installer.plan.inputs import Planned

COMPONENTS = ROOT / "bundles/field/components"
PROFILES = ("platform", "platform-ha")
INSTEAD = {"rsyslog": "logstash", "victorialogs": "kibana", "log-probe": "", "log-audit": ""}
"""Which part of the field does what a built one does; empty: none, for both ask the page that is built."""


def _in_the_field(environment: Environment) -> Environment:
    chosen = {INSTEAD.get(name, name): values for name, values in environment.components.items()}
    return replace(environment, components={name: values for name, values in chosen.items() if name})


@cache
def site(profile: str) -> Planned:
    """A profile's site, planned from the field's bundle."""
    said: Answers = answers_of(profile)
    environments = tuple(_in_the_field(each) for each in said.environments)
    return Planned(replace(said, environments=environments), manifest_of("field"))


def placed(profile: str) -> Iterator[tuple[Environment, Component]]:
    """The components of the recipe's own, wherever they stand in a profile's site."""
    planned = site(profile)
    for environment in planned.answers.environments:
        for component in planned.components(environment):
            if (COMPONENTS / component.name).is_dir():
                yield environment, component


@cache
def rendered(profile: str, name: str) -> tuple[dict[str, Any], ...]:
    """The objects of a component's chart as the real helm renders them."""
    environment, component = next(each for each in placed(profile) if each[1].name == name)
    names = site(profile).seen(environment, component)
    return objects_of(component, names, COMPONENTS / name / "chart")


NAMES = sorted(path.name for path in COMPONENTS.iterdir())


def pods(objects: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """What stands in each workload's pods."""
    for each in objects:
        if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield each["spec"]["template"]["spec"]
