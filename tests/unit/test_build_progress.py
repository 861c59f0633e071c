"""How far a build is and how long it takes yet, as it is worked out and as a log tells it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from installer.builder.progress import TRUSTED, Making
from installer.engine.events import BuildProgressed, Event
from installer.ui.progress import Lines

AT = datetime(2026, 11, 30, tzinfo=UTC)


class Build:
    """Sources of known size on a machine of two processors, and what is told of them."""

    def __init__(self, **seconds: float) -> None:
        self.now = 0.0
        self.events: list[Event] = []
        self.making = Making(self.events.append, seconds, lambda: self.now, processors=2)
        self.making.begin(list(seconds))

    @property
    def last(self) -> BuildProgressed:
        event = self.events[-1]
        assert isinstance(event, BuildProgressed)
        return event


def test_what_is_left_is_work_over_processors_at_first() -> None:
    build = Build(a=600.0, b=100.0, c=100.0)
    build.making.start("a")
    assert (build.last.left, build.last.share, build.last.source) == (400.0, 0.0, "a")


def test_the_eta_follows_how_much_this_machine_gives() -> None:
    build = Build(a=600.0, b=100.0)
    build.making.start("a")
    build.now = TRUSTED
    build.making.pulse("a", 0.0)  # a minute in which others had all processors
    assert build.last.left == 700.0, "half the pace"
    build.now = 2 * TRUSTED
    build.making.pulse("a", 240.0)
    assert build.last.left == pytest.approx(460.0 / 2), "made good for"
    assert build.last.share == pytest.approx(240 / 700)


def test_a_source_that_takes_longer_than_locked_is_not_done() -> None:
    build = Build(a=100.0, b=100.0)
    build.making.start("a")
    build.making.pulse("a", 500.0)
    assert build.last.share < 0.5
    assert build.last.left > 0
    build.making.finish("a")
    assert build.last.share == 0.5


def test_several_are_told_of_at_a_time() -> None:
    build = Build(a=100.0, b=100.0)
    build.making.start("a")
    build.making.start("b")
    assert (build.last.source, build.last.done, build.last.total) == ("a, b", 0, 2)
    build.making.finish("a")
    assert (build.last.source, build.last.done) == ("b", 1)
    build.making.finish("b")
    assert (build.last.source, build.last.done, build.last.left, build.last.share) == ("", 2, 0.0, 1.0)


def test_what_the_cache_holds_weighs_nothing() -> None:
    build = Build(a=0.0)
    build.making.start("a")
    assert (build.last.left, build.last.share) == (0.0, 0.0)
    build.making.finish("a")
    assert build.last.share == 1.0


def test_a_log_hears_of_what_is_begun_and_then_each_minute(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    lines = Lines(lambda: now[0])

    def hear(at: float, source: str, done: int, left: float, share: float, phase: str = "making") -> None:
        now[0] = at
        lines(BuildProgressed(AT, phase, source, done, 3, left, share))

    hear(100, "kubernetes", 0, 600, 0.0)
    hear(101, "kubernetes", 0, 599, 0.01)
    hear(110, "kubernetes, runc", 0, 590, 0.02)
    hear(130, "kubernetes", 1, 570, 0.05)
    hear(169, "kubernetes", 1, 531, 0.1)
    hear(170, "kubernetes", 1, 530, 0.11)
    hear(231, "kubernetes", 1, 470, 0.2)
    hear(240, "helm", 2, 60, 0.8)
    hear(250, "", 3, 0, 1.0)
    hear(251, "helm", 0, 0, 0.0, "packing")
    hear(252, "kubernetes", 1, 8, 0.5, "packing")
    assert capsys.readouterr().err.splitlines() == [
        "  building kubernetes (0 of 3 made, 0% done, about 10 min 0 s left)",
        "  building kubernetes, runc (0 of 3 made, 2% done, about 9 min 50 s left)",
        "  building kubernetes (1 of 3 made, 11% done, about 8 min 50 s left)",
        "  building kubernetes (1 of 3 made, 20% done, about 7 min 50 s left)",
        "  building helm (2 of 3 made, 80% done, about 1 min 0 s left)",
        "  packing (0% done)",
    ]
