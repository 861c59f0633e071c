"""Keeps the cache from growing for ever: what killed builds left goes after a day, what no build uses after a month."""

from __future__ import annotations

import time
from collections.abc import Mapping

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


def sweep(workshop: Workshop) -> None:
    """Remove the entries that have been there unused for so long."""
    with workshop.scratch() as going:
        for part, age in AGES.items():
            folder = workshop.cache / part
            # What is linked to from elsewhere is somebody else's to sweep.
            if folder.is_dir() and not folder.is_symlink():
                for entry in tuple(folder.iterdir()):
                    if entry.lstat().st_mtime < time.time() - age:
                        # Out of everybody's sight first: nobody meets one that is half removed.
                        entry.rename(going / f"{part}-{entry.name}")
