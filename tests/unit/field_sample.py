"""The sites of the profiles of the platform, with what `bundles/field` has in the place of parts that are built."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_manifest import ROOT, manifest_of
from simulation import answers_of

from installer.answers.model import Answers, Environment
from installer.bundle.manifest import Component
from installer.plan.inputs import Planned
from installer.render import charts

COMPONENTS = ROOT / "bundles/field/components"
PROFILES = ("platform", "platform-ha")
INSTEAD = {"rsyslog": "logstash", "victorialogs": "kibana", "log-probe": "", "log-audit": ""}
"""Which part of the field does what a built one does; empty: none, for both ask the page that is built."""


def helm() -> str | None:
    """The newest helm that was built for a bundle here."""
    made = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sitewright/made"
    built = sorted(made.glob("*/files/helm"), key=lambda path: path.stat().st_mtime)
    return str(built[-1]) if built else None


HELM = helm()
needs_helm = pytest.mark.skipif(HELM is None, reason="no helm here: sitewright bundle build bundles/core makes it")


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
    argv = [HELM or "helm", "template", name, str(COMPONENTS / name / "chart"), "--namespace",
            component.spec["chart"]["namespace"], "--values", "-"]  # fmt: skip
    done = subprocess.run(argv, input=charts.written(component, names), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(json.dumps(each)) for each in yaml.safe_load_all(done.stdout) if each)


NAMES = sorted(path.name for path in COMPONENTS.iterdir())


def pods(objects: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """What stands in each workload's pods."""
    for each in objects:
        if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield each["spec"]["template"]["spec"]
