"""What a host's record says stands there: the form it has to have, and that it is about that host."""

from __future__ import annotations

import json

import pytest
from simulation import world_of

from installer.errors import HostRecordRefused
from installer.plan import site_record
from installer.plan.steps import record

GOOD = {
    "format": 1, "site": "acme", "environment": "production", "host": "solo", "control_plane": True,
    "kubernetes": "v1.36.3", "bundle": {"name": "core", "version": "1", "digest": "sha256:0"},
    "components": {"flannel": "1"},
}  # fmt: skip


def read(content: bytes):
    world = world_of("minimal")
    world.site.host("solo").tree.put(record.RECORD, content)
    return record.stated(world, "solo")


def test_a_record_is_read_as_it_was_written_and_nothing_beyond():
    assert read(json.dumps(GOOD).encode()) == GOOD
    assert read(json.dumps({**GOOD, "more": [1] * 1000}).encode()) == GOOD


def test_a_host_without_a_record_says_nothing():
    assert record.stated(world_of("minimal"), "solo") is None


def test_a_step_takes_a_record_that_is_not_believed_for_none():
    world = world_of("minimal")
    world.site.host("solo").tree.put(record.RECORD, b"{}")
    assert record.read(world, "solo") is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"null", b"\xff", b"[" * 100_000, b"1" * 5000, b'{"format": NaN}', b" " * (site_record.LARGEST + 1),
        *(json.dumps({**GOOD, **wrong}).encode() for wrong in (
            {"format": 2}, {"format": "x"}, {"format": None}, {"bundle": []}, {"bundle": {"name": "core"}},
            {"kubernetes": 7}, {"environment": None}, {"components": {"a": 1}}, {"components": []},
            {"control_plane": "yes"}, {"host": "another"}, {"kubernetes": "A" * 5000}, {"site": "\udcff"},
        )),
    ],
)  # fmt: skip
def test_a_record_of_another_form_is_that_host_s_finding(content):
    with pytest.raises(HostRecordRefused, match=f"solo: what it keeps in {record.RECORD}") as refused:
        read(content)
    assert refused.value.exit_code == 6
