"""Consent to lose data: the volumes that a way back could delete are shown, and stay unless somebody says otherwise."""

from __future__ import annotations

from installer import operations
from installer.cli.commands import SiteCommand
from installer.errors import SitewrightError
from installer.plan.steps.volumes import Volume, found
from installer.ui import terminal
from installer.ui.presenter import Presenter


def to_delete(command: SiteCommand, presenter: Presenter, site: operations.Site, stake: tuple[Volume, ...]) -> bool:
    """Whether the data of applications goes too: by --delete-volumes, or by the site's name typed at the terminal."""
    given = command.delete_volumes
    if not stake:
        return given
    presenter.volumes(stake, deleted=given)
    if given:
        presenter.note("They are deleted: --delete-volumes was given.")
    elif command.yes or not presenter.asks:
        presenter.note("They stay on their hosts; --delete-volumes deletes them.")
    else:
        question = f"They stay on their hosts. To delete them for good, type the site's name ({site.name}): "
        return terminal.stderr().input(question, markup=False).strip() == site.name
    return given


def left(site: operations.Site, stake: tuple[Volume, ...]) -> tuple[Volume, ...]:
    """Which of the volumes that were at stake are still on their hosts, once a way back has ended."""
    there: set[str] = set()
    for host in sorted({each.host for each in stake}):
        try:
            there |= {each.path for each in found(site.world, host)}
        except SitewrightError:  # it was reached a moment ago: what it held is told rather than kept quiet
            there |= {each.path for each in stake if each.host == host}
    return tuple(each for each in stake if each.path in there)
