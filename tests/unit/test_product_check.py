"""product check: a sound product has no contradiction, and each that is put in is found, alone and on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from product_edits import EDITS
from product_sample import FILES, STATED, Edit, write

from installer.formats.spots import Spot, spots
from installer.product import checking, files, objects, statements
from installer.product.checking import Contradiction
from installer.product.deployed import Deployed, Site
from installer.product.rules import RULES

SITE = Site(Spot("answers.yaml", 3, None), frozenset({"log-store", "traces"}), frozenset({"local-path"}), "prod-")


HIDING = {"workload-missing", "container-missing", "selector-empty", "key-missing", "peer-missing", "variable-twice",
          "variable-unknown", "volume-unmounted",
          "volume-missing"}  # fmt: skip
"""Rules whose edits take away what others look at."""


def found_in(folder: Path, site: Site | None = SITE, *environments: str) -> tuple[Contradiction, ...]:
    reader = files.Reader(folder)
    product = statements.product(reader.statements(), reader.refuse)
    things = objects.things(reader.manifests([folder / "manifests"], folder), reader.refuse)
    assert reader.problems == []
    names = environments or ("production",)
    return checking.contradictions([Deployed(name, product, things, site) for name in names])


def test_a_sound_product_has_no_contradiction(tmp_path: Path) -> None:
    assert found_in(write(tmp_path)) == ()
    assert found_in(write(tmp_path), None) == ()


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_each_contradiction_is_found_and_nothing_else(edit: Edit, tmp_path: Path) -> None:
    found = found_in(write(tmp_path, edit))
    assert {(each.rule, each.service) for each in found} == {(edit.rule, edit.service)}, [str(e.found) for e in found]
    for each in found:
        assert each.places, "a place for everything"
        for place in each.places:
            assert place.line <= (3 if place.file == "answers.yaml" else len(Path(place.file).read_text().splitlines()))
    told = {place.file.removeprefix(f"{tmp_path}/") for each in found for place in each.places}
    assert told & {edit.file, "answers.yaml"}


def test_every_rule_has_its_edit() -> None:
    assert {edit.rule for edit in EDITS} == {rule.name for rule in RULES}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_all_at_once_are_all_found(tmp_path: Path) -> None:
    """Edits of different texts, made together; none hides another."""
    texts, made = dict(FILES), []
    for edit in EDITS:
        if edit.old in texts[edit.file] and edit.rule not in {*HIDING, *(each.rule for each in made)}:
            texts[edit.file] = texts[edit.file].replace(edit.old, edit.new, 1)
            made.append(edit)
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert len(made) > 25
    assert {edit.rule for edit in made} <= {each.rule for each in found_in(tmp_path)}


def test_places_are_the_lines_on_both_sides(tmp_path: Path) -> None:
    edit = next(edit for edit in EDITS if edit.rule == "probe-other")
    (only,) = found_in(write(tmp_path, edit))
    texts = [
        (Path(place.file).name, Path(place.file).read_text().splitlines()[place.line - 1]) for place in only.places
    ]
    assert [name for name, _ in texts] == ["orders.yaml", "product.yaml"]
    assert "path: /readyz" in texts[0][1]
    assert "readiness: /ready" in texts[1][1]


def test_what_several_environments_have_is_told_once(tmp_path: Path) -> None:
    edit = next(edit for edit in EDITS if edit.rule == "image-no-digest")
    (only,) = found_in(write(tmp_path, edit), SITE, "production", "testing")
    assert only.environments == ("production", "testing")


def test_a_secret_made_elsewhere_is_none_that_lacks(tmp_path: Path) -> None:
    gone = Edit("", "manifests/orders.yaml", "kind: Secret\n", "kind: Other\n")
    assert {each.rule for each in found_in(write(tmp_path, gone))} == {"reference-missing"}
    path = tmp_path / STATED
    path.write_text(path.read_text().replace("mount: /secrets/db,", "mount: /secrets/db, made: by-hand,"))
    assert found_in(tmp_path) == ()


def test_whole_sources_whose_keys_nobody_knows_leave_variables_unjudged(tmp_path: Path) -> None:
    edit = Edit("", "manifests/orders.yaml", "- configMapRef: {name: settings}", "- configMapRef: {name: gone}")
    assert {each.rule for each in found_in(write(tmp_path, edit))} == {"reference-missing"}


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    for old, new in (
        (
            '{name: LISTEN, value: ":8080"}',
            '{name: LISTEN, value: ":8080"}\n            - {name: DB_TOKEN, value: hunter22x}',
        ),
        ('{name: LISTEN, value: ":8080"}', '{name: LISTEN, value: "postgres://a:hunter22x@db/x"}'),
    ):
        found = found_in(write(tmp_path, Edit("", "manifests/orders.yaml", old, new)))
        assert "secret-in-clear" in {each.rule for each in found}
        assert not any("hunter" in str(each) for each in found)


def odd() -> Iterator[str]:
    """Objects of odd forms, which no rule may stumble over."""
    for value in ("null", "7", "[]", "{}", "x", "[[1]]", "[null, x, {}]", "{a: {b: 1}}"):
        for path in ("spec", "spec: {template", "spec: {selector", "spec: {template: {spec: {containers",
                     "spec: {template: {spec: {containers: [{env", "spec: {template: {spec: {volumes", "spec: {ports",
                     "spec: {template: {spec: {containers: [{resources", "spec: {rules", "spec: {volumeClaimTemplates",
                     "data", "metadata: {name: a, labels", "spec: {template: {metadata: {labels"):  # fmt: skip
            closing = "".join({"{": "}", "[": "]"}[sign] for sign in reversed(path) if sign in "{[")
            yield f"{path}: {value}{closing}"


def test_no_rule_stumbles_over_odd_forms(tmp_path: Path) -> None:
    texts = list(odd())
    assert len(texts) > 90
    reader = files.Reader(write(tmp_path))
    product = statements.product(reader.statements(), reader.refuse)
    for kind, group in (("Deployment", "apps/v1"), ("StatefulSet", "apps/v1"), ("Service", "v1"), ("Pod", "v1"),
                        ("ConfigMap", "v1"), ("Ingress", "networking.k8s.io/v1"), ("Secret", "v1"),
                        ("PersistentVolumeClaim", "v1"), ("CronJob", "batch/v1"), ("HTTPRoute", "x/v1")):  # fmt: skip
        for name in ("orders", "store"):
            head = f"apiVersion: {group}\nkind: {kind}\n"
            for text in texts:
                named = "" if "metadata: {name" in text else f"metadata: {{name: {name}}}\n"
                things = objects.things([files.Text("odd.yaml", f"{head}{named}{text}\n")], reader.refuse)
                checking.contradictions([Deployed("production", product, things, SITE)])


def test_merge_keys_and_aliases_are_followed() -> None:
    (spot,) = spots("a: &a {x: 1, y: 2}\nb: &b {y: 3}\nc:\n  <<: [*b, *a]\n  z: 4\n", "f")
    assert {key: each.text for key, each in spot.at("c").entries().items()} == {"x": "1", "y": "3", "z": "4"}
    assert spot.at("c", "z").line == 5
