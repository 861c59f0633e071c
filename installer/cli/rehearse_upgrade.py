"""rehearse --upgrade: a standing practice site goes to another bundle, is written to, and goes back: measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

from installer.cli import site, trusted_inputs
from installer.cli.commands import SiteCommand
from installer.errors import PracticeFailed, RehearsalLost
from installer.formats.kubeconfig import NotAKubeconfig
from installer.rehearsal import callers, outside, written
from installer.runs.store import Runs
from installer.ui.presenter import Presenter

SETTLING = 120.0
"""Seconds that what was written may take to be told everywhere again."""
SHOWN = 5
"""Things that are named of those that were lost."""


def there_and_back(standing: SiteCommand, bundle: Path, signers: Path | None, presenter: Presenter) -> int:
    """Upgrade what `standing` has installed to `bundle`, write, and roll back, while it is called from outside.

    Raises:
        RehearsalLost: something that was written is not there any more.
        SitewrightError: the upgrade or the way back failed.
    """
    trusted = trusted_inputs.open_trusted(standing.profile, bundle, signers)
    trusted.archive.close()
    inputs = trusted.inputs
    folder = Runs(standing.state).folder(inputs.answers.site)
    upgrade = replace(standing, verb="upgrade", bundle=bundle, signers=signers)
    back = SiteCommand(verb="rollback", json=standing.json, state=standing.state, site=inputs.answers.site, yes=True)
    try:
        asks = outside.calls(inputs, folder)
        _measured("upgrade", asks, presenter, lambda: site.upgrade(upgrade, presenter))
        done = written.write(inputs, folder)
        presenter.note("Written since: " + "; ".join(map(str, done)))
        _measured("rollback", asks, presenter, lambda: site.rollback(back, presenter))
        gone = _lost_in_the_end(lambda: written.lost(inputs, folder, done))
    except (OSError, HTTPException, NotAKubeconfig) as error:
        raise PracticeFailed(command="GET, PATCH, POST", reason=str(error)) from error
    if gone:
        raise RehearsalLost(site=inputs.answers.site, count=len(gone), names=", ".join(gone[:SHOWN]))
    presenter.note("✔ all that was written since the upgrade is still there")
    return 0


def _measured(verb: str, asks: dict[str, callers.Ask], presenter: Presenter, work: Callable[[], int]) -> None:
    with callers.calling(asks) as heard:
        try:
            work()
        finally:
            presenter.outages(verb, heard)


def _lost_in_the_end(look: Callable[[], list[str]]) -> list[str]:
    """What is lost once all had time to settle: an order is handed from one back end to the other."""
    end = time.monotonic() + SETTLING
    while (found := look()) and time.monotonic() < end:
        time.sleep(1)
    return found
