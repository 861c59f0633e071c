"""One rule over many things of the project: every one that breaks it is named, not only the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

Thing = TypeVar("Thing")


def every(things: Iterable[Thing], holds: Callable[[Thing], object], name: Callable[[Thing], str] = str) -> None:
    """Fail with the names of all things for which `holds` raises, each with what is wrong; also where there are none.

    Args:
        things: what the rule is about.
        holds: asserts the rule of one of them.
        name: what one of them is called.
    """
    checked, broken = 0, []
    for thing in things:
        checked += 1
        try:
            holds(thing)
        except (Exception, pytest.fail.Exception) as error:  # a rule that cannot be asked is broken too
            said = [line.strip() for line in str(error).splitlines() if not line.startswith(" +")]
            broken.append(f"{name(thing)}: {'; '.join(said) or type(error).__name__}")
    assert checked, "a rule about nothing"
    if broken:
        pytest.fail(f"{len(broken)} of {checked}:\n" + "\n".join(broken), pytrace=False)
