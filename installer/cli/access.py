"""access: who may work in a site's clusters, given for some hours and taken back."""

from __future__ import annotations

from installer.cli.commands import AccessCommand
from installer.cli.opening import opened
from installer.cli.site import whose
from installer.errors import UsageError
from installer.messages import Message
from installer.operations import people
from installer.ui import words
from installer.ui.presenter import Presenter


def run(command: AccessCommand, presenter: Presenter) -> int:
    """Do what was typed."""
    if command.revoke and not command.person:
        raise UsageError(
            reason=Message("whose access is to be taken back?"), hint=Message("sitewright access PERSON --revoke")
        )
    with opened(command, presenter) as site:
        environments = people.chosen(site, command.clusters)
        if not command.person:
            presenter.access(people.granted(site, environments), site.world.now())
        elif command.revoke:
            presenter.revoked(command.person, people.revoke(site, command.person, environments))
        else:
            given, path = people.grant(site, command.person, environments, command.role, command.lasting)
            back = words.command("access", command.person, "--revoke", *whose(command, site))
            presenter.granted(given, path, back)
    return 0
