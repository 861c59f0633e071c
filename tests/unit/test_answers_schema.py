"""The schema of the answers: closed, explained, and in step with the types, the sizing and its own page."""

from __future__ import annotations

import copy
import re
import runpy
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from installer.answers import file as answers_file
from installer.answers.model import Access, Bastion, Environment, Networks, Registry
from installer.answers.schema import resolved, schema
from installer.formats.schemas import validator

TODAY = date(2026, 11, 23)


def walked(part: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every subschema with its path."""
    found = [(path, part)]
    for name, inner in part.get("properties", {}).items():
        found += walked(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            found += walked(part[key], f"{path}[]")
    return found


def parts() -> list[tuple[str, dict[str, Any]]]:
    """Every subschema, definitions included."""
    return [*walked(schema()), *(each for name, part in schema()["$defs"].items() for each in walked(part, f"${name}"))]


def test_the_schema_is_closed_everywhere() -> None:
    for path, part in parts():
        if "properties" in part:
            assert part.get("additionalProperties") is False, path


def test_every_field_is_explained_with_an_example() -> None:
    for path, part in parts():
        for name, inner in part.get("properties", {}).items():
            assert inner.get("title"), f"{path}.{name}"
            assert inner.get("description"), f"{path}.{name}"
            whole = {**schema()["$defs"].get(inner.get("$ref", "").rsplit("/", 1)[-1], {}), **inner}
            composed = "properties" in whole or whole.get("type") == "array"
            assert "examples" in inner or composed, f"{path}.{name}"


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (Access, ["$defs", "access"]),
        (Bastion, ["$defs", "bastion"]),
        (Registry, ["properties", "registry"]),
        (Environment, ["properties", "environments", "items"]),
        (Networks, ["properties", "environments", "items", "properties", "networks"]),
    ],
)
def test_defaults_are_those_of_the_types(kind: type, place: list[str]) -> None:
    part: Any = copy.deepcopy(schema())
    for key in place:
        part = part[key]
    asked = [each for each in fields(kind) if each.name != "absent"]  # found at the site, and asked of nobody
    assert set(part["properties"]) == {each.name for each in asked}
    for each in asked:
        told = part["properties"][each.name]
        if "default" in told and each.default is not MISSING:
            default = each.default
            assert told["default"] == (list(default) if isinstance(default, tuple) else default), each.name


def test_needs_are_those_of_the_sizing() -> None:
    import json

    asked = json.loads((Path(__file__).parents[2] / "sizing" / "needs.schema.json").read_text())
    assert schema()["properties"]["needs"]["properties"] == asked["properties"]


def test_patterns_are_anchored() -> None:
    for path, part in parts():
        if "pattern" in part:
            assert re.match(r"\^.*\$$", part["pattern"]), path


def words(part: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each text that the schema gives as an example, with the subschema that it stands under."""
    whole = resolved(part)
    items = resolved(whole["items"]) if "items" in whole else {}
    for example in (*whole.get("examples", ()), whole.get("default")):
        if isinstance(example, str) and example:
            yield whole, example
        elif isinstance(example, list):
            yield from ((items, word) for word in example if isinstance(word, str))


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x00", "\x1b", "\x9b", "\u2028", "\nevil"])
def test_no_text_ends_otherwise_than_it_looks(end: str) -> None:
    """Every example with a line end or a control character behind it is refused, wherever in the answers it stands."""
    tried = [(path, *word) for path, part in parts() for word in words(part)]
    assert len(tried) > 40
    for path, part, word in tried:
        held = validator({**part, "$defs": schema()["$defs"]}, ("date", "ipv4"))
        assert held.is_valid(word), path
        assert not held.is_valid(word + end), path


def test_the_page_is_made_from_the_schema_and_its_example_is_good() -> None:
    root = Path(__file__).parents[2]
    made = runpy.run_path(str(root / "build" / "answers_doc.py"))
    page = (root / "docs" / "answers.md").read_text()
    assert page == made["page"](schema()), "run: python build/answers_doc.py"
    smallest = re.findall(r"```yaml\n(version.*?)```", page, re.DOTALL)[0]
    assert answers_file.problems(smallest, "answers.yaml") == ()
