"""systemctl and transient units of a simulated host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatch

from installer.ports import Output
from installer.simulated.state import UNIT_FOLDERS, WANTED, Call, Program, SimulatedHost, failed, said

NO_SUCH_UNIT = 5
MADE_BY_UNIT = {"containerd.service": ("/etc/cni/net.d", "/opt/containerd", "/run/containerd", "/var/lib/containerd")}
"""Folders that a program makes when it starts."""


def systemctl(call: Call) -> Output:
    """Every sub-command that is used on hosts."""
    verb, *rest = call.argv[1:]
    if verb == "show":
        return _show(call, rest)
    if verb == "daemon-reload" and not rest:
        return said()
    act = VERBS.get(verb)
    if act is None or not rest:
        raise call.unscripted()
    return act(call, [_full(name) for name in rest if not name.startswith("-")])


def needs(site_call: Call, unit: str) -> str:
    """What keeps a unit from starting, empty where nothing does."""
    text = unit_text(site_call.host, unit)
    programs = [line.partition("=")[2].lstrip("-").split()[0] for line in text.splitlines()
                if line.startswith("ExecStart=")]  # fmt: skip
    missing = [program for program in programs if program not in site_call.tree]
    required = [line.partition("=")[2].split() for line in text.splitlines() if line.startswith("Requires=")]
    stopped = [name for names in required for name in names if not site_call.host.runs(name)]
    if missing:
        return f"Unable to locate executable '{missing[0]}'"
    return f"Dependency {stopped[0]} does not run" if stopped else ""


def unit_text(host: SimulatedHost, unit: str) -> str:
    """A unit's file, empty where there is none."""
    return next((host.tree.text(f"{folder}/{unit}") for folder in UNIT_FOLDERS if f"{folder}/{unit}" in host.tree), "")


def _start(call: Call, units: list[str]) -> Output:
    for unit in units:
        if not call.host.installed(unit):
            return failed(f"Failed to start {unit}: Unit {unit} not found.", NO_SUCH_UNIT)
        reason = needs(call, unit)
        if reason:
            return failed(f"Job for {unit} failed: {reason}")
        call.host.active.add(unit)
        for folder in MADE_BY_UNIT.get(unit, ()):
            if folder not in call.tree:
                call.tree.make_directory(folder)
    return said()


def _try_restart(call: Call, units: list[str]) -> Output:
    return _start(call, [unit for unit in units if call.host.runs(unit)])


def _stop(call: Call, units: list[str]) -> Output:
    units = _known(call.host, units)
    unknown = [unit for unit in units if not call.host.installed(unit) and unit not in call.host.ended]
    call.host.active -= set(units)
    for unit in units:
        ended = call.host.ended.get(unit)
        if ended is not None and ended.output.ok:
            del call.host.ended[unit]
    return failed(f"Failed to stop {unknown[0]}: Unit {unknown[0]} not loaded.", NO_SUCH_UNIT) if unknown else said()


def _enable(call: Call, units: list[str]) -> Output:
    for unit in units:
        file = next((f"{folder}/{unit}" for folder in UNIT_FOLDERS if f"{folder}/{unit}" in call.tree), "")
        if not file:
            return failed(f"Failed to enable unit: Unit file {unit} does not exist.")
        if "[Install]" in unit_text(call.host, unit):
            call.tree.link(f"{WANTED}/{unit}", file)
    return said()


def _disable(call: Call, units: list[str]) -> Output:
    if "--now" in call.argv:
        call.host.active -= set(units)
    unknown = [unit for unit in units if not call.host.installed(unit) and not call.host.enabled(unit)]
    for unit in units:
        if call.host.enabled(unit):
            call.tree.remove(f"{WANTED}/{unit}")
    return failed(f"Failed to disable unit: Unit file {unknown[0]} does not exist.") if unknown else said()


def _reset_failed(call: Call, units: list[str]) -> Output:
    for unit in _known(call.host, units):
        ended = call.host.ended.get(unit)
        if ended is None:
            return failed(f"Failed to reset failed state of unit {unit}: Unit {unit} not loaded.")
        if not ended.output.ok:
            del call.host.ended[unit]
    return said()


def _is_active(call: Call, units: list[str]) -> Output:
    states = [_active_state(call.host, unit) for unit in units]
    return Output(0 if "active" in states else 3, "".join(f"{state}\n" for state in states), "")


def _is_enabled(call: Call, units: list[str]) -> Output:
    states = [_file_state(call.host, unit) or "not-found" for unit in units]
    return Output(0 if "enabled" in states else 1, "".join(f"{state}\n" for state in states), "")


def _show(call: Call, rest: list[str]) -> Output:
    wanted = [word.removeprefix("--property=").split(",") for word in rest if word.startswith("--property=")]
    units = [_full(word) for word in rest if not word.startswith("-")]
    if len(wanted) != 1:
        raise call.unscripted()
    if not units and wanted == [["Version"]]:
        return said(f"Version={call.host.machine.systemd}")
    blocks = []
    for unit in units:
        known = {
            "Id": unit,
            "LoadState": "loaded" if call.host.installed(unit) or unit in call.host.ended else "not-found",
            "ActiveState": _active_state(call.host, unit),
            "UnitFileState": _file_state(call.host, unit),
        }
        if set(wanted[0]) - set(known):
            raise call.unscripted()
        blocks.append("".join(f"{name}={value}\n" for name, value in known.items() if name in wanted[0]))
    return Output(0, "\n".join(blocks), "")


def _active_state(host: SimulatedHost, unit: str) -> str:
    if unit in host.ended:
        return "active" if host.ended[unit].output.ok else "failed"
    return "active" if host.runs(unit) else "inactive"


def _file_state(host: SimulatedHost, unit: str) -> str:
    if not host.installed(unit):
        return ""
    if host.enabled(unit):
        return "enabled"
    return "disabled" if "[Install]" in unit_text(host, unit) else "static"


def _known(host: SimulatedHost, units: list[str]) -> list[str]:
    """Units by name; a pattern stands for those in memory that it matches, be it none."""
    found = []
    for unit in units:
        loaded = sorted({*host.active, *host.ended}) if "*" in unit else [unit]
        found += [each for each in loaded if fnmatch(each, unit)]
    return found


def _full(name: str) -> str:
    return name if "." in name else f"{name}.service"


VERBS: Mapping[str, Callable[[Call, list[str]], Output]] = {
    "start": _start, "restart": _start, "try-restart": _try_restart, "stop": _stop, "enable": _enable,
    "disable": _disable, "reset-failed": _reset_failed, "is-active": _is_active, "is-enabled": _is_enabled,
}  # fmt: skip
PROGRAMS: Mapping[str, Program] = {"systemctl": systemctl}
