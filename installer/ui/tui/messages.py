"""What the wizard's parts tell one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from installer.runs.stream import Failure, Follower, Item, Left
from installer.ui.tui.state.review import Change, Review


@dataclass
class Reviewed(Message):
    """The answers have been looked at after an edit; `changes` is what the edit did to the machines needed."""

    review: Review
    changes: tuple[Change, ...]


@dataclass
class Heard(Message):
    """What a process has said since the last look, in order; after its end also what the site's last run has left."""

    follower: Follower | None
    items: Sequence[Item] = ()
    left: Left | None = None
    trouble: Failure | None = None
    """Why it is not known what was left."""


@dataclass
class Told(Message):
    """More is known of what runs for the site: pages that show it draw it."""
