"""Whose turn it is: sources are made two at a time, so that one compiles while another is fetched, linked or packed.

Not more than two: each compiles on all processors by itself. What follows a source waits for it, for two that compile
the same packages at a time compile them twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from installer.builder.recipe import Source

AT_A_TIME = 2


class GivenUp(Exception):
    """Another source failed, so this one is not wanted any more."""


def awaited(source: Source, names: Collection[str]) -> frozenset[str]:
    """The sources, of those named, that have to be made before a source."""
    leader = {source.spec["follows"]} if "follows" in source.spec else set()
    return frozenset(leader | {source.sandbox}) & frozenset(names)


def ready(waiting: Collection[Source], unmade: Collection[str], seconds: Mapping[str, float]) -> list[Source]:
    """What can be made now, in the order of turns: what others wait for, then what takes longest.

    `unmade` has the names of all that waits or is being made.
    """
    before = {source.name: awaited(source, unmade) for source in waiting}
    blocking = frozenset[str]().union(*before.values())
    able = (source for source in waiting if not before[source.name])
    return sorted(able, key=lambda source: (source.name not in blocking, -seconds.get(source.name, 0.0)))


def make_all(
    sources: Collection[Source],
    seconds: Mapping[str, float],
    make: Callable[[Source, Callable[[], None]], None],
    at_a_time: int = AT_A_TIME,
) -> None:
    """Call `make` for each source when it is its turn.

    It gets a function to be called now and then, which raises where the work is in vain: when one source fails, no
    other is begun, those that are being made end, and its error is raised.
    """
    waiting = list(sources)
    running: dict[Future[None], Source] = {}
    failed = threading.Event()

    def go_on() -> None:
        if failed.is_set():
            raise GivenUp

    with ThreadPoolExecutor(at_a_time) as pool:
        try:
            while waiting or running:
                unmade = {source.name for source in (*waiting, *running.values())}
                for source in ready(waiting, unmade, seconds)[: at_a_time - len(running)]:
                    waiting.remove(source)
                    running[pool.submit(make, source, go_on)] = source
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    del running[future]
                    future.result()
        except BaseException:
            failed.set()
            raise
