"""Recipes that include others: what they bring along, whose lock names what, and every way in which it is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from build_sample import silent, write_recipe

from installer.builder import build, lock, reading
from installer.builder.recipe import C_TOOLCHAIN
from installer.bundle.archive import Archive
from installer.bundle.manifest_json import decode
from installer.errors import BuildFailed


def page(name: str, text: str = "hello\n", **more: Any) -> dict[str, Any]:
    """A component of one file, from one source of its own name."""
    return {
        "name": name,
        "sources": [{"name": name, "path": {"path": "web"}}],
        "files": [{"name": name, "from": name, "file": "index.html"}],
        "beside": {"web/index.html": text},
        **more,
    }


def including(folder: Path, *included: str, components: tuple[str, ...] = (), **head: Any) -> Path:
    """A recipe that includes others and takes components by their names or paths."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"version": 1, "name": folder.name, "release": "2.0.0", "include": list(included)}
    (folder / "bundle.yaml").write_text(
        yaml.safe_dump({**about, "components": list(components), **head}, sort_keys=False)
    )
    return folder


def part(folder: Path, spec: dict[str, Any]) -> Path:
    """A component in a folder of its own, beside the recipes."""
    whole = write_recipe(folder.parent / ".whole", spec)
    shutil.move(whole / "components" / spec["name"], folder)
    shutil.rmtree(whole)
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Two recipes beside each other: platform includes core, and takes one component by its path."""
    bundles = tmp_path / "bundles"
    write_recipe(bundles / "core", page("base"), name="core")
    part(bundles / "parts/extra", page("extra", requires=["base"]))
    including(bundles / "platform", "../core", components=("../parts/extra",))
    return bundles


def locked(folder: Path) -> lock.Lock:
    return build.lock_recipe(folder, silent, cache=folder.parent / "cache")


def test_what_is_included_comes_first_and_says_what_is_not_said_again(shelf: Path) -> None:
    found = reading.load(shelf / "platform")
    assert [each.name for each in found.parts] == ["base", "extra"]
    assert [each.name for each in found.sources] == ["base", "extra"]
    assert [each.name for each in found.own] == ["extra"]
    assert (found.release, found.architecture, found.kubernetes) == ("2.0.0", "amd64", "v1.36.3")
    assert found.folders == tuple(shelf / name for name in ("platform", "core", "parts/extra"))
    assert [each.place for each in found.included] == [f"{shelf / 'platform/bundle.yaml'}:5"]


def test_each_recipe_locks_its_own_sources_alone(shelf: Path) -> None:
    locked(shelf / "core")
    before = (shelf / "core/bundle.lock.yaml").read_bytes()
    assert set(locked(shelf / "platform").sources) == {"base", "extra"}
    assert (shelf / "core/bundle.lock.yaml").read_bytes() == before
    assert set(yaml.safe_load((shelf / "platform/bundle.lock.yaml").read_text())["sources"]) == {"extra"}


def test_a_bundle_holds_what_it_includes_with_the_same_bytes(shelf: Path) -> None:
    made = {}
    for name in ("core", "platform"):
        locked(shelf / name)
        with Archive.open(build.build(shelf / name, None, silent, cache=shelf / "cache")) as archive:
            made[name] = decode(archive.bundle_json, name)
    assert made["platform"].components[0] == made["core"].components[0]
    assert [each.name for each in made["platform"].components] == ["base", "extra"]


def test_a_change_in_what_is_included_or_lies_beside_is_built(shelf: Path) -> None:
    def made() -> bytes:
        for name in ("core", "platform"):
            locked(shelf / name)
        return build.build(shelf / "platform", None, silent, cache=shelf / "cache").read_bytes()

    first = made()
    assert made() == first
    for changed in ("core/components/base", "parts/extra"):
        (shelf / changed / "web/index.html").write_text(f"{changed}\n")
        again = made()
        assert again != first
        first = again


def test_a_recipe_that_is_reached_by_two_ways_is_there_once(shelf: Path) -> None:
    including(shelf / "more", "../core")
    including(shelf / "both", "../platform", "../more")
    found = reading.load(shelf / "both")
    assert [each.name for each in found.parts] == ["base", "extra"]
    for name in ("core", "platform", "more"):
        locked(shelf / name)
    assert set(locked(shelf / "both").sources) == {"base", "extra"}


def test_a_component_serves_two_recipes(shelf: Path) -> None:
    write_recipe(
        shelf / "field", page("other"), name="field", components=["other", "../parts/extra"], include=["../core"]
    )
    assert [each.name for each in reading.load(shelf / "field").parts] == ["base", "other", "extra"]


def test_an_exemption_comes_along_with_what_needs_it(shelf: Path) -> None:
    host = {"texts": [{"text": "x.conf", "path": "/srv/x.conf", "mode": "0644"}]}
    exemption = {"component": "base", "path": "/srv/x.conf", "reason": "the customer asked for it"}
    write_recipe(shelf / "core", {**page("base"), "host": host, "beside": {"x.conf": "", "web/index.html": ""}},
                 name="core", exemptions=[exemption])  # fmt: skip
    assert [each.path for each in reading.load(shelf / "platform").exemptions] == ["/srv/x.conf"]


def test_a_profile_that_is_named_twice_is_proved_once(shelf: Path) -> None:
    (shelf / "core/own.yaml").write_text("")
    write_recipe(shelf / "core", page("base"), name="core", profiles=["own.yaml"])
    including(shelf / "more", "../core")
    including(shelf / "platform", "../core", "../more")
    assert [path.name for path in reading.load(shelf / "platform").profiles] == ["own.yaml"]


def test_the_compilers_of_what_is_included_are_everybodys(shelf: Path) -> None:
    write_recipe(shelf / "core", page("base"), name="core", toolchain={"go": "1.27.3", "c": {"packages": ["gcc"]}})
    found = reading.load(shelf / "platform")
    assert (found.go, found.source(C_TOOLCHAIN).folder) == ("1.27.3", shelf / "core")
    including(shelf / "platform", "../core", toolchain={"go": "1.27.3"})
    assert reading.load(shelf / "platform").go == "1.27.3"


def test_a_component_stands_in_the_place_of_an_included_one_and_the_rest_is_the_same_bytes(shelf: Path) -> None:
    write_recipe(shelf / "core", page("first"), page("base"), page("last"), name="core")
    other = page("base", "other\n", sources=[{"name": "base-next", "path": {"path": "web"}}],
                 files=[{"name": "base", "from": "base-next", "file": "index.html"}])  # fmt: skip
    part(shelf / "parts/base", other)
    including(shelf / "next", "../core", components=("../parts/base",), instead=["base"])
    found = reading.load(shelf / "next")
    assert [each.name for each in found.parts] == ["first", "base", "last"]
    assert (found.parts[1].folder, found.own[0].name) == (shelf / "parts/base", "base-next")
    assert "base" not in {each.name for each in found.needed}
    made = {}
    for name in ("core", "next"):
        locked(shelf / name)
        with Archive.open(build.build(shelf / name, None, silent, cache=shelf / "cache")) as archive:
            made[name] = decode(archive.bundle_json, name).components
    assert [old == new for old, new in zip(made["core"], made["next"], strict=True)] == [True, False, True]


def test_a_source_whose_component_went_is_followed_and_never_made(shelf: Path) -> None:
    write_recipe(shelf / "core", page("kubernetes"), page("base"), name="core")
    other = page("kubernetes", sources=[], files=[{"name": "page", "from": "base", "file": "index.html"}])
    home = str(part(shelf / "parts/kubernetes", other).relative_to(shelf))
    including(shelf / "next", "../core", components=(f"../{home}",), instead=["kubernetes"], kubernetes="v1.37.2")
    assert reading.load(shelf / "next").kubernetes == "v1.37.2"
    locked(shelf / "core"), locked(shelf / "next")
    assert build.build(shelf / "next", None, silent, cache=shelf / "other").is_file()
    assert len([*(shelf / "other/made").iterdir()]) == 1


def _circle(shelf: Path) -> None:
    write_recipe(shelf / "core", page("base"), name="core", include=["../platform"])


def _core(**more: Any) -> Callable[[Path], None]:
    return lambda shelf: (write_recipe(shelf / "core", page("base"), **{"name": "core", **more}), None)[1]


def _platform(*included: str, **more: Any) -> Callable[[Path], None]:
    return lambda shelf: (including(shelf / "platform", *included, **more), None)[1]


def _outside(shelf: Path) -> None:
    write_recipe(shelf.parent / "other", page("x"))
    (shelf / "link").symlink_to(shelf.parent / "other")
    including(shelf / "platform", "../link")


def _other(*names: str, **head: Any) -> Callable[[Path], None]:
    """Another recipe, which platform includes as well."""

    def make(shelf: Path) -> None:
        write_recipe(shelf / "other", *map(page, names), **{"name": "other", **head})
        including(shelf / "platform", "../core", "../other")

    return make


def _chart_of_another(shelf: Path) -> None:
    shutil.rmtree(shelf / "parts/extra")
    part(shelf / "parts/extra", page("extra", charts=[{"name": "extra", "from": "base", "path": "web"}]))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (_circle, r"core/bundle.yaml:\d+: include.0: .*platform includes itself, by way of .*core$"),
        (_platform("../platform"), r"platform/bundle.yaml:5: include.0: .*platform includes itself$"),
        (_platform("../ghost"), r"bundle.yaml:5: include.0: .*ghost is no recipe: it has no bundle.yaml"),
        (_platform("../../other"), r"bundle.yaml:5: include.0: ../../other leads out of .*bundles, where recipes"),
        (_platform("/etc"), r"bundle.yaml:5: include.0: .*does not match"),
        (_platform("../core", "../core"), r"bundle.yaml:4: include: .*a list of recipes, each once"),
        (_platform(), r"bundle.yaml:4: include: .*a list of recipes, each once"),
        (_outside, r"bundle.yaml:5: include.0: ../link leads out of"),
        (_platform("../core", components=("../parts/ghost",)), r"bundle.yaml:7: components.0: there is no folder"),
        (_platform("../core", components=("../../x",)), r"bundle.yaml:7: components.0: ../../x leads out of"),
        (_platform("../core", components=("../parts/extra", "../core/components/base")),
         r"bundle.yaml:8: components.1: component base is in the bundle already, by .*platform/bundle.yaml:5"),
        (_other("base"), r"bundle.yaml:6: include.1: component base is in the bundle already, by .*bundle.yaml:5"),
        (_other("x", architecture="arm64"), r"bundle.yaml:4: include: architecture is amd64 here, but arm64 in .*o"),
        (_other("x", kubernetes="v1.37.2"), r"bundle.yaml:4: include: kubernetes is v1.36.3 here, but v1.37.2 in"),
        (_platform("../core", kubernetes="v1"), r"bundle.yaml:7: kubernetes: kubernetes is v1 here, but v1.36.3 in"),
        (_platform("../core", kubernetes="v1", components=("../parts/extra",), instead=["extra"]),
         r"bundle.yaml:\d+: kubernetes: kubernetes is v1 here, but v1.36.3 in"),
        (_platform("../core", components=("../parts/extra",), instead=["extra"]),
         r"bundle.yaml:9: instead.0: extra is no component both of an included recipe and of this one"),
        (_platform("../core", instead=["base"]), r"instead.0: base is no component both of"),
        (_core(include=["../core"]), r"core/bundle.yaml:\d+: include.0: .*core includes itself"),
        (_chart_of_another, r"component.yaml:1: takes a chart from source base, which an included recipe locked"),
        (lambda shelf: shutil.rmtree(shelf / "core/components/base/web"),
         r"base/component.yaml:\d+: sources.0.path: source base: no folder web"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_its_line(shelf: Path, mistake: Callable[[Path], None], said: str) -> None:
    mistake(shelf)
    with pytest.raises(BuildFailed, match=said):
        reading.load(shelf / "platform")


def test_compilers_that_differ_are_refused(shelf: Path) -> None:
    write_recipe(shelf / "core", page("base"), name="core", toolchain={"go": "1.27.3", "c": {"packages": ["gcc"]}})
    including(shelf / "platform", "../core", toolchain={"go": "1.28.0"})
    with pytest.raises(BuildFailed, match=r"bundle.yaml:\d+: toolchain.go: toolchain.go is 1.28.0 here, but 1.27.3 in"):
        reading.load(shelf / "platform")
    including(shelf / "platform", "../core", toolchain={"c": {"packages": ["gcc"]}})
    with pytest.raises(BuildFailed, match=r"bundle.yaml:\d+: toolchain.c: source c-toolchain is named twice"):
        reading.load(shelf / "platform")


def test_without_an_include_a_recipe_says_for_what_it_is(tmp_path: Path) -> None:
    including(tmp_path / "alone")
    text = (tmp_path / "alone/bundle.yaml").read_text().replace("include: []\n", "")
    (tmp_path / "alone/bundle.yaml").write_text(text)
    with pytest.raises(BuildFailed, match=r"has no 'architecture'") as failure:
        reading.load(tmp_path / "alone")
    assert "has no 'kubernetes'" in failure.value.message


def test_an_included_recipe_without_a_lock_is_refused(shelf: Path) -> None:
    with pytest.raises(BuildFailed, match=r"platform/bundle.yaml:5: includes .*core, which has no lock") as failure:
        locked(shelf / "platform")
    assert failure.value.remedy == f"sitewright bundle lock {shelf / 'core'}"


def test_an_included_recipe_that_changed_since_it_was_locked_is_refused(shelf: Path) -> None:
    for name in ("core", "platform"):
        locked(shelf / name)
    (shelf / "core/components/base/web/index.html").write_text("changed")
    for use in (locked, lambda folder: build.build(folder, None, silent, cache=shelf / "cache")):
        with pytest.raises(
            BuildFailed, match=r"platform/bundle.yaml:5: includes .*whose lock is older .*: source base"
        ):
            use(shelf / "platform")


def test_what_an_included_recipe_locks_is_moved_on_there(shelf: Path) -> None:
    locked(shelf / "core")
    with pytest.raises(
        BuildFailed, match=r"source base: is locked by .*core, which .*bundle.yaml:5 includes"
    ) as failure:
        build.lock_recipe(shelf / "platform", silent, "base", cache=shelf / "cache")
    assert failure.value.remedy == f"sitewright bundle lock {shelf / 'core'} --update base"


def test_another_compiler_than_the_locked_one_is_refused(shelf: Path) -> None:
    write_recipe(shelf / "core", page("base"), name="core", toolchain={"go": "1.27.3"})
    found = reading.load(shelf / "core")
    go = {"name": "go", "sources": [{"name": "go", "go": {"module": "m", "version": "v1"}}]}
    write_recipe(shelf / "core", page("base"), go, name="core", toolchain={"go": "1.27.3"})
    found = reading.load(shelf / "core")
    sources = {source.name: lock.Locked(lock.recipe_digest(source), {}) for source in found.sources}
    lock.demand(found, lock.Lock({"go": {"version": "1.27.3"}}, sources))
    with pytest.raises(BuildFailed, match=r"bundle.lock.yaml: Go 1.26.0 is in the lock, but toolchain.go is 1.27.3"):
        lock.demand(found, lock.Lock({"go": {"version": "1.26.0"}}, sources))
