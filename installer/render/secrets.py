"""What a component's Secrets hold: texts, values that are made at the site, and texts that are put together of both.

Each value is made once. So what is wanted depends on what stands: a value that is there is kept, whatever made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from installer.bundle.manifest import Component
from installer.render import templates

Values = Mapping[str, Mapping[str, str]]
"""The values of Secrets, by name and key."""
GENERATE = "generate"
"""Of a key: so many letters and digits are made at the site."""


def wanted(component: Component, names: Mapping[str, Any], standing: Values, make: Callable[[int], str]) -> Values:
    """The values that a component's Secrets shall have, where `standing` has those that they have.

    `make` makes a value of so many letters, where none stands. Templates see the usual names and, as
    `secrets.NAME.KEY`, what is made and what is no template.

    Raises:
        BundleNotTrusted: a template is malformed, or uses a name that is not defined.
    """
    seen: dict[str, dict[str, str]] = {}
    for name, keys in component.secrets.items():
        there = standing.get(name, {})
        seen[name] = {key: there.get(key) or make(told[GENERATE]) if isinstance(told, Mapping) else told
                      for key, told in keys.items() if not _is_template(told)}  # fmt: skip
    known = {**names, "secrets": seen}
    return {
        name: {key: templates.fill(component, told, known) if _is_template(told) else seen[name][key]
               for key, told in keys.items()}
        for name, keys in component.secrets.items()
    }  # fmt: skip


def placeholders(component: Component, names: Mapping[str, Any]) -> Values:
    """The same with signs in the place of what is made, to see that every template can be filled.

    Raises:
        BundleNotTrusted: one cannot.
    """
    return wanted(component, names, {}, lambda length: "x" * length)


def _is_template(told: Any) -> bool:
    return isinstance(told, str) and ("{{" in told or "{%" in told or "{#" in told)
