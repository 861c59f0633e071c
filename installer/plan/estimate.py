"""How long a plan takes, by the seconds of its steps: each starts when it may, on so many hosts at a time."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Mapping

from installer.plan.card import PlanCard


def remaining(plan: PlanCard, done: Collection[str] = (), running: Mapping[str, float] | None = None) -> float:
    """Seconds until the plan is through, if steps take their seconds and start as the engine starts them.

    `done` are ids of finished steps; `running` maps the id of a running step to the fraction of it that is through.
    """
    return _Course(plan, done, running or {}).last()


class _Course:
    """The rest of a plan played through, without waiting."""

    def __init__(self, plan: PlanCard, done: Collection[str], running: Mapping[str, float]) -> None:
        self._steps = [step for step in plan.steps if step.id not in done]
        left = {step.id: index for index, step in enumerate(self._steps)}
        self._through, self._at_once = running, plan.hosts_at_once
        self._waits = [0] * len(left)
        self._next: list[list[int]] = [[] for _ in left]
        for index, step in enumerate(self._steps):
            for before in {left[name] for name in step.after if name in left}:
                self._next[before].append(index)
                self._waits[index] += 1
        self._ends: list[tuple[float, int]] = []
        self._active: Counter[str] = Counter()
        self._held: dict[str, list[int]] = {}
        self._hosts: list[tuple[int, str]] = []
        """Hosts that must wait, by the first step that waits on each."""

    def last(self) -> float:
        """The moment of the last end."""
        ready = [index for index, waits in enumerate(self._waits) if not waits]
        now = 0.0
        for index in sorted(ready, key=lambda index: self._steps[index].id not in self._through):
            self._begin(index, now)
        while self._ends:
            now, index = heapq.heappop(self._ends)
            host = self._steps[index].host
            self._active[host] -= 1
            if not self._active[host]:
                del self._active[host]
            for follower in self._next[index]:
                self._waits[follower] -= 1
                if not self._waits[follower]:
                    self._begin(follower, now)
            while self._hosts and len(self._active) < self._at_once:
                self._admit(now)
        return now

    def _begin(self, index: int, now: float) -> None:
        """Start a step, or have it wait for its host's turn."""
        step = self._steps[index]
        if step.host in self._active or len(self._active) < self._at_once:
            self._active[step.host] += 1
            rest = step.seconds * (1.0 - self._through.get(step.id, 0.0))
            heapq.heappush(self._ends, (now + rest, index))
        else:
            if step.host not in self._held:
                heapq.heappush(self._hosts, (index, step.host))
            self._held.setdefault(step.host, []).append(index)

    def _admit(self, now: float) -> None:
        """Let the host begin whose first step comes first in the plan."""
        _, host = heapq.heappop(self._hosts)
        for index in self._held.pop(host):
            self._begin(index, now)


def bytes_to_send(plan: PlanCard) -> int:
    """Bytes that the plan's steps carry over the operator's link if nothing is there yet."""
    return sum(step.bytes for step in plan.steps)
