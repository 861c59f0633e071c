"""Host components: files, texts and units of a component that live on the hosts themselves.

Beside them a host keeps, below `PARTS`, a list of what each component put there: what a later version of the component
no longer has is taken away by it, and comes back when that version is taken back. Digests and modes are in it too, by
which a check on the host itself sees what was changed there since (bundles/parts/checks).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from installer.answers.model import Environment
from installer.bundle import places
from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted
from installer.layout import HOME
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.stages import hosts_of
from installer.plan.steps.before_images import (
    files_before,
    keeps,
    restart_units,
    stop_units,
    take_back,
    unit_states,
    units_before,
)
from installer.plan.steps.commands import demand
from installer.plan.steps.files import Placed, Source, files_differ, place
from installer.ports import ReadOnly, World
from installer.render import context, templates

PARTS = f"{HOME}/components"
"""Below it, a file for each host component with the paths and units that it brought."""
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[^/\0\n]{1,255})+")
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9@:_.-]{0,200}\.[a-z]+")


class Brought(NamedTuple):
    """What a version of a component put on a host: paths of files, and names of units."""

    files: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


def belongs(spec: Mapping[str, Any], inputs: Planned, environment: Environment, host: str) -> bool:
    """Whether a host component is put on a host (its `host.on`)."""
    return host in hosts_of(spec, inputs.answers, environment)


def install_id(environment: Environment, component: Component, host: str) -> str:
    """The id of the step that puts a component on a host."""
    return f"{environment.name}/{component.name}.install@{host}"


def wanted_files(inputs: Planned, environment: Environment, component: Component, host: str) -> tuple[Placed, ...]:
    """The files and rendered texts a component wants on a host.

    Raises:
        BundleNotTrusted: a template cannot be rendered, or what it makes of a path is no place of the component.
    """
    spec = component.spec["host"]
    names = context.for_host(inputs.seen(environment, component), host)
    pulled = [
        Placed(entry["path"], int(entry["mode"], 8), pull=component.artifact("file", entry["file"]))
        for entry in spec.get("files", ())
    ]
    texts = [
        Placed(
            _placed(inputs, component, entry["path"], each),
            int(entry["mode"], 8),
            text=templates.render(component, entry["text"], {**names, "each": each}).encode(),
        )
        for entry in spec.get("texts", ())
        for each in (names[entry["each"]] if "each" in entry else ("",))
    ]
    return (*pulled, *texts)


def _placed(inputs: Planned, component: Component, path: str, each: str) -> str:
    """A path with what stands for `{each}` in it: looked at again, for that comes from names of images."""
    filled = path.replace(places.EACH, each)
    files = frozenset(artifact.name for artifact in component.artifacts if artifact.kind == "file")
    exempt = frozenset(e.path for e in inputs.manifest.exemptions if e.component == component.name)
    if reason := places.file_flaw(places.Owner(component.name, files, exempt), filled):
        raise BundleNotTrusted(bundle=Message("component {name}", name=component.name), reason=reason)
    return filled


def listing(component: Component, wanted: tuple[Placed, ...]) -> Placed:
    """The file that lists what a component brings to a host."""
    body = {
        "format": 1,
        "files": [file.path for file in wanted],
        "units": list(component.spec["host"].get("units", ())),
        "states": {file.path: {"sha256": file.sha256, "mode": f"{file.mode:04o}"} for file in wanted},
    }
    text = json.dumps(body, indent=2).encode() + b"\n"
    return Placed(f"{PARTS}/{component.name}.json", 0o644, text=text)


def brought(world: ReadOnly, host: str, path: str) -> Brought:
    """What a host's list says that an earlier version brought; nothing where there is no list of the right form."""
    try:
        found = json.loads(world.read(host, path) or b"{}")
        listed = Brought(*(tuple(found.get(key, ())) for key in ("files", "units")))
        right = all(map(_PATH.fullmatch, listed.files)) and all(map(_UNIT.fullmatch, listed.units))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return Brought()
    return listed if right else Brought()


