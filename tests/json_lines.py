"""Standard output of `--json`, read as a front end reads it: every line is as installer/output.schema.json says."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from sizing.rules import load_schema

Line = dict[str, Any]


@cache
def schema() -> dict[str, Any]:
    text = resources.files("installer").joinpath("output.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def kinds() -> list[str]:
    """Every `type` that a line may have."""
    return [entry["$ref"].rpartition("/")[2] for entry in schema()["oneOf"]]


@cache
def _validator(kind: str) -> Draft202012Validator:
    resources_ = [Resource.from_contents(each) for each in (schema(), load_schema("output"))]
    registry: Registry[Any] = resources_ @ Registry()
    # The one subschema of the type, not the whole choice: its complaint says which field is wrong.
    return Draft202012Validator({"$ref": f"{schema()['$id']}#/$defs/{kind}"}, registry=registry,
                                format_checker=Draft202012Validator.FORMAT_CHECKER)  # fmt: skip


def check(line: Line) -> None:
    """Fail unless a line is as published."""
    assert line["type"] in kinds(), line
    _validator(line["type"]).validate(line)


def read(out: str) -> list[Line]:
    """All lines; fails if one is not as published."""
    lines = [json.loads(line) for line in out.splitlines()]
    for line in lines:
        check(line)
    return lines
