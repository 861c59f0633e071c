"""What the cache has of compiled packages is bounded: what was used longest ago goes first, and not at each build."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from installer.builder.sources import upkeep
from installer.workshop import Workshop


def compiled(cache: Path, *names: str) -> Path:
    """A hundred bytes in each, the first used longest ago."""
    folder = cache / "go" / "build"
    for age, name in enumerate(reversed(names)):
        path = folder / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(100))
        os.utime(path, (time.time() - 3600 * age,) * 2)
    return folder


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("??/*")}


@pytest.mark.parametrize(("most", "stays"), [(1000, "aa1 bb2 cc3"), (300, "aa1 bb2 cc3"), (299, "bb2 cc3"), (0, "")])
def test_what_was_used_longest_ago_goes_first(tmp_path: Path, most: int, stays: str) -> None:
    folder = compiled(tmp_path, "aa1", "bb2", "cc3")
    upkeep.trim(folder, most)
    assert left(folder) == set(stays.split())


def test_it_is_seen_to_once_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "COMPILED", 100)
    workshop = Workshop(tmp_path, "amd64", {})
    folder = compiled(tmp_path, "aa1", "bb2")
    upkeep.sweep(workshop)
    assert left(folder) == {"bb2"}
    compiled(tmp_path, "aa1", "bb2")
    upkeep.sweep(workshop)
    assert left(folder) == {"aa1", "bb2"}
    os.utime(tmp_path / "go" / upkeep.TRIMMED, (time.time() - 2 * upkeep.DAY,) * 2)
    upkeep.sweep(workshop)
    assert left(folder) == {"bb2"}


def test_a_cache_without_compiled_packages_is_left_alone(tmp_path: Path) -> None:
    upkeep.sweep(Workshop(tmp_path, "amd64", {}))
    assert not (tmp_path / "go").exists()
