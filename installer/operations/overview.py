"""Looking at a whole site at once, for `status`: every host and every cluster beside each other, each within bounds.

What does not answer is told of and keeps nothing else from being seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from installer.answers.model import Environment
from installer.errors import SitewrightError
from installer.formats import strict_json
from installer.formats.objects import items, text
from installer.operations import certificates, kubeconfigs
from installer.operations.rollout import KINDS
from installer.operations.site import Site
from installer.plan import overview
from installer.plan.day_two import CHECKS, COPIES, RELEASES
from installer.plan.overview import Copy, Node, Overview, Part, Reported

Records = Mapping[str, Mapping[str, Any] | None]
"""Each host's record, as `operations.standing` has found it."""
PATIENCE = 15
"""Seconds that a host may take for one question."""


def look(site: Site, records: Records, silent: Mapping[str, SitewrightError]) -> Overview:
    """All that is seen of a site on whose hosts these records were found; `silent` are hosts that did not answer."""
    environments = [each for each in site.inputs.answers.environments
                    if any(records.get(host) for host in each.hosts)]  # fmt: skip
    with ThreadPoolExecutor(len(environments) * 2 + site.inputs.answers.parallel_hosts) as pool:
        ends = pool.submit(certificates.calendar_of, site, tuple(silent)) if environments else None
        clusters = {each.name: pool.submit(_cluster, site, each, records, silent) for each in environments}
        hosts = [pool.submit(_host, site, each, host, records) for each in environments for host in each.hosts
                 if host not in silent]  # fmt: skip
        unasked = dict[str, str]()
        nodes, parts = list[Node](), list[Part]()
        for each in environments:
            try:
                seen, stand = clusters[each.name].result()
            except SitewrightError as error:
                unasked[each.name], seen, stand = str(error.message), _unseen(each, silent), ()
            nodes += seen
            parts += stand
        kept, said = list[Copy](), list[Reported]()
        for host in hosts:
            copies, checks = host.result()
            kept += copies
            said += checks
        found = ends.result() if ends else ()
    return Overview(site.world.now(), tuple(nodes), tuple(parts), found, tuple(kept), tuple(said), unasked)


def _cluster(
    site: Site, environment: Environment, records: Records, silent: Mapping[str, SitewrightError]
) -> tuple[tuple[Node, ...], tuple[Part, ...]]:
    world, cluster = site.world, environment.name
    host = kubeconfigs.answering(world, environment, silent)
    listing = world.get(cluster, "/api/v1/nodes")
    workloads = [each for plural in KINDS for each in items(world.get(cluster, f"/apis/apps/v1/{plural}"))]
    releases = certificates.of_secrets(world, host, *RELEASES, timeout=PATIENCE)
    charts = {part.name: (part.spec["chart"]["name"], part.spec["chart"]["namespace"], part.version)
              for part in site.inputs.components(environment) if "chart" in part.spec}  # fmt: skip
    nodes = tuple(_node(environment, name, listing, silent) for name in environment.hosts)
    return nodes, tuple(overview.parts(cluster, charts, releases, workloads))


def _unseen(environment: Environment, silent: Mapping[str, SitewrightError]) -> tuple[Node, ...]:
    return tuple(_node(environment, name, None, silent) for name in environment.hosts)


def _node(environment: Environment, host: str, listing: Any, silent: Mapping[str, SitewrightError]) -> Node:
    plane = host in environment.control_planes
    seen = overview.node(environment.name, host, plane=plane, listing=listing)
    if host not in silent:
        return seen
    return Node(environment.name, host, seen.role, "away", seen.kubelet, str(silent[host].message))


def _host(
    site: Site, environment: Environment, host: str, records: Records
) -> tuple[tuple[Copy, ...], tuple[Reported, ...]]:
    """What lies on a host and what its checks said; nothing where it has gone away meanwhile."""
    try:
        copies, checks = tuple[Copy, ...](), tuple[Reported, ...]()
        if host in environment.control_planes:
            shown = site.world.query(host, *COPIES, timeout=PATIENCE).out
            copies = tuple(overview.copies(environment.name, host, shown))
        if "checks" in (records.get(host) or {}).get("components", {}):
            said = site.world.query(host, *CHECKS, timeout=PATIENCE).out
            checks = tuple(_reported(environment.name, host, said))
    except SitewrightError:
        return (), ()
    return copies, checks


def _reported(environment: str, host: str, said: str) -> Iterator[Reported]:
    for line in said.splitlines():
        try:
            found = strict_json.loads(line.encode())
        except ValueError:
            continue
        fields = (text(found, key) for key in ("check", "state", "subject", "remedy"))
        yield Reported(environment, host, *fields)
