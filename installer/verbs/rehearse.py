"""rehearse: the same answers and bundle, real SSH, real Kubernetes, on container hosts of this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from installer import session
from installer.bundle import sshsig
from installer.bundle.archive import Archive
from installer.bundle.diff import describe
from installer.bundle.sources.workshop import cache_folder
from installer.errors import UsageError
from installer.rehearsal import hosts
from installer.rehearsal.site import STATE, PracticeSite, site_of
from installer.ui import jsonl, progress, terminal, words
from installer.verbs import site

RECIPE = Path(__file__).resolve().parents[2] / "bundles" / "core"
"""The recipe that a rehearsal builds where no bundle is given; a source checkout has it."""


def run(arguments: argparse.Namespace) -> int:
    """Raise the practice hosts of a profile and install on them, or take them away."""
    practice = site_of(session.load_answers(arguments.profile))
    if arguments.down:
        return _down(arguments, practice)
    if arguments.bundle is None and not arguments.hosts_only:
        arguments.bundle, arguments.signers = core_bundle(json=arguments.json)
    _up(arguments, practice)
    if arguments.hosts_only:
        return 0
    arguments.yes = True
    code = site.install(arguments)
    if not arguments.json:
        again = f"sitewright rehearse --profile {arguments.profile} --down"
        terminal.stdout().print(f"Take it down:   {again}")
    return code


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
    from installer.bundle import build

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
    out = terminal.stderr()

    def report(done: int, total: int, unit: str, note: str) -> None:
        if not arguments.json:
            out.print(f"  {note} ({done} of {total})" if unit == "items" else f"  {note}", style="dim")

    hosts.up(practice, cache_folder(), report)
    if not arguments.json:
        count = words.many(len(practice.hosts), "host")
        out.print(f"Practice site {practice.name} · {count} on an internal network with no way out")


def _down(arguments: argparse.Namespace, practice: PracticeSite) -> int:
    hosts.down(practice)
    site.forget(arguments.state, practice.name)
    if arguments.json:
        jsonl.write("down", {"site": practice.name})
    else:
        terminal.stdout().print(f"✔ practice site {practice.name} is gone: hosts, volumes, network, keys and runs")
        terminal.stdout().print(f"Raise it again:  sitewright rehearse --profile {arguments.profile}")
    return 0
