"""What a host says of its own part in a run: the form it has to have, and whom it is believed about."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulation import PROFILES, inputs_of

from installer import operations
from installer.engine.journal import Journal
from installer.runs import host_records

RUN = "20260101T000000.000000Z-install"
AT = "2026-01-01T00:00:00+00:00"
PLAN = f"sha256:{'0' * 64}"
HEADER = {"format": 1, "operation": "install", "plan": PLAN, "subject": {"bundle": "sha256:b"}, "run": RUN,
          "site": "acme", "sequence": 3, "outcome": "failed", "at": AT}  # fmt: skip
BEGIN = {"step": "production/hosts.trust@node-1", "state": "begin", "at": AT, "before": {"/etc/x": None}}
DONE = {"step": "production/hosts.trust@node-1", "state": "done", "at": AT, "changed": True}


def lines(*records) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def read(*records, host="node-1", site="acme", run=RUN):
    return host_records.read(host, site, run, lines(*records))


def test_a_host_s_own_steps_are_read_with_their_states_and_before_images():
    held = {"step": "production/site.record@node-1", "state": "done", "at": AT, "changed": False}
    found = read(HEADER, BEGIN, DONE, held)
    assert (found.sequence, found.outcome, found.plan) == (3, "failed", PLAN)
    assert found.deeds[BEGIN["step"]] == host_records.Deed("done", AT, {"/etc/x": None}, True)
    assert found.deeds[held["step"]] == host_records.Deed("done", AT, None, False)


def test_what_a_host_says_of_another_host_s_steps_is_left_out():
    assert read(HEADER, BEGIN, DONE, host="cp-1").deeds == {}
    assert read(HEADER, {**BEGIN, "step": "production/hosts.trust@node-10"}).deeds == {}


def test_a_run_of_another_site_is_none_of_ours():
    assert read({**HEADER, "site": "zenith"}, BEGIN) is None


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "format": 2}, {**HEADER, "format": "1"}, {**HEADER, "site": None}, {**HEADER, "run": f"../{RUN}"},
        {**HEADER, "operation": "upgrade"}, {**HEADER, "plan": "sha256:0"}, {**HEADER, "plan": f"{PLAN}\n"},
        {**HEADER, "subject": []}, {**HEADER, "subject": {"a\n": "b"}}, {**HEADER, "subject": {"a": 1}},
        {**HEADER, "sequence": -1}, {**HEADER, "sequence": True}, {**HEADER, "sequence": 10**9},
        {**HEADER, "outcome": "\x1b[31m"}, {**HEADER, "outcome": []}, {**HEADER, "at": "noon"}, {**HEADER, "at": []},
        {}, [], None, 7, "x",
    ],
    ids=str,
)  # fmt: skip
def test_a_first_line_of_another_form_is_refused(header):
    with pytest.raises(ValueError, match=r"line|form|about|newer"):
        read(header, BEGIN)


@pytest.mark.parametrize(
    "records",
    [
        [{**BEGIN, "step": "x"}], [{**BEGIN, "step": []}], [{**BEGIN, "step": "a@b@node-1\x1b"}],
        [{**BEGIN, "step": "p/hosts.trust@node-1\n"}], [{**BEGIN, "state": "gone"}], [{**BEGIN, "state": []}],
        [{**BEGIN, "before": []}], [{**BEGIN, "before": {"a": 1.5}}], [{**BEGIN, "before": {"a": "\0"}}],
        [{**DONE, "before": {}}], [BEGIN, BEGIN], [{**DONE, "state": "failed"}], [{**BEGIN, "at": 7}],
        [BEGIN, {**DONE, "changed": "yes"}], [[]], [None], [{}], [{**BEGIN, "before": {"files": {"/etc/x": 7}}}],
    ],
    ids=str,
)  # fmt: skip
def test_a_record_of_another_form_is_refused(records):
    with pytest.raises(ValueError, match="line"):
        read(HEADER, *records)


def deep(levels):
    return {"a": deep(levels - 1)} if levels else {}


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\n", b"[" * 100_000 + b"\n", b"\xff\n", b"NaN\n", b"1" * 5000 + b"\n", lines(HEADER)[:-1],
        lines(HEADER) + b"{}" + b" " * 500 + b"\n", lines(HEADER, {**BEGIN, "before": deep(20)}),
        lines(HEADER) + b'{"step": "\\udcff"}\n', lines(HEADER) + b"\n" * host_records.MOST_RECORDS,
    ],
)  # fmt: skip
def test_bytes_that_are_no_records_are_refused(raw):
    with pytest.raises(ValueError, match=r"line|records"):
        host_records.read("node-1", "acme", RUN, raw)


@given(st.binary(max_size=400) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda below: st.lists(below) | st.dictionaries(st.sampled_from(["step", "state", "at", "before", "x"]), below),
).map(lambda value: lines(HEADER, value)))  # fmt: skip
def test_nothing_that_a_host_says_raises_anything_else(raw):
    with contextlib.suppress(ValueError):
        assert host_records.read("node-1", "acme", RUN, raw) is not None


def test_a_journal_made_of_it_says_the_same(tmp_path):
    found = read(HEADER, BEGIN, DONE)
    (tmp_path / RUN).mkdir()
    path = tmp_path / RUN / "journal.jsonl"
    path.write_bytes(b"".join(host_records.journal(found, found.deeds, header=True)))
    books = Journal(path)
    assert (books.state(BEGIN["step"]), books.before(BEGIN["step"])) == ("done", {"/etc/x": None})
    assert books.subject == {"bundle": "sha256:b"}


@pytest.mark.parametrize(
    ("image", "strange"),
    [
        ({"/etc/a": None, "/etc/b": {"kind": "file", "target": "/etc/shadow"}}, ""),
        ({"/srv/customer-data": None}, "/srv/customer-data"),
        ({"/etc/a": None, "more": {"deep": [{"/etc/shadow": None}]}}, "/etc/shadow"),
        ({"_made": ["/etc", "/srv"]}, "/srv"),
        ({"_made": ["/etc"]}, ""),
        ({"leaves": {"/etc": False}}, "/etc"),
        ({"_within": {"/etc": ["a", "b"]}}, "/etc"),
        ({"values": {"net.ipv4.ip_forward": "0"}}, ""),
        ({"values": {"kernel.core_pattern": "|/bin/sh"}}, "kernel.core_pattern"),
        ({"_within": {"/etc/a": ["a", "b"]}}, ""),
    ],
    ids=str,
)
def test_a_before_image_may_name_only_what_the_step_itself_names(image, strange):
    own = {"/etc/a": None, "/etc/b": None, "values": {"net.ipv4.ip_forward": "1"}}
    assert host_records.misfit(image, own) == strange


@pytest.mark.parametrize("profile", PROFILES)
def test_every_step_s_id_names_its_host(profile):
    for step in operations.plan(inputs_of(profile)):
        assert host_records.STEP.fullmatch(step.id), step.id
        assert host_records.host_of(step.id) == step.host
