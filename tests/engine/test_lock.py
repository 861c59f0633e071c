"""The site's lock: the scripts as a host runs them, and the lock of this machine."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from installer.errors import StateUnreadable
from installer.runs import lock
from installer.runs.store import Runs


def claim(path: Path, token: str, life: int = 300, renewing: str = "", owner: str = "anna") -> tuple[int, str]:
    argv = ["sh", "-c", lock.CLAIM, "claim", str(path), token, str(life), renewing]
    done = subprocess.run(argv, input=f'{{"owner": "{owner}"}}\n', capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def release(path: Path, token: str) -> None:
    subprocess.run(["sh", "-c", lock.RELEASE, "release", str(path), token], check=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sitewright.lock"


def test_a_free_lock_is_taken_and_names_its_owner_and_end(path: Path) -> None:
    before = int(time.time())
    assert claim(path, "t1") == (0, "")
    first, second = path.read_text().splitlines()
    token, end = first.split()
    assert token == "t1"
    assert before + 300 <= int(end) <= int(time.time()) + 300
    assert second == '{"owner": "anna"}'


def test_a_held_lock_is_refused_with_what_it_says(path: Path) -> None:
    claim(path, "t1")
    code, said = claim(path, "t2", owner="bert")
    assert code == 3
    assert said == path.read_text()
    assert "anna" in said


def test_an_expired_lock_is_taken_over(path: Path) -> None:
    claim(path, "t1", life=-1)
    assert claim(path, "t2", owner="bert")[0] == 0
    assert "bert" in path.read_text()


def test_whoever_lost_the_lock_does_not_renew_it(path: Path) -> None:
    claim(path, "t1", life=-1)
    claim(path, "t2", owner="bert", life=-1)
    assert claim(path, "t1", renewing="renewing")[0] == 4
    assert "bert" in path.read_text()


def test_its_holder_renews_and_takes_it_again_at_once(path: Path) -> None:
    claim(path, "t1", life=1)
    assert claim(path, "t1", renewing="renewing")[0] == 0
    assert int(path.read_text().split()[1]) > time.time() + 200
    assert claim(path, "t1")[0] == 0


def test_only_its_holder_gives_it_back(path: Path) -> None:
    claim(path, "t1")
    release(path, "t2")
    assert path.exists()
    release(path, "t1")
    assert not path.exists()
    release(path, "t1")


@pytest.mark.parametrize("stale", [False, True])
def test_of_many_at_once_one_takes_it(path: Path, stale: bool) -> None:
    if stale:
        claim(path, "dead", life=-1)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: claim(path, f"t{n}")[0], range(16)))
    assert sorted(codes) == [0] + [3] * 15


@pytest.mark.parametrize(
    "said",
    ["", "x", "tok 99999999999999999999999\n{}", "tok -99999999999999999\n[]", f"tok {'9' * 5000}",
     "tok 1\n" + "[" * 9000, 'tok 1\n{"owner": [], "place": {}, "since": 7}', "tok \u0661\n\udcff",
     'tok 1\n{"owner": "' + "x" * 10_000 + '", "place": "", "since": ""}'],
)  # fmt: skip
def test_whatever_a_host_s_lock_says_it_is_held_by_somebody(said: str) -> None:
    refused = lock._locked(said)
    assert refused.exit_code == 8
    assert refused.facts["owner"] == "somebody"
    assert len(refused.message) < 500


def test_a_lock_of_this_machine_is_never_written_through_a_link(tmp_path: Path) -> None:
    precious, runs = tmp_path / "precious", Runs(tmp_path / "state")
    precious.write_text("precious")
    (runs.make("acme") / "lock").symlink_to(precious)
    with pytest.raises(StateUnreadable), lock._here(runs, "acme", "anna"):
        pass
    assert precious.read_text() == "precious"


def test_a_lock_that_is_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "state")
    os.mkfifo(runs.make("acme") / "lock")
    with pytest.raises(StateUnreadable, match="no regular file"), lock._here(runs, "acme", "anna"):
        pass


def test_a_place_that_cannot_be_written_is_no_lock_and_no_loop(tmp_path: Path) -> None:
    assert claim(tmp_path / "none" / "lock", "t1")[0] not in (0, 3, 4)
