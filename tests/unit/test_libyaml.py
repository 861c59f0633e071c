"""YAML that somebody else wrote: whatever it nests or repeats, it ends in data of a bounded size or in a YAML error."""

from __future__ import annotations

import pytest
import yaml

from installer.formats import libyaml

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[" * 600 + "]" * 600, "- " * 100_000 + "a", "{a: " * 100_000, "? " * 100_000, LAUGHS,
     "&a [*a]", "&a {b: [*a]}", "a: &a {b: &b {c: *a}}",
     "a: &a {x: 1}\n" + "".join(f"{c}: &{c} {{<<: [{', '.join([f'*{chr(ord(c) - 1)}'] * 40)}]}}\n" for c in "bcdefg")],
    ids=["flow", "flow of 600", "block", "mappings", "keys", "aliases", "itself", "itself below", "far", "merges"],
)  # fmt: skip
def test_what_would_take_memory_or_depth_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        libyaml.load_all(text)


def test_ordinary_aliases_and_several_documents_are_read() -> None:
    text = "a: &x {b: 1}\nc: {<<: *x, d: 2}\n---\n- &y 1\n- *y\n---\n"
    assert libyaml.load_all(text) == [{"a": {"b": 1}, "c": {"b": 1, "d": 2}}, [1, 1], None]
