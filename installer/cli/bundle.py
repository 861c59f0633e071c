"""bundle lock, build, sign, verify, show, diff, keygen: the vendor's verbs, and those to look with."""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from installer.answers.model import SecretRef
from installer.answers.secrets import Secrets
from installer.bundle import diff, sshsig, verify, writing
from installer.bundle.archive import Archive
from installer.cli import trusted_inputs
from installer.errors import UsageError
from installer.plain import first, plain
from installer.ui import console, jsonl, progress, terminal, words

SMALLEST_PART = 10**6
"""Bytes; of smaller parts there would be more than anybody can carry."""


def lock(arguments: argparse.Namespace) -> int:
    """Resolve a recipe's sources into its lock."""
    from installer.builder import build as building

    with progress.build_bar(arguments.json) as emit:
        held = building.lock_recipe(arguments.recipe, emit, arguments.update)
    if arguments.json:
        jsonl.write("lock", {"sources": sorted(held.sources)})
    else:
        terminal.stdout().print(f"✔ {words.many(len(held.sources), 'source')} locked in {plain(arguments.recipe)}")
        again = words.command("bundle", "build", str(arguments.recipe), "--key", "FILE")
        console.commands(terminal.stdout(), ("Next:  ", again))
    return 0


def build(arguments: argparse.Namespace) -> int:
    """Make exactly what the lock names, sign it if there is a key, and put it into a folder."""
    from installer.builder import build as building

    split = _part_size(arguments.split) if arguments.split else 0
    if arguments.out.exists() and not arguments.out.is_dir():
        raise UsageError(reason=f"--out {arguments.out}: is no folder", hint="name the folder that the bundle goes to")
    passphrase = _passphrase(arguments)
    with progress.build_bar(arguments.json) as emit:
        path = building.build(arguments.recipe, arguments.key, emit, arguments.out, split=split, passphrase=passphrase)
    return _described(arguments, path)


def sign(arguments: argparse.Namespace) -> int:
    """Sign a bundle, whether it has a signature or waits for one."""
    passphrase = _passphrase(arguments)
    with Archive.open(arguments.bundle) as archive:
        # A signature says that the bundle is whole: what a site would refuse is not signed.
        with progress.byte_bar("looking at every byte", arguments.json) as report:
            verify.intact(archive, report)
        signature = sshsig.sign(archive.bundle_json, arguments.key, passphrase)
    writing.put_signature(arguments.bundle, signature)
    if arguments.json:
        jsonl.write("signed", {"bundle": str(arguments.bundle)})
    else:
        terminal.stdout().print(f"✔ {plain(arguments.bundle)} is signed with {plain(arguments.key)}")
    return 0


def _passphrase(arguments: argparse.Namespace) -> str:
    """The passphrase of --key: from where --passphrase says, else asked for where the key needs one; empty for none.

    Raises:
        UsageError: --passphrase names no source.
        SecretUnavailable: it is not there, or nobody can be asked.
    """
    if arguments.key is None:
        return ""
    kind, _, place = (arguments.passphrase or "prompt").partition(":")
    if arguments.passphrase is None and not sshsig.is_locked(arguments.key):
        return ""
    ref = {
        "prompt": SecretRef("prompt", f"passphrase of {arguments.key}"),
        "env": SecretRef("env", place),
        "file": SecretRef("file", place),
    }.get(kind)
    if ref is None or bool(place) == (kind == "prompt"):
        raise UsageError(reason=f"--passphrase {arguments.passphrase}: unknown", hint="env:NAME, file:PATH or prompt")
    asked = sys.stdin.isatty() and not arguments.json
    return Secrets(terminal.secret if asked else None).resolve(ref)


def verify_bundle(arguments: argparse.Namespace) -> int:
    """Check the signature and every byte."""
    signers = trusted_inputs.read_signers(arguments.signers, arguments.bundle).decode(errors="replace")
    revoked = trusted_inputs.read_revoked(arguments.revoked, arguments.bundle)
    with Archive.open(arguments.bundle) as archive, progress.byte_bar("verifying", arguments.json) as report:
        signer = verify.signer(archive, signers, trusted_inputs.now(), revoked=revoked)
        manifest = verify.verify(archive, signers, trusted_inputs.now(), report, revoked=revoked)
    if arguments.json:
        by = {"principals": signer.principals, "key": signer.fingerprint, "line": signer.line}
        told = {"digest": manifest.digest, "signer": by, "exemptions": [str(each) for each in manifest.exemptions]}
        jsonl.write("verified", {"bundle": str(arguments.bundle), **told})
    else:
        count = len(manifest.blobs())
        total = sum(blob.size for blob in manifest.blobs().values())
        terminal.stdout().print(
            f"✔ signed by {signer.principals} with the key {signer.fingerprint} (line {signer.line} of the signers)"
        )
        terminal.stdout().print(f"✔ {count} blobs, {words.size(total)}, every byte as signed")
        terminal.stdout().print(f"  {manifest.digest}")
        console.exemptions(terminal.stdout(), manifest.exemptions)
    return 0


