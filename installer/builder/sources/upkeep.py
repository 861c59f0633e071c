"""Keeps the cache from growing for ever: what killed builds left goes after a day, what no build uses after a month.

Of what Go has compiled, the newest is kept up to a size: it is most of the cache, and each change of a lock adds to it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from installer.workshop import Workshop

DAY = 86400.0
AGES: Mapping[str, float] = {
    "work": DAY,
    **dict.fromkeys(
        ("blobs", "debian", "jars", "made", "maven", "npm", "packed", "sysroots", "tools", "toolchains"), 30 * DAY
    ),
}
"""Folders of the cache, each with an entry for each thing in it, and the seconds without use after which an entry goes.

No source takes a day to make; a month lets releases of a monthly rhythm share what did not change. All of it can be
made or fetched again.
"""
COMPILED = 10 << 30
"""Bytes of compiled packages that stay: a choice, by which the whole cache stays below 30 GB."""
TRIMMED = "trimmed"
"""A file of the cache whose age says when that was last seen to: it takes a look at a hundred thousand files."""


def sweep(workshop: Workshop) -> None:
    """Remove the entries that have been there unused for so long, and once a day what was compiled long ago."""
    mark = workshop.cache / "go" / TRIMMED
    if mark.parent.is_dir() and not (mark.exists() and mark.stat().st_mtime > time.time() - DAY):
        mark.touch()
        trim(workshop.cache / "go" / "build", COMPILED)
    with workshop.scratch() as going:
        for part, age in AGES.items():
            folder = workshop.cache / part
            # What is linked to from elsewhere is somebody else's to sweep.
            if folder.is_dir() and not folder.is_symlink():
                for entry in tuple(folder.iterdir()):
                    if entry.lstat().st_mtime < time.time() - age:
                        # Out of everybody's sight first: nobody meets one that is half removed.
                        entry.rename(going / f"{part}-{entry.name}")


def trim(folder: Path, most: int) -> None:
    """Remove files of a folder, those first that were used longest ago, until it has at most so many bytes.

    Go marks what it uses by its time, and makes anew what is gone; what another build has removed meanwhile is gone.
    """
    found = []
    for path in folder.glob("??/*"):
        with suppress(FileNotFoundError):
            state = path.stat()
            found.append((state.st_mtime, state.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most:
            return
        path.unlink(missing_ok=True)
        total -= size
