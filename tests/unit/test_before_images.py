"""Before-images come from files and hosts: what is not of the form that a step captures is found before it is used."""

from __future__ import annotations

from typing import Any

import pytest

from installer.engine.before_images import flaw, lacking

FILE = {"kind": "file", "mode": 0o644, "owner": "root", "size": 3, "sha256": "", "target": ""}
WHOLE: dict[str, Any] = {
    "files": {"/etc/x": FILE, "/etc/y": None, "/etc/z": {"kind": "directory", "mode": 0o755, "owner": "root"}},
    "leaves": {"/var/x": False}, "_within": {"/var/x": ["a"]}, "_made": ["/var"], "_volumes": ["v"], "there": ["/x"],
    "units": {"a.service": {"runs": True, "enabled": False}}, "values": {"a.b": "1"}, "settings": {"a.b": "1"},
    "release": "", "objects": {"core/Secret/x/y": True}, "_namespace": True, "budget": False, "traffic": "",
    "anything": [7],
}  # fmt: skip


def test_what_steps_capture_has_no_flaw() -> None:
    assert flaw(WHOLE) == flaw({}) == ""


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("files", 7), ("files", []), ("files", {"/etc/x": 7}), ("files", {"/etc/x": {}}),
        ("files", {"/etc/x": {**FILE, "kind": 7}}), ("files", {"/etc/x": {**FILE, "mode": "0644"}}),
        ("files", {"/etc/x": {**FILE, "mode": True}}), ("files", {"/etc/x": {**FILE, "mode": 0o10000}}),
        ("files", {"/etc/x": {**FILE, "sha256": None}}), ("leaves", ["/var"]), ("leaves", {"/var": "no"}),
        ("_within", []), ("_within", {"/var": 7}), ("_within", {"/var": [7]}), ("_made", None), ("_made", [[]]),
        ("_volumes", 7), ("_volumes", None), ("there", "x"), ("units", {"a": 7}), ("units", {"a": {"runs": True}}),
        ("values", {"a": 1}), ("settings", ["a"]), ("release", 7), ("objects", {"a": None}), ("_namespace", "x"),
        ("budget", "x"), ("traffic", 7),
    ],
)  # fmt: skip
def test_a_part_of_another_form_is_named(part: str, value: Any) -> None:
    assert flaw({**WHOLE, part: value}) == part


def test_a_part_that_the_step_captures_and_the_image_has_not_is_named() -> None:
    assert lacking({key: value for key, value in WHOLE.items() if key != "units"}, WHOLE) == "units"
    assert lacking({}, {"replicas": 2, "budget": True}) == ""
    assert lacking(WHOLE, WHOLE) == ""
