"""The certificate of the site's authority, kept with a site's runs: the one file that every client trusts."""

from __future__ import annotations

from pathlib import Path

from installer.layout import SITE_CA
from installer.ports import ReadOnly
from installer.runs.store import Runs

NAME = SITE_CA.rpartition("/")[2]
"""What the file is called, on the host and with the runs."""


def fetch(world: ReadOnly, host: str, runs: Runs, site: str) -> Path | None:
    """Keep it as a control plane, `host`, has it; None where it has none."""
    found = world.read(host, SITE_CA)
    return None if found is None else runs.keep(site, NAME, found)


def kept(runs: Runs, site: str) -> Path | None:
    """Where it is kept; None where no run has kept it."""
    path = runs.folder(site) / NAME
    return path if path.is_file() else None
