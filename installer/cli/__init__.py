"""From arguments to operations, and from errors to exit codes: the only place where a verb meets the real world.

Imports of what a verb needs happen inside it, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import errno
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

from installer.cli.arguments import default_state, folder, parser
from installer.errors import FileRefused, InputEnded, NothingInterrupted, SitewrightError

Verb = Callable[[argparse.Namespace], int]


REFUSALS = {errno.EACCES, errno.EDQUOT, errno.EEXIST, errno.EIO, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG,
            errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS}  # fmt: skip
"""What a file system says about the user's files and disks; any other refusal is a fault of ours."""


def run(argv: list[str]) -> int:
    """Run one command; returns its exit code. No exception leaves this function."""
    arguments = argparse.Namespace(json="--json" in argv)  # until they are understood
    try:
        arguments = parser().parse_args(argv)
        if arguments.verb is None:
            parser().print_help()
            return 0
        return _verb(arguments)(arguments)
    except SitewrightError as error:
        return _told(arguments, error)
    except EOFError:
        return _told(arguments, InputEnded())
    except KeyboardInterrupt:
        return _told(arguments, NothingInterrupted())
    except BrokenPipeError:
        # Only what prints and nothing else fails over this; nobody is left to read the rest.
        from installer.ui import terminal

        terminal.silence(sys.stdout)
        return 0
    except OSError as error:
        if error.errno not in REFUSALS:
            return _fault(arguments, error)
        return _told(arguments, FileRefused(path=error.filename or "the disk", reason=error.strerror))
    except Exception as error:  # the last resort: a fault of ours is kept for the vendor, and never shown
        return _fault(arguments, error)


def _verb(arguments: argparse.Namespace) -> Verb:
    """The function behind a verb."""
    if arguments.verb == "bundle":
        from installer.cli import bundle

        return bundle.VERBS[arguments.bundle_verb]
    if arguments.verb == "completion":
        return _completion
    if arguments.verb == "schema":
        return _schema
    if arguments.verb == "size":
        from installer.cli import size

        return size.run
    if arguments.verb == "report":
        from installer.cli import report

        return report.run
    if arguments.verb == "wizard":
        from installer.cli import wizard

        return wizard.run
    if arguments.verb == "rehearse":
        from installer.cli import rehearse

        return rehearse.run
    from installer.cli import site

    return site.VERBS[arguments.verb]


def _completion(arguments: argparse.Namespace) -> int:
    import shtab

    from installer.ui import terminal

    whole = parser()
    paths = {Path: shtab.FILE, folder: shtab.DIRECTORY}
    for action in _actions(whole):
        if action.type in paths:
            action.complete = paths[action.type]  # type: ignore[attr-defined]  # how shtab wants to be told
    terminal.raw(shtab.complete(whole, shell=arguments.shell) + "\n")
    return 0


def _actions(of: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a parser and of the verbs below it."""
    for action in of._actions:  # argparse has no public name for them
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)


SCHEMAS = {"answers": ("answers", "answers.schema.json"), "output": ("output.schema.json",)}
"""Where each schema that `sitewright schema` prints lies, below the package."""


def _schema(arguments: argparse.Namespace) -> int:
    from installer.ui import terminal

    terminal.raw(resources.files("installer").joinpath(*SCHEMAS[arguments.of]).read_text(encoding="utf-8"))
    return 0


def _told(arguments: argparse.Namespace, error: SitewrightError) -> int:
    """Say what happened, on standard error for people, as one more JSON line for programs; returns the exit code."""
    if getattr(arguments, "json", False):
        from installer.ui import jsonl

        body = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
        jsonl.write("error", {**body, "exit_code": error.exit_code})
    else:
        from installer.ui import console, terminal

        console.failure(terminal.stderr(), error)
    return error.exit_code


def _fault(arguments: argparse.Namespace, error: Exception) -> int:
    """Keep the traceback of a fault that belongs to no run in the state directory."""
    from installer.runs import crash_log

    return _told(arguments, crash_log.kept(error, getattr(arguments, "state", None) or default_state()))


def thread_fault(ended: threading.ExceptHookArgs) -> None:
    """Keep a fault of ours that ended a thread; Python would print its traceback, with whatever it quotes."""
    from installer.runs import crash_log
    from installer.ui import terminal

    if isinstance(ended.exc_value, Exception):
        terminal.say(f"! {crash_log.kept(ended.exc_value, default_state()).message}")
