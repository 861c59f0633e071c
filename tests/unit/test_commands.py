"""What is typed becomes one frozen value: every flag of every verb has a field, and what a verb lacks was not given."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from installer.cli.arguments import parsed, parser
from installer.cli.commands import (
    HOSTS,
    LAST,
    BuildCommand,
    Command,
    ReportCommand,
    SiteCommand,
    SizeCommand,
    default_state,
)
from installer.errors import UsageError


def verbs(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of all verbs, those of `bundle` too."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from verbs(below) if below._subparsers else [below]


@pytest.mark.parametrize("verb", list(verbs(parser())), ids=lambda verb: verb.prog)
def test_every_flag_of_a_verb_fills_a_field_of_its_command(verb: argparse.ArgumentParser) -> None:
    command = verb.get_default("command")
    given = {action.dest for action in verb._actions if action.dest != "help"}
    assert issubclass(command, Command)
    assert given <= {field.name for field in fields(command)}


def test_a_command_is_never_changed() -> None:
    command = parsed(["install", "--yes"])
    with pytest.raises(FrozenInstanceError):
        command.state = Path("elsewhere")  # type: ignore[misc]  # what is proved here
    assert hash(command) == hash(parsed(["install", "--yes"]))


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("", Command()),
        ("check --only a --only b@c", SiteCommand(verb="check", only=("a", "b@c"))),
        ("install", SiteCommand(verb="install")),
        ("install --no-probes --yes --json", SiteCommand(verb="install", prove=False, yes=True, json=True)),
        ("status --probe --site acme", SiteCommand(verb="status", probe=True, site="acme")),
        ("resume --profile a --state b", SiteCommand(verb="resume", profile=Path("a"), state=Path("b"))),
        ("uninstall --delete-volumes", SiteCommand(verb="uninstall", delete_volumes=True)),
        ("size --component c --set a=b", SizeCommand(verb="size", component="c", settings=("a=b",))),
        ("size --profile p --offered", SizeCommand(verb="size", profile=Path("p"), offered=HOSTS)),
        ("report --profile p --out o --run", ReportCommand(verb="report", profile=Path("p"), out=Path("o"), run=LAST)),
        ("bundle build r", BuildCommand(verb="build", recipe=Path("r"), out=Path("dist"))),
    ],
)  # fmt: skip
def test_what_was_typed_is_what_it_says(typed: str, command: Command) -> None:
    assert parsed(typed.split()) == command


@pytest.mark.parametrize("typed", ["wizard --detached", "size --profile p --secrets-from-stdin", "bundle", "install x"])
def test_what_a_verb_does_not_know_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        parsed(typed.split())


def test_runs_are_kept_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/there")
    assert (parsed(["status"]).state, default_state()) == (Path("/there/sitewright"),) * 2
