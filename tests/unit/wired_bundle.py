"""Small made-up bundles whose parts have roles, and answers that place them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core_manifest import core_manifest

from installer.answers import file as answers_file
from installer.answers.model import Answers
from installer.bundle.manifest import Component, Manifest

SITE = """\
version: 1
site: {name: wired}
access: {user: root, private_key: ~/key, known_hosts: ~/known}
trust: {signers: ~/signers}
hosts:
"""
NETWORKS = "    networks: {pods: 10.%d.0.0/16, services: 10.%d.0.0/16}\n"
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME, namespace: default}
data: {told: "TOLD"}
"""


def answers(**components: Mapping[str, Any] | list[str]) -> Answers:
    """A site with a cluster of one host for each keyword, in which these components are chosen."""
    text, hosts = "environments:\n", ""
    for at, (name, chosen) in enumerate(components.items()):
        hosts += f"  - {{name: {name}-1, address: 10.0.{at}.1}}\n"
        text += f"  - name: {name}\n    domain: {name}.internal\n    control_planes: [{name}-1]\n"
        text += NETWORKS % (100 + 2 * at, 101 + 2 * at)
        text += "    components:\n" if chosen else ""
        for component in chosen:
            text += f"      {component}: {{}}\n"
    return answers_file.parse(SITE + hosts + text, "site.yaml")


def part(name: str, told: str = "", **spec: Any) -> Component:
    """A component that applies one object, in which `told` is rendered; a host's text has it instead with `on`."""
    texts = {}
    if told and "on" in spec:
        texts = {"told.txt": told}
        entry = {"text": "told.txt", "path": f"/etc/sitewright/{name}/told.txt", "mode": "0644"}
        spec["host"] = {"on": spec.pop("on"), "texts": [entry]}
    elif told:
        texts = {"told.yaml": CONFIG.replace("NAME", name).replace("TOLD", told)}
        spec["objects"] = ["told.yaml"]
    return Component(name, "1", (), {"title": name, **spec}, texts)


def bundle(*parts: Component) -> Manifest:
    """A bundle of these parts alone: enough to be wired."""
    return Manifest("wired", "1", "amd64", "v1.36.3", parts)


def beside_core(*parts: Component) -> Manifest:
    """A bundle that can be installed: the core one and these parts."""
    return replace(core_manifest(), components=(*core_manifest().components, *parts))
