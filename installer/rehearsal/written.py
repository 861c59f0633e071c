"""What is written to a practice site between an upgrade and its way back, and whether all of it is still there.

Objects go through the API into each cluster's store, and orders through the sample product, where it is chosen, into a
volume.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from installer.answers.model import Environment
from installer.plan.inputs import Inputs
from installer.rehearsal import outside

OBJECTS = 50
"""ConfigMaps that are written into each cluster."""
ORDERS = 5
"""Orders that are placed with each sample product."""
SAMPLE = "shop"
"""The component that takes orders (bundles/core/components/shop)."""
LABEL = "sitewright.internal/written"
MAPS = "/api/v1/namespaces/default/configmaps"


@dataclass(frozen=True)
class Written:
    """What was written into one environment: the names of its ConfigMaps, and the numbers of its orders."""

    environment: Environment
    names: tuple[str, ...]
    orders: tuple[str, ...]

    def __str__(self) -> str:
        orders = f" and {len(self.orders)} orders" if self.orders else ""
        return f"{self.environment.name}: {len(self.names)} objects{orders}"


def write(inputs: Inputs, folder: Path) -> tuple[Written, ...]:
    """Write to every environment; `folder` is that of the site's runs.

    Raises:
        NotAKubeconfig: what is kept there is none.
        OSError: something does not answer.
        http.client.HTTPException: something is not taken.
    """
    found = []
    for environment in inputs.answers.environments:
        plane = outside.planes(inputs, environment, folder)[0]
        names = tuple(f"written-{number}" for number in range(1, OBJECTS + 1))
        for name in names:
            thing = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"name": name},
                     "metadata": {"name": name, "namespace": "default", "labels": {LABEL: ""}}}  # fmt: skip
            path = f"{MAPS}/{name}?fieldManager={outside.CALLER}&force=true"
            outside.asked(plane(), "PATCH", path, json.dumps(thing), outside.APPLIED)
        orders = []
        for shop in _shops(inputs, environment, folder):
            for quantity in range(1, ORDERS + 1):
                body = json.dumps({"product": "hammer", "quantity": quantity})
                orders.append(json.loads(outside.asked(shop(), "POST", "/api/orders", body))["id"])
        found.append(Written(environment, names, tuple(orders)))
    return tuple(found)


def lost(inputs: Inputs, folder: Path, written: tuple[Written, ...]) -> list[str]:
    """What was written and is there no longer, by environment and name; raises what `write` does."""
    missing = []
    for each in written:
        plane = outside.planes(inputs, each.environment, folder)[0]
        listing = json.loads(outside.asked(plane(), "GET", f"{MAPS}?labelSelector={LABEL}"))
        there = {thing["metadata"]["name"]: thing["data"].get("name") for thing in listing["items"]}
        missing += [f"{each.environment.name}/{name}" for name in each.names if there.get(name) != name]
        for shop in _shops(inputs, each.environment, folder):
            orders = {order["id"] for order in json.loads(outside.asked(shop(), "GET", "/api/orders"))["latest"]}
            missing += [f"{each.environment.name}/order {order}" for order in each.orders if order not in orders]
    return missing


def _shops(inputs: Inputs, environment: Environment, folder: Path) -> Iterator[outside.Connector]:
    if SAMPLE not in environment.components:
        return
    for url in outside.urls(inputs, environment, SAMPLE):
        yield outside.page(urlsplit(url), inputs.answers.host(environment.hosts[0]).address, folder)
