"""Host components: files, texts and units of a component that live on the hosts themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.answers import Environment
from installer.bundle import places
from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted
from installer.plan import context
from installer.plan.inputs import Inputs
from installer.plan.model import Before, Step
from installer.plan.steps.placed import Placed, Source, all_hold, captures, demand, place, take_back
from installer.world.ports import ReadOnly, World


def belongs(spec: Mapping[str, Any], inputs: Inputs, environment: Environment, host: str) -> bool:
    """Whether a host component is put on a host (its `host.on`)."""
    where = spec.get("on", "all")
    return bool(
        where == "all"
        or (where == "control-plane" and host in environment.control_planes)
        or (where == "worker" and host in environment.workers)
        or (where == "registry" and host in inputs.answers.registry.hosts)
    )


def wanted_files(inputs: Inputs, environment: Environment, component: Component, host: str) -> tuple[Placed, ...]:
    """The files and rendered texts a component wants on a host.

    Raises:
        BundleNotTrusted: a template cannot be rendered, or what it makes of a path is no place of the component.
    """
    spec = component.spec["host"]
    names = context.for_host(context.for_component(inputs.names(environment), environment, component), host)
    pulled = [
        Placed(entry["path"], int(entry["mode"], 8), pull=component.artifact("file", entry["file"]))
        for entry in spec.get("files", ())
    ]
    texts = [
        Placed(
            _placed(inputs, component, entry["path"], each),
            int(entry["mode"], 8),
            text=context.render(component, entry["text"], {**names, "each": each}).encode(),
        )
        for entry in spec.get("texts", ())
        for each in (names[entry["each"]] if "each" in entry else ("",))
    ]
    return (*pulled, *texts)


def _placed(inputs: Inputs, component: Component, path: str, each: str) -> str:
    """A path with what stands for `{each}` in it: looked at again, for that comes from names of images."""
    filled = path.replace(places.EACH, each)
    files = frozenset(artifact.name for artifact in component.artifacts if artifact.kind == "file")
    exempt = frozenset(e.path for e in inputs.manifest.exemptions if e.component == component.name)
    if reason := places.file_flaw(places.Owner(component.name, files, exempt), filled):
        raise BundleNotTrusted(bundle=f"component {component.name}", reason=reason)
    return filled


def units_hold(world: ReadOnly, host: str, started: tuple[str, ...], enabled: tuple[str, ...]) -> bool:
    """Whether units run, and start again after a reboot; one look for all of them."""
    if not enabled:
        return True
    said = world.query(host, "systemctl", "show", "--property=ActiveState,UnitFileState", *enabled).out
    states = [dict(line.split("=", 1) for line in block.splitlines()) for block in said.strip().split("\n\n")]
    return len(states) == len(enabled) and all(
        state.get("UnitFileState") == "enabled" and (unit not in started or state.get("ActiveState") == "active")
        for unit, state in zip(enabled, states, strict=True)
    )


def install(inputs: Inputs, environment: Environment, component: Component, host: str, after: tuple[str, ...]) -> Step:
    """The one step that puts a component on a host and keeps its units running."""
    spec = component.spec["host"]
    wanted = wanted_files(inputs, environment, component, host)
    enabled = tuple(spec.get("units", ()))
    started = tuple(unit for unit in enabled if unit not in spec.get("enable-only", ()))
    registry = inputs.names(environment)["registry"]
    source = Source(tuple(registry["endpoints"]), registry["ca"])

    def check(world: ReadOnly) -> bool:
        return all_hold(world, host, wanted) and units_hold(world, host, started, enabled)

    def apply(world: World) -> None:
        changed = place(world, host, source, wanted)
        if enabled:
            demand(world, host, "systemctl", "daemon-reload")
            demand(world, host, "systemctl", "enable", *enabled)
        if started:
            demand(world, host, "systemctl", "restart" if changed else "start", *started, timeout=120)

    def undo(world: World, before: Before) -> None:
        for unit in reversed(enabled):
            world.run(host, "systemctl", "disable", "--now", unit, timeout=120)
        take_back(world, host, before)
        demand(world, host, "systemctl", "daemon-reload")

    return Step(
        id=f"{environment.name}/{component.name}.install@{host}",
        title=f"install {component.spec.get('title', component.name)} {component.version}",
        phase=spec.get("phase", "hosts"),
        host=host,
        environment=environment.name,
        after=after,
        check=check,
        capture=captures(host, [*(file.path for file in wanted), *spec.get("leaves", ())]),
        apply=apply,
        undo=undo,
        weight=float(spec.get("weight", 3)),
    )
