"""bundle lock, build, sign, verify, show, diff, keygen: the vendor's verbs, and those to look with."""

from __future__ import annotations

import re
from pathlib import Path

from installer.answers.model import SecretRef
from installer.answers.secrets import Secrets
from installer.bundle import diff, sshsig, verify, writing
from installer.bundle.archive import Archive
from installer.cli import trusted_inputs
from installer.cli.commands import (
    BuildCommand,
    BundleCommand,
    DiffCommand,
    KeygenCommand,
    LockCommand,
    ShowCommand,
    SignCommand,
    VerifyCommand,
)
from installer.errors import UsageError
from installer.messages import Message
from installer.ui import terminal, words
from installer.ui.presenter import Presenter

SMALLEST_PART = 10**6
"""Bytes; of smaller parts there would be more than anybody can carry."""


def run(command: BundleCommand, presenter: Presenter) -> int:
    """Do what was typed."""
    match command:
        case LockCommand():
            lock(command, presenter)
        case BuildCommand():
            build(command, presenter)
        case SignCommand():
            sign(command, presenter)
        case VerifyCommand():
            verify_bundle(command, presenter)
        case ShowCommand():
            _described(presenter, command.bundle)
        case DiffCommand():
            compare(command, presenter)
        case KeygenCommand():
            keygen(command, presenter)
    return 0


def lock(command: LockCommand, presenter: Presenter) -> None:
    """Resolve a recipe's sources into its lock."""
    from installer.builder import build as building

    with presenter.building() as emit:
        held = building.lock_recipe(command.recipe, emit, command.update)
    presenter.locked(command.recipe, sorted(held.sources))


def build(command: BuildCommand, presenter: Presenter) -> None:
    """Make exactly what the lock names, sign it if there is a key, and put it into a folder."""
    from installer.builder import build as building

    split = _part_size(command.split) if command.split else 0
    if command.out.exists() and not command.out.is_dir():
        raise UsageError(
            reason=Message("--out {out}: is no folder", out=command.out),
            hint=Message("name the folder that the bundle goes to"),
        )
    passphrase = _passphrase(command.key, command.passphrase, presenter) if command.key else ""
    with presenter.building() as emit:
        path = building.build(command.recipe, command.key, emit, command.out, split=split, passphrase=passphrase)
    _described(presenter, path)


def sign(command: SignCommand, presenter: Presenter) -> None:
    """Sign a bundle, whether it has a signature or waits for one."""
    passphrase = _passphrase(command.key, command.passphrase, presenter)
    with Archive.open(command.bundle) as archive:
        # A signature says that the bundle is whole: what a site would refuse is not signed.
        with presenter.byte_bar("looking at every byte") as report:
            verify.intact(archive, report)
        signature = sshsig.sign(archive.bundle_json, command.key, passphrase)
    writing.put_signature(command.bundle, signature)
    presenter.signed(command.bundle, command.key)


def _passphrase(key: Path, source: str | None, presenter: Presenter) -> str:
    """The passphrase of a key: from where --passphrase says, else asked for where the key needs one; empty for none.

    Raises:
        UsageError: --passphrase names no source.
        SecretUnavailable: it is not there, or nobody can be asked.
    """
    kind, _, place = (source or "prompt").partition(":")
    if source is None and not sshsig.is_locked(key):
        return ""
    ref = {
        "prompt": SecretRef("prompt", f"passphrase of {key}"),
        "env": SecretRef("env", place),
        "file": SecretRef("file", place),
    }.get(kind)
    if ref is None or bool(place) == (kind == "prompt"):
        raise UsageError(
            reason=Message("--passphrase {source}: unknown", source=source),
            hint=Message("env:NAME, file:PATH or prompt"),
        )
    return Secrets(terminal.secret if presenter.asks else None).resolve(ref)


def verify_bundle(command: VerifyCommand, presenter: Presenter) -> None:
    """Check the signature and every byte."""
    signers = trusted_inputs.read_signers(command.signers, command.bundle).decode(errors="replace")
    revoked = trusted_inputs.read_revoked(command.revoked, command.bundle)
    with Archive.open(command.bundle) as archive, presenter.byte_bar("verifying") as report:
        signer = verify.signer(archive, signers, trusted_inputs.now(), revoked=revoked)
        manifest = verify.verify(archive, signers, trusted_inputs.now(), report, revoked=revoked)
    presenter.verified(command.bundle, signer, manifest)


def compare(command: DiffCommand, presenter: Presenter) -> None:
    """What changed between two bundles."""
    with Archive.open(command.old) as old, Archive.open(command.new) as new:
        presenter.difference(diff.difference(old.manifest, new.manifest))


def keygen(command: KeygenCommand, presenter: Presenter) -> None:
    """Make a signing key."""
    passphrase = _passphrase(command.key, command.passphrase, presenter) if command.passphrase else ""
    presenter.key(command.key, sshsig.generate_key(command.key, passphrase=passphrase))


def _described(presenter: Presenter, path: Path) -> None:
    """What is inside; nothing is verified."""
    with Archive.open(path) as archive:
        presenter.bundle(path, diff.describe(archive.manifest), signed=archive.signature != sshsig.UNSIGNED)


def _part_size(text: str) -> int:
    """Bytes of the parts that --split asks for."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", text.strip().lower())
    if not found or (found[3] and not found[2]):
        raise UsageError(
            reason=Message("--split {text}: not a size", text=text),
            hint=Message("give bytes, or 700MB, or 4GB, or 4GiB"),
        )
    size = int(float(found[1]) * (1024 if found[3] else 1000) ** " kmgt".index(found[2] or " "))
    if size < SMALLEST_PART:
        raise UsageError(
            reason=Message(
                "--split {text}: parts are of {smallest_part} at least",
                text=text,
                smallest_part=words.size(SMALLEST_PART),
            ),
            hint=Message("e.g. 4GB"),
        )
    return size
