"""check, plan, install, resume, rollback, uninstall, status: the verbs that act on a site."""

from __future__ import annotations

import argparse
import getpass
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from installer import detached, operations, session
from installer.errors import PreflightFailed, UsageError
from installer.events import Emit
from installer.plan.checks import Finding, ports_table
from installer.plan.model import BACKWARD, Plan
from installer.proof import ProbeResult, failed
from installer.runs import Run, Runs
from installer.secrets import Ask, Secrets
from installer.ui import console, jsonl, live, terminal, words
from installer.verbs.interrupts import outliving, stop_on_interrupt
from installer.world.simulated import keeping, reading
from installer.world.simulated.world import SimulatedWorld
from installer.world.site import Site as RealWorld


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[operations.Site]:
    """Everything a verb needs, in the order in which it can be refused; flags not given come from the last run."""
    ask = _whom_to_ask(arguments)
    runs = Runs(arguments.state / "simulated" if arguments.simulate else arguments.state)
    flags = _flags(arguments, runs)
    trusted = session.open_trusted(flags.get("profile"), flags.get("bundle"), flags.get("signers"))
    remembered = {name: str(path.resolve()) for name, path in flags.items()}
    with trusted.archive, _world(arguments, trusted, runs, ask) as world:
        yield operations.Site(trusted.inputs, world, runs, _owner(), remembered)


@contextmanager
def _world(
    arguments: argparse.Namespace, trusted: session.Trusted, runs: Runs, ask: Ask | None
) -> Iterator[RealWorld | SimulatedWorld]:
    """The hosts that the answers name, or the simulated ones, which need no secrets and are kept with their runs."""
    site = trusted.answers.site
    if arguments.simulate:
        simulated = reading.load(arguments.simulate, trusted.manifest)
        kept = runs.folder(site) / "simulated.json"
        if kept.exists():
            keeping.restore(simulated, kept)
        try:
            yield simulated
        finally:
            if runs.history(site):
                runs.keep(site, kept.name, keeping.dump(simulated))
        return
    secrets = Secrets(ask)
    refused = secrets.resolve_all(trusted.answers.secret_refs())
    if refused:
        raise refused[0]
    with RealWorld(trusted.answers, secrets.resolve, trusted.archive, runs.folder(site) / "uploads") as world:
        yield world


def check(arguments: argparse.Namespace) -> int:
    """Preflight alone."""
    if arguments.ports:
        answers = session.load_answers(arguments.profile)
        console.ports(terminal.stdout(), ports_table(answers))
        return 0
    with opened(arguments) as site:
        _preflight(arguments, site)
    _next(arguments, "plan")
    return 0


def plan(arguments: argparse.Namespace) -> int:
    """Every step, before anything is touched."""
    with opened(arguments) as site:
        wanted = operations.plan(site.inputs)
        holding = operations.preview(site, wanted) if arguments.dry_run else None
    _show_plan(arguments, wanted, holding)
    _next(arguments, "install")
    return 0


def _show_plan(arguments: argparse.Namespace, wanted: Plan, holding: Mapping[str, bool] | None) -> None:
    if arguments.json:
        jsonl.write("plan", {**operations.plan_json(wanted), "holding": holding})
    else:
        console.plan_tree(terminal.stdout(), wanted, holding)


def install(arguments: argparse.Namespace) -> int:
    """Check, plan, install, prove."""
    began = time.monotonic()
    stop = stop_on_interrupt()
    with opened(arguments) as site:
        _preflight(arguments, site)
        wanted = operations.plan(site.inputs)
        holding = operations.preview(site, wanted)
        if not all(holding.values()):
            wanted = operations.plan(operations.measured(site))
        if not arguments.json:
            terminal.stderr().print(console.plan_line(wanted, holding))
        if arguments.dry_run:
            _show_plan(arguments, wanted, holding)
            return 0
        if all(holding.values()) and not site.runs.unfinished(site.name) and site.runs.standing(site.name):
            if not arguments.json:
                terminal.stderr().print("Nothing has to change.")
            return _finish(arguments, site, site.runs.standing(site.name)[-1], began)
        _confirm(arguments, f"Install on {words.many(len(site.inputs.answers.hosts), 'host')}?")
        run = operations.install(site, wanted, _watch(arguments, holding), stop)
        return _finish(arguments, site, run, began)


def resume(arguments: argparse.Namespace) -> int:
    """Go on with what was broken off."""
    began = time.monotonic()
    stop = stop_on_interrupt()
    with opened(arguments) as site:
        run = operations.resume(site, _watch(arguments), stop)
        if run.operation in BACKWARD:
            return _gone(arguments, run)
        return _finish(arguments, site, run, began)


def rollback(arguments: argparse.Namespace) -> int:
    """Take the last run back."""
    return _backward(arguments, operations.rollback, "Take the last run back?")


def uninstall(arguments: argparse.Namespace) -> int:
    """Take everything back."""
    return _backward(arguments, operations.uninstall, "Take everything away, with all data in the clusters?")


def status(arguments: argparse.Namespace) -> int:
    """What stands, what ran, what is next."""
    with opened(arguments) as site:
        records = operations.standing(site)
        results = _probes(arguments, site) if arguments.probe else ()
        history = [
            {"run": r.name, "operation": r.operation, "outcome": r.outcome} for r in site.runs.history(site.name)
        ]
        if arguments.json:
            jsonl.write("status", {"site": site.name, "hosts": records, "runs": history})
        else:
            console.status(terminal.stdout(), site.name, records, history)
    error = failed(results)
    if error:
        raise error
    return 0


