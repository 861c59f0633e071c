"""The root file system of practice hosts: a bare Debian server, built once per definition and then cached."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

from installer.ports import Report
from installer.rehearsal import podman

DEFINITION = Path(__file__).parent / "image"
SUITE = "bookworm"
STAGES = (
    "running apt-get update",
    "downloading packages",
    "extracting archives",
    "installing essential packages",
    "installing remaining packages",
    "running --customize-hook",
    "cleaning package lists",
    "creating tarball",
)
"""What mmdebstrap says as it goes on, in order."""


def digest(definition: Path = DEFINITION) -> str:
    """Names the definition: another package, file or mode of building gives another image."""
    whole = hashlib.sha256(SUITE.encode())
    for path in sorted(definition.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"\n{path.relative_to(definition)} {content}".encode())
    return whole.hexdigest()


def reference(definition: Path = DEFINITION) -> str:
    """The image's name on this machine."""
    return f"localhost/sitewright-practice:{digest(definition)[:16]}"


def build_command(tarball: Path, definition: Path = DEFINITION) -> tuple[str, ...]:
    """The command that makes the root file system as a tar."""
    packages = (definition / "packages.txt").read_text().split()
    return (
        "mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}",
        f'--customize-hook=sh "{definition / "customize"}" "$1"', SUITE, str(tarball),
    )  # fmt: skip


def ensure(cache: Path, report: Report, definition: Path = DEFINITION) -> str:
    """Make sure that the image is there, building it only where neither podman nor the cache has it.

    Raises:
        PracticeFailed: it could not be built.
    """
    name = reference(definition)
    folder = cache / "rehearsal"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if podman.attempt("podman", "image", "exists", name)[0] == 0:
            return name
        tarball = folder / f"{digest(definition)[:16]}.tar"
        if not tarball.exists():
            _build(tarball, report, definition)
        report(len(STAGES), len(STAGES) + 1, "items", "importing the root file system")
        podman.run("podman", "import", str(tarball), name)
        report(len(STAGES) + 1, len(STAGES) + 1, "items", "root file system ready")
    return name


def _build(tarball: Path, report: Report, definition: Path) -> None:
    """Build beside the final name, so that a broken build is never taken for a whole one."""
    partial = tarball.with_suffix(".partial.tar")

    def line(text: str) -> None:
        for done, stage in enumerate(STAGES):
            if text.startswith(f"I: {stage}"):
                report(done, len(STAGES) + 1, "items", stage)

    podman.follow(*build_command(partial, definition), line=line)
    podman.run("mv", str(partial), str(tarball))
