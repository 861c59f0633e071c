"""Every schema of files from outside, held as strictly as it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from every import every

from installer.formats.schemas import exact, validator

ROOT = Path(__file__).parents[2]
SCHEMAS = [path for folder in ("installer", "sizing") for path in sorted((ROOT / folder).rglob("*.schema.json"))]


def parts(part: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of a schema."""
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from parts(inner)


def patterns() -> list[str]:
    found = {each["pattern"] for path in SCHEMAS for each in parts(json.loads(path.read_text()))
             if isinstance(each.get("pattern"), str)}  # fmt: skip
    return sorted(found)


def test_no_pattern_lets_a_line_end_through_at_its_end() -> None:
    """What is a whole word to a pattern is none with a line end behind it."""

    def holds(pattern: str) -> None:
        assert not pattern.endswith("$") or exact(pattern).pattern.endswith(r"\Z")
        schema = validator({"type": "string", "pattern": pattern})
        for word in ("a", "a.b:1", "v1", "10.1.0.0/16", "a b", "/x", "A", "SHA256:" + "a" * 43, "debian 12", ""):
            if pattern.endswith("$") and schema.is_valid(word):
                assert not schema.is_valid(f"{word}\n"), word

    every(patterns(), holds)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("^a$", r"^a\Z"),
        (r"^\$a$", r"^\$a\Z"),
        ("^[$]$", r"^[$]\Z"),
        (r"^[\]$]$", r"^[\]$]\Z"),
        (r"^\\$", r"^\\\Z"),
        ("(a$|b)", r"(a\Z|b)"),
    ],
)
def test_an_end_is_an_end(written: str, read: str) -> None:
    assert exact(written).pattern == read


@pytest.mark.parametrize("value", [1.0, 1e0, True, "1", None])
def test_a_whole_number_is_one_that_was_written_as_such(value: Any) -> None:
    assert not validator({"type": "integer"}).is_valid(value)
    assert validator({"type": "integer"}).is_valid(1)


def test_what_is_too_long_is_not_matched() -> None:
    schema = validator({"type": "string", "maxLength": 200, "pattern": r"^[^\n]*\S +\S[^\n]*$"})
    assert [error.validator for error in schema.iter_errors("a " * 400_000 + "\n")] == ["maxLength"]
