"""Fixtures of all rings."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from practice import Practice, raise_practice
from ship import Operator, core_bundle, host_names, moved
from sites import SiteUnderTest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from installer import redaction
from installer.errors import PracticeToolMissing
from installer.rehearsal import hosts

RaisePractice = Callable[[int], Practice]


CLUSTERS = {
    "test_install.py": "first clusters",
    "test_wizard.py": "first clusters",
    "test_ha.py": "second clusters",
    "test_rollback.py": "second clusters",
}
"""The tests of whole clusters take longest, and wait for them: two processes take them, a third the rest that work on
hosts. More at a time would only wait for the processors."""
HOSTLESS = ("tests/commands/", "tests/engine/", "tests/unit/")
"""Tests without practice hosts, which two more processes take, file by file; whichever is done helps them.

They give way to the others: while hosts are waited for, processors have time for them, which took minutes at the end.
"""
SINGLE = ("test_tui_terminal.py", "test_mutants.py")
"""Long ones of these, whose tests share nothing: they come last, one by one, so that all processes end together."""
GIVING_WAY = 10
"""How nice a process is from its first test without hosts on; it is never given one with hosts after that."""


class Lanes(LoadScopeScheduling):
    """Three processes with a share each of the tests on practice hosts, which come first; the rest for all.

    For `-n 5 --dist loadscope`.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # xdist would begin with the files of most tests

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(HOSTLESS):
            return nodeid if _is_single(nodeid) else nodeid.partition("::")[0]
        return _lane(nodeid)


def _lane(nodeid: str) -> str:
    """The share of the tests on hosts to which one belongs."""
    return next((lane for file, lane in CLUSTERS.items() if file in nodeid), "hosts")


def _is_single(nodeid: str) -> bool:
    return any(name in nodeid for name in SINGLE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on hosts come first, lane by lane; what may be shared out one by one comes last."""
    lanes = [*dict.fromkeys(CLUSTERS.values()), "hosts"]

    def turn(item: pytest.Item) -> int:
        hostless = item.nodeid.startswith(HOSTLESS)
        return len(lanes) + _is_single(item.nodeid) if hostless else lanes.index(_lane(item.nodeid))

    items.sort(key=turn)


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
def raise_profile(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], SiteUnderTest]]:
    """Raises the hosts that a profile names, on a network of their own."""
    raised: list[Practice] = []

    def another(profile: str) -> SiteUnderTest:
        folder = tmp_path_factory.mktemp(profile)
        try:
            practice = raise_practice(0, host_names(profile))
        except PracticeToolMissing as error:
            pytest.fail(f"{error}; {error.remedy}", pytrace=False)
        raised.append(practice)
        return SiteUnderTest(practice, Operator(folder / "state"), moved(profile, practice, folder), bundle)

    yield another
    for practice in raised:
        hosts.down(practice.site)


@pytest.fixture(scope="session")
def practice(practice_sites: RaisePractice) -> Practice:
    """Three bare hosts, cp-1, node-1 and node-2; put back what you change, or raise a site of your own."""
    return practice_sites(3)
