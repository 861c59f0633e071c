"""The rules by which log lines are judged: the pipeline follows them, and they know all of the platform."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from core_manifest import ROOT

from installer.builder import reading

CHART = ROOT / "bundles/parts/rsyslog/chart"
RULES: dict[str, Any] = yaml.safe_load((CHART / "rules.yaml").read_text(encoding="utf-8"))
PIPELINE = (CHART / "config/rsyslog.conf").read_text(encoding="utf-8")
CUSTOMERS = {"shop", "probe", "sitewright-probe"}
"""Namespaces whose lines are judged though the platform's bundle brings them: they show what the customer's own get."""


def test_each_reason_is_given_by_the_pipeline_and_no_other() -> None:
    given = set(re.findall(r'reason = "([a-z_]+)', PIPELINE))
    assert given == set(RULES["reasons"])


def test_every_namespace_of_the_platform_is_known() -> None:
    parts = reading.load(ROOT / "bundles/platform").parts
    named = {part.spec["chart"]["namespace"] for part in parts if "chart" in part.spec}
    judged = CUSTOMERS | {"log-probe", "log-report"}
    assert named - judged <= set(RULES["platform"])
    assert not judged & set(RULES["platform"])


def test_the_store_has_an_object_wherever_the_rules_make_one() -> None:
    """Else the first line of a day decides what all others may have under that name."""
    template = json.loads((CHART.parents[1] / "elasticsearch/chart/indices/logs.json").read_text(encoding="utf-8"))
    fields = template["template"]["mappings"]["properties"]
    objects = {name for name, field in fields.items() if "properties" in field or field["type"] == "object"}
    assert set(RULES["objects"]) <= objects
    guarded = {"event", "labels"}  # objects to which the pipeline adds, or it rejects the line
    written = {"kubernetes", "orchestrator", "reject"}  # by the pipeline itself
    assert objects - set(RULES["objects"]) - guarded - written <= {"payload", "http"}


@pytest.mark.parametrize(
    "line",
    [
        "    at com.x.Y(Z.java:3)",
        "\tat a.b",
        "Caused by: x",
        "Traceback (most recent call last):",
        "... 12 more",
        "goroutine 7 [running]:",
    ],
)
def test_the_rest_of_a_stack_trace_is_suspected(line: str) -> None:
    assert python_of(RULES["continuation"]).match(line)


@pytest.mark.parametrize("line", ["plain text", '{"a": 1}', '  {"a": 1}', "at", "attention", ""])
def test_other_lines_are_not(line: str) -> None:
    assert not python_of(RULES["continuation"]).match(line)


def python_of(expression: str) -> re.Pattern[str]:
    """The same as POSIX writes it: only classes of letters are named otherwise."""
    return re.compile(expression.replace("[^[:space:]{]", r"[^\s{]").replace("[[:space:]]", r"\s"))
