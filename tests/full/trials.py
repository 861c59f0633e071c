"""Trials of the log pipeline: pods that print numbered lines, and what both stores hold of them in the end."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clusters import Cluster, awaited

NAMESPACE = "log-probe"
RATE = 500
"""Lines a second."""
STANDSTILL = 600
"""Seconds without a single new line after which no more are waited for."""
FEW = 100
"""Missing lines up to which those are looked for that were cut in two: one for each file put aside, at most."""

Seen = Counter[tuple[str, int]]
"""How often each line, by its cluster and number, is in a store."""


@dataclass(frozen=True)
class Figures:
    """How a trial ended: lines printed, and for each store those that it lacks and those that it has more than once."""

    trial: str
    printed: int
    lost: int
    twice: int
    lost_in_view: int
    twice_in_view: int
    cut: int
    """Of the lost ones, those whose end stands among the rejected lines: containerd put their beginning into the file
    that was just put aside, and their end into the next one."""
    drained: float
    """Seconds from the last line until both stores had all that they ever got."""

    HEAD = f"{'trial':48}{'lines':>9}{'lost':>7}{'twice':>7}{'lost':>7}{'twice':>7}{'cut':>5}{'drained':>9}"

    def __str__(self) -> str:
        return (f"{self.trial:48}{self.printed:9}{self.lost:7}{self.twice:7}"
                f"{self.lost_in_view:7}{self.twice_in_view:7}{self.cut:5}{self.drained:8.0f}s")  # fmt: skip

    @property
    def sound(self) -> bool:
        """Whether each line is in both stores, in the log store once; or its end is told of among the rejected ones."""
        return (self.lost, self.twice, self.lost_in_view) == (self.cut, 0, self.cut)


class Stores:
    """Both stores, asked from outside the clusters."""

    def __init__(self, logs: Cluster) -> None:
        self._logs = logs

    def cut(self, pod: str) -> Seen:
        """The lines of a pod whose end is among the rejected lines."""
        query = {"size": 1000, "query": {"term": {"kubernetes.pod.name": pod}}}
        seen: Seen = Counter()
        for hit in self._searched("/logs-reject-*/_search", query)["hits"]["hits"]:
            if end := re.search(r'"probe.number":(\d+)}$', hit["_source"]["reject"]["raw"]):
                seen[hit["_source"]["orchestrator"]["cluster"]["name"], int(end[1])] += 1
        return seen

    def in_store(self, run: str) -> Seen:
        """The lines of a run in the log store."""
        seen: Seen = Counter()
        after: Mapping[str, object] | None = None
        while True:
            sources = [
                {"cluster": {"terms": {"field": "orchestrator.cluster.name"}}},
                {"number": {"terms": {"field": "probe.number"}}},
            ]
            pages = {"size": 10000, "sources": sources, **({"after": after} if after else {})}
            query = {"size": 0, "query": {"term": {"probe.run": run}}, "aggs": {"lines": {"composite": pages}}}
            page = self._searched("/logs-*/_search", query)["aggregations"]["lines"]
            for bucket in page["buckets"]:
                seen[bucket["key"]["cluster"], int(bucket["key"]["number"])] += bucket["doc_count"]
            after = page.get("after_key")
            if not after:
                return seen

    def _searched(self, path: str, query: Mapping[str, object]) -> dict[str, Any]:
        who = self._logs.secret("rsyslog", "log-store")
        reader = who["reader_username"], who["reader_password"]
        answer: dict[str, Any] = json.loads(self._logs.ask("elasticsearch", 30920, path, reader, json.dumps(query)))
        return answer

    def in_view(self, run: str) -> Seen:
        """The lines of a run in the log view."""
        who = self._logs.secret("rsyslog", "log-view")
        query = (
            f'_time:1d "probe.run":="{run}" | stats by ("orchestrator.cluster.name", "probe.number") count() as times'
        )
        form = urllib.parse.urlencode({"query": query})
        text = self._logs.ask("victorialogs", 30428, "/select/logsql/query", (who["username"], who["password"]), form)
        rows = (json.loads(line) for line in text.splitlines())
        return Counter({
            (row["orchestrator.cluster.name"], int(row["probe.number"])): int(row["times"]) for row in rows
        })  # fmt: skip


@dataclass(frozen=True)
class Load:
    """Pods that print: in each cluster so many lines, so many a second."""

    run: str
    clusters: Mapping[str, Cluster]
    lines: int
    rate: int

    def start(self) -> None:
        for cluster in self.clusters.values():
            security = {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            container = {
                "name": "print",
                "image": cluster.image(NAMESPACE, "log-probe"),
                "args": ["print", self.run, str(self.lines), str(self.rate)],
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
                "securityContext": security,
            }
            labels = {"app": "trial", "logging.sitewright/format": "json", "logging.sitewright/owner": "trials"}
            spec = {
                "automountServiceAccountToken": False, "enableServiceLinks": False, "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 2, "containers": [container],
                "securityContext": {
                    "runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
            }  # fmt: skip
            pod = {"metadata": {"name": self.name, "labels": labels}, "spec": spec}
            cluster.core.create_namespaced_pod(NAMESPACE, pod)

    @property
    def name(self) -> str:
        return f"trial-{self.run}"

    @property
    def expected(self) -> set[tuple[str, int]]:
        return {(name, number) for name in self.clusters for number in range(1, self.lines + 1)}

    def written(self, cluster: Cluster) -> int:
        """The number of the last line that the host has of it."""
        lasts = self._look(cluster, "tail -q -n 1 $(ls | grep -v gz)")
        return max((int(number) for number in re.findall(r'"probe.number":(\d+)}', lasts)), default=0)

    def rotations(self, cluster: Cluster) -> int:
        """How many files the host has put aside of it by now."""
        return len(self._look(cluster, "ls").split()) - 1

    def _look(self, cluster: Cluster, command: str) -> str:
        """What a command says in the folder of its files; nothing before there is one."""
        pod = cluster.core.read_namespaced_pod(self.name, NAMESPACE)
        folder = f"/var/log/pods/{NAMESPACE}_{self.name}_{pod.metadata.uid}/print"
        return cluster.console("sh", "-c", f"cd {folder} 2>/dev/null && {command}; true")

    def stop(self) -> None:
        for cluster in self.clusters.values():
            cluster.core.delete_namespaced_pod(self.name, NAMESPACE, grace_period_seconds=0)


def settled(trial: str, load: Load, stores: Stores) -> Figures:
    """Wait until both stores have every line that was not cut, or have had no new one for long; then count."""
    begun = time.monotonic()
    expected = load.expected
    drained, best, since = begun, -1, begun
    while True:
        try:
            found = stores.in_store(load.run), stores.in_view(load.run)
            lost = expected - found[0].keys()
            cut = lost & stores.cut(load.name).keys() if 0 < len(lost) <= FEW else set()
        except OSError:
            found = None
        if found:
            store, view = found
            have = len(store.keys() & expected) + len(view.keys() & expected)
            if have > best:
                best, since = have, time.monotonic()
                drained = since
            if have == 2 * len(expected - cut) or time.monotonic() - since > STANDSTILL:
                return Figures(
                    trial, len(expected), len(lost), _twice(store.values()), len(expected - view.keys()),
                    _twice(view.values()), len(cut), drained - begun,
                )  # fmt: skip
        assert time.monotonic() - begun < 6 * STANDSTILL, f"{trial}: the stores cannot be asked"
        time.sleep(5)


def printed(load: Load) -> None:
    """Wait until every pod has printed all."""
    for name, cluster in load.clusters.items():
        awaited(f"{load.lines} lines of {name}", lambda each=cluster: load.written(each) >= load.lines)  # type: ignore[misc]


def _twice(counts: Iterable[int]) -> int:
    return sum(count - 1 for count in counts)


class Trials:
    """Loads that were begun, to be taken away whatever comes of them."""

    def __init__(self, stores: Stores, found: list[Figures]) -> None:
        self._stores, self._found = stores, found
        self.loads: list[Load] = []

    def begin(self, where: dict[str, Cluster], lines: int, rate: int = RATE) -> Load:
        load = Load(f"r{time.time_ns() // 1000000:x}", where, lines, rate)
        self.loads.append(load)
        load.start()
        return load

    def end(self, trial: str, load: Load) -> Figures:
        """All lines are printed, and have come to rest."""
        printed(load)
        figures = settled(trial, load, self._stores)
        self._found.append(figures)
        return figures
