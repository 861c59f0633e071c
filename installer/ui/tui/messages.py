"""What the wizard's parts tell one another."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from installer.ui.tui.review import Change, Review


@dataclass
class Reviewed(Message):
    """The answers have been looked at after an edit; `changes` is what the edit did to the machines needed."""

    review: Review
    changes: tuple[Change, ...]
