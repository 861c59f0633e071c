"""Consent to lose data: the volumes that a way back could delete are shown, and stay unless somebody says otherwise."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from installer import operations
from installer.errors import SitewrightError
from installer.plan.steps.volumes import Volume, found
from installer.ui import console, jsonl, terminal


def to_delete(arguments: argparse.Namespace, site: operations.Site) -> bool:
    """Whether the data of applications goes too: by --delete-volumes, or by the site's name typed at the terminal."""
    volumes = operations.at_stake(site, arguments.verb)
    if arguments.json:
        if volumes:
            body = {"volumes": [asdict(each) for each in volumes], "deleted": arguments.delete_volumes}
            jsonl.write("volumes", body)
        return bool(arguments.delete_volumes)
    if not volumes:
        return bool(arguments.delete_volumes)
    console.volumes(terminal.stderr(), volumes)
    if arguments.delete_volumes:
        terminal.stderr().print("They are deleted: --delete-volumes was given.")
        return True
    if arguments.yes or not sys.stdin.isatty():
        terminal.stderr().print("They stay on their hosts; --delete-volumes deletes them.")
        return False
    question = f"Their data stays on the hosts. To delete it for good, type the site's name ({site.name}): "
    return terminal.stderr().input(question, markup=False).strip() == site.name


def left(site: operations.Site) -> tuple[Volume, ...]:
    """The volumes that are still on hosts once a way back has ended."""
    volumes: list[Volume] = []
    for host in site.inputs.answers.hosts:
        try:
            volumes += found(site.world, host.name)
        except SitewrightError:  # nothing depends on it, and the hosts were reached a moment ago
            continue
    return tuple(volumes)
