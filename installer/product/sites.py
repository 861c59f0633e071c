"""What answers, and a bundle where there is one, say of an environment that a product has to keep to; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from installer.answers.model import Answers, Environment
from installer.bundle.manifest import Component
from installer.formats.spots import Spot, spots
from installer.product.deployed import Site

CONTRACT = "log-contract"
"""The component that holds namespaces to a prefix (bundles/parts/log-contract/parameters.yaml)."""
PREFIXES = {"production": "prod-", "pre-release": "pre-", "testing": "test-", "development": "dev-"}
"""Its prefixes of well-known environments; others have their name and a hyphen."""
EXEMPT = ("kube-*", "sitewright-*", CONTRACT)
STORAGE = "local-path-provisioner"
STORAGE_CLASS = "local-path"
"""The component that makes volumes, and its class (bundles/core/components/local-path-provisioner/values.yaml)."""


def sites(answers: Answers, parts: Mapping[str, Sequence[Component]] | None) -> dict[str, Site]:
    """The site of each environment by its name; `parts` has the components of each where a bundle is known."""
    said = _environments(answers)
    roles = None if parts is None else frozenset(
        str(each.spec["role"]) for chosen in parts.values() for each in chosen if "role" in each.spec
    )  # fmt: skip
    return {each.name: _site(each, said[each.name], roles, parts) for each in answers.environments}


def _site(
    environment: Environment, said: Spot, roles: frozenset[str] | None,
    parts: Mapping[str, Sequence[Component]] | None,
) -> Site:  # fmt: skip
    chosen = set(environment.components) | {each.name for each in (parts or {}).get(environment.name, ())}
    classes = _classes(environment) if STORAGE in chosen else None if parts is None else frozenset[str]()
    contract = environment.components.get(CONTRACT, {})
    prefix = str(contract.get("prefix", PREFIXES.get(environment.name, f"{environment.name}-")))
    return Site(
        said, roles, classes, prefix if CONTRACT in chosen else None, _exempt(contract, chosen, environment, parts)
    )


def _exempt(
    contract: Mapping[str, Any], chosen: set[str], environment: Environment,
    parts: Mapping[str, Sequence[Component]] | None,
) -> frozenset[str]:  # fmt: skip
    """Namespaces of the platform's own parts: as a bundle says or else, as most are, called like them."""
    said = contract.get("exempt", [])
    own = {str(each.spec.get("chart", {}).get("namespace", "")) for each in (parts or {}).get(environment.name, ())}
    return frozenset({*EXEMPT, *chosen, *own, *(map(str, said) if isinstance(said, list) else ())} - {""})


def _classes(environment: Environment) -> frozenset[str]:
    named = environment.components.get(STORAGE, {}).get("storageClass", {})
    return frozenset({str(named.get("name", STORAGE_CLASS)) if isinstance(named, dict) else STORAGE_CLASS})


def _environments(answers: Answers) -> dict[str, Spot]:
    """Where each environment stands in the answers' file."""
    try:
        whole = spots(answers.text, answers.file)[0]
    except (yaml.YAMLError, IndexError):  # answers that were read from no file
        return {each.name: Spot(answers.file, 1, None) for each in answers.environments}
    return {each.at("name").text: each for each in whole.at("environments").items()}
