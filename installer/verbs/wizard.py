"""wizard: answers gathered, and everything run, at a terminal."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from installer import session
from installer.bundle.manifest import Manifest
from installer.draft import Draft
from installer.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Open the wizard; it ends when the person leaves."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            reason="the wizard needs a terminal", hint="sitewright install --profile FILE works without one"
        )
    from installer.ui.tui import editor
    from installer.ui.tui.app import Doors, Files, Wizard

    opened = editor.opened(arguments.profile) if arguments.profile else None
    files = Files(arguments.state, arguments.profile, arguments.bundle, arguments.signers, arguments.simulate)
    Wizard(files, Doors(manifest), opened, arguments.language or _language()).run()
    return 0


def _language() -> str:
    """The language of the terminal, as far as the wizard speaks it."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en")
    return "zh" if named.lower().startswith("zh") else "en"


def manifest(bundle: Path, signers: Path | None, draft: Draft) -> Manifest:
    """What a bundle holds, if one of the signers signed it.

    Raises:
        BundleNotTrusted: it is not what an allowed signer signed.
        UsageError: it is not there.
    """
    named = str(draft.at(("trust", "signers"), "") or "")
    allowed = session.read_signers(signers or (Path(named).expanduser() if named else None), bundle)
    archive, found = session.trusted(bundle, allowed)
    archive.close()
    return found
