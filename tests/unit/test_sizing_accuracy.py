"""The calculator against published sizings: the aim the project has set itself, and honesty about what misses it."""

import subprocess
import sys
from importlib import resources

import pytest

from sizing.accuracy import AIM_CASES_INSIDE, Comparison, compare, share_of_cases_inside, table
from sizing.rules import load_yaml


@pytest.fixture(scope="module")
def comparisons() -> tuple[Comparison, ...]:
    return compare()


def test_the_aim_is_met(comparisons):
    assert share_of_cases_inside(comparisons) >= AIM_CASES_INSIDE, table(comparisons)


def test_nothing_is_off_by_more_than_two_without_a_written_reason(comparisons):
    silent = [each for each in comparisons if not each.inside and not each.reason]
    assert all(0.5 <= each.ratio <= 2 for each in silent), table(silent)


def test_reasons_are_written_only_for_what_deviates(comparisons):
    deviating = {(each.case, each.key) for each in comparisons if not each.inside}
    written = {(case, key) for case, keys in load_yaml("deviations")["reasons"].items() for key in keys}
    assert written <= deviating


def test_every_case_has_keys_and_a_tolerance():
    cases = load_yaml("references")["cases"]
    assert len({case["id"] for case in cases}) == len(cases)
    assert all(case["expected"] and case["tolerance"]["low"] <= case["tolerance"]["high"] for case in cases)


def test_no_rule_knows_a_reference_by_name():
    rules = (resources.files("sizing") / "rules.yaml").read_text(encoding="utf-8")
    assert not [case["id"] for case in load_yaml("references")["cases"] if case["id"] in rules]


def test_the_table_tells_inside_from_outside():
    inside = Comparison("a", "kafka", "disk_gib", 100, 104, True, "")
    outside = Comparison("b", "kafka", "disk_gib", 100, 300, False, "")
    text = table((inside, outside))
    assert "1.04  yes" in text
    assert "3.00  NO   no reason written" in text
    assert text.endswith("50% of 2 cases are inside on every key (aim 80%)")


def test_the_command_prints_the_table():
    run = subprocess.run([sys.executable, "-m", "sizing.accuracy"], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert "gitlab-ra-2k" in run.stdout
    assert "(aim 80%)" in run.stdout.splitlines()[-1]
