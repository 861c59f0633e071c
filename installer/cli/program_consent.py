"""What answers want to run on this machine is shown and allowed before any of it runs."""

from __future__ import annotations

from pathlib import Path

from installer.answers.allowed_programs import Consent, as_typed
from installer.answers.model import Answers
from installer.errors import UsageError
from installer.messages import Message
from installer.plain import plain
from installer.ui import terminal


def consented(answers: Answers, state: Path, *, allow: bool, asks: bool) -> Consent:
    """What may run for these answers: what was allowed before, and what is allowed now: with `allow`, or by a person.

    Where nobody `asks`, what is new stays forbidden, and `Secrets` says so of each such secret.

    Raises:
        UsageError: a person was asked and did not allow it.
        EOFError: the terminal went away before the question was answered.
        StateUnreadable: that it is allowed cannot be kept.
    """
    consent = Consent(state, Path(answers.file))
    new = consent.lacking(answers.secret_refs())
    if not new or not (asks or allow):
        return consent
    if not allow:
        shown = "\n".join(f"  {as_typed(argv)}" for argv in new)
        err = terminal.stderr()
        err.print(
            f"{plain(answers.file)} fetches secrets by running, on this machine and as you:\n{shown}", markup=False
        )
        if err.input("Run them, now and from now on? [y/N] ", markup=False).strip().lower() not in {"y", "yes"}:
            raise UsageError(
                reason=Message("not allowed; nothing was run"),
                hint=Message("name the secrets in another way: env, file or prompt"),
            )
    consent.allow(new)
    return consent
