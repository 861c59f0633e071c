"""Ports of hosts that components open: no two of a bundle may open one that both could be given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from installer.bundle.forms import Flaw
from installer.layout import CLUSTER_PORTS, FIRST_NODE_PORT, LAST_NODE_PORT
from installer.messages import Message


def claimed(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """(name, protocol, port) of what a component opens."""
    for name, entry in spec.get("ports", {}).items():
        yield name, entry.get("protocol", "tcp"), entry["port"]


def flaws(specs: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Flaw]]:
    """Every port that is taken already, with the name of the component that asks for it and both claims.

    Components of one role stand in for each other, and may have the same.
    """
    taken: dict[tuple[str, int], list[str]] = {}
    for component, spec in specs.items():
        for name, protocol, port in claimed(spec):
            path = ("ports", name, "port")
            on_hosts = "host" in spec and not {"chart", "objects"} & spec.keys()
            if port in CLUSTER_PORTS:
                yield (
                    component,
                    Flaw(
                        path, Message("{port}/{protocol} is taken by SSH or Kubernetes", port=port, protocol=protocol)
                    ),
                )
            elif on_hosts and FIRST_NODE_PORT <= port <= LAST_NODE_PORT:
                yield (
                    component,
                    Flaw(
                        path,
                        Message(
                            "{port}/{protocol} is one that Kubernetes gives to services (node ports)",
                            port=port,
                            protocol=protocol,
                        ),
                    ),
                )
            before = taken.setdefault((protocol, port), [])
            others = [each for each in before if each == component or not _stand_in(spec, specs[each])]
            if others:
                yield (
                    component,
                    Flaw(
                        path,
                        Message(
                            "{port}/{protocol} is opened by component {others} already",
                            port=port,
                            protocol=protocol,
                            others=others[0],
                        ),
                    ),
                )
            before.append(component)


def _stand_in(spec: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return "role" in spec and spec["role"] == other.get("role")
