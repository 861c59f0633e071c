"""wizard: answers gathered, and everything run, at a terminal."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from installer.answers.model import Host
from installer.answers.secrets import Secrets
from installer.bundle.manifest import Manifest
from installer.cli import trusted_inputs
from installer.cli.commands import WizardCommand
from installer.errors import SitewrightError, UsageError
from installer.hosts import connection_test
from installer.messages import Message
from installer.ui import terminal

COLLECTION = (20_000, 10, 20)
"""When garbage is collected. By Python's default (700, 10, 10) everything is looked through ten times in a walk through
the pages, and keys wait up to 0.2 s each time; by this, what is young is, and all of it hardly ever."""


def run(command: WizardCommand) -> int:
    """Open the wizard; it ends when the person leaves."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            reason=Message("the wizard needs a terminal"),
            hint=Message("sitewright install --profile FILE works without one"),
        )
    from installer.ui.tui.app import Wizard
    from installer.ui.tui.launch import Files, WorldAccess
    from installer.ui.tui.state import editor

    opened = editor.opened(command.profile) if command.profile else None
    files = Files(command.state, command.profile, command.bundle, command.signers, command.simulate)
    app = Wizard(files, WorldAccess(manifest, host_connectors), opened, command.language or _language())
    gc.set_threshold(*COLLECTION)
    app.run()
    if app.fault is None:
        app.keep_draft()
        return 0
    try:
        app.keep_draft()
        terminal.say("the wizard ended; what was typed is kept in the draft and taken up next time")
    except SitewrightError as error:
        terminal.say(f"the wizard ended; what was typed last could not be kept: {error.message}")
    raise app.fault


def _language() -> str:
    """The language of the terminal, as far as the wizard speaks it."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en")
    return "zh" if named.lower().startswith("zh") else "en"


def manifest(bundle: Path, signers: Path | None, revoked: Path | None) -> Manifest:
    """What a bundle holds, if one of the signers signed it by a key that is not revoked.

    Raises:
        BundleNotTrusted: it is not what an allowed signer signed.
        UsageError: it is not there.
    """
    allowed, gone = trusted_inputs.read_signers(signers, bundle), trusted_inputs.read_revoked(revoked, bundle)
    archive, found = trusted_inputs.trusted(bundle, allowed, gone)
    archive.close()
    return found


def host_connectors(
    hosts: Sequence[Host], secrets: Secrets, simulate: Path | None
) -> AbstractContextManager[connection_test.Connectors]:
    """The connectors of these hosts: real ones, or those of the simulated site that a file describes.

    Raises:
        UsageError: the file of the simulated site cannot be read or is not valid.
    """
    if simulate is not None:
        from installer.simulated import file
        from installer.simulated.connection_test import SimulatedConnectors

        return SimulatedConnectors(file.load(simulate))
    from installer.remote.connection_test import SshConnectors

    return SshConnectors(hosts, secrets.resolve)
