"""The command line's words: verbs, flags and their help. What they do is in `installer.cli`.

Each verb says of which `Command` it is; a flag's `dest` is the field that it fills.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from installer import __version__
from installer.cli import commands
from installer.cli.commands import HOSTS, LAST, Command, SiteCommand, default_state
from installer.cli.parser import Parser, Subparsers, duration, folder
from installer.cli.vendor_arguments import bundle, product, rehearse

EPILOG = """exit codes
  0 done · 1 failed build, or fault of the program · 2 usage, or a recipe at fault · 3 answers invalid
  4 preflight failed · 5 bundle not trusted · 6 step failed, resumable · 7 rollback incomplete
  8 another run holds the lock · 130 interrupted, resumable

A run:  sitewright check --profile answers.yaml --bundle core.sitewright
        sitewright plan ... ; sitewright install ... ; sitewright status
"""

WAIVERS = """waivers
  A failed check can be set aside only in the answers, by name, with a reason, a person and an end date:
    waivers:
      - check: cgroup.version
        reason: the hosts are containers of a practice site
        person: Li Wei
        until: 2026-12-31
"""

OFFERED = """offered machines
  A file lists machines alike in one line each:
    - {environment: production, pool: worker, count: 4, cpu_cores: 8, memory_gib: 32, data_disk_gib: 500}
