"""check, plan, install, resume, rollback, uninstall, status: the verbs that act on a site."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType

from installer import operations
from installer.bundle.manifest import Exemption
from installer.cli import trusted_inputs, volume_consent
from installer.cli.arguments import default_state
from installer.cli.interrupts import outliving, stopping
from installer.cli.opening import every_byte, opened
from installer.engine.events import Emit
from installer.errors import PreflightFailed, ProofInterrupted, SitewrightError, UsageError
from installer.operations import unchanged
from installer.operations.unchanged import Finished
from installer.plan import card
from installer.plan.card import PlanCard
from installer.plan.model import BACKWARD
from installer.plan.steps.volumes import Volume
from installer.preflight import Finding, ports_table
from installer.probes.proof import Prepared, ProbeResult, count, failed
from installer.runs import installed_bundle
from installer.runs.execute import Watch
from installer.runs.store import Run, Runs
from installer.ui import console, jsonl, live, progress, terminal, words


def check(arguments: argparse.Namespace) -> int:
    """Preflight alone."""
    if arguments.ports:
        return _ports(arguments)
    with opened(arguments) as site, every_byte(site, arguments.json):
        _preflight(arguments, site)
    _next(arguments, "plan")
    return 0


def _ports(arguments: argparse.Namespace) -> int:
    rows = ports_table(trusted_inputs.load_answers(arguments.profile))
    if arguments.json:
        names = ("from", "to", "port", "for")
        jsonl.write("ports", {"connections": [dict(zip(names, row, strict=True)) for row in rows]})
    else:
        console.ports(terminal.stdout(), rows)
    return 0


def plan(arguments: argparse.Namespace) -> int:
    """Every step, before anything is touched."""
    with opened(arguments, connecting=arguments.dry_run) as site:
        wanted = operations.plan(operations.measured(site))
        if arguments.dry_run:
            installed_bundle.require(site.world, site.inputs, site.runs)
        holding = operations.preview(site, wanted) if arguments.dry_run else None
    _show_plan(arguments, PlanCard.of(wanted, holding), site.inputs.manifest.exemptions)
    _next(arguments, "install")
    return 0


def _show_plan(arguments: argparse.Namespace, planned: PlanCard, exemptions: tuple[Exemption, ...] = ()) -> None:
    if arguments.json:
        more = {"exemptions": [str(each) for each in exemptions]} if exemptions else {}
        jsonl.write("plan", {**card.to_json(planned), **more})
    else:
        console.plan_tree(terminal.stdout(), planned)
        console.exemptions(terminal.stdout(), exemptions)


def install(arguments: argparse.Namespace) -> int:
    """Check, plan, install, prove; where all is there already, prove alone."""
    began = time.monotonic()
    with opened(arguments) as site:
        standing = None if arguments.dry_run else unchanged.whole(site, probes=not arguments.no_probes)
        if standing is None:
            with every_byte(site, arguments.json):
                _preflight(arguments, site)
            wanted = operations.plan(operations.measured(site))
            planned = PlanCard.of(wanted, operations.preview(site, wanted))
            if not arguments.json:
                terminal.stderr().print(console.plan_line(planned))
            if arguments.dry_run:
                _show_plan(arguments, planned)
                return 0
            _confirm(arguments, f"Install on {words.many(len(site.inputs.answers.hosts), 'host')}?")
            with stopping() as stop:
                standing = Finished(operations.install(site, wanted, _watch(arguments, planned.holding), stop))
        elif not arguments.json:
            terminal.stderr().print("Everything is there as the answers and the bundle want it; nothing has to change.")
        return _finish(arguments, site, standing, began)


def resume(arguments: argparse.Namespace) -> int:
    """Go on with what was broken off."""
    began = time.monotonic()
    with opened(arguments) as site:
        back = site.runs.unfinished(site.name, backward=True)
        stake = operations.at_stake(site, back.operation) if back is not None else ()
        with every_byte(site, arguments.json), stopping() as stop:
            run = operations.resume(site, _watch(arguments), stop, delete_volumes=arguments.delete_volumes)
        if run.operation in BACKWARD:
            return _gone(arguments, site, run, stake)
        return _finish(arguments, site, Finished(run), began)


def rollback(arguments: argparse.Namespace) -> int:
    """Take the last run back."""
    return _backward(arguments, operations.rollback, "Take the last run back?")


def uninstall(arguments: argparse.Namespace) -> int:
    """Take everything back."""
    return _backward(arguments, operations.uninstall, "Take everything away?")


def status(arguments: argparse.Namespace) -> int:
    """What stands, what ran, what is next."""
    with opened(arguments, connecting=False) as site:
        records, silent = operations.standing(site)
        operations.choose_again(site, silent)
        results = _probes(arguments, site, {}, silent) if arguments.probe else ()
        history = [
            {"run": r.name, "operation": r.operation, "outcome": r.outcome} for r in site.runs.history(site.name)
        ]
        if arguments.json:
            told = {host: error.message for host, error in silent.items()}
            jsonl.write("status", {"site": site.name, "hosts": records, "silent": told, "runs": history})
        else:
            console.status(terminal.stdout(), site.name, records, silent, history)
    error = next(iter(silent.values()), None) or failed(results)
    if error:
        raise error
    return 0


def forget(state: Path, site: str) -> None:
    """Remove what is kept of a site that is no more."""
    Runs(state).forget(site)


def _preflight(arguments: argparse.Namespace, site: operations.Site) -> tuple[Finding, ...]:
    with progress.report_bar("asking the hosts", arguments.json) as shown:

        def asked(done: int, total: int, unit: str, host: str) -> None:
            if arguments.json:
                jsonl.write("asked", {"host": host, "done": done, "total": total})
            shown(done, total, unit, host)

        found = operations.check(site, asked, arguments.only)
    if arguments.json:
        for finding in found:
            jsonl.write("finding", asdict(finding))
    else:
        console.findings(terminal.stderr() if arguments.verb != "check" else terminal.stdout(), found)
    broken = sum(1 for finding in found if finding.status == "failed")
    if broken:
        raise PreflightFailed(count=broken)
    return found


def _probes(
    arguments: argparse.Namespace,
    site: operations.Site,
    prepared: Mapping[str, Prepared],
    silent: Mapping[str, SitewrightError] = MappingProxyType({}),
) -> tuple[ProbeResult, ...]:
    tried = itertools.count(1)
    with progress.report_bar("trying the probes", arguments.json) as shown:

        def report(result: ProbeResult) -> None:
            if arguments.json:
                jsonl.write("probe", asdict(result))
            shown(next(tried), count(site.inputs), "items", result.title)

        results = operations.prove(site, report, prepared, silent)
    if not arguments.json:
        console.probe_table(terminal.stdout(), [asdict(result) for result in results])
    return results


def _finish(arguments: argparse.Namespace, site: operations.Site, standing: Finished, began: float) -> int:
    """Prove what stands, keep the evidence, and say what to do next."""
    run = standing.run
    kubeconfigs, kubectl = operations.fetch_kubeconfigs(site), operations.keep_kubectl(site)
    results: tuple[ProbeResult, ...] = ()
    if not arguments.no_probes:
        try:
            results = _probes(arguments, site, standing.prepared)
        except KeyboardInterrupt as interrupt:
            raise ProofInterrupted from interrupt
        operations.keep_proof(run, results)
    error = failed(results)
    if error:
        raise error
    if not arguments.json:
        program = words.path(kubectl) if kubectl else "kubectl"
        looks = [f"{program} --kubeconfig {words.path(each)} get pods -A" for each in kubeconfigs.values()]
        around = (words.command("status", *_whose(arguments, site)), *looks)
        console.ready(terminal.stdout(), run, len(results), time.monotonic() - began, around)
    else:
        jsonl.write("ready", {"run": run.name, "folder": run.folder, "kubeconfigs": kubeconfigs})
    return 0


def _backward(arguments: argparse.Namespace, operation: Callable[..., Run], question: str) -> int:
    with opened(arguments) as site:
        stake = operations.at_stake(site, arguments.verb)
        delete = volume_consent.to_delete(arguments, site, stake)
        _confirm_loss(arguments, question)
        with stopping() as stop:
            run = operation(site, _watch(arguments), stop, delete_volumes=delete)
        return _gone(arguments, site, run, stake)


def _gone(arguments: argparse.Namespace, site: operations.Site, run: Run, stake: tuple[Volume, ...]) -> int:
    left, removed = volume_consent.left(site, stake), operations.clear(site)
    if arguments.json:
        volumes = [asdict(each) for each in left]
        jsonl.write("gone", {"run": run.name, "folder": run.folder, "removed": removed, "volumes": volumes})
    else:
        console.gone(terminal.stdout(), run, left, removed)
    return 0


def _watch(arguments: argparse.Namespace, holding: Mapping[str, bool] | None = None) -> Watch:
    """How the plan that is driven is shown: as JSON lines, itself the first of them, or on the console."""

    @contextmanager
    def lines(planned: PlanCard) -> Iterator[Emit]:
        _show_plan(arguments, replace(planned, holding=holding))
        yield jsonl.Flow()

    if arguments.json:
        return lines
    return lambda planned: live.RunView(planned, terminal.stderr(), terminal.interactive())


def _confirm(arguments: argparse.Namespace, question: str) -> None:
    """Ask on a terminal; without one --yes has been given or it is taken for granted that a script means it."""
    if arguments.yes or arguments.json or not sys.stdin.isatty():
        return
    _ask(question)


def _confirm_loss(arguments: argparse.Namespace, question: str) -> None:
    """Ask on a terminal; elsewhere what takes something away has to be meant in so many words."""
    if arguments.yes:
        return
    if arguments.json or not sys.stdin.isatty():
        raise UsageError(
            reason=f"{arguments.verb} takes away what stands, and there is nobody to ask", hint="give --yes"
        )
    _ask(question)


def _ask(question: str) -> None:
    answer = terminal.stderr().input(f"{question} [y/N] ", markup=False)
    if answer.strip().lower() not in {"y", "yes"}:
        raise UsageError(reason="not confirmed; nothing was changed", hint="say y, or give --yes")


def _whose(arguments: argparse.Namespace, site: operations.Site) -> list[str]:
    """The flags with which later commands find this site's runs."""
    named = ["--site", site.name] if len(site.runs.sites()) > 1 else []
    state = ["--state", str(arguments.state)] if arguments.state != default_state() else []
    return [*named, *(["--simulate", str(arguments.simulate)] if arguments.simulate else []), *state]


def _next(arguments: argparse.Namespace, verb: str) -> None:
    """The next command, with the flags that this one was given."""
    if not arguments.json:
        given = {name: getattr(arguments, name) for name in ("profile", "bundle", "signers", "simulate")}
        flags = [word for name, value in given.items() if value for word in (f"--{name}", str(value))]
        console.commands(terminal.stdout(), ("\nNext:  ", words.command(verb, *flags)))


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": outliving(check),
    "plan": outliving(plan),
    "install": outliving(install),
    "resume": outliving(resume),
    "rollback": outliving(rollback),
    "uninstall": outliving(uninstall),
    "status": outliving(status),
}
