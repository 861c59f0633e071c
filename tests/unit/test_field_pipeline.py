"""Logstash's rules: the same file as rsyslog's. tests/full/test_field_filter.py has real Ruby judge the table."""

from __future__ import annotations

from typing import Any

import yaml
from core_manifest import ROOT
from field_sample import COMPONENTS, rendered
from rendering import needs_helm

CHART = COMPONENTS / "logstash/chart"
LINES: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/unit/log_lines.yaml").read_text())


def test_both_pipelines_go_by_the_same_rules() -> None:
    assert (CHART / "rules.yaml").read_bytes() == (ROOT / "bundles/parts/rsyslog/chart/rules.yaml").read_bytes()


def test_the_store_knows_the_same_of_lines_whichever_it_is() -> None:
    ours = COMPONENTS / "elasticsearch/chart/indices/logs.json"
    assert ours.read_bytes() == (ROOT / "bundles/parts/elasticsearch/chart/indices/logs.json").read_bytes()


def test_the_table_has_a_line_for_each_reason() -> None:
    rules = yaml.safe_load((CHART / "rules.yaml").read_text())
    assert {each.get("reason", "").partition(":")[0] for each in LINES} - {""} == set(rules["reasons"])


@needs_helm
def test_each_environments_topic_is_read_and_no_password_stands_in_a_file() -> None:
    objects = rendered("platform", "logstash")
    (pipeline,) = (each["data"] for each in objects if each["metadata"]["name"] == "logstash-pipeline")
    for name in ("production", "pre-release", "testing"):
        assert f'topics => ["{name}.logs.json"]' in pipeline["lines.conf"]
        assert f'group_id => "log-pipeline.{name}"' in pipeline["lines.conf"]
    assert pipeline["judge.rb"] == (CHART / "pipeline/judge.rb").read_text()
    assert yaml.safe_load(pipeline["rules.yaml"]) == yaml.safe_load((CHART / "rules.yaml").read_text())
    assert pipeline["lines.conf"].count("${QUEUE_PASSWORD}") == 3
    assert pipeline["refused.conf"].count("${STORE_PASSWORD}") == 1
