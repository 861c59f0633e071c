"""Logstash's filter judges a table of lines, in Debian's Ruby: the field's image cannot be had, its language can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from every import every

from installer.builder.recipe import Source
from installer.builder.sources import deb, making, sandbox
from installer.workshop import Workshop, cache_folder

ROOT = Path(__file__).parents[2]
CHART = ROOT / "bundles/field/components/logstash/chart"
LINES: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/unit/log_lines.yaml").read_text())
NOW = "2026-12-01T00:00:09.000Z"
RUBY = Source("ruby", "deb", {"packages": ["ruby"]}, ROOT)
ASK = """
require "json"
require "yaml"
load "/chart/pipeline/judge.rb"
judge = Judge.new(YAML.safe_load(File.read("/chart/rules.yaml")), ["logstash"])
asked = JSON.parse(File.read("/desk/asked.json"))
judged = asked["lines"].map { |text| judge.line(text, "production", asked["now"]) }
judged << judge.refused(asked["refused"], "mapper_parsing_exception")
File.write("/desk/judged.json", JSON.generate(judged.map { |each|
  {"index" => each.index, "id" => each.id, "document" => each.document}
}))
"""


@pytest.fixture(scope="module")
def ruby() -> Workshop:
    """A file system with Ruby in it, as Debian has it today."""
    workshop = Workshop(cache_folder(), "amd64")
    return making.with_sysroot(RUBY, deb.resolve(RUBY, workshop), workshop)


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


def judged(ruby: Workshop, desk: Path, refused: dict[str, Any]) -> list[dict[str, Any]]:
    asked = {"lines": [record_of(each) for each in LINES], "refused": refused, "now": NOW}
    (desk / "asked.json").write_text(json.dumps(asked))
    (desk / "ask.rb").write_text(ASK)
    sandbox.run(RUBY, ruby, {"/desk": desk, "/chart": CHART}, {"LC_ALL": "C.UTF-8"}, ["/usr/bin/ruby", "/desk/ask.rb"])
    answers: list[dict[str, Any]] = json.loads((desk / "judged.json").read_text())
    return answers


def test_each_line_is_judged_as_the_table_says(ruby: Workshop, tmp_path: Path) -> None:
    kept = {"message": "paid with token=abc", "status": "ok", "event": {"hash": "a2", "created": NOW},
            "labels": {"owner": "web"}, "kubernetes": {"namespace": "shop"},
            "orchestrator": {"cluster": {"name": "testing"}}}  # fmt: skip
    *answers, refused = judged(ruby, tmp_path, kept)

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
