"""Who may work in a site's clusters: kubeconfigs for persons, for hours or days, taken back at any time.

A certificate says who somebody is, and no API server can be told that it counts no more. So each is made out to a name
of its own, in no group, and all that this name may do is one ClusterRoleBinding in its cluster: without the binding the
certificate opens nothing. The binding's annotations say for whom it is, until when, and who gave it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from installer.answers.model import Environment
from installer.errors import HostAnswersOddly, UsageError
from installer.formats import kubeconfig, objects
from installer.layout import API_PORT
from installer.messages import Message
from installer.operations import kubeconfigs
from installer.operations.site import Site
from installer.plan.steps.commands import demand

ROLES: Mapping[str, str] = {"admin": "cluster-admin", "edit": "edit", "view": "view"}
"""What a person may be, and the role of Kubernetes' own that this is, in all namespaces."""
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=7)
"""For how long access is given: what lasts longer than a week is nobody's task but somebody's post."""
PERSON = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._@-]{0,61}[A-Za-z0-9])?")
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
TOLD = "sitewright.internal/"
"""What the annotations of a binding begin with."""
LABEL = f"{TOLD}access"
KEPT = ("person", "until", "by")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one person may do in one environment's cluster; `binding` is the object that allows it, `by` who gave it."""

    environment: str
    binding: str
    person: str
    role: str
    until: datetime
    by: str


def chosen(site: Site, names: Collection[str]) -> tuple[Environment, ...]:
    """The environments of these names, in the order of the answers; all of them where none is named.

    Raises:
        UsageError: the answers have no such environment.
    """
    environments = site.inputs.answers.environments
    known = [each.name for each in environments]
    for name in names:
        if name not in known:
            raise UsageError(
                reason=Message("there is no environment {name}; there are: {names}", name=name, names=tuple(known)),
                hint=Message("give --cluster one of these, or leave it out for all"),
            )
    return tuple(each for each in environments if not names or each.name in names)


def grant(
    site: Site, person: str, environments: Sequence[Environment], role: str, lasting: timedelta
) -> tuple[tuple[Grant, ...], Path]:
    """Make a kubeconfig for a person, with a context for each of the clusters, and allow what it is for.

    The file is kept with the site's runs (0600) before anything is allowed: broken off in between, it opens nothing.

    Raises:
        UsageError: nobody can be called so, or it is for too short or too long.
        HostAnswersOddly, CommandFailed, HostUnreachable ...: no control plane of a cluster could sign.
    """
    _require(person, lasting)
    mark = secrets.token_hex(4)
    clusters = [_signed(site, environment, person, mark, lasting) for environment in environments]
    path = site.runs.keep(site.name, f"person.{person}.kubeconfig", kubeconfig.written(clusters))
    given, by = [], site.owner.partition(" (")[0]
    for environment, cluster in zip(environments, clusters, strict=True):
        _sweep(site, environment)
        made = Grant(environment.name, f"sitewright-access-{mark}", person, role, cluster.credentials.until, by)
        site.world.apply(environment.name, _binding(made, _user(person, mark)))
        given.append(made)
    return tuple(given), path


def granted(site: Site, environments: Sequence[Environment]) -> tuple[Grant, ...]:
    """What was given in these clusters and has not been taken back, also what has ended since.

    Raises:
        HostUnreachable, CommandFailed ...: a cluster does not answer.
    """
    return tuple(each for environment in environments for each in _standing(site, environment))


def revoke(site: Site, person: str, environments: Sequence[Environment]) -> tuple[Grant, ...]:
    """Take back all that a person was given in these clusters: from now on the certificates open nothing.

    Raises:
        UsageError: the person has nothing there.
        HostUnreachable, CommandFailed ...: a cluster does not answer.
    """
    found = [each for each in granted(site, environments) if each.person == person]
    if not found:
        raise UsageError(
            reason=Message("{person} has no access to {names}", person=person,
                           names=tuple(each.name for each in environments)),
            hint=Message("see: sitewright access"),
        )  # fmt: skip
    for each in found:
        site.world.delete(each.environment, f"{BINDINGS}/{each.binding}")
    others = [each for each in site.inputs.answers.environments if each not in environments]
    if not any(each.person == person for each in granted(site, others)):
        site.runs.discard(site.name, f"person.{person}.kubeconfig")
    return tuple(found)


