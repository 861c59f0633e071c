"""check, plan, install, resume, rollback, uninstall, status: the verbs that act on a site."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from installer import operations
from installer.cli import trusted_inputs, volume_consent
from installer.cli.commands import SiteCommand, default_state
from installer.cli.interrupts import outliving, stopping
from installer.cli.opening import every_byte, opened
from installer.errors import PreflightFailed, ProofInterrupted, SitewrightError, UsageError
from installer.messages import Message
from installer.operations import authority, overview, unchanged, upgrading
from installer.operations.unchanged import Finished
from installer.plan import upgrade as upgrade_plan
from installer.plan.card import PlanCard, WiringCard
from installer.plan.model import BACKWARD
from installer.plan.steps.volumes import Volume
from installer.preflight import Finding, named, ports_table
from installer.probes.proof import Prepared, ProbeResult, count, failed
from installer.runs import installed_bundle
from installer.runs.store import Run, Runs
from installer.ui import console, terminal, words
from installer.ui.presenter import Presenter


def run(command: SiteCommand, presenter: Presenter) -> int:
    """Do what was typed; with --detached also where the terminal goes away meanwhile."""
    verb = partial(VERBS[command.verb], command, presenter)
    return outliving(verb) if command.detached else verb()


def check(command: SiteCommand, presenter: Presenter) -> int:
    """Preflight alone."""
    if command.ports:
        if command.bundle is None:
            presenter.ports(ports_table(trusted_inputs.load_answers(command.profile)))
            presenter.note("With --bundle also those that its components open.", faint=True)
            return 0
        with opened(command, presenter, connecting=False) as site:
            presenter.ports(ports_table(site.inputs.answers, site.inputs.wiring.opened))
        return 0
    with opened(command, presenter) as site, every_byte(site, presenter):
        _preflight(command, presenter, site)
    _next(command, presenter, "plan")
    return 0


def plan(command: SiteCommand, presenter: Presenter) -> int:
    """Every step, before anything is touched; or who needs whom."""
    with opened(command, presenter, connecting=command.dry_run) as site:
        if command.wiring:
            presenter.wiring(WiringCard.of(site.inputs))
            return 0
        wanted = operations.plan(operations.measured(site))
        if command.dry_run:
            installed_bundle.require(site.world, site.inputs, site.runs)
        holding = operations.preview(site, wanted) if command.dry_run else None
    presenter.plan(PlanCard.of(wanted, holding), site.inputs.manifest.exemptions)
    _next(command, presenter, "install")
    return 0


def install(command: SiteCommand, presenter: Presenter) -> int:
    """Check, plan, install, prove; where all is there already, prove alone."""
    began = time.monotonic()
    with opened(command, presenter) as site:
        standing = None if command.dry_run else unchanged.whole(site, probes=command.prove)
        if standing is None:
            with every_byte(site, presenter):
                _preflight(command, presenter, site)
            wanted = operations.plan(operations.measured(site))
            planned = PlanCard.of(wanted, operations.preview(site, wanted))
            presenter.note(console.plan_line(planned))
            if command.dry_run:
                presenter.plan(planned)
                return 0
            _confirm(command, presenter, f"Install on {words.many(len(site.inputs.answers.hosts), 'host')}?")
            with stopping() as stop:
                standing = Finished(operations.install(site, wanted, presenter.watch(planned.holding), stop))
        else:
            presenter.note("Everything is there as the answers and the bundle want it; nothing has to change.")
        return _finish(command, presenter, site, standing, began)


def upgrade(command: SiteCommand, presenter: Presenter) -> int:
    """Check, plan, go to a newer bundle, prove; an upgrade that was broken off goes on."""
    began = time.monotonic()
    with opened(command, presenter) as site:
        going_on = site.runs.unfinished(site.name, backward=False)
        with every_byte(site, presenter):
            _preflight(command, presenter, site, upgrading=True)
        former = upgrading.former(site, going_on)
        if going_on is None:
            _judged(presenter, upgrading.ready(site, former), alone=command.look_only)
        wanted = upgrading.plan(operations.measured(site), former)
        planned = PlanCard.of(wanted, operations.preview(site, wanted))
        if command.look_only:
            presenter.plan(planned, site.inputs.manifest.exemptions)
        else:
            presenter.note(console.plan_line(planned))
        for line in console.ways_back(site.inputs.answers, planned, former, site.inputs.manifest.kubernetes):
            presenter.note(line)
        if command.look_only:
            _next(command, presenter, "upgrade")
            return 0
        _confirm(command, presenter, f"Upgrade {words.many(len(site.inputs.answers.hosts), 'host')}?")
        with stopping() as stop:
            run = operations.install(site, wanted, presenter.watch(planned.holding), stop)
        return _finish(command, presenter, site, Finished(run), began)


def resume(command: SiteCommand, presenter: Presenter) -> int:
    """Go on with what was broken off."""
    began = time.monotonic()
    with opened(command, presenter) as site:
        back = site.runs.unfinished(site.name, backward=True)
        stake = operations.at_stake(site, back.operation) if back is not None else ()
        with every_byte(site, presenter), stopping() as stop:
            run = operations.resume(site, presenter.watch(), stop, delete_volumes=command.delete_volumes)
        if run.operation in BACKWARD:
            return _gone(presenter, site, run, stake)
        return _finish(command, presenter, site, Finished(run), began)


def rollback(command: SiteCommand, presenter: Presenter) -> int:
    """Take the last run back."""
    return _backward(command, presenter, operations.rollback, "Take the last run back?")


def uninstall(command: SiteCommand, presenter: Presenter) -> int:
    """Take everything back."""
    return _backward(command, presenter, operations.uninstall, "Take everything away?")


def status(command: SiteCommand, presenter: Presenter) -> int:
    """What stands, what ran, what is next."""
    with opened(command, presenter, connecting=False) as site:
        records, silent = operations.standing(site)
        operations.choose_again(site, silent)
        results = _probes(presenter, site, {}, silent) if command.probe else ()
        history = [
            {"run": r.name, "operation": r.operation, "outcome": r.outcome} for r in site.runs.history(site.name)
        ]
        seen = overview.look(site, records, silent)
        presenter.status(site.name, records, silent, history, authority.kept(site.runs, site.name), seen)
    last = site.runs.last_standing(site.name)
    if last is not None and (last.operation, last.outcome) == (upgrade_plan.OPERATION, "done"):
        back = words.command("rollback", *whose(command, site))
        presenter.next(("Way back:  ", f"{back}: what stood before {last.name}; what was written since stays"))
    # A host that is away is told of, and is no failure of the look at the others; where a proof is wanted, it is.
    error = next(iter(silent.values()), None) if command.probe or not records else None
    error = error or failed(results)
    if error:
        raise error
    return 0


def forget(state: Path, site: str) -> None:
    """Remove what is kept of a site that is no more."""
    Runs(state).forget(site)


def _preflight(
    command: SiteCommand, presenter: Presenter, site: operations.Site, *, upgrading: bool = False
) -> tuple[Finding, ...]:
    with presenter.asking() as asked:
        found = operations.check(site, asked, command.only, upgrading=upgrading)
    return _judged(presenter, found, alone=command.verb == "check")


def _judged(presenter: Presenter, found: tuple[Finding, ...], *, alone: bool) -> tuple[Finding, ...]:
    """Show what was found.

    Raises:
        PreflightFailed: something failed.
    """
    presenter.findings(found, alone=alone)
    broken = [each for each in found if each.status == "failed"]
    if broken:
        raise PreflightFailed(count=len(broken), checks=named(broken))
    return found


def _probes(
    presenter: Presenter,
    site: operations.Site,
    prepared: Mapping[str, Prepared],
    silent: Mapping[str, SitewrightError] = MappingProxyType({}),
) -> tuple[ProbeResult, ...]:
    with presenter.probing(count(site.inputs)) as report:
        results = operations.prove(site, report, prepared, silent)
    presenter.probes(results)
    return results


def _finish(command: SiteCommand, presenter: Presenter, site: operations.Site, standing: Finished, began: float) -> int:
    """Prove what stands, keep the evidence, and say what to do next."""
    run = standing.run
    kubeconfigs, kubectl = operations.fetch_kubeconfigs(site), operations.keep_kubectl(site)
    trusted = authority.fetch(site.world, site.desk, site.runs, site.name)
    results: tuple[ProbeResult, ...] = ()
    if command.prove:
        try:
            results = _probes(presenter, site, standing.prepared)
        except KeyboardInterrupt as interrupt:
            raise ProofInterrupted from interrupt
        operations.keep_proof(run, results)
    error = failed(results)
    if error:
        raise error
    program = words.path(kubectl) if kubectl else "kubectl"
    looks = [f"{program} --kubeconfig {words.path(each)} get pods -A" for each in kubeconfigs.values()]
    around = (words.command("status", *whose(command, site)), *looks)
    presenter.ready(run, kubeconfigs, len(results), time.monotonic() - began, around, trusted)
    return 0


def _backward(command: SiteCommand, presenter: Presenter, operation: Callable[..., Run], question: str) -> int:
    with opened(command, presenter) as site:
        stake = operations.at_stake(site, command.verb)
        delete = volume_consent.to_delete(command, presenter, site, stake)
        _confirm_loss(command, presenter, question)
        with stopping() as stop:
            run = operation(site, presenter.watch(), stop, delete_volumes=delete)
        return _gone(presenter, site, run, stake)


def _gone(presenter: Presenter, site: operations.Site, run: Run, stake: tuple[Volume, ...]) -> int:
    left, removed = volume_consent.left(site, stake), operations.clear(site)
    presenter.gone(run, left, removed)
    return 0


def _confirm(command: SiteCommand, presenter: Presenter, question: str) -> None:
    """Ask on a terminal; without one --yes has been given or it is taken for granted that a script means it."""
    if command.yes or not presenter.asks:
        return
    ask(question)


def _confirm_loss(command: SiteCommand, presenter: Presenter, question: str) -> None:
    """Ask on a terminal; elsewhere what takes something away has to be meant in so many words."""
    if command.yes:
        return
    if not presenter.asks:
        raise UsageError(
            reason=Message("{verb} takes away what stands, and there is nobody to ask", verb=command.verb),
            hint=Message("give --yes"),
        )
    ask(question)


def ask(question: str) -> None:
    """Ask the person at the terminal.

    Raises:
        UsageError: the answer is not yes.
    """
    answer = terminal.stderr().input(f"{question} [y/N] ", markup=False)
    if answer.strip().lower() not in {"y", "yes"}:
        raise UsageError(reason=Message("not confirmed; nothing was changed"), hint=Message("say y, or give --yes"))


def whose(command: SiteCommand, site: operations.Site) -> list[str]:
    """The flags with which later commands find this site's runs."""
    named = ["--site", site.name] if len(site.runs.sites()) > 1 else []
    state = ["--state", str(command.state)] if command.state != default_state() else []
    return [*named, *(["--simulate", str(command.simulate)] if command.simulate else []), *state]


def _next(command: SiteCommand, presenter: Presenter, verb: str) -> None:
    """The next command, with the flags that this one was given."""
    given = {"profile": command.profile, "bundle": command.bundle, "signers": command.signers,
             "simulate": command.simulate}  # fmt: skip
    flags = [word for name, value in given.items() if value for word in (f"--{name}", str(value))]
    presenter.next(("\nNext:  ", words.command(verb, *flags)))


VERBS: Mapping[str, Callable[[SiteCommand, Presenter], int]] = {
    "check": check, "plan": plan, "install": install, "upgrade": upgrade, "resume": resume, "rollback": rollback,
    "uninstall": uninstall, "status": status,
}  # fmt: skip
