"""Whose turn it is among the sources of a bundle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.builder import turns
from installer.builder.recipe import C_TOOLCHAIN, Source


def named(name: str, **spec: object) -> Source:
    return Source(name, "go", spec, Path("/nowhere"))


SOURCES = (
    named(C_TOOLCHAIN),
    named("kubernetes"),
    named("small"),
    named("runc", cgo=True),
    named("helm", follows="kubernetes"),
    named("containerd", follows="kubernetes"),
)
SECONDS = {"kubernetes": 700.0, "containerd": 90.0, "helm": 50.0, "runc": 30.0, C_TOOLCHAIN: 20.0, "small": 3.0}


def names(found: list[Source]) -> list[str]:
    return [source.name for source in found]


def test_first_is_what_others_wait_for_then_what_takes_long() -> None:
    everything = {source.name for source in SOURCES}
    assert names(turns.ready(SOURCES, everything, SECONDS)) == ["kubernetes", C_TOOLCHAIN, "small"]
    assert names(turns.ready(SOURCES[2:], {"kubernetes", *names(list(SOURCES[2:]))}, SECONDS)) == ["runc", "small"]
    assert names(turns.ready(SOURCES[4:], set(), SECONDS)) == ["containerd", "helm"]


def test_what_is_not_in_the_recipe_is_not_waited_for() -> None:
    assert turns.awaited(named("runc", cgo=True), {"runc"}) == frozenset()


def test_all_are_made_two_at_a_time_and_none_before_what_it_waits_for() -> None:
    made: list[str] = []
    running: set[str] = set()
    most = 0

    def make(source: Source, _: Callable[[], None]) -> None:
        nonlocal most
        running.add(source.name)
        most = max(most, len(running))
        assert turns.awaited(source, SECONDS) <= set(made)
        time.sleep(0.02)
        running.discard(source.name)
        made.append(source.name)

    turns.make_all(SOURCES, SECONDS, make)
    assert sorted(made) == sorted(SECONDS)
    assert most == turns.AT_A_TIME


def test_where_one_fails_the_other_ends_and_no_more_is_begun() -> None:
    begun: list[str] = []
    ended: list[str] = []
    both = threading.Barrier(2, timeout=10)

    def make(source: Source, go_on: Callable[[], None]) -> None:
        begun.append(source.name)
        both.wait()
        if source.name == "kubernetes":
            raise ValueError("it does not compile")
        try:
            for _ in range(1000):
                time.sleep(0.01)
                go_on()
        finally:
            ended.append(source.name)

    with pytest.raises(ValueError, match="does not compile"):
        turns.make_all(SOURCES, SECONDS, make)
    assert sorted(begun) == sorted(["kubernetes", C_TOOLCHAIN])
    assert ended == [C_TOOLCHAIN]
