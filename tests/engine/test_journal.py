"""The journal: durable, torn tails, legal transitions, formats."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from installer.engine import journal as module
from installer.engine.journal import LEGAL, Journal
from installer.errors import PlanChanged, StateUnreadable

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "20260101T000000Z").mkdir()
    return tmp_path / "20260101T000000Z" / "journal.jsonl"


def started(path, **options) -> Journal:
    books = Journal(path, **options)
    books.start("install", "sha256:p", {"bundle": "b"}, AT)
    return books


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_the_first_record_says_what_this_is(path):
    started(path).close()
    assert lines(path) == [
        {"format": 1, "operation": "install", "plan": "sha256:p", "subject": {"bundle": "b"},
         "run": "20260101T000000Z", "at": "2026-01-01T00:00:00+00:00"},
    ]  # fmt: skip
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_is_read_back(path):
    books = started(path)
    books.begin("a", AT, {"x": [1, None]})
    books.done("a", AT, changed=True)
    books.done("b", AT, changed=False)
    books.begin("c", AT, {})
    books.failed("c", AT)
    books.close()
    again = Journal(path)
    assert [again.state(step) for step in "abcd"] == ["done", "done", "failed", None]
    assert [again.before(step) for step in "abcd"] == [{"x": [1, None]}, None, {}, None]
    assert (again.operation, again.run, again.count("done"), again.changed) == ("install", "20260101T000000Z", 2, 1)


def test_every_tear_of_the_last_record_loses_that_record_alone(path):
    books = started(path)
    books.begin("a", AT, {"content": "zürich"})
    books.close()
    whole = path.read_bytes()
    begins = whole.index(b"\n") + 1
    for length in range(begins, len(whole)):
        path.write_bytes(whole[:length])
        again = Journal(path)
        assert again.state("a") is None
        again.begin("a", AT, {"content": "zürich"})
        again.close()
        assert path.read_bytes() == whole


def test_every_tear_of_the_first_record_is_a_fresh_start(path):
    started(path).close()
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        started(path).close()
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "damage",
    [
        b"garbage\n",
        b"[]\n",
        b"{}\n",
        b'{"step": "x", "state": "failed"}\n',
        b"\x00\xff\n",
        b"[" * 100_000 + b"\n",
        b'{"step": [], "state": "begin"}\n',
        b'{"step": "x", "state": []}\n',
        b'{"step": "x", "state": "begin", "before": 7}\n',
        b'{"step": "x", "state": "begin", "before": {"a": NaN}}\n',
        b'{"step": "x", "state": "begin", "before": {"_volumes": 7}}\n',
        b'{"step": 5, "state": "begin"}\n',
        b'{"step": null, "state": "begin"}\n',
    ],
)
def test_damage_that_no_crash_makes_is_refused_with_its_line(path, damage):
    books = started(path)
    books.begin("a", AT, {})
    books.close()
    with path.open("ab") as file:
        file.write(damage)
    with pytest.raises(StateUnreadable, match="line 3 is damaged"):
        Journal(path)


@pytest.mark.parametrize(
    "header",
    [
        b'{"format": true}', b'{"format": 1.5}', b'{"format": "1"}', b'{"format": 1, "operation": []}', b"[1]",
        b'{"format": 1, "plan": 7}', b'{"format": 1, "subject": []}', b'{"format": 1, "subject": {"bundle": [1]}}',
    ],
)  # fmt: skip
def test_a_first_record_of_another_form_is_refused(path, header):
    path.write_bytes(header + b"\n")
    with pytest.raises(StateUnreadable, match="line 1 is damaged"):
        Journal(path)


def test_a_before_image_tells_what_it_lacks_as_the_journal_s_damage(path):
    books = started(path)
    books.begin("a", AT, {"files": {}})
    books.close()
    image = Journal(path).before("a")
    assert image == {"files": {}}
    with pytest.raises(StateUnreadable, match="the before-image of a has no 'made'"):
        image["_made"]


def test_a_newer_format_is_refused_by_name(path):
    path.write_text('{"format": 2}\n')
    with pytest.raises(StateUnreadable, match="journal format 2 is newer than this sitewright reads"):
        Journal(path)


@pytest.mark.parametrize("former", [None, "begin", "done", "failed"])
@pytest.mark.parametrize("wanted", ["begin", "done", "failed"])
def test_only_legal_transitions_are_written(path, former, wanted):
    books = started(path)
    move = {
        "begin": lambda: books.begin("a", AT),
        "done": lambda: books.done("a", AT, changed=True),
        "failed": lambda: books.failed("a", AT),
    }
    if former:
        move["begin"]()
    if former in ("done", "failed"):
        move[former]()
    size = path.stat().st_size
    if (former, wanted) in LEGAL:
        move[wanted]()
        assert books.state("a") == wanted
    else:
        with pytest.raises(ValueError, match="no legal transition"):
            move[wanted]()
        assert (books.state("a"), path.stat().st_size) == (former, size)
    books.close()


def test_a_before_image_is_given_once(path):
    books = started(path)
    books.begin("a", AT, {"x": 1})
    with pytest.raises(ValueError, match="captured once"):
        books.begin("a", AT, {"x": 2})
    books.begin("a", AT)
    assert books.before("a") == {"x": 1}
    books.close()


def test_a_journal_that_was_not_started_takes_no_step(path):
    with pytest.raises(ValueError, match="has not been started"):
        Journal(path).begin("a", AT)


def test_each_record_is_fsynced_before_the_call_returns_and_the_directory_once(path, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(handle) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(module.os, "fsync", fsync)
    books = started(path)
    books.begin("a", AT, {})
    books.close()
    assert synced == [str(path.parent), str(path), str(path)]


def test_after_a_record_that_could_not_be_made_durable_nothing_is_promised(path, monkeypatch):
    books = started(path)

    def full(fd) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", full)
        with pytest.raises(StateUnreadable, match="No space left on device"):
            books.begin("a", AT, {})
    assert books.state("a") is None
    with pytest.raises(StateUnreadable, match="an earlier record"):
        books.begin("a", AT, {})
    books.close()


def test_a_disk_that_fills_up_amid_a_record_loses_that_record_alone(path, monkeypatch):
    books, real = started(path), os.write

    def fills_up(handle, content) -> int:
        if len(content) < 10:
            raise OSError(28, "No space left on device")
        return real(handle, content[: len(content) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "write", fills_up)
        with pytest.raises(StateUnreadable, match="No space left on device"):
            books.begin("a", AT, {})
    books.close()
    assert not path.read_bytes().endswith(b"\n")
    assert Journal(path).state("a") is None


def test_a_directory_in_its_place_is_an_error_of_ours(tmp_path):
    with pytest.raises(StateUnreadable, match="directory"):
        Journal(tmp_path)


def test_threads_write_whole_records(path):
    books = started(path)

    def work(name: int) -> None:
        for index in range(20):
            books.begin(f"{name}.{index}", AT, {"pad": "x" * 500})
            books.done(f"{name}.{index}", AT, changed=True)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    books.close()
    assert Journal(path).count("done") == 80
    assert len(lines(path)) == 161


class Noted:
    """A copy that keeps what it hears, and how much of it there was whenever a step was to be settled."""

    def __init__(self):
        self.heard, self.settled = [], []

    def note(self, line):
        self.heard.append(line)

    def settle(self, step):
        self.settled.append((step, len(self.heard)))


def test_a_copy_gets_every_durable_byte_and_is_settled_before_a_step_has_an_effect(path):
    copy = Noted()
    books = started(path, copy=copy)
    books.begin("a", AT, {})
    books.done("a", AT, changed=True)
    books.close()
    assert b"".join(copy.heard) == path.read_bytes()
    assert len(copy.heard) == 3
    assert copy.settled == [("a", 2)]


def test_another_plan_names_each_changed_subject(path):
    started(path).close()
    with pytest.raises(PlanChanged, match="changed: answers, bundle"):
        Journal(path).require("install", "sha256:q", {"bundle": "c", "answers": "a"})
