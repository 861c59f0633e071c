"""Step ids that have changed, so that a newer program can take back what an older one began.

A step's id is its name in journals, which outlive programs. Where one changes, the old id gets an entry here, with the
release in which it changed; `tests/golden/step_ids` has the ids of every profile.
"""

from __future__ import annotations

import re

RENAMED: dict[str, str] = {}
"""Pattern of an old id (a whole match) to its present id, in which `\\1` and so on stand for the pattern's groups."""


def present_id(step: str) -> str:
    """The present id of a step that an older program may have called otherwise."""
    for old, new in RENAMED.items():
        if re.fullmatch(old, step):
            return re.sub(f"^(?:{old})$", new, step)
    return step
