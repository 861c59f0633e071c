"""Locks a recipe and builds its bundle: one signed file whose bytes depend on recipe and lock alone.

Everything made is kept in the cache; a second build with the same key packs nothing that is there, and takes its
finished bundle as it is. But nothing goes from there into a bundle unseen: every byte is hashed again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from installer.builder import completeness, lock, pack, reading, turns
from installer.builder.lock import Lock, Locked
from installer.builder.progress import Making, Stage
from installer.builder.recipe import Recipe, Source
from installer.builder.sbom import make_sbom, with_sbom
from installer.builder.sbom_sources import ingredients
from installer.builder.seal import Sealer
from installer.builder.sources import making, toolchain, upkeep
from installer.bundle import sshsig, verify
from installer.bundle.archive import Archive
from installer.bundle.manifest import Blob, Manifest
from installer.bundle.manifest_json import decode, encode
from installer.bundle.writing import place_archive, write_archive
from installer.engine.events import Emit
from installer.errors import BuildFailed, BundleNotTrusted
from installer.workshop import Workshop, cache_folder, file_digest, remove_tree, text_digest, tree_digest

KEPT = 3
"""Finished bundles of one name that the cache keeps."""
PACKING = 4
"""Changes when the same made files would be packed into other bytes."""


def lock_recipe(folder: Path, emit: Emit, update: str | None = None, cache: Path | None = None) -> Lock:
    """Resolve and make what the lock does not have yet, or one source anew, and write the lock after each.

    Raises:
        BuildFailed: a source cannot be resolved or made, or `update` names none.
    """
    wanted = reading.load(folder)
    if update is not None:
        lock.demand_own(wanted, update)
    held = lock.load(wanted)
    workshop = Workshop(cache or cache_folder(), wanted.architecture)
    if wanted.go and held.toolchain.get("go", {}).get("version") != wanted.go:
        fresh = {name: entry for name, entry in held.sources.items() if wanted.source(name).kind != "go"}
        held = Lock({"go": toolchain.resolve(wanted.go, workshop)}, fresh)
    present = {source.name for source in wanted.sources}
    held = replace(held, sources={name: entry for name, entry in held.sources.items() if name in present})
    workshop = replace(workshop, toolchain=held.toolchain)
    renewed = {source.name for source in wanted.sources if source.name == update or not _is_locked(held, source)}
    # What follows a source gets its versions, so it is locked again as well.
    stale = [source for source in wanted.sources if renewed & {source.name, source.spec.get("follows")}]
    known = {source.name: held.sources[source.name].seconds for source in stale if source.name in held.sources}
    progress = Making(emit, known)
    progress.begin([source.name for source in stale])
    for source in stale:
        entry = _locked(source, _equipped(wanted, held, workshop, source), held, progress)
        held = replace(held, sources={**held.sources, source.name: entry})
        lock.save(wanted, held)
        progress.finish(source.name)
    lock.save(wanted, held)
    return held


def _locked(source: Source, workshop: Workshop, held: Lock, progress: Making) -> Locked:
    """Resolve a source and make it: what the lock is to say of it."""
    pulse = partial(progress.pulse, source.name)
    workshop = replace(workshop, pulse=pulse)
    progress.start(source.name)
    began = time.thread_time()
    identity = making.resolve(source, workshop)
    _, digests = making.made(source, identity, workshop)
    pulse(time.thread_time() - began)
    before, recipe_digest = held.sources.get(source.name), lock.recipe_digest(source)
    # What the cache held was quick this time; the longest time seen is nearest to that of a first build.
    known = before.seconds if before and before.recipe == recipe_digest else 1.0
    return Locked(recipe_digest, identity, digests, max(progress.spent[source.name], known))


def build(
    folder: Path,
    key: Path | None,
    emit: Emit,
    out: Path | None = None,
    *,
    split: int = 0,
    passphrase: str = "",
    cache: Path | None = None,
) -> Path:
    """Build the bundle that a recipe's lock names, sign it with `key` or leave its signature open, and return its path.

    The file is kept in the cache, and copied into the folder `out` as well where one is given, there in parts of at
    most `split` bytes where that is not 0; then the path is that of the first part.

    Raises:
        BuildFailed: the lock does not name everything, something made differs from it, or a chart needs an image
            that the bundle lacks.
        UsageError: the key cannot sign; told before anything is built.
    """
    if key is not None:
        sshsig.private_key(key, passphrase)
    wanted = reading.load(folder)
    held = lock.load(wanted)
    lock.demand(wanted, held)
    workshop = Workshop(cache or cache_folder(), wanted.architecture, held.toolchain)
    sealer = Sealer(text_digest(_identity(wanted)), key, passphrase)
    packed = workshop.cache / "packed" / sealer.identity.partition(":")[2][:32]
    if (kept := sealer.read(packed)) is None:
        if packed.exists():
            remove_tree(packed)
        kept = _pack(wanted, held, workshop, emit)
        workshop.keep(packed, partial(sealer.write, body=kept[0], bill=kept[1]))
    os.utime(packed)
    body, bill = kept
    signature = sshsig.UNSIGNED if key is None else sshsig.sign(body, key, passphrase)
    name = f"{wanted.name}-{wanted.release}-{wanted.architecture}.sitewright"
    # ed25519 signs deterministically: the same body and key are the same file.
    finished = workshop.cache / "bundles" / Blob.of(body + signature).digest.partition(":")[2][:32] / name
    if not _is_whole(finished, body, signature, emit):
        finished.unlink(missing_ok=True)
        manifest = decode(body, name)
        packer = pack.Packer(workshop, wanted.architecture, {})
        if not all(packer.blob_path(digest).is_file() for digest in manifest.blobs()):
            _pack(wanted, held, workshop, emit)
        finished.parent.mkdir(parents=True, exist_ok=True)
        write_archive(finished, manifest, packer.blob_path, signature, bill, Stage(emit, "writing"))
        _make_room(finished)
    upkeep.sweep(workshop)
    return finished if out is None else _placed(finished, out / name, split)


def _is_whole(finished: Path, body: bytes, signature: bytes, emit: Emit) -> bool:
    """Whether the cache holds that very bundle, every byte of it."""
    if not finished.is_file():
        return False
    try:
        with Archive.open(finished) as archive:
            verify.intact(archive, Stage(emit, "checking"))
            return (archive.bundle_json, archive.signature) == (body, signature)
    except BundleNotTrusted:
        return False


def _pack(wanted: Recipe, held: Lock, workshop: Workshop, emit: Emit) -> tuple[bytes, bytes]:
    """Make every source, pack every component and prove completeness; bundle.json and the bill of materials."""
    folders = _made(wanted, held, workshop, emit)
    packer = pack.Packer(workshop, wanted.architecture, folders)
    packing = Stage(emit, "packing")
    components = []
    for count, part in enumerate(wanted.parts):
        packing(count, len(wanted.parts), part.name)
        components.append(packer.component(part))
    manifest = Manifest(
        wanted.name, wanted.release, wanted.architecture, wanted.kubernetes, tuple(components),
        exemptions=wanted.exemptions,
    )  # fmt: skip
    completeness.prove(manifest, packer.blob_path, wanted.profiles, workshop, Stage(emit, "proving"))
    bill = make_sbom(manifest, ingredients(wanted, held, folders, workshop))
    return encode(with_sbom(manifest, bill)), bill


def _made(wanted: Recipe, held: Lock, workshop: Workshop, emit: Emit) -> dict[str, Path]:
    """Make every source that is needed, some at a time; the folder of each."""
    weights = _weights(wanted, held, workshop)
    progress = Making(emit, weights)
    progress.begin([source.name for source in wanted.needed])
    folders: dict[str, Path] = {}

    def make(source: Source, go_on: Callable[[], None]) -> None:
        def pulse(spent: float) -> None:
            go_on()
            progress.pulse(source.name, spent)

        locked, began = held.of(source), time.thread_time()
        progress.start(source.name)
        equipped = replace(_equipped(wanted, held, workshop, source), pulse=pulse)
        folders[source.name], digests = making.made(source, locked.identity, equipped)
        making.check(source, digests, locked.made)
        pulse(time.thread_time() - began)
        progress.finish(source.name)

    turns.make_all(wanted.needed, weights, make)
    return folders


def _identity(wanted: Recipe) -> list[Any]:
    """All that the packed bundle depends on."""
    return [PACKING, making.MAKING, *map(tree_digest, wanted.folders), [file_digest(path) for path in wanted.profiles]]


def _weights(wanted: Recipe, held: Lock, workshop: Workshop) -> dict[str, float]:
    """The processor seconds that each source should take: none for what the cache holds."""
    weights: dict[str, float] = {}
    for source in wanted.needed:
        locked = held.of(source)
        weights[source.name] = locked.seconds
        if weights.get(source.sandbox):
            continue  # The compiler has yet to be made, and so has what it makes.
        if making.is_made(source, locked.identity, _equipped(wanted, held, workshop, source)):
            weights[source.name] = 0.0
    return weights


def _is_locked(held: Lock, source: Source) -> bool:
    try:
        held.of(source)
    except BuildFailed:
        return False
    return True


def _equipped(wanted: Recipe, held: Lock, workshop: Workshop, source: Source) -> Workshop:
    """The workshop with what the source needs in it."""
    workshop = replace(workshop, leader=held.versions(source.spec.get("follows", "")))
    if source.sandbox not in held.sources:
        return workshop
    return making.with_sysroot(wanted.source(source.sandbox), held.sources[source.sandbox].identity, workshop)


def _make_room(finished: Path) -> None:
    """Remove all but the newest finished bundles of the same name: each is as large as all that is in it."""
    others = sorted(finished.parent.parent.glob(f"*/{finished.name}"), key=lambda path: path.stat().st_mtime)
    for path in others[:-KEPT]:
        remove_tree(path.parent)


def _placed(finished: Path, target: Path, split: int) -> Path:
    """Copy the finished file to where it is wanted; its path there, or that of its first part."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return place_archive(finished, target, split)[0]
