"""Fixtures of all rings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from practice import Practice, raise_practice

from installer.errors import PracticeToolMissing
from installer.rehearsal import hosts

RaisePractice = Callable[[int], Practice]


@pytest.fixture(scope="session")
def practice_sites() -> Iterator[RaisePractice]:
    """Raises further practice sites, side by side; all are taken down when the run ends."""
    raised: list[Practice] = []

    def another(count: int) -> Practice:
        try:
            practice = raise_practice(count)
        except PracticeToolMissing as error:
            # Never skipped: a run that did not try the real thing must not look like one that did.
            pytest.fail(f"{error}; {error.remedy}", pytrace=False)
        raised.append(practice)
        return practice

    yield another
    for practice in raised:
        hosts.down(practice.site)


@pytest.fixture(scope="session")
def practice(practice_sites: RaisePractice) -> Practice:
    """Three bare hosts, cp-1, node-1 and node-2; put back what you change, or raise a site of your own."""
    return practice_sites(3)
