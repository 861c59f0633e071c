"""Fixtures of all rings."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from practice import Practice, raise_practice
from ship import core_bundle
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from installer import redaction
from installer.errors import PracticeToolMissing
from installer.rehearsal import hosts

RaisePractice = Callable[[int], Practice]


FIRST = ("test_install.py", "test_rollback.py", "test_profiles.py", "test_wizard.py")
"""The tests that set up Kubernetes, which one process takes; a second takes the rest that work on hosts.

Practice hosts share this machine's kernel, of which Kubernetes sets some, and hosts are compared with what they were.
"""
HOSTLESS = ("tests/commands/", "tests/engine/")
"""Tests without practice hosts: a third process takes them, file by file, and whichever is done helps it.

They give way to the others: while hosts are waited for, processors have time for them, which took minutes at the end.
"""
SINGLE = ("test_tui_terminal.py", "test_mutants.py")
"""Long ones of these, whose tests share nothing: they come last, one by one, so that all processes end together."""
GIVING_WAY = 10
"""How nice a process is from its first test without hosts on; it is never given one with hosts after that."""


class Lanes(LoadScopeScheduling):
    """Two processes with a share each of the tests on practice hosts, which come first; the rest for all three.

    For `-n 3 --dist loadscope`.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # xdist would begin with the files of most tests

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(HOSTLESS):
            return nodeid if _is_single(nodeid) else nodeid.partition("::")[0]
        return "first" if any(part in nodeid for part in FIRST) else "second"


def _is_single(nodeid: str) -> bool:
    return any(name in nodeid for name in SINGLE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may be shared out one by one comes last."""
    items.sort(key=lambda item: _is_single(item.nodeid))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests without hosts give way to those with."""
    beside = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1
    if beside and item.nodeid.startswith(HOSTLESS) and os.nice(0) < GIVING_WAY:
        os.nice(GIVING_WAY - os.nice(0))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Lanes | None:
    return Lanes(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.fixture(autouse=True)
def _secrets_of_one_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test resolved as a secret is a word like any other in the next."""
    monkeypatch.setattr(redaction, "_forms", ())


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The bundle core, built once for all processes of a test run where the cache has it not."""
    with (Path(tempfile.gettempdir()) / "sitewright-test-bundle.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return core_bundle()


@pytest.fixture(scope="session")
def practice_sites(bundle: Path) -> Iterator[RaisePractice]:
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
