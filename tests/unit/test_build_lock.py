"""The lock file: what is written is read again, and what it does not name is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from build_sample import write_recipe

from installer.builder import lock, reading, recipe
from installer.builder.lock import Lock, Locked
from installer.errors import BuildFailed
from installer.workshop import text_digest

PAGE = {"name": "page", "sources": [{"name": "page", "path": {"path": "web"}}], "beside": {"web/index.html": "hello"}}


HEAD = "version: 1\ntoolchain: {}\nsources: {page: "


@pytest.fixture
def small(tmp_path: Path) -> recipe.Recipe:
    return reading.load(write_recipe(tmp_path / "small", PAGE))


def sample(small: recipe.Recipe, **texts: str) -> Lock:
    digest = lock.recipe_digest(small.source("page"))
    return Lock({"go": {"version": "1"}}, {"page": Locked(digest, {"tree": "sha256:1", **texts}, {"x": "sha256:2"}, 3)})


def test_what_is_saved_is_loaded(small: recipe.Recipe) -> None:
    saved = sample(small, **{"go.mod": "module x\n", "go.sum": "a h1:b\n"})
    lock.save(small, saved)
    assert lock.load(small) == saved
    assert (small.folder / "locks/page.go.sum").read_text() == "a h1:b\n"
    assert "module x" not in (small.folder / "bundle.lock.yaml").read_text()


def test_a_module_without_dependencies_has_an_empty_go_sum(small: recipe.Recipe) -> None:
    saved = sample(small, **{"go.mod": "module x\n", "go.sum": ""})
    lock.save(small, saved)
    assert lock.load(small) == saved


def test_saving_the_same_twice_gives_the_same_bytes(small: recipe.Recipe) -> None:
    lock.save(small, sample(small))
    before = (small.folder / "bundle.lock.yaml").read_bytes()
    lock.save(small, lock.load(small))
    assert (small.folder / "bundle.lock.yaml").read_bytes() == before


def test_what_the_recipe_has_no_longer_goes(small: recipe.Recipe) -> None:
    held = sample(small, **{"go.mod": "module x\n"})
    gone = replace(held, sources={**held.sources, "gone": Locked("sha256:0", {"go.mod": "module y\n"})})
    lock.save(small, gone)
    assert set(lock.load(small).sources) == {"page"}
    assert [path.name for path in (small.folder / "locks").iterdir()] == ["page.go.mod"]


def test_without_a_file_nothing_is_locked(small: recipe.Recipe) -> None:
    assert lock.load(small) == Lock()
    with pytest.raises(BuildFailed, match="source page: is not in the lock") as failure:
        lock.load(small).of(small.source("page"))
    assert failure.value.remedy == "sitewright bundle lock --update page"


@pytest.mark.parametrize("change", ["file", "spec"])
def test_a_source_changed_after_locking_is_refused(small: recipe.Recipe, change: str) -> None:
    lock.save(small, sample(small))
    lock.load(small).of(small.source("page"))
    if change == "file":
        (small.folder / "components/page/web/index.html").write_text("other")
    else:
        write_recipe(small.folder.parent / "small", {**PAGE, "charts": [{"name": "page", "from": "page", "path": "c"}]})
    changed = reading.load(small.folder)
    with pytest.raises(BuildFailed, match="was changed in the recipe after it was locked"):
        lock.load(changed).of(changed.source("page"))


def test_a_follower_is_locked_to_its_leaders_versions(tmp_path: Path) -> None:
    sources = [
        {"name": "led", "go": {"module": "example.invalid/led", "version": "v1", "follows": "leader"}},
        {"name": "leader", "go": {"module": "example.invalid/leader", "version": "v1"}},
    ]
    two = reading.load(write_recipe(tmp_path / "two", {"name": "two", "sources": sources}, toolchain={"go": "1"}))
    led, leader = two.source("led"), two.source("leader")
    first = Locked(lock.recipe_digest(leader), {"module": "h1:1", "go.mod": "module leader\n"})
    followed = {"module": "h1:2", "follows": text_digest("module leader\n"), "go.mod": "module led\n"}
    held = Lock({}, {"leader": first, "led": Locked(lock.recipe_digest(led), followed)})
    assert held.of(led).identity["follows"] == text_digest(held.versions("leader"))
    assert held.versions("ghost") == ""
    moved = replace(first, identity={**first.identity, "go.mod": "module leader // newer\n"})
    with pytest.raises(BuildFailed, match="source led: was locked with other versions than leader has now"):
        replace(held, sources={**held.sources, "leader": moved}).of(led)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 2\ntoolchain: {}\nsources: {}\n", "has format 2; this program knows 1"),
        ("version: 1\nsources: {}\n", "cannot be read: 'toolchain'"),
        ("version: 1\ntoolchain: {}\nsources: {page: 7}\n", "cannot be read"),
        (f"{HEAD}{{recipe: 7, made: {{}}, seconds: 1}}}}\n", "locked of page is not of the form"),
        (f"{HEAD}{{recipe: x, made: [], seconds: 1}}}}\n", "locked of page is not of the form"),
        (f"{HEAD}{{recipe: x, made: {{}}, seconds: y}}}}\n", "locked of page is not of the form"),
        ("version: 2026-13-45\n", "cannot be read: month must be in 1..12"),
        ("#" * (17 << 20), "cannot be read: more than 16 MiB"),
        ("a: \0", "cannot be read: binary data"),
        ("- a\n", "cannot be read"),
        ("a: [", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_lock_that_cannot_be_used_is_named(small: recipe.Recipe, text: str, said: str) -> None:
    (small.folder / "bundle.lock.yaml").write_text(text)
    with pytest.raises(BuildFailed, match=said) as failure:
        lock.load(small)
    assert "bundle.lock.yaml" in failure.value.message
