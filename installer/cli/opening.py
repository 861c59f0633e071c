"""Opening a site: answers, bundle, secrets and hosts, in the order in which each can be refused.

What installs needs the bundle, whole. What looks back (`status`, `rollback`, `uninstall`, `secrets`) goes by what the
site's runs kept: it works when the disk with the bundle is gone, its signer has expired or the answers were lost.
"""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from installer import operations
from installer.answers import own_authority
from installer.answers.model import Answers
from installer.answers.secrets import Ask, Secrets, handed_over, nothing
from installer.bundle import verify
from installer.bundle.archive import Archive
from installer.cli import trusted_inputs
from installer.cli.commands import SiteCommand
from installer.cli.program_consent import consented
from installer.errors import UsageError
from installer.messages import Message
from installer.operations import members
from installer.plain import listed, plain
from installer.plan import standing
from installer.plan.inputs import Inputs
from installer.runs import adoption, lock, provenance
from installer.runs.store import Runs
from installer.simulated import file, snapshot
from installer.ui import progress, terminal
from installer.ui.presenter import Presenter

BACKWARD_LOOKING = frozenset({"status", "rollback", "uninstall", "list", "show", "rotate", "access"})


@contextmanager
def opened(command: SiteCommand, presenter: Presenter, *, connecting: bool = True) -> Iterator[operations.Site]:
    """Everything a verb needs; flags not given come from the last run.

    Without `connecting` no secret is asked for, and no host may be.
    """
    ask = _whom_to_ask(command, presenter)
    runs = Runs(command.state, simulated=bool(command.simulate))
    flags = _flags(command, runs)
    inputs, archive = _looking_back(command, flags, runs) or _trusted(flags)
    remembered = {name: str(path.resolve()) for name, path in flags.items()}
    agree = partial(_agree, command, presenter)
    secrets = _secrets(command, presenter, inputs.answers, ask, connecting)
    if connecting and not _backward(command, runs, flags):
        inputs = _with_authority(inputs, secrets)
    with archive or nullcontext(), _world(command, inputs, archive, runs, secrets, connecting) as world:
        gone = frozenset(command.without)
        standing.require(inputs.answers, gone)
        if connecting:
            inputs = standing.regarding(inputs, members.absent(world, inputs.answers, gone), gone)
        yield operations.Site(inputs, world, runs, _owner(), remembered, archive, agree, gone)


@contextmanager
def every_byte(site: operations.Site, presenter: Presenter) -> Iterator[None]:
    """Make sure, beside what the block does, that every byte of the bundle is as it was signed.

    Raises:
        BundleNotTrusted: one is not.
    """
    if site.archive is None:
        yield
        return
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1, "every-byte") as pool:
        verified = pool.submit(verify.intact, site.archive, lambda *figures: told.append(figures))
        yield
        if not verified.done():
            with presenter.byte_bar("checking every byte of the bundle") as report:
                progress.until(verified, lambda: report(*told[-1]) if report and told else None)
        verified.result()


def _agree(command: SiteCommand, presenter: Presenter, about: str, lines: Sequence[str]) -> None:
    """Show a difference to the person at the terminal and ask; elsewhere --yes has to say so.

    Raises:
        UsageError: nobody agrees.
    """
    if not command.yes and not presenter.asks:
        adoption.refuse(about, lines)
    shown = terminal.stderr()
    for line in (plain(about), *listed(lines)):
        shown.print(line)
    if not command.yes:
        answer = shown.input("Go on with the answers given here? [y/N] ", markup=False)
        if answer.strip().lower() not in {"y", "yes"}:
            raise UsageError(reason=Message("not confirmed; nothing was changed"), hint=Message("say y, or give --yes"))


def _trusted(flags: dict[str, Path]) -> tuple[Inputs, Archive | None]:
    trusted = trusted_inputs.open_trusted(flags.get("profile"), flags.get("bundle"), flags.get("signers"))
    return trusted.inputs, trusted.archive


