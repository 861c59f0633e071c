"""Errors and problems in the wizard's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from installer.errors import Problem, SitewrightError
from installer.plain import cleaned, first, plain
from installer.redaction import redacted
from installer.ui.tui.words import Say

FEW = 20
"""Problems that are told at one place of a page: half a screen."""


def few(say: Say, problems: Sequence[Problem], told: Callable[[Problem], str]) -> list[str]:
    """The first problems of a place, a line each, and how many there are beyond them."""
    shown, left = first(problems, FEW)
    return [*(plain(told(each)) for each in shown), *([say("and {count} more", count=left)] if left else [])]


def failure(say: Say, error: SitewrightError) -> tuple[str, str]:
    """What happened, and what to do next."""
    return redacted(cleaned(say(error.headline))), redacted(cleaned(say(error.remedy)))


def problem(say: Say, found: Problem, missing: bool) -> str:
    """What is wrong at a place, or what is to be answered there."""
    if missing:
        return say("needed: {wanted}", wanted=say(found.wanted))
    return say("✖ found {found}; wanted {wanted}", found=say(found.found), wanted=say(found.wanted))
