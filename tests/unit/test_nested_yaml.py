"""YAML of strangers: nesting without reason is refused before libyaml's binding falls over it."""

from __future__ import annotations

import pytest
import yaml

from installer.formats import libyaml

DEEP = {
    "brackets": "[" * 100_000,
    "closed brackets": "[" * 100_000 + "]" * 100_000,
    "braces": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "question marks": "? " * 100_000,
    "indentation": "".join(" " * depth + "a:\n" for depth in range(1500)),
    "after other line ends": "a:\r" + "- " * 100_000,
    "UTF-8 with a mark": "\ufeff" + "- " * 100_000,
    "UTF-16": ("- " * 100_000).encode("utf-16"),
}


@pytest.mark.parametrize("load", [libyaml.load, libyaml.load_all, libyaml.load_texts])
@pytest.mark.parametrize("case", DEEP)
def test_what_is_nested_too_deeply_is_refused(case, load) -> None:
    with pytest.raises(yaml.YAMLError, match="nested deeper"):
        load(DEEP[case])


@pytest.mark.parametrize("depth", [1, 60, 150])
def test_what_is_nested_with_reason_is_read(depth: int) -> None:
    found = libyaml.load("[" * depth + "]" * depth)
    for _ in range(depth - 1):
        (found,) = found
    assert found == []


def test_many_brackets_side_by_side_are_no_nesting() -> None:
    assert libyaml.load("\n".join(["- [{a: 1}]"] * 1000)) == [[{"a": 1}]] * 1000


@pytest.mark.parametrize(
    "text", ['!!int ""', "!!bool maybe", "!!timestamp x", "9" * 5000, "2026-13-45", "0x", "1:99:99"]
)
def test_a_scalar_of_any_form_is_text_where_texts_are_wanted(text: str) -> None:
    assert isinstance(libyaml.load_texts(f"a: {text}")["a"], str)