def _looking_back(command: SiteCommand, flags: dict[str, Path], runs: Runs) -> tuple[Inputs, Archive | None] | None:
    """What the site's last run was planned from, with the present answers where there are any; None to go forward."""
    site = command.site or _only_site(runs, flags)
    history = runs.history(site) if site else ()
    last = (runs.last_standing(site) or history[-1]) if history else None
    if not _backward(command, runs, flags) or last is None or last.read(provenance.BUNDLE) is None:
        return None
    kept = provenance.recall(last)
    given = command.profile or (flags["profile"] if flags["profile"].exists() else None)
    return (replace(kept, answers=trusted_inputs.load_answers(given)) if given else kept), None


def _backward(command: SiteCommand, runs: Runs, flags: dict[str, Path]) -> bool:
    """Whether a verb only looks back, or goes there."""
    site = command.site or _only_site(runs, flags)
    return command.verb in BACKWARD_LOOKING or (
        command.verb == "resume" and runs.unfinished(site, backward=True) is not None
    )


def _secrets(
    command: SiteCommand, presenter: Presenter, answers: Answers, ask: Ask | None, connecting: bool
) -> Secrets:
    """Whom to get secrets from; commands that nobody has allowed are asked about first."""
    may_run: Callable[[tuple[str, ...]], bool] = nothing
    if connecting and not command.simulate:
        asks = presenter.asks and not command.secrets_from_stdin
        may_run = consented(answers, command.state, allow=command.allow_commands, asks=asks).allows
    return Secrets(ask, may_run=may_run)


def _with_authority(inputs: Inputs, secrets: Secrets) -> Inputs:
    """The same inputs with the customer's own authority, if there is one: nothing is touched where it cannot sign."""
    own = inputs.answers.authority
    if own is None:
        return inputs
    return replace(inputs, authority=own_authority.opened(inputs.answers, own, secrets.resolve, trusted_inputs.now()))


@contextmanager
def _world(
    command: SiteCommand,
    inputs: Inputs,
    archive: Archive | None,
    runs: Runs,
    secrets: Secrets,
    connecting: bool,
) -> Iterator[operations.SiteWorld]:
    """The hosts that the answers name, or the simulated ones, which need no secrets and are kept with their runs."""
    answers = inputs.answers
    if command.simulate:
        simulated = file.load(command.simulate, inputs.manifest)
        kept = runs.folder(answers.site) / "simulated.json"
        if kept.exists():
            snapshot.restore(simulated, kept)
        try:
            yield simulated
        finally:
            if lock.taken(runs, answers.site):  # somebody has acted on the hosts, or tried to
                runs.keep(answers.site, kept.name, snapshot.dump(simulated))
        return
    from installer.remote.world import Site as RealWorld  # slow to import: SSH

    if connecting:
        secrets.require(answers.login_refs())
    with RealWorld(answers, secrets.resolve, archive, runs.folder(answers.site)) as world:
        yield world


def _flags(command: SiteCommand, runs: Runs) -> dict[str, Path]:
    """The files a verb was given, or those that the site's last run remembers."""
    given = {"profile": command.profile, "bundle": command.bundle, "signers": command.signers}
    found = {name: path for name, path in given.items() if path is not None}
    if "profile" in found and "bundle" in found:
        return found
    site = command.site or _only_site(runs, found)
    history = runs.history(site) if site else ()
    if history:
        last = runs.last_standing(site) or history[-1]
        found = {**{name: Path(value) for name, value in last.remembered.items() if name in given}, **found}
    return found


def _only_site(runs: Runs, found: dict[str, Path]) -> str:
    if "profile" in found and found["profile"].exists():
        return trusted_inputs.load_answers(found["profile"]).site
    sites = runs.sites()
    if len(sites) > 1:
        raise UsageError(
            reason=Message("which site? known here: {names}", names=", ".join(sites)),
            hint=Message("give --site NAME, or --profile FILE"),
        )
    return sites[0] if sites else ""


def _owner() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()} (process {os.getpid()})"


def _whom_to_ask(command: SiteCommand, presenter: Presenter) -> Ask | None:
    """Who answers `prompt` references: the program that started us, a person at the terminal, or nobody."""
    if command.secrets_from_stdin:
        return handed_over(sys.stdin.buffer)
    return terminal.secret if presenter.asks else None
