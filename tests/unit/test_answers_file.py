"""Answers files: what is read, every way in which a file can be bad, and what is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
import yaml
from answers_sample import GOOD, sole

from installer.answers import file as answers_file
from installer.answers.file import migrate
from installer.answers.model import Answers, SecretRef
from installer.bundle.manifest import Component, Manifest
from installer.errors import AnswersInvalid, StateUnreadable

TODAY = date(2026, 11, 23)
PROFILES = sorted((Path(__file__).parents[2] / "profiles").glob("*.yaml"))


def test_good_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/li")
    answers = answers_file.parse(GOOD, "/site/answers.yaml")
    assert answers.site == "acme-hq"
    first, second = answers.hosts
    assert first.access.private_key == "/site/keys/id_ed25519", "relative paths start at the file's folder"
    assert first.access.known_hosts == "/home/li/known_hosts"
    assert first.access.sudo_password == SecretRef("file", "/site/sudo_password")
    assert (second.access.port, second.access.user) == (2222, "engineer"), "overrides are merged field by field"
    assert second.access.sudo_password is None, "null takes a field away"
    assert second.access.password == SecretRef("command", ("pass", "show", "node-1"))
    assert answers.registry.hosts == ("cp-1",), "the first environment's control planes"
    assert answers.environment("production").components == {"shop": {"replicas": 2}, "site-ca": {}}
    assert answers.lines["hosts.1.access.port"] == 13
    assert set(answers.digests) == {f"answers.{key}" for key in yaml.safe_load(GOOD)}


def test_digests_are_of_the_meaning_not_the_text() -> None:
    one = answers_file.parse(GOOD, "a").digests
    other = answers_file.parse(GOOD.replace("{name: acme-hq,", "# note\n  {name:   'acme-hq',"), "b").digests
    assert one == other
    moved = answers_file.parse(GOOD.replace("10.20.0.11", "10.20.0.13"), "a").digests
    assert {key for key in one if one[key] != moved[key]} == {"answers.hosts"}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_profiles_are_good_and_known_to_editors(profile: Path) -> None:
    text = profile.read_text()
    assert text.startswith("# yaml-language-server: $schema=../installer/answers/answers.schema.json\n")
    answers = answers_file.load(profile)
    assert answers.site.startswith("practice")
    for host in answers.hosts:
        assert f"practice/{answers.site}/" in host.access.private_key


def test_all_profiles_are_there_on_separate_networks() -> None:
    sites = [answers_file.load(profile) for profile in PROFILES]
    assert {p.stem for p in PROFILES} >= {"rehearsal", "minimal", "ha", "environments"}
    subnets = [{host.address.rpartition(".")[0] for host in site.hosts} for site in sites]
    assert all(len(subnet) == 1 for subnet in subnets)
    assert len(set().union(*subnets)) == len(sites)


def test_every_problem_at_once_in_the_order_of_lines() -> None:
    text = GOOD.replace("acme-hq", "Acme HQ").replace("10.20.0.12", "10.20.0.11").replace("[cp-1]", "[cp-9]")
    found = answers_file.problems(text, "answers.yaml")
    assert [str(problem) for problem in found] == [
        'answers.yaml:2: site.name: found "Acme HQ", wanted a DNS label: lower-case letters, digits and inner hyphens,'
        " at most 63",
        'answers.yaml:9: hosts.0.name: found "cp-1" in no environment, wanted every host in the control_planes or'
        " workers of one",
        'answers.yaml:11: hosts.1.address: found "10.20.0.11", which hosts.0.address is already, wanted an address of'
        " its own",
        'answers.yaml:16: environments.0.control_planes.0: found "cp-9", which is no host, wanted the name of one of'
        " `hosts`",
    ]


def test_the_error_carries_and_prints_them_all(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(GOOD.replace("acme-hq", "X").replace("engineer", "!"))
    with pytest.raises(AnswersInvalid) as refused:
        answers_file.load(path)
    assert refused.value.exit_code == 3
    assert len(refused.value.problems) == 2
    assert f"{path}: 2 problem(s)" in refused.value.message
    assert all(str(problem) in refused.value.message for problem in refused.value.problems)


BAD_TEXTS = {
    "empty": ("", 1, "nothing"),
    "comments alone": ("# nothing here\n", 1, "nothing"),
    "a list": ("- a\n- b\n", 1, "a list of 2"),
    "a word": ("hello\n", 1, '"hello"'),
    "half-written list": ("version: 1\nhosts: [a,\n", 3, "while parsing a flow node"),
    "half-written quote": ('site: {name: "ac\n', 2, "while scanning a quoted scalar"),
    "a tab": ("site:\n\tname: x\n", 2, "a tab, perhaps"),
    "control characters": ("site: \x01\n", 1, "control characters"),
    "a bomb of brackets": ("[" * 100_000, 1, "more than 32 levels"),
    "a newer version": (GOOD.replace("version: 1", "version: 7"), 1, "version 7, of a newer sitewright"),
    "a version before the first": (GOOD.replace("version: 1", "version: 0"), 1, "version 0"),
    "two documents": (GOOD + "---\nversion: 1\n", 21, "a second document"),
    "a duplicate key": (GOOD + "version: 1\n", 21, "the key a second time (first in line 1)"),
    "a tag": (GOOD.replace("Acme Ltd.", "!!python/name:os.system x"), 2, "a tag"),
    "a hidden sign": (GOOD.replace("Acme Ltd.", '"Acme\\e[31m"'), 2, "a control character (U+001B)"),
    "a mark of direction": (GOOD.replace("Acme Ltd.", "Ac\u202eme"), 2, "a control character (U+202E)"),
    "a number without measure": (GOOD.replace("replicas: 2", "replicas: 1e999"), 19, "too large to reckon with"),
    "a version that is no whole number": (GOOD.replace("version: 1", "version: 1.0"), 1, "1.0"),
    "an alias": (GOOD.replace("{file: sudo_password}", "&a {file: x}") + "network: *a\n", 21, "an alias (*a)"),
}


@pytest.mark.parametrize(("text", "line", "found"), BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_bad_texts(text: str, line: int, found: str) -> None:
    problem = sole(text)
    assert problem.line == line
    assert found in problem.found
    assert problem.wanted


@pytest.mark.parametrize(
    ("old", "new", "line", "found"),
    [
        ("user: engineer", "user\uff1aengineer", 4, "a full-width colon"),
        ("  user:", "\u00a0\u00a0user:", 4, "only looks like a blank (U+00A0)"),
        ("  user:", "\u3000user:", 4, "only looks like a blank (U+3000)"),
    ],
)
def test_signs_of_an_input_method_are_named_in_their_line(old: str, new: str, line: int, found: str) -> None:
    first = answers_file.problems(GOOD.replace(old, new), "answers.yaml")[0]
    assert first.line == line
    assert found in first.found


def test_a_bomb_of_aliases_costs_nothing() -> None:
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    found = answers_file.problems("\n".join(levels), "bomb.yaml")
    assert sum("an alias" in problem.found for problem in found) == 9 * 11


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "a directory"),
        (lambda path: path.write_bytes(b"\x7fELF\x00\x01"), "binary data"),
        (lambda path: path.write_bytes(b"site: \xff\xfe"), "not UTF-8"),
        (lambda path: path.write_bytes(b"#" * ((1 << 20) + 1)), "more than 1 MiB"),
        (lambda path: path.symlink_to(path), "cannot be read"),
        (os.mkfifo, "a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (lambda path: path.write_bytes(GOOD.encode("utf-16")), "text in UTF-16"),
        (lambda path: path.write_bytes(GOOD.replace("Acme Ltd.", "某某集团有限公司").encode("gbk")), "GB18030 (GBK)"),
    ],
)
def test_bad_files(tmp_path: Path, make: Callable[[Path], object], found: str) -> None:
    path = tmp_path / "answers.yaml"
    make(path)
    with pytest.raises(AnswersInvalid) as refused:
        answers_file.load(path)
    assert found in refused.value.problems[0].found


def manifest(*names: str) -> Manifest:
    """A bundle with components of these names."""
    return Manifest("core", "1", "amd64", "v1", tuple(Component(name, "1") for name in names))


def test_components_must_be_in_the_bundle() -> None:
    answers = answers_file.parse(GOOD, "answers.yaml")
    answers_file.check_components(answers, manifest("shop", "site-ca"))
    with pytest.raises(AnswersInvalid) as refused:
        answers_file.check_components(answers, manifest("site-ca", "kafka"))
    (problem,) = refused.value.problems
    assert str(problem) == (
        "answers.yaml:19: environments.0.components.shop: found a component that bundle core lacks,"
        " wanted one of: kafka, site-ca"
    )


def test_older_versions_are_brought_up_to_date_one_by_one() -> None:
    steps = {1: lambda d: {"b": d.pop("a"), **d}, 2: lambda d: {"c": d.pop("b"), **d}}
    before = {"version": 1, "a": 5}
    assert migrate(before, steps, 3) == {"version": 3, "c": 5}
    assert before == {"version": 1, "a": 5}
    assert migrate({"version": 3}, steps, 3) == {"version": 3}


def assert_same(one: Answers, other: Answers) -> None:
    """The same but for where they were read."""
    for each in fields(Answers):
        if each.name not in ("file", "text", "lines", "digests"):
            assert getattr(one, each.name) == getattr(other, each.name), each.name


@pytest.mark.parametrize(
    "text", [GOOD, *(path.read_text() for path in PROFILES)], ids=["good", *(p.stem for p in PROFILES)]
)
def test_written_answers_are_read_as_the_same(text: str, tmp_path: Path) -> None:
    answers = answers_file.parse(text, "/site/answers.yaml")
    path = tmp_path / "sub" / "answers.yaml"
    answers_file.save(answers_file.dump(answers_file.document(answers)), path)
    assert_same(answers_file.load(path), answers)
    assert [entry.name for entry in path.parent.iterdir()] == ["answers.yaml"], "no temporary file is left"


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        answers_file.save("half of it \ud800", path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["answers.yaml"]


def test_a_link_stays_one_and_what_it_names_is_written(tmp_path: Path) -> None:
    kept = tmp_path / "repository" / "answers.yaml"
    kept.parent.mkdir()
    kept.write_text("old")
    (tmp_path / "relative").symlink_to("repository/answers.yaml")
    (tmp_path / "answers.yaml").symlink_to(tmp_path / "relative")
    answers_file.save("new", tmp_path / "answers.yaml")
    assert kept.read_text() == (tmp_path / "answers.yaml").read_text() == "new"
    assert all((tmp_path / name).is_symlink() for name in ("answers.yaml", "relative"))
    assert [entry.name for entry in kept.parent.iterdir()] == ["answers.yaml"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateUnreadable, match="cannot be written"):
        answers_file.save("", tmp_path / "file" / "answers.yaml")