def units_differ(world: ReadOnly, host: str, started: tuple[str, ...], enabled: tuple[str, ...]) -> Differences:
    """Each unit that does not run though it should, or does not start again after a reboot; one look for all."""
    found: list[Difference] = []
    for unit, (runs, at_boot) in zip(enabled, unit_states(world, host, enabled), strict=True):
        if unit in started and not runs:
            found.append(Difference(unit, Message("running"), Message("not running")))
        if not at_boot:
            found.append(Difference(unit, Message("enabled"), Message("not enabled")))
    return tuple(found)


def install(inputs: Planned, environment: Environment, component: Component, host: str, after: tuple[str, ...]) -> Step:
    """The one step that puts a component on a host and keeps its units running."""
    spec = component.spec["host"]
    wanted = wanted_files(inputs, environment, component, host)
    listed = listing(component, wanted)
    enabled = tuple(spec.get("units", ()))
    started = tuple(unit for unit in enabled if unit not in spec.get("enable-only", ()))
    registry = inputs.names(environment)["registry"]
    source = Source(tuple(registry["endpoints"]), registry["ca"])

    def differs(world: ReadOnly) -> Differences:
        return (*files_differ(world, host, (*wanted, listed)), *units_differ(world, host, started, enabled))

    def capture(world: ReadOnly) -> Before:
        return before(world, host, (*wanted, listed), enabled, spec.get("leaves", ()))

    def apply(world: World) -> None:
        gone = withdraw(world, host, listed, wanted, enabled)
        changed = place(world, host, source, wanted)
        if enabled or gone:
            demand(world, host, "systemctl", "daemon-reload")
        if enabled:
            demand(world, host, "systemctl", "enable", *enabled)
        if started:
            demand(world, host, "systemctl", "restart" if changed else "start", *started, timeout=120)
        if changed and set(enabled) - set(started):  # what others start: anew where it runs already
            demand(world, host, "systemctl", "try-restart", *sorted(set(enabled) - set(started)), timeout=120)
        place(world, host, source, (listed,))  # last: until then the earlier version's list stands

    return Step(
        id=install_id(environment, component, host),
        title=Message("install {part} {version}", part=component.title, version=component.version),
        phase=spec.get("phase", "hosts"),
        host=host,
        environment=environment.name,
        after=after,
        differs=differs,
        capture=capture,
        keep=keeps(host),
        apply=apply,
        undo=lambda world, image: give_back(world, host, image),
        weight=float(spec.get("weight", 3)),
    )


def before(
    world: ReadOnly, host: str, wanted: tuple[Placed, ...], units: tuple[str, ...], leaves: tuple[str, ...] = ()
) -> Before:
    """The before-image of a component on a host; `wanted` ends with its list. What an earlier version had is in it."""
    earlier = brought(world, host, wanted[-1].path)
    paths = dict.fromkeys([*(file.path for file in wanted), *earlier.files])
    states = units_before(world, host, tuple(dict.fromkeys([*units, *earlier.units])))
    in_use = any(state["runs"] for state in states.values())
    return {**files_before(world, host, tuple(paths), leaves, in_use=in_use), "units": states}


def withdraw(
    world: World, host: str, listed: Placed, wanted: tuple[Placed, ...], units: tuple[str, ...]
) -> tuple[str, ...]:
    """Stop and remove what an earlier version of a component brought and this one no longer has; returns its paths."""
    earlier = brought(world, host, listed.path)
    for unit in earlier.units:
        if unit not in units:
            world.run(host, "systemctl", "disable", "--now", unit, timeout=120)
    stale = [path for path in earlier.files if path not in {file.path for file in wanted}]
    states = world.stat(host, *stale) if stale else ()
    # A component brings files and links: a directory in their place is somebody else's, whatever the list says.
    files = zip(stale, states, strict=True)
    gone = tuple(path for path, state in files if state is None or state.kind != "directory")
    world.remove(host, *gone)
    return gone


def give_back(world: World, host: str, image: Image) -> None:
    """Bring a component's files and units on a host back to what they were."""
    stop_units(world, host, image.seen["units"])
    take_back(world, host, image)
    restart_units(world, host, image.seen["units"])
