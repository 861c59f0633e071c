"""Rules about what others have told a host's systemd of the units that the bundle brings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.hosts.facts import Facts
from installer.hosts.unit_facts import DropIn, applies
from installer.messages import Message
from installer.preflight.finding import Case, Check, Violation

UNIT_FOLDER = "/etc/systemd/system/"
_PROXY = re.compile(r"""["']?(?:https?|ftp|all|no)_proxy=""", re.IGNORECASE)
_HARMLESS = re.compile(r"(?:Timeout\w*|Description|Documentation|Slice|StartLimit\w*)=")
"""Settings for all services of a host that change nothing in what ours do; Fedora, for one, brings such."""
FEW = 5
"""Settings that are named one by one."""


def _drop_ins(case: Case, facts: Facts) -> Iterator[Violation]:
    ours = _ours(case)
    wrong: dict[str, list[DropIn]] = {}
    for dropped in facts.drop_ins:
        path = dropped.place.rpartition(":")[0]
        if path in ours or _neutral(dropped):
            continue
        for unit in sorted(path.removeprefix(UNIT_FOLDER) for path in ours if path.endswith((".service", ".timer"))):
            if applies(dropped.unit, unit):
                wrong.setdefault(path, []).append(dropped)
                break
    for path, settings in wrong.items():
        told = ", ".join(f"{each.text} ({each.place})" for each in settings[:FEW])
        unit = settings[0].unit
        yield Violation(
            Message("a drop-in of somebody else changes {unit}: {settings}", unit=unit, settings=told),
            Message("the bundle's own units as they are"),
            Message("remove it there: rm {path}; systemctl daemon-reload", path=path),
        )


def _ours(case: Case) -> frozenset[str]:
    """Paths of every unit, and of every drop-in, that the bundle may bring to a host."""
    found = set()
    for component in case.manifest.components:
        host = component.spec.get("host", {})
        found |= {each["path"] for each in (*host.get("texts", ()), *host.get("files", ())) if "path" in each}
    return frozenset(path for path in found if path.startswith(UNIT_FOLDER))


def _neutral(dropped: DropIn) -> bool:
    """Whether a setting is without effect: our units unset every proxy, and an empty one of these sets nothing."""
    name, _, value = dropped.text.partition("=")
    if name.strip() in ("Environment", "PassEnvironment") and (not value.strip() or _PROXY.match(value.strip())):
        return all(_PROXY.match(word) for word in re.split(r"\s+(?=[\"']?\w+=)", value.strip()) if word)
    return "." not in dropped.unit and bool(_HARMLESS.match(dropped.text))


CHECKS = (Check("host.drop-ins", Message("no drop-ins of somebody else"), _drop_ins),)
