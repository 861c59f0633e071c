"""The recipes of this repository: whole, pinned, and locked as they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from core_manifest import ROOT
from every import every

from installer.builder import lock, reading
from installer.builder.recipe import Part

PLATFORM = reading.load(ROOT / "bundles/platform")
PARTS = {part.name: part for part in PLATFORM.parts if part.folder.parent.name == "parts"}
IMAGES = [(part, image) for part in PARTS.values() for image in part.listed("images")]


def shown(pair: tuple[Part, Mapping[str, Any]]) -> str:
    return f"{pair[0].name}: {pair[1]['name']}"


@pytest.mark.parametrize("name", ["core", "platform"])
def test_a_recipe_is_locked_as_it_stands(name: str) -> None:
    recipe = reading.load(ROOT / "bundles" / name)
    lock.demand(recipe, lock.load(recipe))


def test_the_platform_stands_on_core() -> None:
    core = reading.load(ROOT / "bundles/core")
    assert [part.name for part in PLATFORM.parts][: len(core.parts)] == [part.name for part in core.parts]
    assert set(PARTS) == {part.name for part in PLATFORM.parts[len(core.parts) :]}


def test_every_part_says_what_it_is_for() -> None:
    def holds(part: Part) -> None:
        assert part.spec["title"]
        assert re.fullmatch(r"[A-Z][^\n]+\.", part.spec["purpose"]), "one sentence"
        assert re.search(r"\d", part.release)

    every(PARTS.values(), holds, lambda part: part.name)


def test_no_part_runs_as_root_or_without_a_version() -> None:
    def holds(pair: tuple[Part, Mapping[str, Any]]) -> None:
        image = pair[1]
        user, _, group = image["user"].partition(":")
        assert int(user) > 0
        assert int(group) > 0
        assert re.search(r"\d", str(image["tag"]))
        assert image["entrypoint"][0].startswith("/")

    every(IMAGES, holds, shown)


def test_every_source_is_used() -> None:
    used = {each["from"] for _, image in IMAGES for each in image["layers"]}
    used |= {entry["from"] for part in PARTS.values() for entry in part.listed("files")}
    used |= {
        added["from"] for part in PARTS.values() for chart in part.listed("charts") for added in chart.get("adds", ())
    }
    named = {entry["name"] for part in PARTS.values() for entry in part.listed("sources")}
    others = {entry["name"] for part in PLATFORM.parts for entry in part.listed("sources")} - named
    assert named <= used
    assert used - named <= others
