"""From arguments to operations, and from errors to exit codes: the only place where a verb meets the real world.

Imports of what a verb needs happen inside it, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from installer.arguments import parser
from installer.errors import Interrupted, SitewrightError

Verb = Callable[[argparse.Namespace], int]


def run(argv: list[str]) -> int:
    """Run one command; returns its exit code. No exception leaves this function."""
    arguments = parser().parse_args(argv)
    if arguments.verb is None:
        parser().print_help()
        return 0
    try:
        return _verb(arguments)(arguments)
    except SitewrightError as error:
        _tell(arguments, error)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted; nothing was running that has to be resumed", file=sys.stderr)
        return Interrupted.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last resort: a fault of ours is kept for the vendor, and never shown
        return _fault(arguments, error)


def _verb(arguments: argparse.Namespace) -> Verb:
    """The function behind a verb."""
    if arguments.verb == "bundle":
        from installer.verbs import bundle

        return bundle.VERBS[arguments.bundle_verb]
    if arguments.verb == "completion":
        return _completion
    if arguments.verb == "size":
        from installer.verbs import size

        return size.run
    if arguments.verb == "report":
        from installer.verbs import report

        return report.run
    if arguments.verb == "wizard":
        from installer.verbs import wizard

        return wizard.run
    if arguments.verb == "rehearse":
        from installer.verbs import rehearse

        return rehearse.run
    from installer.verbs import site

    return site.VERBS[arguments.verb]


def _completion(arguments: argparse.Namespace) -> int:
    import shtab

    print(shtab.complete(parser(), shell=arguments.shell))
    return 0


def _tell(arguments: argparse.Namespace, error: SitewrightError) -> None:
    """Say what happened: on standard error for people, as one more JSON line for programs."""
    if getattr(arguments, "json", False):
        from installer.ui import jsonl

        body = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
        jsonl.write("error", {**body, "exit_code": error.exit_code})
        return
    from installer.ui import console, terminal

    console.failure(terminal.stderr(), error)


def _fault(arguments: argparse.Namespace, error: Exception) -> int:
    """Keep the traceback of a fault in the state directory and say where."""
    state: Path = getattr(arguments, "state", None) or Path.home()
    text = "".join(traceback.format_exception(error))
    kept = state / "fault.log"
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept.write_text(text, encoding="utf-8")
        where = f"its traceback is in {kept}"
    except OSError as unwritable:
        where = f"its traceback could not be kept ({unwritable})"
    print(f"✖ a fault of sitewright itself: {type(error).__name__}; {where}; send it to the vendor", file=sys.stderr)
    return SitewrightError.exit_code
