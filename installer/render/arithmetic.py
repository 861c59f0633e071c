"""Sums of templates: of numbers alone, but for texts and lists that are put together, and each within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from installer.messages import Message
from installer.render.bounds import Bounds, Refused


def added(bounds: Bounds, left: Any, right: Any) -> Any:
    """`a + b`, of numbers, texts or lists."""
    if isinstance(left, str | list | tuple):
        bounds.spell(len(left) + len(right))
        return left + right
    return calculated(bounds, left, right, lambda one, other: one + other)


def calculated(bounds: Bounds, left: Any, right: Any, work: Callable[[Any, Any], Any]) -> Any:
    """What comes of two numbers.

    Raises:
        Refused: they are not both numbers, or the result is larger than a number may be.
    """
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise Refused(
            Message("{left} and {right} are not both numbers", left=type(left).__name__, right=type(right).__name__)
        )
    return bounds.number(work(left, right))
