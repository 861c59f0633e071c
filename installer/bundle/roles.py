"""What is wrong with roles within a bundle: parts of one role can stand in for each other, and every need can be met.

Held against a recipe at the build, and against the signed bundle.json wherever one is read. Which part fills a role in
a site is for the plan to say (`installer.plan.wiring`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from installer.bundle.forms import Flaw
from installer.messages import Message

Specs = Mapping[str, Mapping[str, Any]]
"""Specifications of all components, by name."""


def flaws(specs: Specs) -> Iterator[tuple[str, Flaw]]:
    """Everything wrong, each with the component's name; circles are looked for once all else is right."""
    filling = _filling(specs)
    wrong = False
    for name, spec in specs.items():
        for flaw in (*_own(spec), *_needs(specs, filling, spec), *_of_its_role(specs, filling, name)):
            wrong = True
            yield name, flaw
    if not wrong:
        yield from _circle(specs, filling)


def _filling(specs: Specs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, spec in specs.items():
        if "role" in spec:
            found.setdefault(spec["role"], []).append(name)
    return found


def _own(spec: Mapping[str, Any]) -> Iterator[Flaw]:
    """What contradicts itself within one specification."""
    if "publishes" in spec and "role" not in spec:
        yield Flaw(("publishes",), Message("publishes, but has no role by which others could ask for it"))
    if (published := spec.get("publishes", {}).get("secret")) and published not in spec.get("secrets", {}):
        yield Flaw(
            ("publishes", "secret"), Message("the component has no secret {published}", published=repr(published))
        )
    if "secrets" in spec and "namespace" not in spec.get("chart", {}):
        yield Flaw(("secrets",), Message("are made in the namespace of the component's chart, and it has none"))
    for name in spec.get("secrets", {}):
        if name in (*spec.get("consumes", ()), *spec.get("wants", ())):
            yield Flaw(
                ("secrets", name), Message("is the name of the copy that comes with what the component consumes")
            )
    for at, probe in enumerate(spec.get("probes", ())):
        if probe.get("with", "") not in ("", *spec.get("consumes", ()), *spec.get("wants", ())):
            yield Flaw(
                ("probes", at, "with"), Message("the component neither consumes nor wants {value}", value=probe["with"])
            )
    if spec.get("placed") == "once" and spec.get("always"):
        yield Flaw(("placed",), Message("cannot be once: `always` puts it into every environment"))


def _needs(specs: Specs, filling: Mapping[str, list[str]], spec: Mapping[str, Any]) -> Iterator[Flaw]:
    """What it asks for that no component of the bundle is."""
    for at, wanted in enumerate(spec.get("requires", ())):
        if wanted not in specs and wanted not in filling:
            yield Flaw(("requires", at), Message("requires {wanted}: not in the bundle", wanted=wanted))
    for at, role in enumerate(spec.get("consumes", ())):
        if role not in filling:
            yield Flaw(
                ("consumes", at), Message("consumes {role}: no component of the bundle has that role", role=role)
            )
    for key in ("consumes", "wants"):
        for at, role in enumerate(spec.get(key, ())):
            if role == spec.get("role"):
                yield Flaw((key, at), Message("{key} the role that it fills itself", key=key))
            elif key == "wants" and role in spec.get("consumes", ()):
                yield Flaw((key, at), Message("wants {role}, which it consumes anyway", role=role))


def _of_its_role(specs: Specs, filling: Mapping[str, list[str]], name: str) -> Iterator[Flaw]:
    """In what it differs from the first component of its role, and whether that role can be told from a component."""
    role = specs[name].get("role")
    if role is None:
        return
    if role in specs:
        yield Flaw(
            ("role",), Message("{role} is the name of a component, too; requirements could mean either", role=role)
        )
    first = filling[role][0]
    mine, others = set(specs[name].get("publishes", ())), set(specs[first].get("publishes", ()))
    if mine != others:
        differing = ", ".join(sorted(mine ^ others))
        yield Flaw(
            ("publishes",),
            Message(
                "is no stand-in for {first}: of role {role} one alone publishes {differing}",
                first=first,
                role=role,
                differing=differing,
            ),
        )


def _circle(specs: Specs, filling: Mapping[str, list[str]]) -> Iterator[tuple[str, Flaw]]:
    """Components that need each other wherever they are placed: by name, or by a role that nobody else fills."""
    graph = {
        name: [
            need if need in specs else filling[need][0]
            for need in (*spec.get("requires", ()), *spec.get("consumes", ()), *spec.get("wants", ()))
            if need in specs or len(filling.get(need, ())) == 1
        ]
        for name, spec in specs.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
        key = next(key for key in ("requires", "consumes", "wants") if key in specs[circle[0]])
        yield circle[0], Flaw((key,), Message("requires itself, by way of {names}", names=", ".join(circle[1:])))
