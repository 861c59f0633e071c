"""What breaks in the log pipeline loses no line: each trial prints numbered lines, breaks something, and counts.

What was on its way may come twice; the log store keeps it once, by its number, and the log view as often as it comes.
Lengths are those of a quick run; `make soak` takes those of SITEWRIGHT_SOAK: a store that is down for ten minutes.
"""

from __future__ import annotations

import os
import random
import time

import pytest
from clusters import Cluster, awaited
from trials import RATE, Figures, Load, Trials

from installer.errors import PracticeFailed

pytestmark = pytest.mark.lab

SOAK = bool(os.environ.get("SITEWRIGHT_SOAK"))
DOWN = 600 if SOAK else 45
"""Seconds for which the store is down."""
SEED = int(os.environ.get("SITEWRIGHT_SEED", "15"))


@pytest.fixture
def chance() -> random.Random:
    return random.Random(SEED)


def nothing_lost(found: Figures) -> None:
    assert found.sound, f"\n{Figures.HEAD}\n{found}"


def far(load: Load, cluster: Cluster, lines: int) -> None:
    """Wait until so many lines are printed."""
    awaited(f"{lines} lines", lambda: load.written(cluster) >= lines, pause=1)


def kill(cluster: Cluster, program: str) -> None:
    """End a program at once (-9); somebody starts it anew."""
    before = awaited(program, lambda: running(cluster, program), pause=1)
    cluster.console("kill", "-9", *before)
    awaited(f"{program} again", lambda: set(running(cluster, program)) - set(before), pause=1)


def running(cluster: Cluster, program: str) -> list[str]:
    """The processes of the host's containers whose command line is so."""
    try:
        return cluster.console("pgrep", "-f", program).split()
    except PracticeFailed:
        return []


SHIPPER, PIPELINE, BROKER = (
    "^/usr/share/filebeat/filebeat",
    "^/usr/sbin/rsyslogd -n -f /etc/rsyslog.conf",
    "kafka.Kafka ",
)


def test_lines_of_three_clusters_are_all_found(clusters: dict[str, Cluster], trials: Trials) -> None:
    """10,000 lines are 10,000 hits."""
    load = trials.begin(clusters, 10_000 // len(clusters) + 1)
    nothing_lost(trials.end("nothing breaks, three clusters", load))


def test_the_store_is_down(logs: Cluster, trials: Trials) -> None:
    load = trials.begin({"pre-release": logs}, (DOWN + 20) * RATE)
    far(load, logs, 10 * RATE)
    logs.scale("elasticsearch", "elasticsearch", 0)
    time.sleep(DOWN)
    logs.scale("elasticsearch", "elasticsearch", 1)
    nothing_lost(trials.end(f"store down for {DOWN} s under {RATE} lines/s", load))


def test_the_shipper_is_killed_when_files_are_rotated(logs: Cluster, trials: Trials, chance: random.Random) -> None:
    """Twice, each time within two seconds after the kubelet has put a file aside.

    It does at 20 MiB, which it looks for every ten seconds: these are 66 MB, for a busy one looks late.
    """
    load = trials.begin({"pre-release": logs}, 240_000, 2000)
    for files in (1, 2):
        awaited("a file put aside", lambda wanted=files: load.rotations(logs) >= wanted, pause=0.2)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 2))
        kill(logs, SHIPPER)
    nothing_lost(trials.end("shipper killed at rotation, twice", load))


def test_the_pipeline_is_killed(logs: Cluster, trials: Trials, chance: random.Random) -> None:
    load = trials.begin({"pre-release": logs}, 60 * RATE)
    for _ in range(2):
        far(load, logs, int(chance.uniform(10, 40) * RATE))
        kill(logs, PIPELINE)
    nothing_lost(trials.end("pipeline killed, twice", load))


def test_the_broker_is_killed(logs: Cluster, trials: Trials, chance: random.Random) -> None:
    """Its program first, then its whole pod."""
    load = trials.begin({"pre-release": logs}, 90 * RATE)
    far(load, logs, int(chance.uniform(5, 15) * RATE))
    kill(logs, BROKER)
    far(load, logs, int(chance.uniform(30, 40) * RATE))
    logs.core.delete_namespaced_pod("kafka-0", "kafka", grace_period_seconds=0)
    nothing_lost(trials.end("broker killed, and its pod", load))


def test_the_queue_is_away_until_files_are_compressed(logs: Cluster, trials: Trials) -> None:
    """The kubelet compresses, and so removes, a file of which the shipper has read next to nothing."""
    logs.scale("kafka", "kafka", 0)
    try:
        load = trials.begin({"pre-release": logs}, 240_000, 4000)
        awaited("a compressed file", lambda: load.rotations(logs) >= 2, pause=1)
        far(load, logs, load.lines)
    finally:
        logs.scale("kafka", "kafka", 1)
    nothing_lost(trials.end("queue away until files are compressed", load))


def test_too_much_at_once_while_shippers_and_pipeline_are_killed(
    clusters: dict[str, Cluster], logs: Cluster, trials: Trials, chance: random.Random
) -> None:
    """100,000 lines as fast as they can be written."""
    load = trials.begin({"pre-release": logs}, 100_000, 5000)
    for lines in (20_000, 60_000):
        far(load, logs, lines)
        time.sleep(chance.uniform(0, 3))
        kill(logs, SHIPPER)
    time.sleep(chance.uniform(0, 5))
    kill(logs, PIPELINE)
    nothing_lost(trials.end("overload: shipper killed twice, pipeline once", load))


def test_the_host_of_the_stores_loses_its_power(clusters: dict[str, Cluster], logs: Cluster, trials: Trials) -> None:
    """All of it comes back by itself; meanwhile another cluster goes on printing."""
    other = clusters["testing"]
    load = trials.begin({"testing": other}, 120 * RATE // 2, RATE // 2)
    far(load, other, 10 * RATE)
    logs.cut_power()
    time.sleep(10)
    logs.switch_on()
    awaited("everything Ready again", lambda: None if logs.unready() else True, pause=5)
    nothing_lost(trials.end("power cut of the stores' host", load))
