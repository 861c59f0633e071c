"""Where building happens: the cache, the commands that are run, and the digests of what they leave.

Everything made is kept below one cache folder; nothing is written anywhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from installer import local_program
from installer.errors import BuildFailed, ProgramUnbounded
from installer.local_program import OutOfBounds
from installer.messages import Message

_CHUNK = 1 << 20
_TAIL = 12


@dataclass(frozen=True)
class Workshop:
    """The cache folder, the architecture built for, what the lock says of the toolchain, and a pulse for progress.

    `pulse` is called every second or so with the processor seconds that were spent since; what it raises ends the work.
    `sysroot` is there for what is made in a toolchain's file system, `leader` (a go.mod) for what follows another
    source's versions.
    """

    cache: Path
    architecture: str
    toolchain: Mapping[str, Any] = field(default_factory=dict)
    sysroot: Path | None = None
    leader: str = ""
    pulse: Callable[[float], None] = lambda spent: None

    def run(
        self,
        what: str,
        *argv: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        most: int = local_program.MOST,
        patience: float | None = None,
    ) -> str:
        """Run a command to its end and return its standard output.

        `most` bounds the bytes that it may write, `patience` its seconds; a command of a build may take what it needs.

        Raises:
            BuildFailed: it is not installed, or ended with another code than 0; the message has its last lines.
            ProgramUnbounded: it goes beyond its bounds.
        """
        told = 0.0

        def beat(spent: float) -> None:
            nonlocal told
            self.pulse(spent - told)
            told = spent

        try:
            # One with bounds is not ours to trust, so nothing that it starts may stay. A build hears ^C as we do.
            ended = local_program.run(argv, most=most, patience=patience, cwd=cwd, env=env,
                                      own_group=patience is not None, beat=beat)  # fmt: skip
        except FileNotFoundError as error:
            raise BuildFailed(what=what, reason=Message("{name} is not installed", name=argv[0])) from error
        except OutOfBounds as error:
            raise ProgramUnbounded(what=what, command=f"{argv[0]} {argv[1]}", reason=error) from error
        beat(ended.spent)
        out, said = (text.decode(errors="replace") for text in (ended.out, ended.err))
        if ended.code != 0:
            lines = (said.strip() or out.strip()).splitlines()[-_TAIL:]
            raise BuildFailed(
                what=what,
                reason=Message(
                    "`{command}` {ended}:\n{lines}",
                    command=f"{argv[0]} {argv[1]}",
                    ended=ended.told,
                    lines="\n".join(lines),
                ),
            )
        return out

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder of the cache that is gone afterwards; what is worth keeping is renamed out of it."""
        parent = self.cache / "work"
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent))
        try:
            yield folder
        finally:
            remove_tree(folder)

    def keep(self, folder: Path, make: Callable[[Path], None]) -> Path:
        """The folder, made by `make` if it is not there yet; it appears whole and on the disk, or not at all."""
        if folder.is_dir():
            os.utime(folder)  # it is used: `upkeep` keeps it
        else:
            with self.scratch() as scratch:
                made = scratch / "made"
                made.mkdir()
                make(made)
                folder.parent.mkdir(parents=True, exist_ok=True)
                # A power cut after the rename must not leave its name on empty files. Thousands of files may lie here,
                # so all are written out at once.
                os.sync()
                try:
                    made.rename(folder)
                except OSError:
                    # Another build may have been quicker; what it made is the same.
                    if not folder.is_dir():
                        raise
        return folder


def cache_folder() -> Path:
    """The folder of everything built: $XDG_CACHE_HOME/sitewright."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sitewright"


def remove_tree(folder: Path) -> None:
    """Remove a folder, also one whose files are read-only as Go's module cache is."""
    for root, _, _ in os.walk(folder):
        Path(root).chmod(0o755)
    shutil.rmtree(folder)


def file_digest(path: Path) -> str:
    """The sha256 of a file, "sha256:<hex>"."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def text_digest(value: Any) -> str:
    """The sha256 of a value's canonical JSON, "sha256:<hex>"."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def tree_files(folder: Path) -> list[Path]:
    """Every file and link below a folder, sorted by path; caches of editors and interpreters are passed over."""
    found = []
    for root, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name not in {"__pycache__", ".git"})
        linked = [name for name in names if (Path(root) / name).is_symlink()]
        found += [Path(root) / name for name in (*files, *linked)]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def tree_digest(folder: Path) -> str:
    """The sha256 of a folder's listing: path, whether it can be executed, and digest of every file."""
    rows: list[tuple[str, str, str]] = []
    for path in tree_files(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            rows.append((name, "link", str(path.readlink())))
        else:
            rows.append((name, "x" if path.stat().st_mode & 0o100 else "-", file_digest(path)))
    return text_digest(rows)


def made_digests(folder: Path) -> dict[str, str]:
    """What a source made: digest of each entry of the folder, folders (name with a slash) by their listing."""
    return {
        f"{path.name}/" if path.is_dir() else path.name: tree_digest(path) if path.is_dir() else file_digest(path)
        for path in sorted(folder.iterdir())
    }
