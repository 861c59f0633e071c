"""A rule over many things tells of every one that breaks it."""

from __future__ import annotations

import pytest
from every import every


def test_every_one_that_breaks_a_rule_is_named_with_what_is_wrong() -> None:
    def holds(number: int) -> None:
        assert 6 % number == 0, "divides nothing"

    every((1, 2, 3), holds)
    with pytest.raises(pytest.fail.Exception) as failed:
        every((3, 4, 5, 0), holds, hex)
    first, *broken = str(failed.value).splitlines()
    assert first == "3 of 4:"
    assert [line.partition(":")[0] for line in broken] == ["0x4", "0x5", "0x0"]
    assert broken[0].startswith("0x4: divides nothing; assert (6 % 4) == 0")
    assert "by zero" in broken[2]


def test_a_rule_about_nothing_is_none() -> None:
    with pytest.raises(AssertionError, match="about nothing"):
        every((), print)
