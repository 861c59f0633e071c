"""Reading a recipe: what is accepted, and that every mistake is named with its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from build_sample import write_recipe

from installer.bundle import recipe
from installer.errors import BuildFailed

WEB = {"name": "page", "path": {"path": "web"}}
BESIDE = {"web/index.html": "hello"}


def test_what_the_files_say_is_what_is_read(tmp_path: Path) -> None:
    folder = write_recipe(
        tmp_path / "small",
        {"name": "page", "title": "A page", "sources": [WEB],
         "charts": [{"name": "page", "from": "page", "path": "web"}],
         "beside": {**BESIDE, "values.yaml": "a: 1\n", "unit.service": "[Unit]"}},
        kubernetes="v1.36.3",
    )  # fmt: skip
    found = recipe.load(folder)
    assert (found.name, found.release, found.architecture, found.kubernetes) == ("small", "1.0.0", "amd64", "v1.36.3")
    assert [source.name for source in found.sources] == ["page"]
    assert found.source("page").trees == ("web",)
    assert found.parts[0].spec["title"] == "A page"
    assert found.parts[0].texts == {"unit.service": "[Unit]", "values.yaml": "a: 1\n"}


def test_on_is_a_key_and_not_a_truth_value(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"})
    path = folder / "components/page/component.yaml"
    path.write_text("version: 1\nname: page\nrelease: v1\nhost: {on: all, off: no, really: true}\n")
    assert recipe.load(folder).parts[0].spec["host"] == {"on": "all", "off": "no", "really": True}


def test_a_text_in_a_folder_below_is_carried_where_it_is_named(tmp_path: Path) -> None:
    part = {
        "name": "page",
        "objects": ["more/issuer.yaml"],
        "beside": {"more/issuer.yaml": "kind: X", "more/other": "no"},
    }
    assert recipe.load(write_recipe(tmp_path / "small", part)).parts[0].texts == {"more/issuer.yaml": "kind: X"}


def test_the_c_toolchain_is_a_source_like_any_other(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"}, toolchain={"c": {"packages": ["gcc"]}})
    found = recipe.load(folder).source(recipe.C_TOOLCHAIN)
    assert (found.kind, found.spec) == ("deb", {"packages": ["gcc"]})


def test_profiles_are_found_beside_the_recipe_and_among_the_repositorys_own(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "bundles/small", {"name": "page"}, profiles=["own.yaml", "ha"])
    (folder / "own.yaml").write_text("")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/ha.yaml").write_text("")
    assert [path.name for path in recipe.load(folder).profiles] == ["own.yaml", "ha.yaml"]


def _drop_component(folder: Path) -> None:
    (folder / "components/page/component.yaml").unlink()


def _break_yaml(folder: Path) -> None:
    (folder / "bundle.yaml").write_text("a: [")


def _binary_text(folder: Path) -> None:
    (folder / "components/page/values.yaml").write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (_drop_component, "component.yaml: is not there"),
        (_break_yaml, "bundle.yaml: cannot be read"),
        (_binary_text, "its text values.yaml cannot be read"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path: Path, mistake: Callable[[Path], None], said: str) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"})
    mistake(folder)
    with pytest.raises(BuildFailed, match=said):
        recipe.load(folder)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"requires": ["nothing"]}, "requires nothing: not in the bundle"),
        ({"files": [{"name": "x", "from": "ghost", "file": "x"}]}, "takes from source ghost, which nothing names"),
        ({"sources": [WEB, WEB], "beside": BESIDE}, "source page is named twice"),
        ({"sources": [WEB]}, "source page: no folder web"),
        ({"sources": [{"name": "x", "path": {"path": "../out"}}]}, "sources.0.path.path: .* does not match"),
        ({"sources": [{"name": "x", "path": {"path": "/out"}}]}, "sources.0.path.path: .* does not match"),
        ({"sources": [{"name": "x", "go": {"module": "m"}}]}, "sources.0.go: .*not valid"),
        ({"sources": [{"name": "x", "go": {"module": "m", "version": "v1", "flags": []}}]}, "'flags' was unexpected"),
        ({"sources": [{"name": "x", "ftp": {}}]}, "'ftp' was unexpected"),
        ({"sources": [{"name": "x"}]}, "sources.0: "),
        ({"sources": [{"name": "x", "go": {"module": "m", "version": "v1"}}]}, "toolchain.go names no version"),
        ({"images": [{"name": "plain", "tag": "v1", "from": "page"}]}, "images.0.name: 'plain' does not match"),
        ({"images": [{"name": "a.b/c", "tag": "v1"}]}, "images.0: "),
        ({"objects": ["missing.yaml"]}, "its text missing.yaml cannot be read"),
        ({"host": {"texts": [{"text": "gone.service", "path": "/x", "mode": "0644"}]}}, "its text gone.service"),
        ({"version": 2}, "version: 1 was expected"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, part: dict[str, object], said: str) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page", **part})
    with pytest.raises(BuildFailed, match=said) as failure:
        recipe.load(folder)
    assert "yaml" in failure.value.message


def test_unknown_keys_of_the_bundle_are_refused(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"}, componets=["typo"])
    with pytest.raises(BuildFailed, match=r"'componets' was unexpected"):
        recipe.load(folder)


def test_a_component_that_calls_itself_otherwise_is_refused(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"})
    path = folder / "components/page/component.yaml"
    path.write_text(path.read_text().replace("name: page", "name: pages"))
    with pytest.raises(BuildFailed, match=r"is named 'pages', wanted 'page'"):
        recipe.load(folder)


def test_a_profile_that_is_nowhere_is_named(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"}, profiles=["ghost"])
    with pytest.raises(BuildFailed, match=r"there is no profile ghost"):
        recipe.load(folder)
