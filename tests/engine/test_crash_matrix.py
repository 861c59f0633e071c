"""Whatever the moment the process dies, resuming ends where a clean run ends, and rollback where it all began."""

from __future__ import annotations

import itertools

import pytest
from shelf import END, START, Crash, Fuse, Heard, Shelf, StoppedClock, TearingJournal, WritableShelf, plan

from installer import engine
from installer.engine.journal import Journal

SHAPES = pytest.mark.parametrize("parallel", [False, True], ids=["row", "parallel"])
WRITES, RECORDS, UNDO_RECORDS = 5, 8, 7
TEARS = (0.0, 0.01, 0.5, 0.99)


def go(wanted, path, state, fuse=None, journal_fuse=None, tear=0.0) -> bool:
    """One process' life; whether it reached the end."""
    path.parent.mkdir(exist_ok=True)
    journal = TearingJournal(path, journal_fuse or Fuse(), tear)
    try:
        engine.run(wanted, journal, WritableShelf(state, fuse), Heard(), clock=StoppedClock())
    except Crash:
        return False
    finally:
        journal.close()
    return True


def back(wanted, path):
    return engine.inverse(wanted, Journal(path))


def moments(writes: int, records: int):
    """Every (world fuse, journal fuse, tear) at which a process can die."""
    for at, when in itertools.product(range(1, writes + 1), ("before", "after")):
        yield pytest.param((at, when), None, 0.0, id=f"write-{at}-{when}")
    for at, tear in itertools.product(range(1, records + 1), TEARS):
        yield pytest.param(None, (at, "before"), tear, id=f"record-{at}-torn-{tear}")
    for at in range(1, records + 1):
        yield pytest.param(None, (at, "after"), 0.0, id=f"record-{at}-after")


def fuse(spec) -> Fuse:
    return Fuse(*spec) if spec else Fuse()


@SHAPES
def test_the_matrix_covers_every_write_and_record(tmp_path, parallel):
    wanted, state, world, books = plan(parallel=parallel), dict(START), Fuse(), Fuse()
    assert go(wanted, tmp_path / "run" / "journal", state, world, books)
    assert (world.ticks, books.ticks, state) == (WRITES, RECORDS, END)
    world, books = Fuse(), Fuse()
    assert go(back(wanted, tmp_path / "run" / "journal"), tmp_path / "back" / "journal", state, world, books)
    assert (world.ticks, books.ticks, state) == (WRITES, UNDO_RECORDS, START)


@SHAPES
@pytest.mark.parametrize(("world", "books", "tear"), list(moments(WRITES, RECORDS)))
def test_resume_ends_where_a_clean_run_ends_and_rollback_where_it_began(tmp_path, parallel, world, books, tear):
    wanted, state, path = plan(parallel=parallel), dict(START), tmp_path / "run" / "journal"
    assert not go(wanted, path, state, fuse(world), fuse(books), tear)
    assert go(wanted, path, state)
    assert state == END
    assert go(back(wanted, path), tmp_path / "back" / "journal", state)
    assert state == START


@SHAPES
@pytest.mark.parametrize(("world", "books", "tear"), list(moments(WRITES, UNDO_RECORDS)))
def test_a_rollback_that_dies_goes_on_where_it_stopped(tmp_path, parallel, world, books, tear):
    wanted, state, path = plan(parallel=parallel), dict(START), tmp_path / "run" / "journal"
    assert go(wanted, path, state)
    undo = back(wanted, path)
    assert not go(undo, tmp_path / "back" / "journal", state, fuse(world), fuse(books), tear)
    assert go(back(wanted, path), tmp_path / "back" / "journal", state)
    assert state == START


@pytest.mark.parametrize(("first", "second"), list(itertools.product(range(1, WRITES + 1), repeat=2)))
def test_a_half_install_whose_rollback_dies_is_taken_back_whole(tmp_path, first, second):
    wanted, state, path = plan(parallel=False), dict(START), tmp_path / "run" / "journal"
    assert not go(wanted, path, state, Fuse(first, "after"))
    half = dict(state)
    ended = go(back(wanted, path), tmp_path / "back" / "journal", state, Fuse(second, "after"))
    assert ended or go(back(wanted, path), tmp_path / "back" / "journal", state)
    assert state == START
    assert half != START


@pytest.mark.parametrize("pair", list(itertools.combinations_with_replacement(range(1, WRITES + 1), 2)))
def test_dying_twice_is_no_worse_than_once(tmp_path, pair):
    wanted, state, path = plan(parallel=True), dict(START), tmp_path / "run" / "journal"
    for at in pair:
        go(wanted, path, state, Fuse(at, "before"))
    assert go(wanted, path, state)
    assert state == END
    assert go(back(wanted, path), tmp_path / "back" / "journal", state)
    assert state == START


def test_a_finished_run_run_again_writes_nothing(tmp_path):
    wanted, state, path = plan(parallel=False), dict(START), tmp_path / "run" / "journal"
    assert go(wanted, path, state)
    world, books = Fuse(), Fuse()
    assert go(wanted, path, state, world, books)
    assert (world.ticks, books.ticks) == (0, 0)


def test_a_preview_needs_no_verb_that_writes():
    wanted = plan(parallel=False)
    held = engine.preview(wanted, Shelf(dict(START)))
    assert [held[step.id] for step in wanted] == [False, True, False, False]
