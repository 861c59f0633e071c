"""Probes that components declare: a URL that is asked from outside, or a program that is run in one of their pods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from installer.answers.model import Environment
from installer.bundle.manifest import Component
from installer.errors import ProbeFailed
from installer.formats.objects import condition, items, name
from installer.messages import Message
from installer.ports import World
from installer.probes import https
from installer.probes.https import Until
from installer.render import templates

RUN = 60.0
"""Seconds that a program in a pod may take at each attempt."""


@dataclass(frozen=True)
class Declared:
    """A component's own probe: its name and title, and what is done; that returns the evidence, or raises."""

    name: str
    title: Message
    run: Callable[[World], str]


def declared(
    component: Component, environment: Environment, names: Mapping[str, Any], until: Until
) -> Iterator[Declared]:
    """The probes of a component, every text of theirs filled in with the names of its templates."""
    for spec in specs(component, names):
        yield Declared(spec["name"], Message.verbatim(spec["title"]), _run_of(spec, environment, until))


def specs(component: Component, names: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a component says of its probes, filled in."""
    for told in component.spec.get("probes", ()):
        yield {key: _filled(component, value, names) for key, value in told.items()}


def _run_of(spec: Mapping[str, Any], environment: Environment, until: Until) -> Callable[[World], str]:
    if spec.get("kind", "https") == "exec":
        return lambda world: _in_a_pod(world, environment, spec, until)
    return lambda world: https.ask(world, environment, spec, until)


def _filled(component: Component, value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [templates.fill(component, str(each), names) for each in value]
    return templates.fill(component, str(value), names)


def _in_a_pod(world: World, environment: Environment, spec: Mapping[str, Any], until: Until) -> str:
    """Run a program in a Ready pod of the component until it says what is expected; its last line is the evidence."""
    last = ""

    def attempt() -> str:
        nonlocal last
        listing = world.get(
            environment.name, f"/api/v1/namespaces/{spec['namespace']}/pods?labelSelector=app%3D{spec['app']}"
        )
        pods = [name(pod) for pod in items(listing) if condition(pod, "Ready")]
        if not pods:
            last = ""
            return ""
        output = world.execute(environment.name, spec["namespace"], pods[0], *spec["command"], timeout=RUN)
        last = _last_line(output.out if output.ok else output.err)
        return last if output.ok and spec["expect"] in output.out else ""

    what = Message(
        "{text} from {program} in a pod of {app}",
        text=repr(spec["expect"]), program=spec["command"][0], app=spec["app"],
    )  # fmt: skip
    try:
        found: str = until(what, attempt)
    except ProbeFailed as error:
        if not last:
            raise
        raise ProbeFailed(reason=Message("{what}; last it said: {answer}", what=error.headline, answer=last)) from error
    return Message("{program}: {answer}", program=spec["command"][0].rpartition("/")[2], answer=found)


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")
