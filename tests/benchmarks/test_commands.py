"""What a command on a host costs: in a shell of root's that stays, against a session and a sudo of its own."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from measured import Measured, Row
from practice import Practice
from stages import open_site

pytestmark = [pytest.mark.bench, pytest.mark.lab]
COMMANDS, ROUNDS = 30, 5


def took(act: Callable[[], object]) -> float:
    """Milliseconds for each of many."""
    began = time.monotonic()
    for _ in range(COMMANDS):
        act()
    return (time.monotonic() - began) * 1000 / COMMANDS


def test_a_command_costs_a_fraction_of_a_sudo(practice: Practice, measured: Measured, tmp_path: Path) -> None:
    with open_site(practice, tmp_path) as site:
        execute = site.link("cp-1").execute
        execute(("true",))
        stays, alone = [], []
        for _ in range(ROUNDS):  # one beside the other: the load of the machine turns with the minutes
            stays.append(took(lambda: execute(("true",))))
            alone.append(took(lambda: execute(("true",), iter(()))))
    ratios = [one / other for one, other in zip(stays, alone, strict=True)]
    measured.demand(
        Row("a command in a shell that stays", statistics.median(stays), "ms"),
        Row("  with a sudo of its own", statistics.median(alone), "ms"),
        Row("  ratio within a round", statistics.median(ratios), "", most=0.5),
    )
