"""rehearse: the same answers and bundle, real SSH, real Kubernetes, on container hosts of this machine."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from installer.answers import file as answers_file
from installer.bundle import sshsig
from installer.bundle.archive import Archive
from installer.bundle.diff import describe
from installer.cli import site, trusted_inputs
from installer.cli.arguments import default_state
from installer.errors import Interrupted, PracticeImpossible, SitewrightError, StepFailed, UsageError
from installer.rehearsal import hosts, image, podman
from installer.rehearsal.site import STATE, PracticeSite, site_of
from installer.rehearsal.stand_in import rehearsed
from installer.ui import console, jsonl, progress, terminal, words
from installer.workshop import cache_folder

OWN = "rehearsal"
"""Folder of the state directory with the runs of rehearsals: a site and its rehearsal know nothing of each other."""

RESUMABLE = (StepFailed.exit_code, Interrupted.exit_code)

RECIPE = Path(__file__).resolve().parents[2] / "bundles" / "core"
"""The recipe that a rehearsal builds where no bundle is given; a source checkout has it."""


def run(arguments: argparse.Namespace) -> int:
    """Raise the practice hosts of a profile and install on them, or take them away."""
    answers = trusted_inputs.load_answers(arguments.profile)
    practice, again = site_of(answers), _again(arguments)
    arguments.state /= OWN
    if arguments.down:
        return _down(arguments, practice, again)
    podman.require_tools()
    if arguments.bundle is None and not arguments.hosts_only:
        with ThreadPoolExecutor(1) as pool:
            # Hosts are raised from it afterwards; should it fail, that is told then.
            pool.submit(image.ensure, cache_folder(), progress.aside(arguments.json))
            arguments.bundle, arguments.signers = core_bundle(json=arguments.json)
    _up(arguments, practice)
    if arguments.hosts_only:
        return 0
    arguments.profile = practice.folder / "answers.yaml"
    answers_file.save(answers_file.dump(answers_file.document(rehearsed(answers, practice))), arguments.profile)
    arguments.yes = True
    try:
        code = site.install(arguments)
    except SitewrightError as error:
        if error.exit_code in RESUMABLE:
            error.facts["hint"] = f"when mended, it goes on where it stopped: {again}"
        raise
    if not arguments.json:
        console.commands(terminal.stdout(), ("Take it down:  ", f"{again} --down"))
    return code


def _again(arguments: argparse.Namespace) -> str:
    """This very rehearsal as it can be typed."""
    state = arguments.state if arguments.state != default_state() else None
    given = {"profile": arguments.profile, "bundle": arguments.bundle, "signers": arguments.signers, "state": state}
    flags = [word for name, value in given.items() if value for word in (f"--{name}", str(value))]
    return words.command("rehearse", *flags)


def practice_key() -> tuple[Path, Path]:
    """The key that signs rehearsal bundles and the allowed-signers file that trusts it; made when first needed."""
    folder = Path(STATE).expanduser()
    key, signers = folder / "signing_key", folder / "allowed_signers"
    if not signers.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key.unlink(missing_ok=True)
        key.with_name(key.name + ".pub").unlink(missing_ok=True)
        signers.write_text(sshsig.generate_key(key), encoding="utf-8")
    return key, signers


def core_bundle(*, json: bool) -> tuple[Path, Path]:
    """The bundle core, signed with the practice key: from the cache, or built now. Returns it and its signers.

    Raises:
        UsageError: there is no recipe here to build it from.
    """
    from installer.builder import build

    if not (RECIPE / "bundle.yaml").is_file():
        raise UsageError(reason="no recipe to build a bundle from", hint="give --bundle FILE --signers FILE")
    key, signers = practice_key()
    with progress.build_bar(json) as emit:
        path = build.build(RECIPE, key, emit, cache=cache_folder())
    if not json:
        with Archive.open(path) as archive:
            found = describe(archive.manifest)
        terminal.stderr().print(
            f"Bundle {found.name} {found.version} · Kubernetes {found.kubernetes} · "
            f"{words.many(found.images, 'image')}, {words.many(found.charts, 'chart')}, "
            f"{words.many(found.files, 'host file')} · {words.size(found.bytes)} · signed with the practice key"
        )
    return path, signers


def _up(arguments: argparse.Namespace, practice: PracticeSite) -> None:
    with progress.report_bar("raising practice hosts", arguments.json, logged=True) as report:
        hosts.up(practice, cache_folder(), report)
    if not arguments.json:
        out = terminal.stderr()
        count = words.many(len(practice.hosts), "host")
        out.print(f"Practice site {practice.name} · {count} on an internal network with no way out")
        out.print(f"{practice.subnet} is theirs on this machine until they are taken down", style="dim")


def _down(arguments: argparse.Namespace, practice: PracticeSite, again: str) -> int:
    if not practice.folder.is_dir():
        raise PracticeImpossible(
            site=practice.name, reason="no practice hosts of that name were raised here; nothing was taken down",
            hint=f"raise them: {again}",
        )  # fmt: skip
    hosts.down(practice)
    site.forget(arguments.state, practice.name)
    if arguments.json:
        jsonl.write("down", {"site": practice.name})
    else:
        terminal.stdout().print(f"✔ practice site {practice.name} is gone: hosts, volumes, network, keys and runs")
        console.commands(terminal.stdout(), ("Raise it again:  ", again))
    return 0
