"""Rules of Prometheus: each says what to do, and fires when it should and not before (tests/rules/prometheus.yaml)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_manifest import ROOT
from every import every

CHART = ROOT / "bundles/parts/prometheus/chart"
FILES = (CHART / "config/rules.yaml", CHART / "rules/checks.yaml")
CASES = ROOT / "tests/rules/prometheus.yaml"
GROUPS = [group for file in FILES for group in yaml.safe_load(file.read_text())["groups"]]
RULES = [rule for group in GROUPS for rule in group["rules"]]


def promtool() -> str | None:
    """Where promtool is: on the path, or among what was built for a bundle here."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sitewright/made"
    built = sorted(cache.glob("*/files/promtool"), key=lambda path: path.stat().st_mtime, reverse=True)
    return shutil.which("promtool") or next(map(str, built), None)


PROMTOOL = promtool()
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="no promtool here: sitewright bundle build bundles/platform makes it"
)


def run(*args: str) -> str:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *args], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cases() -> Iterator[dict[str, Any]]:
    for test in yaml.safe_load(CASES.read_text())["tests"]:
        yield from test["alert_rule_test"]


def test_each_says_how_bad_it_is_and_what_to_do() -> None:
    def holds(rule: dict[str, Any]) -> None:
        assert rule["labels"]["severity"] in {"critical", "warning", "none"}
        assert set(rule["annotations"]) == {"summary", "runbook"}
        assert re.fullmatch(r"[A-Za-z][^\n]+\.", rule["annotations"]["runbook"]), "a sentence"

    every(RULES, holds, lambda rule: str(rule["alert"]))
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)


def test_each_has_a_case_in_which_it_fires() -> None:
    fired = {case["alertname"] for case in cases() if case.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in RULES}


@needs_promtool
def test_promtool_can_read_them_with_their_sentences() -> None:
    found = [int(count) for count in re.findall(r"SUCCESS: (\d+) rules found", run("check", "rules", *map(str, FILES)))]
    assert sum(found) == len(RULES)


@needs_promtool
def test_each_fires_when_it_should(tmp_path: Path) -> None:
    """Without their sentences, which promtool would compare as well, letter by letter."""
    bare = [{**rule, "annotations": {}} for rule in RULES]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": bare}]}))
    tests = yaml.safe_load(CASES.read_text()) | {"rule_files": ["rules.yaml"]}
    (tmp_path / "cases.yaml").write_text(yaml.safe_dump(tests))
    assert "SUCCESS" in run("test", "rules", str(tmp_path / "cases.yaml"))
