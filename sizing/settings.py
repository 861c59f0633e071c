"""Answers given otherwise, once: `--set path=value` laid over a mapping as it was read from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from sizing.errors import SizingError


def with_settings(answers: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """The mapping with `--set path=value` laid over it; a path is dotted ("environments.0.load_percent=20").

    Raises:
        SizingError: a setting is no path=value, or its path leads nowhere.
    """
    changed: dict[str, Any] = yaml.safe_load(yaml.safe_dump(dict(answers)))
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path:
            raise SizingError([f"{setting!r} is no setting; wanted path=value"])
        _set(changed, path.split("."), _value(text, setting), setting)
    return changed


def _value(text: str, setting: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        said = str(error).splitlines()[0]
        raise SizingError([f"{setting!r}: {text!r} is no value ({said})"]) from error


def _set(target: Any, path: list[str], value: Any, setting: str) -> None:
    for part in path[:-1]:
        try:
            target = target[int(part)] if isinstance(target, list) else target.setdefault(part, {})
        except (LookupError, ValueError, AttributeError) as error:
            raise SizingError([f"{setting!r}: there is no {part!r} to set anything in"]) from error
    try:
        target[int(path[-1]) if isinstance(target, list) else path[-1]] = value
    except (LookupError, ValueError, TypeError) as error:
        raise SizingError([f"{setting!r}: there is no {path[-1]!r} to set"]) from error