def forget(state: Path, site: str) -> None:
    """Remove what is kept of a site that is no more."""
    Runs(state).forget(site)


def _preflight(arguments: argparse.Namespace, site: operations.Site) -> tuple[Finding, ...]:
    def asked(done: int, total: int, _: str, host: str) -> None:
        if arguments.json:
            jsonl.write("asked", {"host": host, "done": done, "total": total})

    found = operations.check(site, asked, getattr(arguments, "only", ()))
    if arguments.json:
        for finding in found:
            jsonl.write("finding", asdict(finding))
    else:
        console.findings(terminal.stderr() if arguments.verb != "check" else terminal.stdout(), found)
    count = sum(1 for finding in found if finding.status == "failed")
    if count:
        raise PreflightFailed(count=count)
    return found


def _probes(arguments: argparse.Namespace, site: operations.Site) -> tuple[ProbeResult, ...]:
    def report(result: ProbeResult) -> None:
        if arguments.json:
            jsonl.write("probe", asdict(result))

    results = operations.prove(site, report)
    if not arguments.json:
        console.probe_table(terminal.stdout(), [asdict(result) for result in results])
    return results


def _finish(arguments: argparse.Namespace, site: operations.Site, run: Run, began: float) -> int:
    """Prove what stands, keep the evidence, and say what to do next."""
    kubeconfigs = operations.fetch_kubeconfigs(site)
    results: tuple[ProbeResult, ...] = ()
    if not getattr(arguments, "no_probes", False):
        results = _probes(arguments, site)
        operations.keep_proof(run, results)
    error = failed(results)
    if error:
        raise error
    if not arguments.json:
        console.ready(terminal.stdout(), run, len(results), kubeconfigs, time.monotonic() - began)
    else:
        jsonl.write("ready", {"run": run.name, "folder": run.folder, "kubeconfigs": kubeconfigs})
    return 0


def _backward(arguments: argparse.Namespace, operation: Callable[..., Run], question: str) -> int:
    stop = stop_on_interrupt()
    with opened(arguments) as site:
        _confirm(arguments, question)
        run = operation(site, _watch(arguments), stop)
    return _gone(arguments, run)


def _gone(arguments: argparse.Namespace, run: Run) -> int:
    if arguments.json:
        jsonl.write("gone", {"run": run.name, "folder": run.folder})
    else:
        terminal.stdout().print(f"✔ taken back; the hosts are as before\nWhat happened:  {run.folder}")
    return 0


def _watch(arguments: argparse.Namespace, holding: Mapping[str, bool] | None = None) -> operations.Watch:
    """How the plan that is driven is shown: as JSON lines, itself the first of them, or on the console."""

    @contextmanager
    def lines(wanted: Plan) -> Iterator[Emit]:
        _show_plan(arguments, wanted, holding)
        yield jsonl.Flow()

    if arguments.json:
        return lines
    return lambda wanted: live.RunView(wanted, terminal.stderr(), terminal.interactive())


def _confirm(arguments: argparse.Namespace, question: str) -> None:
    """Ask on a terminal; without one --yes has been given or it is taken for granted that a script means it."""
    if arguments.yes or arguments.json or not sys.stdin.isatty():
        return
    answer = terminal.stderr().input(f"{question} [y/N] ", markup=False)
    if answer.strip().lower() not in {"y", "yes"}:
        raise UsageError(reason="not confirmed; nothing was changed", hint="say y, or give --yes")


def _flags(arguments: argparse.Namespace, runs: Runs) -> dict[str, Path]:
    """The files a verb was given, or those that the site's last run remembers."""
    given = {name: getattr(arguments, name, None) for name in ("profile", "bundle", "signers")}
    found = {name: path for name, path in given.items() if path is not None}
    if "profile" in found and "bundle" in found:
        return found
    site = getattr(arguments, "site", "") or _only_site(runs, found)
    history = runs.history(site) if site else ()
    if history:
        found = {**{name: Path(value) for name, value in history[-1].remembered.items() if name in given}, **found}
    return found


def _only_site(runs: Runs, found: dict[str, Path]) -> str:
    if "profile" in found:
        return session.load_answers(found["profile"]).site
    sites = runs.sites()
    if len(sites) > 1:
        raise UsageError(
            reason=f"which site? known here: {', '.join(sites)}", hint="give --site NAME, or --profile FILE"
        )
    return sites[0] if sites else ""


def _owner() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()} (process {os.getpid()})"


def _whom_to_ask(arguments: argparse.Namespace) -> Ask | None:
    """Who answers `prompt` references: the program that started us, a person at the terminal, or nobody."""
    if getattr(arguments, "secrets_from_stdin", False):
        return detached.handed_over(sys.stdin.buffer)
    return (lambda text: getpass.getpass(f"{text}: ")) if sys.stdin.isatty() else None


def _next(arguments: argparse.Namespace, verb: str) -> None:
    """The next command, with the flags that this one was given."""
    if not arguments.json:
        given = {name: getattr(arguments, name) for name in ("profile", "bundle", "signers", "simulate")}
        flags = "".join(f" --{name} {value}" for name, value in given.items() if value)
        terminal.stdout().print(f"\nNext:  sitewright {verb}{flags}")


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": outliving(check),
    "plan": outliving(plan),
    "install": outliving(install),
    "resume": outliving(resume),
    "rollback": outliving(rollback),
    "uninstall": outliving(uninstall),
    "status": outliving(status),
}
