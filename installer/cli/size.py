"""size: which machines a customer needs, whether those offered do, what one part needs, and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from installer.answers import file as answers_file
from installer.answers.model import Answers
from installer.errors import MachinesTooSmall, NeedsInvalid, PreflightFailed, UsageError
from installer.formats import libyaml, text_file
from installer.requirements import needs_from, offers_from
from installer.ui import console, jsonl, sizes, terminal, words
from sizing.components import component_inputs, size_component
from sizing.document import component_document, document, explanation_document, input_document
from sizing.engine import Sizing
from sizing.engine import size as size_needs
from sizing.errors import SizingError
from sizing.explanations import Explanation, as_text, explain, explain_component
from sizing.needs import Needs, with_settings
from sizing.offered import Offer, Shortfalls, offers_of, suffices

if TYPE_CHECKING:
    from installer.hosts.facts import Facts

LARGEST = 1 << 20
"""Bytes of the largest file of offered machines that is read."""
HOSTS = Path("-")
"""What --offered means without a file: the hosts of the answers are asked."""


def run(arguments: argparse.Namespace) -> int:
    """A whole site, or one part alone."""
    if arguments.component:
        if arguments.offered:
            raise UsageError(reason="--offered is about a site", hint="give --profile FILE instead of --component")
        return _component(arguments)
    if arguments.inputs:
        raise UsageError(reason="--inputs is about one part", hint="sitewright size --component NAME --inputs")
    return _site(arguments)


def _site(arguments: argparse.Namespace) -> int:
    answers = answers_file.load(arguments.profile)
    with reasons(answers):
        needs = needs_from(answers, [setting.removeprefix("needs.") for setting in arguments.set])
        sizing = size_needs(needs)
        trees = {figure: explain(sizing, figure) for figure in arguments.explain}
        verdict = suffices(needs, _offers(arguments, answers, needs)) if arguments.offered else None
    if arguments.json:
        jsonl.write("size", document(sizing, verdict, tuple(trees)))
    elif trees:
        _explained(trees)
    else:
        _shown(arguments, answers, sizing, verdict)
    if verdict and not verdict.suffices:
        raise MachinesTooSmall(count=sum(len(each.shortfalls) for each in verdict.verdicts))
    return 0


def _shown(arguments: argparse.Namespace, answers: Answers, sizing: Sizing, verdict: Shortfalls | None) -> None:
    out = terminal.stdout()
    sizes.machines(out, answers.customer or answers.site, sizing)
    sizes.parts(out, sizing)
    sizes.notes(out, sizing.notes)
    if verdict:
        sizes.verdicts(out, verdict)
    pool = max(sizing.pools, key=lambda pool: pool.expected.cpu_cores)
    profile = str(arguments.profile)
    why = words.command("size", "--profile", profile, "--explain", f"{pool.environment}/{pool.name}.count")
    console.commands(out, ("\nWhy:   ", why))
    console.commands(out, ("Next:  ", words.command("report", "--profile", profile, "--out", "report")))


def _component(arguments: argparse.Namespace) -> int:
    name = arguments.component
    with reasons():
        if arguments.inputs:
            return _inputs(arguments)
        size = size_component(name, with_settings({}, arguments.set))
        trees = {figure: explain_component(size, figure.removeprefix(f"{name}.")) for figure in arguments.explain}
    if arguments.json:
        told = {figure: explanation_document(tree) for figure, tree in trees.items()}
        jsonl.write("component", {**component_document(size), "explanations": told})
    elif trees:
        _explained(trees)
    else:
        out = terminal.stdout()
        sizes.component(out, size)
        again = ("size", "--component", name, *_again(arguments.set))
        console.commands(out, ("\nNext:  ", words.command(*again, "--explain", next(iter(size.figures)))))
    return 0


def _inputs(arguments: argparse.Namespace) -> int:
    entries = component_inputs(arguments.component)
    if arguments.json:
        body = {entry.name: input_document(entry) for entry in entries}
        jsonl.write("inputs", {"component": arguments.component, "inputs": body})
        return 0
    out = terminal.stdout()
    sizes.inputs(out, entries)
    first = next((entry.name for entry in entries), "input")
    again = words.command("size", "--component", arguments.component, "--set", f"{first}=VALUE")
    console.commands(out, ("\nNext:  ", again))
    return 0


def _again(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def _explained(trees: Mapping[str, Explanation]) -> None:
    """The trees as they are: lines are not wrapped, for a formula is read as one."""
    for tree in trees.values():
        terminal.stdout().print("\n".join(as_text(tree)), soft_wrap=True)


def _offers(arguments: argparse.Namespace, answers: Answers, needs: Needs) -> tuple[Offer, ...]:
    if arguments.offered == HOSTS:
        return offers_from(answers, _asked(arguments, answers), needs)
    try:
        entries = libyaml.load(text_file.decoded(text_file.read(arguments.offered, LARGEST)))
    except (OSError, text_file.Unfit, yaml.YAMLError) as error:
        raise UsageError(reason=f"{arguments.offered}: {error}", hint=OFFER_HINT) from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(reason=f"{arguments.offered} is no list of machines", hint=OFFER_HINT)
    return offers_of(entries)


OFFER_HINT = (
    "one machine a line: - {environment: production, pool: worker, count: 4, cpu_cores: 8, memory_gib: 32, "
    "data_disk_gib: 500}"
)


def _asked(arguments: argparse.Namespace, answers: Answers) -> Mapping[str, Facts]:
    """What the hosts say they are.

    Raises:
        PreflightFailed: some do not answer; each was named.
    """
    from installer.answers.secrets import Secrets
    from installer.cli.program_consent import consented
    from installer.hosts.facts import gather  # what asks hosts is slow to import, and only this needs it
    from installer.remote.ssh.links import Links

    ask = terminal.secret if sys.stdin.isatty() else None
    secrets = Secrets(ask, may_run=consented(arguments, answers).allows)
    refused = secrets.resolve_all(answers.secret_refs())
    if refused:
        raise refused[0]
    with Links(answers.hosts, secrets.resolve) as links:
        gathered = gather(links, answers, lambda *_: None)
    for error in gathered.refused.values():
        terminal.stderr().print(f"✖ {error.message}\n  → {error.remedy}")
    if gathered.refused:
        raise PreflightFailed(count=len(gathered.refused))
    return gathered.facts


@contextmanager
def reasons(answers: Answers | None = None) -> Iterator[None]:
    """What sizing refuses, as an error of the command line: every reason, with its line where it has one.

    Raises:
        NeedsInvalid: it was refused.
    """
    try:
        yield
    except SizingError as error:
        problems = [_placed(problem, answers) for problem in error.problems]
        raise NeedsInvalid(file=answers.file if answers else "size", count=len(problems), problems=problems) from error


def _placed(problem: str, answers: Answers | None) -> str:
    line = answers.lines.get(f"needs.{problem.split()[0].rstrip(':')}") if answers else None
    return f"{answers.file}:{line}: {problem}" if answers and line else problem