"""


def parsed(argv: Sequence[str]) -> Command:
    """What was typed.

    Raises:
        UsageError: it is no command.
    """
    typed = vars(parser().parse_args(argv))
    kind: type[Command] = typed.pop("command")
    return kind.from_typed(typed)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top: argparse.ArgumentParser = Parser(
        prog="sitewright",
        description="Stand up a Kubernetes platform on machines without internet, from one signed file, over SSH.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"sitewright {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="COMMAND", title="commands")
    top.set_defaults(command=Command, verb="")
    common = _common()
    bundled = _bundled()
    _wizard(verbs, [common, bundled])
    _size(verbs, common)
    _report(verbs, common)
    _answers(verbs, common)
    reaching = [common, bundled, _started(), _allowing()]
    _check(verbs, reaching)
    _plan_and_install(verbs, reaching)
    _upgrade(verbs, reaching)
    _later(verbs, reaching)
    _secrets(verbs, reaching)
    _access(verbs, reaching)
    rehearse(verbs, common)
    product(verbs, common)
    bundle(verbs, common)
    schema = verbs.add_parser(
        "schema", help="print the JSON schema of the answers or of product.yaml, for editors, or of what --json prints"
    )
    schema.set_defaults(command=commands.SchemaCommand)
    schema.add_argument("of", nargs="?", choices=("answers", "product", "output"), default="answers")
    completion = verbs.add_parser("completion", help="print the shell's completion script")
    completion.set_defaults(command=commands.CompletionCommand)
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return top


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="JSON lines on standard output and nothing else")
    common.add_argument("--state", type=folder, default=default_state(), metavar="DIR", help="where runs are kept")
    return common


def _bundled() -> argparse.ArgumentParser:
    bundled = argparse.ArgumentParser(add_help=False)
    bundled.add_argument("--profile", type=Path, metavar="FILE", help="the answers")
    bundled.add_argument("--bundle", type=Path, metavar="FILE", help="the bundle (or its first part)")
    bundled.add_argument("--signers", type=Path, metavar="FILE", help="allowed signers; overrides trust.signers")
    bundled.add_argument("--simulate", type=Path, metavar="FILE", help="act on a simulated site instead of hosts")
    return bundled


def _started() -> argparse.ArgumentParser:
    """For programs that start this one (installer.runs.background), and not in any help.

    Secrets come as one JSON object {prompt: secret}; it goes on when the terminal is gone, and ends standard output
    with the exit code.
    """
    started = argparse.ArgumentParser(add_help=False)
    started.add_argument("--secrets-from-stdin", action="store_true", help=argparse.SUPPRESS)
    started.add_argument("--detached", action="store_true", help=argparse.SUPPRESS)
    return started


def _allowing() -> argparse.ArgumentParser:
    allowing = argparse.ArgumentParser(add_help=False)
    allowing.add_argument("--allow-commands", action="store_true",
                          help="let the commands that the answers name for secrets run here, from now on")  # fmt: skip
    return allowing


def _wizard(verbs: Subparsers[argparse.ArgumentParser], parents: list[argparse.ArgumentParser]) -> None:
    wizard = verbs.add_parser(
        "wizard", parents=parents, help="ask for the answers at a terminal, and run everything from there"
    )
    wizard.set_defaults(command=commands.WizardCommand)
    wizard.add_argument("--language", choices=("en", "zh"), help="default: that of the terminal (LANG)")


def _size(verbs: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    size = verbs.add_parser("size", parents=[common, _allowing()], help="which machines are needed, and why",
                            epilog=OFFERED, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    size.set_defaults(command=commands.SizeCommand)
    subject = size.add_mutually_exclusive_group(required=True)
    subject.add_argument("--profile", type=Path, metavar="FILE", help="the answers; what they need is under `needs`")
    subject.add_argument("--needs", type=Path, metavar="FILE", help="needs alone, before there are hosts to name")
    subject.add_argument("--component", metavar="NAME", help="one part alone")
    size.add_argument("--set", dest="settings", action="append", default=[], metavar="PATH=VALUE",
                      help="answer otherwise, once")  # fmt: skip
    size.add_argument("--inputs", action="store_true", help="what the part can be told, with units and defaults")
    size.add_argument("--offered", type=Path, nargs="?", const=HOSTS, metavar="FILE",
                      help="do these machines suffice? without FILE: the hosts of the answers are asked")  # fmt: skip
    size.add_argument("--explain", action="append", default=[], metavar="FIGURE",
                      help="from a figure to its inputs, formula and source: production/worker.count")  # fmt: skip
    size.add_argument(
        "--bundle", type=Path, metavar="FILE", help="size what it installs, with all that this takes along"
    )
    size.add_argument("--signers", type=Path, metavar="FILE", help="allowed signers; overrides trust.signers")


def _report(verbs: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    report = verbs.add_parser("report", parents=[common], help="what a customer reads and signs: HTML, PDF, xlsx")
    report.set_defaults(command=commands.ReportCommand)
    report.add_argument("--profile", type=Path, required=True, metavar="FILE", help="the answers")
    report.add_argument("--out", type=folder, required=True, metavar="DIR", help="where the files go")
    report.add_argument("--language", choices=("en", "zh"), help="default: that of the answers")
    report.add_argument("--bundle", type=Path, metavar="FILE", help="name its digest, and reckon times from its size")
    report.add_argument("--signers", type=Path, metavar="FILE", help="allowed signers; overrides trust.signers")
    report.add_argument("--run", nargs="?", const=LAST, metavar="NAME", help="as built: this run, or the last")


def _answers(verbs: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    answers = verbs.add_parser("answers", help="read answers back from the workbook of a report")
    sub = answers.add_subparsers(dest="verb", metavar="COMMAND", title="commands", required=True)
    imported = sub.add_parser("import", parents=[common],
                              help="put what was filled in on the sheet of questions into the answers")  # fmt: skip
    imported.set_defaults(command=commands.AnswersCommand)
    imported.add_argument(
        "workbook", type=Path, metavar="FILE.xlsx", help="the workbook, as `report` made it, filled in"
    )
    imported.add_argument("--profile", type=Path, default=Path("answers.yaml"), metavar="FILE",
                          help="the answers (default: answers.yaml)")  # fmt: skip
    imported.add_argument("--dry-run", action="store_true", help="say what would change; write nothing")


def _check(verbs: Subparsers[argparse.ArgumentParser], parents: list[argparse.ArgumentParser]) -> None:
    check = verbs.add_parser(
        "check", parents=parents, help="look at the hosts; change nothing", epilog=WAIVERS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    check.set_defaults(command=SiteCommand)
    check.add_argument("--ports", action="store_true", help="list the connections a firewall has to allow")
    check.add_argument("--only", action="append", default=[], metavar="NAME[@HOST]",
                       help="this check alone, on every host or on one; may be given several times")  # fmt: skip


def _plan_and_install(verbs: Subparsers[argparse.ArgumentParser], parents: list[argparse.ArgumentParser]) -> None:
    plan = verbs.add_parser("plan", parents=parents, help="show every step before anything is touched")
    plan.set_defaults(command=SiteCommand)
    plan.add_argument("--dry-run", action="store_true", help="ask the hosts which steps already hold")
    plan.add_argument("--wiring", action="store_true", help="show instead which part of the site needs which other")
    install = verbs.add_parser("install", parents=parents, help="check, plan, install, prove")
    install.set_defaults(command=SiteCommand)
    install.add_argument("--dry-run", action="store_true", help="check and plan only")
    _gone(install)
    install.add_argument("--yes", action="store_true", help="do not ask")
    install.add_argument("--no-probes", dest="prove", action="store_false",
                         help="do not prove the result (people are told that it is not proved)")  # fmt: skip


def _upgrade(verbs: Subparsers[argparse.ArgumentParser], parents: list[argparse.ArgumentParser]) -> None:
    upgrade = verbs.add_parser("upgrade", parents=parents, help="go to a newer bundle; `rollback` takes it back")
    upgrade.set_defaults(command=SiteCommand)
    upgrade.add_argument("--site", default="", help="the site's name where there are several")
    upgrade.add_argument("--check", dest="look_only", action="store_true",
                         help="whether the site is ready, and what would be done; change nothing")  # fmt: skip
    upgrade.add_argument("--yes", action="store_true", help="do not ask")
    upgrade.add_argument("--no-probes", dest="prove", action="store_false",
                         help="do not prove the result (people are told that it is not proved)")  # fmt: skip


def _later(verbs: Subparsers[argparse.ArgumentParser], parents: list[argparse.ArgumentParser]) -> None:
    texts = {
        "resume": "go on with the run that was broken off",
        "rollback": "take the last run back, finished or not",
        "uninstall": "take everything back; the hosts are as before, but for applications' data",
        "status": "what stands, what ran, what is next",
    }
    for verb, text in texts.items():
        later = verbs.add_parser(verb, parents=parents, help=text)
        later.set_defaults(command=SiteCommand)
        later.add_argument("--site", default="", help="the site's name where there are several")
        if verb == "status":
            later.add_argument("--probe", action="store_true", help="try the probes now")
        else:
            later.add_argument("--yes", action="store_true", help="do not ask")
            _gone(later)
            later.add_argument("--delete-volumes", action="store_true",
                               help="on the way back, delete applications' data too; else it stays")  # fmt: skip


def _gone(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--without", action="append", default=[], metavar="HOST",
                      help="this host is gone: work on without it; may be given several times")  # fmt: skip


def _secrets(verbs: Subparsers[argparse.ArgumentParser], parents: list[argparse.ArgumentParser]) -> None:
    secrets = verbs.add_parser("secrets", help="passwords that the site has made: list, show, make anew")
    sub = secrets.add_subparsers(dest="verb", metavar="COMMAND", title="commands", required=True)
    texts = {
        "list": "which there are, and who has a copy; no values",
        "show": "the values of one, as they stand in its cluster",
        "rotate": "make the values of one anew, and start anew what uses them",
    }
    for verb, text in texts.items():
        one = sub.add_parser(verb, parents=parents, help=text)
        one.set_defaults(command=commands.SecretsCommand)
        if verb != "list":
            one.add_argument("secret", metavar="[ENVIRONMENT/]COMPONENT/SECRET", help="as `secrets list` names it")
        one.add_argument("--site", default="", help="the site's name where there are several")
        if verb == "rotate":
            one.add_argument("--yes", action="store_true", help="do not ask")


def _access(verbs: Subparsers[argparse.ArgumentParser], parents: list[argparse.ArgumentParser]) -> None:
    access = verbs.add_parser("access", parents=parents,
                              help="who may work in the clusters: list, give for some hours, take back")  # fmt: skip
    access.set_defaults(command=commands.AccessCommand)
    access.add_argument("person", nargs="?", default="", metavar="PERSON",
                        help="make a kubeconfig for this person; without it, all that have one are listed")  # fmt: skip
    access.add_argument("--cluster", dest="clusters", action="append", default=[], metavar="ENVIRONMENT",
                        help="this one alone; may be given several times")  # fmt: skip
    access.add_argument("--as", dest="role", choices=("admin", "edit", "view"), default="admin",
                        help="what the person may do (default: admin)")  # fmt: skip
    access.add_argument("--for", dest="lasting", type=duration, default="8h", metavar="TIME",
                        help="10m to 7d (default: 8h)")  # fmt: skip
    access.add_argument("--revoke", action="store_true", help="take back what the person was given")
    access.add_argument("--site", default="", help="the site's name where there are several")
