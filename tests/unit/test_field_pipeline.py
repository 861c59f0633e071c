"""Logstash's rules: the same file as rsyslog's, and a table of lines that are judged by real Ruby where it is here."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from core_manifest import ROOT
from every import every
from field_sample import COMPONENTS, needs_helm, rendered

CHART = COMPONENTS / "logstash/chart"
LINES: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/unit/log_lines.yaml").read_text())
NOW = "2026-12-01T00:00:09.000Z"
ASK = """
require "json"
require "yaml"
load ARGV[0]
judge = Judge.new(YAML.safe_load(File.read(ARGV[1])), ["logstash"])
JSON.parse(STDIN.read).each do |text|
  judged = judge.line(text, "production", ARGV[2])
  puts JSON.generate("index" => judged.index, "id" => judged.id, "document" => judged.document)
end
refused = judge.refused(JSON.parse(ARGV[3]), "mapper_parsing_exception")
puts JSON.generate("index" => refused.index, "id" => refused.id, "document" => refused.document)
"""


def test_both_pipelines_go_by_the_same_rules() -> None:
    assert (CHART / "rules.yaml").read_bytes() == (ROOT / "bundles/parts/rsyslog/chart/rules.yaml").read_bytes()


def test_the_store_knows_the_same_of_lines_whichever_it_is() -> None:
    ours = COMPONENTS / "elasticsearch/chart/indices/logs.json"
    assert ours.read_bytes() == (ROOT / "bundles/parts/elasticsearch/chart/indices/logs.json").read_bytes()


def test_the_table_has_a_line_for_each_reason() -> None:
    rules = yaml.safe_load((CHART / "rules.yaml").read_text())
    assert {each.get("reason", "").partition(":")[0] for each in LINES} - {""} == set(rules["reasons"])


def record_of(line: dict[str, Any]) -> str:
    if "record" in line:
        return str(line["record"])
    text = line["text"]
    found = line.get("line")
    if text.startswith("{") and "flags" not in line:
        found = json.loads(text)
    return json.dumps({
        "@timestamp": "2026-12-01T00:00:01.000Z", "message": text, "event": {"hash": "a1"}, "stream": "stdout",
        "kubernetes": {"namespace": line.get("namespace", "shop")}, "labels": {"owner": "payments"},
        **({"line": found} if found is not None else {}),
        **({"log": {"flags": line["flags"]}} if "flags" in line else {}),
    })  # fmt: skip


def judged(lines: list[dict[str, Any]], refused: dict[str, Any]) -> list[dict[str, Any]]:
    argv = [str(shutil.which("ruby")), "-e", ASK, str(CHART / "pipeline/judge.rb"), str(CHART / "rules.yaml"), NOW]
    asked = json.dumps([record_of(each) for each in lines])
    done = subprocess.run([*argv, json.dumps(refused)], input=asked, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads(each) for each in done.stdout.splitlines()]


@pytest.mark.skipif(not shutil.which("ruby"), reason="no ruby here: apt-get install ruby")
def test_each_line_is_judged_as_the_table_says() -> None:
    kept = {"message": "paid with token=abc", "status": "ok", "event": {"hash": "a2", "created": NOW},
            "labels": {"owner": "web"}, "kubernetes": {"namespace": "shop"},
            "orchestrator": {"cluster": {"name": "testing"}}}  # fmt: skip
    *answers, refused = judged(LINES, kept)

    def holds(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
        line, answer = case
        document, reason = answer["document"], line.get("reason", "")
        assert document.get("reject", {}).get("reason", "") == reason
        assert answer["index"] == f"logs-{'reject-' if reason else ''}production-2026.12.01"
        assert document["event"]["hash"] == answer["id"]
        assert document["event"]["ingested"] == NOW
        assert document["orchestrator"] == {"cluster": {"name": "production"}}
        assert {key: document.get(key) for key in line.get("there", {})} == line.get("there", {})

    every(list(zip(LINES, answers, strict=True)), holds, lambda case: str(case[0]["name"]))
    assert (refused["index"], refused["id"]) == ("logs-reject-testing-2026.12.01", "a2")
    assert refused["document"]["reject"]["reason"] == "type_conflict"
    assert "abc" not in refused["document"]["reject"]["raw"]
    assert (refused["document"]["reject"]["owner"], refused["document"]["kubernetes"]) == ("web", {"namespace": "shop"})


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
