"""YAML as libyaml reads it, where PyYAML was built with it, as its wheels are: ten times as fast as in Python."""

from __future__ import annotations

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Makes nothing but plain data, either way."""


def load(text: str | bytes) -> Any:
    """The one document of a text.

    Raises:
        yaml.YAMLError: the text is not YAML, or holds more than one document.
    """
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader


def load_all(text: str | bytes) -> list[Any]:
    """All documents of a text.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    return list(yaml.load_all(text, Loader=LOADER))
