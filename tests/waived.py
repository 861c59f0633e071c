"""Profiles with what a rehearsal waives by itself, for tests that show or need waivers in answers."""

from __future__ import annotations

from pathlib import Path

from installer.rehearsal.stand_in import LIMITS, PERSON, UNTIL

WAIVERS = [
    {"check": check, "reason": reason, "person": PERSON, "until": str(UNTIL)} for check, reason in LIMITS.items()
]


def with_waivers(profile: Path) -> str:
    """A profile's text with these waivers after it."""
    blocks = ("\n".join(f"    {key}: {value}" for key, value in each.items()) for each in WAIVERS)
    listed = "\n".join(f"  - {block.removeprefix('    ')}" for block in blocks)
    return f"{profile.read_text()}\n# What containers of one machine cannot be.\nwaivers:\n{listed}\n"
