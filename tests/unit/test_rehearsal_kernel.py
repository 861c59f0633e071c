"""The limits that practice hosts share."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.rehearsal import kernel


@pytest.mark.parametrize(("found", "left", "told"), [(128, 1024, 1), (1024, 1024, 0), (8192, 8192, 0)])
def test_a_low_limit_is_raised_and_told_and_a_high_one_left(tmp_path: Path, found: int, left: int, told: int) -> None:
    limit = tmp_path / "max_user_instances"
    limit.write_text(f"{found}\n")
    said: list[str] = []
    kernel.make_room(lambda done, total, unit, note: said.append(note), limit)
    assert int(limit.read_text()) == left
    assert len(said) == told