def show(arguments: argparse.Namespace) -> int:
    """What is inside; nothing is verified."""
    return _described(arguments, arguments.bundle)


def compare(arguments: argparse.Namespace) -> int:
    """What changed between two bundles."""
    with Archive.open(arguments.old) as old, Archive.open(arguments.new) as new:
        found = diff.difference(old.manifest, new.manifest)
    if arguments.json:
        jsonl.write("difference", dataclasses.asdict(found))
        return 0
    out = terminal.stdout()
    if found.nothing:
        out.print("The same components for the same machines.")
        return 0
    for what, (before, after) in (("Kubernetes", found.kubernetes), ("Architecture", found.architecture)):
        if before != after:
            out.print(f"{what} {before} -> {after}")
    for sign_, entries in (("+", found.added), ("-", found.removed)):
        shown, left = first(entries, console.ROWS)
        for name, version in shown:
            out.print(f"{sign_} {plain(name)} {plain(version)}")
        console.left_out(out, left)
    changed, left = first(found.changed, console.ROWS)
    for change in changed:
        out.print(f"~ {plain(change.name)} {plain(_turn(change))}")
    console.left_out(out, left)
    counts = (("new", found.new_bytes), ("kept", found.kept_bytes), ("dropped", found.dropped_bytes))
    out.print(", ".join(f"{words.size(count)} {what}" for what, count in counts))
    return 0


def _turn(change: diff.Change) -> str:
    """What became of a component: its version, what of it is new, and whether it is set otherwise."""
    version = f"{change.before} -> {change.after}" if change.before != change.after else change.after
    new = f"{words.many(len(change.artifacts), 'artifact')} new or other ({words.size(change.new_bytes)})"
    dropped = f"{words.many(len(change.dropped), 'artifact')} dropped"
    told = ((change.artifacts, new), (change.dropped, dropped), (change.settings, "settings"))
    return f"{version}: {', '.join(text for found, text in told if found)}"


def keygen(arguments: argparse.Namespace) -> int:
    """Make a signing key."""
    line = sshsig.generate_key(arguments.key, passphrase=_passphrase(arguments) if arguments.passphrase else "")
    if arguments.json:
        jsonl.write("key", {"key": str(arguments.key), "allowed_signers": line.strip()})
    else:
        advice = terminal.stderr()
        advice.print(f"✔ {plain(arguments.key)} (keep it secret) and {plain(arguments.key)}.pub")
        advice.print("Give the customer this line as a file of allowed signers, by another way than the bundle:")
        terminal.stdout().print(line.rstrip("\n"), soft_wrap=True)
    return 0


def _described(arguments: argparse.Namespace, path: Path) -> int:
    with Archive.open(path) as archive:
        found = diff.describe(archive.manifest)
        signed = archive.signature != sshsig.UNSIGNED
    if arguments.json:
        jsonl.write("bundle", {"path": str(path), "signed": signed, **dataclasses.asdict(found)})
        return 0
    out = terminal.stdout()
    out.print(
        f"Bundle {plain(found.name)} {plain(found.version)} · Kubernetes {found.kubernetes} · {found.architecture} · "
        f"{words.many(found.images, 'image')}, {words.many(found.charts, 'chart')}, "
        f"{words.many(found.files, 'host file')} · {words.size(found.bytes)}"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in ("component", "version"):
        table.add_column(name)
    for name in ("images", "charts", "files", "size"):
        table.add_column(name, justify="right")
    shown, left = first(found.components, console.ROWS)
    for part in shown:
        counts = [str(count or "") for count in (part.images, part.charts, part.files)]
        table.add_row(part.name, part.version, *counts, words.size(part.bytes))
    out.print(table)
    console.left_out(out, left)
    console.commands(out, ("", plain(path)), ("", found.digest))
    if not signed:
        out.print("It is not signed, and no site takes it.")
        console.commands(out, ("Next:  ", words.command("bundle", "sign", str(path), "--key", "FILE")))
    return 0


def _part_size(text: str) -> int:
    """Bytes of the parts that --split asks for."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", text.strip().lower())
    if not found or (found[3] and not found[2]):
        raise UsageError(reason=f"--split {text}: not a size", hint="give bytes, or 700MB, or 4GB, or 4GiB")
    size = int(float(found[1]) * (1024 if found[3] else 1000) ** " kmgt".index(found[2] or " "))
    if size < SMALLEST_PART:
        raise UsageError(reason=f"--split {text}: parts are of {words.size(SMALLEST_PART)} at least", hint="e.g. 4GB")
    return size


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "lock": lock,
    "build": build,
    "sign": sign,
    "verify": verify_bundle,
    "show": show,
    "diff": compare,
    "keygen": keygen,
}
