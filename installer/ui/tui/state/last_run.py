"""The files that a site's last run was given: whoever comes back to a site need not name them again."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from installer.errors import SitewrightError
from installer.runs import background
from installer.runs.background import Detached
from installer.runs.store import Runs

NAMES = ("profile", "bundle", "signers")


def of_site(runs: Runs, site: str) -> Mapping[str, Path]:
    """By the names of their flags; empty where nothing is known of the site, or what is cannot be read."""
    try:
        history, process = runs.history(site), background.find(runs, site)
    except SitewrightError:
        return {}
    kept = history[-1].remembered if history else {}
    given = {} if process is None else named(process)
    found = {**kept, **given} if process is not None and process.alive else {**given, **kept}
    return {name: Path(found[name]) for name in NAMES if name in found}


def named(process: Detached) -> Mapping[str, str]:
    """The files that the command line of a process names."""
    said = dict(pairwise(process.argv))
    return {name: said[f"--{name}"] for name in NAMES if f"--{name}" in said}
