"""What answers want to run on this machine is shown and allowed before any of it runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from installer.answers import Answers
from installer.consent import Consent, as_typed
from installer.errors import UsageError
from installer.ui import terminal


def consented(arguments: argparse.Namespace, answers: Answers) -> Consent:
    """What may run for these answers, once every command that is new has been allowed: by the flag, or by a person.

    Raises:
        UsageError: one was not, and there is nobody to ask.
        InputEnded: the terminal went away before the question was answered.
        StateUnreadable: that it is allowed cannot be kept.
    """
    consent = Consent(arguments.state, Path(answers.file))
    new = consent.lacking(answers.secret_refs())
    if not new:
        return consent
    shown = [as_typed(argv) for argv in new]
    if not arguments.allow_commands:
        if arguments.json or arguments.secrets_from_stdin or not sys.stdin.isatty():
            raise UsageError(
                reason=f"{answers.file} names commands that nobody has allowed to run here: {'; '.join(shown)}",
                hint="look at them; if they are yours, give --allow-commands once",
            )
        err = terminal.stderr()
        told = [
            f"{answers.file} fetches secrets by running, on this machine and as you:",
            *(f"  {each}" for each in shown),
        ]
        err.print("\n".join(told), markup=False)
        if err.input("Run them, now and from now on? [y/N] ", markup=False).strip().lower() not in {"y", "yes"}:
            raise UsageError(
                reason="not allowed; nothing was run", hint="name the secrets in another way: env, file or prompt"
            )
    consent.allow(new)
    return consent
