"""Reading a recipe: what is accepted, and that every mistake is named with its file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from build_sample import write_recipe

from installer.builder import reading, recipe
from installer.errors import BuildFailed

PROBE = {"name": "x", "title": "x works", "expect": "ok"}
TRIED = {"name": "x", "title": "x holds", "object": "page.yaml"}
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
    found = reading.load(folder)
    assert (found.name, found.release, found.architecture, found.kubernetes) == ("small", "1.0.0", "amd64", "v1.36.3")
    assert [source.name for source in found.sources] == ["page"]
    assert found.source("page").trees == ("web",)
    assert found.parts[0].spec["title"] == "A page"
    assert found.parts[0].texts == {"unit.service": "[Unit]", "values.yaml": "a: 1\n"}


def test_on_is_a_key_and_not_a_truth_value(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"})
    path = folder / "components/page/component.yaml"
    path.write_text("version: 1\nname: page\nrelease: off\ntitle: no\nalways: true\nhost: {on: all}\n")
    spec = reading.load(folder).parts[0].spec
    assert (spec["release"], spec["title"], spec["always"], spec["host"]) == ("off", "no", True, {"on": "all"})


def test_a_text_in_a_folder_below_is_carried_where_it_is_named(tmp_path: Path) -> None:
    part = {
        "name": "page",
        "objects": ["more/issuer.yaml"],
        "beside": {"more/issuer.yaml": "kind: X", "more/other": "no"},
    }
    assert reading.load(write_recipe(tmp_path / "small", part)).parts[0].texts == {"more/issuer.yaml": "kind: X"}


def test_the_c_toolchain_is_a_source_like_any_other(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"}, toolchain={"c": {"packages": ["gcc"]}})
    found = reading.load(folder).source(recipe.C_TOOLCHAIN)
    assert (found.kind, found.spec) == ("deb", {"packages": ["gcc"]})


def leading(name: str, **spec: object) -> dict[str, object]:
    return {"name": name, "go": {"module": f"example.invalid/{name}", "version": "v1.0.0", **spec}}


def test_what_follows_a_source_comes_after_it(tmp_path: Path) -> None:
    first = {"name": "first", "sources": [leading("a", follows="c"), leading("b")]}
    second = {"name": "second", "sources": [leading("c"), leading("d", follows="c", **{"except": ["golang.org/x"]})]}
    found = reading.load(write_recipe(tmp_path / "small", first, second, toolchain={"go": "1.27.3"}))
    assert [source.name for source in found.sources] == ["b", "c", "a", "d"]


@pytest.mark.parametrize("leader", ["ghost", "page", "b", "a"])
def test_a_source_follows_none_but_a_go_source_with_its_own_versions(tmp_path: Path, leader: str) -> None:
    sources = [leading("a", follows=leader), leading("b", follows="c"), leading("c"), WEB]
    part = {"name": "page", "sources": sources, "beside": BESIDE}
    with pytest.raises(BuildFailed, match=f"source a follows {leader}, which is no Go source with versions of its own"):
        reading.load(write_recipe(tmp_path / "small", part, toolchain={"go": "1.27.3"}))


def test_profiles_are_found_beside_the_recipe_and_among_the_repositorys_own(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "bundles/small", {"name": "page"}, profiles=["own.yaml", "ha"])
    (folder / "own.yaml").write_text("")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/ha.yaml").write_text("")
    assert [path.name for path in reading.load(folder).profiles] == ["own.yaml", "ha.yaml"]


def _drop_component(folder: Path) -> None:
    (folder / "components/page/component.yaml").unlink()


def _break_yaml(folder: Path) -> None:
    (folder / "bundle.yaml").write_text("a: [")


def _instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def mistake(folder: Path) -> None:
        path = folder / "components/page/component.yaml"
        path.unlink()
        make(path)

    return mistake


def _binary_text(folder: Path) -> None:
    (folder / "components/page/values.yaml").write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (_drop_component, "component.yaml: is not there"),
        (_instead(os.mkfifo), "component.yaml: is a pipe"),
        (_instead(lambda path: path.symlink_to("/dev/zero")), "component.yaml: is a device"),
        (_instead(lambda path: path.write_bytes(b"#" * (2 << 20))), "component.yaml: is more than 1 MiB"),
        (_instead(lambda path: path.write_text("name: page", "utf-16")), "component.yaml: is text in UTF-16"),
        (_break_yaml, "bundle.yaml:2: .*; wanted well-formed YAML"),
        (_binary_text, "its text values.yaml cannot be read"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path: Path, mistake: Callable[[Path], None], said: str) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"})
    mistake(folder)
    with pytest.raises(BuildFailed, match=said):
        reading.load(folder)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"requires": ["nothing"]}, r"component.yaml:\d+: requires.0: requires nothing: not in the bundle"),
        ({"files": [{"name": "x", "from": "ghost", "file": "x"}]}, "takes from source ghost, which nothing names"),
        ({"sources": [WEB, {"name": "page", "path": {"path": "web"}}], "beside": BESIDE}, "source page is named twice"),
        ({"sources": [WEB]}, "source page: no folder web"),
        ({"sources": [{"name": "x", "path": {"path": "../out"}}]}, "sources.0.path.path: .* does not match"),
        ({"sources": [{"name": "x", "path": {"path": "/out"}}]}, "sources.0.path.path: .* does not match"),
        (
            {"sources": [{"name": "x", "go": {"module": "m"}}]},
            "sources.0.go: .*wanted either module and version, or path",
        ),
        (
            {"sources": [{"name": "x", "go": {"module": "m", "version": "v1", "flags": []}}]},
            "sources.0.go.flags: unknown key; did you mean 'ldflags'",
        ),
        ({"sources": [{"name": "x", "ftp": {}}]}, "sources.0.ftp: unknown key; known here: deb, go, helm, http"),
        ({"sources": [{"name": "x"}]}, "sources.0: "),
        ({"sources": [{"name": "x", "go": {"module": "m", "version": "v1"}}]}, "toolchain.go names no version"),
        ({"images": [{"name": "plain", "tag": "v1", "from": "page"}]}, 'images.0.name: "plain" does not match'),
        ({"images": [{"name": "a.b/c", "tag": "v1"}]}, "images.0: "),
        ({"objects": ["missing.yaml"]}, "its text missing.yaml cannot be read"),
        ({"host": {"texts": [{"text": "gone.service", "path": "/x", "mode": "0644"}]}}, "its text gone.service"),
        ({"version": 2}, "version: 2 is newer than this sitewright reads, which is up to version 1"),
        ({"version": "1"}, "is no version; wanted 1"),
        ({"host": {"unit": ["page.service"]}}, r"component.yaml:\d+: host.unit: unknown key; did you mean 'units'"),
        ({"host": {"leave": ["/etc/sitewright/page"]}}, "host.leave: unknown key; did you mean 'leaves'"),
        ({"host": {"on": "workers"}}, 'host.on: "workers", wanted one of: all, control-plane, worker, registry'),
        ({"require": ["page"]}, "require: unknown key; did you mean 'requires'"),
        ({"chart": {"name": "page", "timeuot": 3}}, "chart.timeuot: unknown key; did you mean 'timeout'"),
        ({"chart": {"name": "page"}}, "chart.name: the component has no chart 'page'"),
        (
            {"ready": [{"path": "/api/v1/x", "conditions": "Ready"}]},
            "ready.0.conditions: unknown key; did you mean 'cond",
        ),
        ({"probes": [{"name": "x", "expects": "ok"}]}, "probes.0.expects: unknown key; did you mean 'expect'"),
        ({"probes": [{**PROBE, "kind": "exec", "namespace": "x", "app": "x"}]}, "probes.0: has no 'command'"),
        ({"probes": [PROBE]}, "probes.0: has no 'url'"),
        (
            {"probes": [{**PROBE, "kind": "ping"}]},
            'probes.0.kind: "ping", wanted one of: https, exec, refused, admitted',
        ),
        ({"probes": [{**TRIED, "kind": "refused"}]}, "probes.0: has no 'expect'"),
        ({"probes": [{**PROBE, "kind": "refused"}]}, "probes.0: has no 'object'"),
        (
            {"probes": [{**PROBE, "kind": "admitted", "object": "page.yaml"}]},
            "wanted no `expect`: what is admitted says",
        ),
        (
            {"probes": [{**PROBE, "url": "https://x", "object": "page.yaml"}]},
            "wanted no `object`: that is of kinds ref",
        ),
        (
            {"probes": [{**TRIED, "kind": "admitted", "url": "https://x"}]},
            "wanted no `url`, `at`, `ca` and `status`: those are of kind",
        ),
        ({"probes": [{**TRIED, "kind": "admitted", "object": "gone.yaml"}]}, "its text gone.yaml cannot be read"),
        (
            {"probes": [{**PROBE, "url": "https://x", "ca": "/api/v1/x", "command": ["x"]}]},
            "probes.0: .*wanted no `namespace`, `app` and `command`: those are of kind exec",
        ),
        ({"always": "yes"}, 'always: "yes", wanted true or false'),
        ({"intermediate": {"namespace": "shop"}}, "intermediate: has no 'name'"),
        ({"proof": {"probe": "volumes"}}, 'proof.probe: "volumes", wanted one of: volume, certificate, metrics'),
        ({"requires": ["page"]}, "requires: requires itself, by way of page"),
        (
            {"host": {"files": [{"file": "x", "path": "/usr/local/bin/x", "mode": "0755"}]}},
            "the component has no file 'x'",
        ),
        ({"host": {"units": ["ssh.service"]}}, "unit ssh.service is not brought by the component"),
        ({"host": {"units": ["--now.service"]}}, "host.units.0: .* does not match"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, part: dict[str, object], said: str) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page", **part})
    with pytest.raises(BuildFailed, match=said) as failure:
        reading.load(folder)
    assert "yaml" in failure.value.message


def test_unknown_keys_of_the_bundle_are_refused(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"}, componets=["typo"])
    with pytest.raises(BuildFailed, match=r"bundle.yaml:\d+: componets: unknown key; did you mean 'components'"):
        reading.load(folder)


def test_a_component_that_calls_itself_otherwise_is_refused(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"})
    path = folder / "components/page/component.yaml"
    path.write_text(path.read_text().replace("name: page", "name: pages"))
    with pytest.raises(BuildFailed, match=r"is named 'pages', wanted 'page'"):
        reading.load(folder)


def test_a_profile_that_is_nowhere_is_named(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"}, profiles=["ghost"])
    with pytest.raises(BuildFailed, match=r"there is no profile ghost"):
        reading.load(folder)


def test_a_key_is_refused_in_its_line_and_so_are_all_others_at_once(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"})
    path = folder / "components/page/component.yaml"
    path.write_text("version: 1\nname: page\nrelease: v1\nhost:\n  leave: []\nrequire: []\n")
    with pytest.raises(BuildFailed) as failure:
        reading.load(folder)
    assert {line.strip() for line in failure.value.message.splitlines()} == {
        f"{path}:5: host.leave: unknown key; did you mean 'leaves'?",
        f"{path}:6: require: unknown key; did you mean 'requires'?",
    }


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "page"})
    path = folder / "components/page/component.yaml"
    path.write_text("version: 1\nname: page\nrelease: v1\nalways: true\nalways: false\n")
    with pytest.raises(BuildFailed, match=r"component.yaml:5: always: the key a second time"):
        reading.load(folder)


def test_two_components_that_write_the_same_file_are_refused(tmp_path: Path) -> None:
    host = {"texts": [{"text": "x.conf", "path": "/etc/sitewright/x/x.conf", "mode": "0644"}]}
    beside = {"x.conf": ""}
    one, other = ({"name": name, "host": host, "beside": beside} for name in ("one", "other"))
    with pytest.raises(BuildFailed, match=r"other/component.yaml:\d+: host.texts.0.path: .* named by component one"):
        reading.load(write_recipe(tmp_path / "small", one, other))


def written_to(path: str, tmp_path: Path, **head: object) -> recipe.Recipe:
    host = {"texts": [{"text": "x.conf", "path": path, "mode": "0644"}]}
    return reading.load(
        write_recipe(tmp_path / "small", {"name": "page", "host": host, "beside": {"x.conf": ""}}, **head)
    )


def exempt(path: str, component: str = "page") -> list[dict[str, str]]:
    return [{"component": component, "path": path, "reason": "the customer asked for it"}]


def test_a_path_elsewhere_takes_an_exemption_by_name(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"/srv/page/x.conf is no place of component page, and bundle.yaml has no ex"):
        written_to("/srv/page/x.conf", tmp_path / "without")
    found = written_to("/srv/page/x.conf", tmp_path / "with", exemptions=exempt("/srv/page/x.conf"))
    assert [str(each) for each in found.exemptions] == ["page writes /srv/page/x.conf: the customer asked for it"]


@pytest.mark.parametrize(
    ("path", "exemption", "said"),
    [
        ("/etc/passwd", exempt("/etc/passwd"), "/etc/passwd is where no component may write, exempted or not"),
        ("/srv/page/x.conf", exempt("/srv/page/other"), "has no exemption for it"),
        ("/etc/sitewright/page/x", exempt("/srv/page/x"), "component page does not write /srv/page/x"),
        ("/srv/page/x.conf", exempt("/srv/page/x.conf", "other"), "has no exemption for it"),
    ],
)
def test_an_exemption_reaches_what_it_names_and_nothing_that_is_never_given(
    tmp_path: Path, path: str, exemption: list[dict[str, str]], said: str
) -> None:
    with pytest.raises(BuildFailed, match=said):
        written_to(path, tmp_path, exemptions=exemption)
