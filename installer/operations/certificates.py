"""Every certificate of a site, read from where it really lies: the hosts' files and the clusters' Secrets.

No private key leaves its host: hosts are asked for the certificates within their files alone, and a cluster's Secrets
are read on a control plane, which tells no more than what everybody may see.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from installer.answers.model import Environment
from installer.errors import CommandFailed, SitewrightError
from installer.messages import Message
from installer.operations import kubeconfigs, people
from installer.operations.site import Site
from installer.plan import calendar
from installer.plan.calendar import Certificate
from installer.plan.day_two import FIND, SECRETS, SHOW
from installer.plan.steps.kubernetes import ADMIN
from installer.ports import ReadOnly


def calendar_of(site: Site, away: Collection[str] = ()) -> tuple[Certificate, ...]:
    """Every certificate of a site that can be asked for, the nearest end first; hosts in `away` are not asked."""
    answers = site.inputs.answers
    jobs = [partial(on_host, site.world, answers.environment_of(host.name), host.name)
            for host in answers.hosts if host.name not in away]  # fmt: skip
    jobs += [partial(_in_cluster, site, each, away) for each in answers.environments]
    found = list[Certificate]()
    with ThreadPoolExecutor(answers.parallel_hosts) as pool:
        for ran in [pool.submit(job) for job in jobs]:
            with suppress(SitewrightError):
                found += ran.result()
    return tuple(calendar.nearest(found))


def on_host(world: ReadOnly, environment: Environment, host: str) -> list[Certificate]:
    """The certificates in a host's files.

    Raises:
        HostUnreachable, ConnectionLost: it does not answer.
    """
    matches = world.query(host, *FIND).out
    files = calendar.files(matches)
    shown = world.query(host, *SHOW, "--", *files).out if files else ""
    return [*calendar.on_host(environment.name, host, shown),
            *calendar.in_kubeconfigs(environment.name, host, matches)]  # fmt: skip


def in_cluster(world: ReadOnly, environment: Environment, host: str) -> list[Certificate]:
    """The certificates in a cluster's Secrets, asked on a control plane whose API server serves.

    Raises:
        CommandFailed: it has not told.
    """
    rows = (line.split("\t") for line in of_secrets(world, host, *SECRETS).splitlines())
    made = (calendar.in_secret(environment.name, *row) for row in rows if len(row) == 3)
    return [each for each in made if each is not None]


def of_secrets(world: ReadOnly, host: str, *argv: str, timeout: float = 30) -> str:
    """What a control plane tells of its cluster's Secrets, asked by a command of `day_two`.

    Raises:
        CommandFailed: it has not told.
    """
    said = world.query(host, *argv, timeout=timeout)
    if not said.ok:
        raise CommandFailed(host=host, command="kubectl get secrets", code=said.code, reason=said.err.strip())
    return said.out


def _in_cluster(site: Site, environment: Environment, away: Collection[str]) -> list[Certificate]:
    planes = [host for host in environment.control_planes if host not in away]
    if not any(site.world.stat(host, ADMIN) != (None,) for host in planes):
        return []
    host = kubeconfigs.answering(site.world, environment, away)
    found = in_cluster(site.world, environment, host)
    with suppress(SitewrightError):  # who may not be told of is no reason to tell of nothing
        found += [Certificate(each.environment, "", f"{calendar.PERSON}{each.person}", each.role, each.until, "access",
                              Message("this person can no longer work there"))
                  for each in people.granted(site, (environment,)) if each.until >= site.world.now()]  # fmt: skip
    return found
