"""Probes that components declare.

A URL that is asked from outside, a program that is run in one of their pods, or an object that the API server must
refuse, or take: it is asked without anything being made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from installer.answers.model import Environment
from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted, ProbeFailed
from installer.formats.objects import condition, items, name
from installer.messages import Message
from installer.ports import World
from installer.probes import https
from installer.probes.https import Until
from installer.render import charts, templates

TRIED = frozenset({"refused", "admitted"})
"""Kinds of probes that try an object, which is never made."""
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
        run = _run_of(component, spec, environment, names, until)
        yield Declared(spec["name"], Message.verbatim(spec["title"]), run)


def specs(component: Component, names: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a component says of its probes, filled in; without those of a role that nothing of the site fills."""
    for told in component.spec.get("probes", ()):
        if told.get("with", "") in ("", *names.get("consumes", ())):
            yield {key: _filled(component, value, names) for key, value in told.items()}


def tried(component: Component, spec: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The object that a probe tries to have made.

    Raises:
        BundleNotTrusted: its template cannot be rendered, or does not give one object.
    """
    found = charts.documents(component, spec["object"], names)
    if len(found) != 1:
        reason = Message("it holds {count} objects, a probe tries one", count=len(found))
        raise BundleNotTrusted(
            bundle=Message("component {name}, {object}", name=component.name, object=spec["object"]), reason=reason
        )
    return found[0]


def _run_of(
    component: Component,
    spec: Mapping[str, Any],
    environment: Environment,
    names: Mapping[str, Any],
    until: Until,
) -> Callable[[World], str]:
    kind = spec.get("kind", "https")
    if kind == "exec":
        return lambda world: _in_a_pod(world, environment, spec, until)
    if kind in TRIED:
        thing = tried(component, spec, names)
        return lambda world: _admission(world, environment, spec, thing, until)
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


def _admission(
    world: World, environment: Environment, spec: Mapping[str, Any], thing: Mapping[str, Any], until: Until
) -> str:
    """Ask until an object is refused with what is expected, or is taken; a rule holds a moment after it was made."""
    what = f"{thing['kind']} {thing['metadata']['name']}"
    refused = spec["kind"] == "refused"
    said = ""

    def attempt() -> bool:
        nonlocal said
        said = world.refusal(environment.name, thing)
        return spec["expect"] in said if refused else not said

    try:
        until(Message("{what} refused", what=what) if refused else Message("{what} admitted", what=what), attempt)
    except ProbeFailed as error:
        answer = said or Message("it is admitted")
        raise ProbeFailed(
            reason=Message("{what}; last it said: {answer}", what=error.headline, answer=answer)
        ) from error
    return (
        Message("{what}: {answer}", what=what, answer=_last_line(said))
        if refused
        else Message("{what}: admitted", what=what)
    )


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")
