"""From arguments to operations, and from errors to exit codes: the only place where a verb meets the real world.

Imports of what a verb needs happen inside it, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import errno
import sys
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from installer.cli.arguments import parsed, parser
from installer.cli.commands import (
    AccessCommand,
    AnswersCommand,
    BundleCommand,
    Command,
    CompletionCommand,
    ProductCommand,
    RehearseCommand,
    ReportCommand,
    SchemaCommand,
    SecretsCommand,
    SiteCommand,
    SizeCommand,
    WizardCommand,
    default_state,
)
from installer.cli.parser import folder
from installer.errors import FileRefused, InputEnded, NothingInterrupted, SitewrightError
from installer.messages import Message

if TYPE_CHECKING:
    from installer.ui.presenter import Presenter

REFUSALS = {errno.EACCES, errno.EDQUOT, errno.EEXIST, errno.EIO, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG,
            errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS}  # fmt: skip
"""What a file system says about the user's files and disks; any other refusal is a fault of ours."""


def run(argv: list[str]) -> int:
    """Run one command; returns its exit code. No exception leaves this function."""
    json, state = "--json" in argv, default_state()  # until it is understood
    try:
        command = parsed(argv)
        json, state = command.json, command.state
        return _done(command)
    except SitewrightError as error:
        return _told(json, error)
    except EOFError:
        return _told(json, InputEnded())
    except KeyboardInterrupt:
        return _told(json, NothingInterrupted())
    except BrokenPipeError:
        # Only what prints and nothing else fails over this; nobody is left to read the rest.
        from installer.ui import terminal

        terminal.silence(sys.stdout)
        return 0
    except OSError as error:
        if error.errno not in REFUSALS:
            return _fault(json, state, error)
        return _told(json, FileRefused(path=error.filename or Message("the disk"), reason=error.strerror))
    except Exception as error:  # the last resort: a fault of ours is kept for the vendor, and never shown
        return _fault(json, state, error)


def _done(command: Command) -> int:
    """Do what was typed; returns the exit code."""
    match command:
        case AccessCommand():
            from installer.cli import access

            return access.run(command, _presenter(command.json))
        case SecretsCommand():
            from installer.cli import secrets

            return secrets.run(command, _presenter(command.json))
        case SiteCommand():
            from installer.cli import site

            return site.run(command, _presenter(command.json))
        case SizeCommand():
            from installer.cli import size

            return size.run(command, _presenter(command.json))
        case ReportCommand():
            from installer.cli import report

            return report.run(command, _presenter(command.json))
        case AnswersCommand():
            from installer.cli import answers

            return answers.run(command, _presenter(command.json))
        case ProductCommand():
            from installer.cli import product

            return product.run(command, _presenter(command.json))
        case RehearseCommand():
            from installer.cli import rehearse

            return rehearse.run(command, _presenter(command.json))
        case BundleCommand():
            from installer.cli import bundle

            return bundle.run(command, _presenter(command.json))
        case WizardCommand():
            from installer.cli import wizard

            return wizard.run(command)
        case CompletionCommand():
            return _completion(command)
        case SchemaCommand():
            return _schema(command)
        case _:
            parser().print_help()
            return 0


def _presenter(json: bool) -> Presenter:
    """Whom a command tells what it does: people, or with --json programs."""
    if json:
        from installer.ui.for_programs import ForPrograms

        return ForPrograms()
    from installer.ui.for_people import ForPeople

    return ForPeople()


def _completion(command: CompletionCommand) -> int:
    import shtab

    from installer.ui import terminal

    whole = parser()
    paths = {Path: shtab.FILE, folder: shtab.DIRECTORY}
    for action in _actions(whole):
        if action.type in paths:
            action.complete = paths[action.type]  # type: ignore[attr-defined]  # how shtab wants to be told
    terminal.raw(shtab.complete(whole, shell=command.shell) + "\n")
    return 0


def _actions(of: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a parser and of the verbs below it."""
    for action in of._actions:  # argparse has no public name for them
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)


SCHEMAS = {"answers": ("answers", "answers.schema.json"), "output": ("output.schema.json",),
           "product": ("product", "product.schema.json")}  # fmt: skip
"""Where each schema that `sitewright schema` prints lies, below the package."""


def _schema(command: SchemaCommand) -> int:
    from installer.ui import terminal

    terminal.raw(resources.files("installer").joinpath(*SCHEMAS[command.of]).read_text(encoding="utf-8"))
    return 0


def _told(json: bool, error: SitewrightError) -> int:
    """Say what happened, on standard error for people, as one more JSON line for programs; returns the exit code."""
    _presenter(json).failure(error)
    return error.exit_code


def _fault(json: bool, state: Path, error: Exception) -> int:
    """Keep the traceback of a fault that belongs to no run in the state directory."""
    from installer.runs import crash_log

    return _told(json, crash_log.kept(error, state))


def thread_fault(ended: threading.ExceptHookArgs) -> None:
    """Keep a fault of ours that ended a thread; Python would print its traceback, with whatever it quotes."""
    from installer.runs import crash_log
    from installer.ui import terminal

    if isinstance(ended.exc_value, Exception):
        terminal.say(f"! {crash_log.kept(ended.exc_value, default_state()).message}")
