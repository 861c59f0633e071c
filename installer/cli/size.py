"""size: which machines a customer needs, whether those offered do, what one part needs, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import yaml

from installer.answers.model import Answers
from installer.cli import trusted_inputs
from installer.cli.commands import HOSTS, SizeCommand
from installer.errors import MachinesTooSmall, PreflightFailed, UsageError
from installer.formats import libyaml, text_file
from installer.installed import Parts
from installer.messages import Message
from installer.requirements import needs_from, offers_from, reasons, sized
from installer.ui import terminal, words
from installer.ui.presenter import Presenter
from sizing.components import component_inputs, size_component
from sizing.engine import Sizing
from sizing.explanations import explain, explain_component
from sizing.needs import Needs, needs_of
from sizing.offered import Shortfalls, suffices
from sizing.offers import Offer, offers_of
from sizing.settings import with_settings

if TYPE_CHECKING:
    from installer.hosts.facts import Facts

Read = TypeVar("Read")
LARGEST = 1 << 20
"""Bytes of the largest file of needs or offered machines that is read."""


def run(command: SizeCommand, presenter: Presenter) -> int:
    """A whole site, or one part alone."""
    if command.component:
        if command.offered or command.bundle:
            said = "--offered" if command.offered else "--bundle"
            raise UsageError(
                reason=Message("{said} is about a site", said=said),
                hint=Message("give --profile FILE instead of --component"),
            )
        return _component(command, command.component, presenter)
    if command.inputs:
        raise UsageError(reason=Message("--inputs is about one part"), hint="sitewright size --component NAME --inputs")
    return _needs(command, command.needs, presenter) if command.needs else _site(command, presenter)


def _site(command: SizeCommand, presenter: Presenter) -> int:
    answers, parts = _read(command)
    with reasons(answers):
        needs = needs_from(answers, _settings(command), parts)
        sizing = sized(needs)
        trees = {figure: explain(sizing, figure) for figure in command.explain}
        offers = _offers(command, command.offered, presenter, answers, needs) if command.offered else None
        verdict = suffices(needs, offers) if offers is not None else None
    presenter.sizing(answers.customer or answers.site, sizing, verdict, trees)
    if not trees:
        profile = str(command.profile)
        _why(presenter, ("--profile", profile), sizing)
        presenter.next(("Next:  ", words.command("report", "--profile", profile, "--out", "report")))
    return _judged(verdict)


def _needs(command: SizeCommand, file: Path, presenter: Presenter) -> int:
    """Needs of which no more is known: nothing is chosen yet, so every part counts that they ask for."""
    if command.offered == HOSTS or command.bundle:
        said = "--bundle" if command.bundle else "--offered"
        raise UsageError(
            reason=Message("{said} asks for answers, and {file} holds needs alone", said=said, file=file),
            hint=Message("give --profile FILE instead of --needs"),
        )
    asked = _entries(file, dict, Message("{file} is no mapping of needs", file=file), NEEDS_HINT)
    with reasons(file=str(file)):
        needs = needs_of(with_settings(asked.get("needs", asked), _settings(command)))
        sizing = sized(needs)
        trees = {figure: explain(sizing, figure) for figure in command.explain}
        verdict = suffices(needs, _offered(command.offered)) if command.offered else None
    presenter.sizing(file.stem, sizing, verdict, trees)
    if not trees:
        presenter.next(("\nParts: ", "every one that these needs ask for; answers that choose fewer take less"))
        _why(presenter, ("--needs", str(file)), sizing)
        presenter.next(("Next:  ", words.command("wizard")))
    return _judged(verdict)


def _settings(command: SizeCommand) -> list[str]:
    return [setting.removeprefix("needs.") for setting in command.settings]


def _why(presenter: Presenter, subject: tuple[str, str], sizing: Sizing) -> None:
    pool = max(sizing.planned, key=lambda pool: pool.expected.cpu_cores)
    why = words.command("size", *subject, "--explain", f"{pool.environment}/{pool.name}.count")
    presenter.next(("\nWhy:   ", why))


def _judged(verdict: Shortfalls | None) -> int:
    if verdict and not verdict.suffices:
        raise MachinesTooSmall(count=sum(len(each.shortfalls) for each in verdict.verdicts))
    return 0


def _read(command: SizeCommand) -> tuple[Answers, Parts | None]:
    """The answers, and what a bundle installs for them; without a bundle they themselves say what is installed."""
    if command.bundle is None:
        return trusted_inputs.load_answers(command.profile), None
    trusted = trusted_inputs.open_trusted(command.profile, command.bundle, command.signers)
    with trusted.archive:
        return trusted.answers, trusted.inputs.wiring.parts


def _component(command: SizeCommand, name: str, presenter: Presenter) -> int:
    with reasons():
        if command.inputs:
            return _inputs(name, presenter)
        size = size_component(name, with_settings({}, command.settings))
        trees = {figure: explain_component(size, figure.removeprefix(f"{name}.")) for figure in command.explain}
    presenter.component(size, trees)
    if not trees:
        again = ("size", "--component", name, *_again(command.settings))
        presenter.next(("\nNext:  ", words.command(*again, "--explain", next(iter(size.figures)))))
    return 0


def _inputs(name: str, presenter: Presenter) -> int:
    entries = component_inputs(name)
    presenter.inputs(name, entries)
    first = next((entry.name for entry in entries), "input")
    presenter.next(("\nNext:  ", words.command("size", "--component", name, "--set", f"{first}=VALUE")))
    return 0


def _again(settings: Sequence[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def _offers(
    command: SizeCommand, offered: Path, presenter: Presenter, answers: Answers, needs: Needs
) -> tuple[Offer, ...]:
    if offered == HOSTS:
        return offers_from(answers, _asked(command, presenter, answers), needs)
    return _offered(offered)


def _offered(file: Path) -> tuple[Offer, ...]:
    otherwise = Message("{offered} is no list of machines", offered=file)
    entries = _entries(file, list, otherwise, OFFER_HINT)
    if not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(reason=otherwise, hint=OFFER_HINT)
    return offers_of(entries)


def _entries(file: Path, kind: type[Read], otherwise: Message, hint: str) -> Read:
    try:
        entries = libyaml.load(text_file.decoded(text_file.read(file, LARGEST)))
    except (OSError, text_file.Unfit, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(reason=Message("{path}: {reason}", path=file, reason=reason), hint=hint) from error
    if not isinstance(entries, kind):
        raise UsageError(reason=otherwise, hint=hint)
    return entries


NEEDS_HINT = "one need a line, such as users: 500; docs/answers.md explains each"
OFFER_HINT = (
    "one machine a line: - {environment: production, pool: worker, count: 4, cpu_cores: 8, memory_gib: 32, "
    "data_disk_gib: 500}"
)


def _asked(command: SizeCommand, presenter: Presenter, answers: Answers) -> Mapping[str, Facts]:
    """What the hosts say they are.

    Raises:
        PreflightFailed: some do not answer; each was named.
    """
    from installer.answers.secrets import Secrets
    from installer.cli.program_consent import consented
    from installer.hosts.facts import gather  # what asks hosts is slow to import, and only this needs it
    from installer.remote.ssh.links import Links

    ask = terminal.secret if presenter.asks else None
    consent = consented(answers, command.state, allow=command.allow_commands, asks=presenter.asks)
    secrets = Secrets(ask, may_run=consent.allows)
    refused = secrets.resolve_all(answers.login_refs())
    if refused:
        raise refused[0]
    with Links(answers.hosts, secrets.resolve) as links:
        gathered = gather(links, answers, lambda *_: None)
    for error in gathered.refused.values():
        terminal.stderr().print(f"✖ {error.message}\n  → {error.remedy}")
    if gathered.refused:
        raise PreflightFailed(count=len(gathered.refused), checks=", ".join(gathered.refused))
    return gathered.facts