def _require(person: str, lasting: timedelta) -> None:
    if not PERSON.fullmatch(person):
        raise UsageError(
            reason=Message("nobody can be called {person} here", person=person),
            hint=Message("up to 63 letters, digits, dots, hyphens, underscores and @, a letter or digit at both ends"),
        )
    if not SHORTEST <= lasting <= LONGEST:
        raise UsageError(
            reason=Message("access is given for ten minutes at least and seven days at most"),
            hint=Message("give --for such as 8h, 30m or 2d"),
        )


def _user(person: str, mark: str) -> str:
    """What the API server calls whoever shows the certificate; it stands in the audit log as well."""
    return f"sitewright:{person}:{mark}"


def _signed(site: Site, environment: Environment, person: str, mark: str, lasting: timedelta) -> kubeconfig.Cluster:
    """A person's certificate, signed on a control plane that answers, with all ways into the cluster."""
    servers = kubeconfigs.servers(site.inputs.answers, environment)
    host = kubeconfigs.answering(site.world, environment)
    config = _documents(site.inputs.manifest.kubernetes, site.inputs.answers.host(host).address)
    raw = demand(site.world, host, "kubeadm", "kubeconfig", "user", "--client-name", _user(person, mark),
                 "--validity-period", f"{int(lasting.total_seconds())}s", "--config", "/dev/stdin",
                 stdin=config)  # fmt: skip
    try:
        credentials = kubeconfig.read(raw.encode())
    except kubeconfig.NotAKubeconfig as error:
        raise HostAnswersOddly(host=host, reason=Message("what kubeadm has signed: {reason}", reason=error)) from error
    return kubeconfig.Cluster(environment.name, credentials, servers, "" if "" in servers else host, person)


def _documents(version: str, address: str) -> bytes:
    """What kubeadm would else find out by itself, in part by asking the internet for the newest version."""
    return yaml.safe_dump_all((
        {"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration", "kubernetesVersion": version,
         "controlPlaneEndpoint": f"{address}:{API_PORT}"},
        {"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "InitConfiguration",
         "localAPIEndpoint": {"advertiseAddress": address}},
    )).encode()  # fmt: skip


def _binding(made: Grant, user: str) -> dict[str, Any]:
    group = "rbac.authorization.k8s.io"
    told = dict(zip(KEPT, (made.person, made.until.isoformat(), made.by), strict=True))
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": made.binding, "labels": {LABEL: "person"},
                     "annotations": {f"{TOLD}{name}": text for name, text in told.items()}},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": ROLES[made.role]},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }  # fmt: skip


def _standing(site: Site, environment: Environment) -> Iterator[Grant]:
    roles = {cluster_role: role for role, cluster_role in ROLES.items()}
    listing = site.world.get(environment.name, f"{BINDINGS}?labelSelector={LABEL}%3Dperson")
    for each in objects.items(listing):
        person, until, by = (objects.text(each, "metadata", "annotations", f"{TOLD}{name}") for name in KEPT)
        role = objects.text(each, "roleRef", "name")
        yield Grant(environment.name, objects.name(each), person, roles.get(role, role), _moment(until), by)


def _moment(text: str) -> datetime:
    """When a grant ends; one that somebody has made unreadable has ended."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _sweep(site: Site, environment: Environment) -> None:
    """Remove what allows nothing any more, since its certificate has ended."""
    now = site.world.now()
    for each in _standing(site, environment):
        if each.until < now:
            site.world.delete(environment.name, f"{BINDINGS}/{each.binding}")
