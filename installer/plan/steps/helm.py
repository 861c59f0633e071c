"""What helm is asked on a control plane: what stands, to deploy a release, and to give a former one back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from installer.errors import CommandFailed, ConnectionLost
from installer.messages import Message
from installer.plan.model import Difference, Differences
from installer.plan.steps.commands import demand, demand_work
from installer.plan.steps.kubernetes import ADMIN
from installer.ports import ReadOnly, World
from installer.render.charts import Release

FLAGS = ("--kubeconfig", ADMIN)
STANDS = frozenset({"deployed", "superseded"})
"""States of a revision whose objects once all were there: one of them can be gone back to."""
REMEMBERED = 10
"""Revisions that helm keeps of a release (its own default, `--history-max`)."""


def differs(world: ReadOnly, host: str, wanted: Release) -> Differences:
    """How the release that is deployed is another one than the wanted; nothing for one without a chart."""
    if wanted.chart is None:
        return ()
    newest = (_history(world, host, wanted, 1) or [{}])[-1]
    seen = (str(newest.get("status", "")), str(newest.get("description", "")))
    if seen == ("deployed", wanted.digest):
        return ()
    return (
        Difference(
            Message("release {name}", name=wanted.name),
            Message("deployed {digest}", digest=wanted.digest[:19]),
            f"{seen[0]} {seen[1][:19]}" if seen[0] else Message("nothing"),
        ),
    )


def standing(world: ReadOnly, host: str, wanted: Release) -> str:
    """The description of the newest revision that can be gone back to; empty where there is none."""
    if wanted.chart is None:
        return ""
    for entry in reversed(_history(world, host, wanted, REMEMBERED)):
        if entry.get("status") in STANDS:
            return str(entry.get("description", ""))
    return ""


def deploy(world: World, host: str, wanted: Release, bring: Callable[[], object], archive: str, values: str) -> None:
    """Install or upgrade the release, after clearing what a broken-off attempt left pending.

    `bring` puts the chart's archive and its values in place.
    """
    # Named after what is wanted: the unfetched result of a run that died never passes for another release's.
    unit = f"sitewright-helm-{wanted.name}-{wanted.digest[7:15]}"

    def prepare() -> None:
        _clear_pending(world, host, wanted)
        bring()

    demand_work(
        world, host, unit, "helm", "upgrade", "--install", wanted.name, archive, "--namespace", wanted.namespace,
        "--create-namespace", "--values", values, "--wait", "--timeout", f"{wanted.timeout:.0f}s", "--description",
        wanted.digest, *FLAGS, timeout=wanted.timeout + 60, prepare=prepare,
    )  # fmt: skip


def give_back(world: World, host: str, wanted: Release, former: str) -> None:
    """Bring a release back to the revision that bears the description `former`; without one, take it away.

    Raises:
        CommandFailed: helm remembers no such revision any more, or fails.
    """
    where = ("--namespace", wanted.namespace, *FLAGS)
    if not former:
        demand_work(
            world, host, f"sitewright-helm-{wanted.name}-away", "helm", "uninstall", wanted.name, "--ignore-not-found",
            "--no-hooks", "--timeout", "120s", *where, timeout=180,
        )  # fmt: skip
        return
    if standing(world, host, wanted) == former:
        return
    revisions = [entry for entry in _history(world, host, wanted, REMEMBERED)
                 if entry.get("description") == former and entry.get("status") in STANDS]  # fmt: skip
    if not revisions:
        raise CommandFailed(
            host=host, command=f"helm rollback {wanted.name}", code=1,
            reason=Message("helm remembers no revision of it that is described as {former}", former=former),
            hint=Message("install the former bundle's component again, then go on: sitewright rollback"),
        )  # fmt: skip
    demand_work(
        world, host, f"sitewright-helm-{wanted.name}-back-{former[7:15]}", "helm", "rollback", wanted.name,
        str(revisions[-1]["revision"]), "--description", former, "--wait", "--timeout", f"{wanted.timeout:.0f}s",
        *where, timeout=wanted.timeout + 60,
    )  # fmt: skip


def _history(world: ReadOnly, host: str, wanted: Release, most: int) -> list[dict[str, Any]]:
    """What helm says of the release's newest revisions, the newest last; empty where there is no such release.

    `helm status` would tell it too, and with it every object of the release as it is now: megabytes.

    Raises:
        ConnectionLost: the cluster did not tell.
    """
    output = world.query(
        host, "helm", "history", wanted.name, "--namespace", wanted.namespace, "--max", str(most), "--output", "json",
        *FLAGS,
    )  # fmt: skip
    if output.ok:
        try:
            found = json.loads(output.out)
            return [entry for entry in found if isinstance(entry, dict)]
        except (ValueError, TypeError, RecursionError) as error:
            reason = Message("helm history {name} printed something else than its JSON", name=wanted.name)
            raise ConnectionLost(host=host, reason=reason) from error
    if "release: not found" in output.err:
        return []
    raise ConnectionLost(
        host=host, reason=Message("its API: helm history {name}: {reason}", name=wanted.name, reason=output.err.strip())
    )


def _clear_pending(world: World, host: str, wanted: Release) -> None:
    newest = (_history(world, host, wanted, 1) or [{}])[-1]
    status, where = newest.get("status", ""), ("--namespace", wanted.namespace, *FLAGS)
    if status == "pending-install":
        demand(world, host, "helm", "uninstall", wanted.name, "--no-hooks", *where, timeout=120)
    elif status in {"pending-upgrade", "pending-rollback"}:
        demand(world, host, "helm", "rollback", wanted.name, *where, timeout=300)
