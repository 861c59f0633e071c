"""Answers files: what is read, every way in which one can be bad, and what is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.answers import file as answers_file
from installer.answers.file import migrate
from installer.answers.model import Answers, SecretRef
from installer.bundle.manifest import Component, Manifest
from installer.errors import AnswersInvalid, Problem, StateUnreadable

TODAY = date(2026, 11, 23)
PROFILES = sorted((Path(__file__).parents[2] / "profiles").glob("*.yaml"))
KEY = "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDwv1Lb7uHuTJqAzAA"

GOOD = f"""\
version: 1
site: {{name: acme-hq, customer: Acme Ltd.}}
access:
  user: engineer
  private_key: keys/id_ed25519
  known_hosts: ~/known_hosts
  sudo_password: {{file: sudo_password}}
hosts:
  - {{name: cp-1, address: 10.20.0.11}}
  - name: node-1
    address: 10.20.0.12
    host_key: "{KEY}"
    access: {{port: 2222, sudo_password: null, password: {{command: [pass, show, node-1]}}}}
environments:
  - name: production
    control_planes: [cp-1]
    workers: [node-1]
    components:
      shop: {{replicas: 2}}
      site-ca:
"""


def sole(text: str) -> Problem:
    """The one problem of a text."""
    (problem,) = answers_file.problems(text, "answers.yaml")
    return problem


def changed(change: Callable[[dict[str, Any]], object]) -> list[str]:
    """Problems of the good answers after a change, without the file's name and line."""
    data = yaml.safe_load(GOOD)
    change(data)
    found = answers_file.problems(answers_file.dump(data), "f")
    return [f"{problem.path}: found {problem.found}, wanted {problem.wanted}" for problem in found]


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


def host(data: dict[str, Any], position: int = 0) -> dict[str, Any]:
    """A host of a document."""
    return data["hosts"][position]


def plane(data: dict[str, Any]) -> dict[str, Any]:
    """The environment of a document."""
    return data["environments"][0]


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "unknown key": (lambda d: d["site"].update(custmer="x"), "site.custmer: found an unknown key, wanted `customer`"),
    "missing key": (lambda d: host(d).pop("address"), "hosts.0.address: found nothing, wanted the IPv4 address"),
    "missing section": (lambda d: d.pop("site"), "site: found nothing, wanted who and where"),
    "wrong type": (lambda d: d.update(hosts="cp-1"), 'hosts: found "cp-1", wanted a list'),
    "not an address": (lambda d: host(d).update(address="cp1.local"), "wanted an IPv4 address, as in 10.20.0.11"),
    "loopback address": (lambda d: host(d).update(address="127.0.0.1"), "that other hosts can reach"),
    "duplicate host": (lambda d: host(d, 1).update(name="cp-1"), "which hosts.0.name is already"),
    "port out of range": (lambda d: d["access"].update(port=65536), "found 65536, wanted 65535 or less"),
    "port as a text": (lambda d: d["access"].update(port="22"), 'found "22", wanted a whole number'),
    "truth as a number": (lambda d: d["access"].update(agent=1), "access.agent: found 1, wanted true or false"),
    "two homes": (lambda d: plane(d).update(workers=["node-1", "cp-1"]), "which environments.0.control_planes.0 is"),
    "even control planes": (lambda d: plane(d).update(control_planes=["cp-1", "node-1"], workers=[]), "an odd number"),
    "no control plane": (lambda d: plane(d).update(control_planes=[]), "control_planes: found a list of 0"),
    "host bits": (lambda d: plane(d).update(networks={"pods": "10.244.0.1/16"}), "has host bits set"),
    "services in pods": (lambda d: plane(d).update(networks={"pods": "10.96.0.0/12"}), "overlapping 10.96.0.0/12"),
    "host in pods": (lambda d: host(d).update(address="10.244.3.4"), "holding 10.244.3.4 of hosts.0.address"),
    "pods too small": (lambda d: plane(d).update(networks={"pods": "10.9.0.0/24"}), "a /24 for each of 2 host(s)"),
    "time server in services": (lambda d: d.update(network={"ntp": ["10.96.0.9"]}), "10.96.0.9 of network.ntp.0"),
    "bad endpoint": (lambda d: plane(d).update(endpoint="https://api"), "as in api.acme.internal:6443"),
    "endpoint's port 0": (lambda d: plane(d).update(endpoint="api:0"), "a port from 1 to 65535"),
    "endpoint's port 65536": (lambda d: plane(d).update(endpoint="api:65536"), "a port from 1 to 65535"),
    "registry elsewhere": (lambda d: d.update(registry={"hosts": ["x"]}), "registry.hosts.0: found \"x\", which is no"),
    "registry on the API's port": (lambda d: d.update(registry={"port": 6443}), "neither SSH nor Kubernetes uses"),
    "one port twice": (lambda d: d.update(registry={"push_port": 5000}), "which is registry.port"),
    "no login": (lambda d: d["access"].pop("private_key"), "hosts.0: found no way to log in"),
    "no pin": (lambda d: d["access"].pop("known_hosts"), "hosts.0: found no pinned host key"),
    "unpinned bastion": (
        lambda d: (d["access"].pop("known_hosts"), host(d).update(host_key=KEY),
                   d["access"].update(bastion={"address": "b", "user": "u", "password": {"env": "B"}})),
        "access.bastion: found no pinned host key",
    ),
    "bad fingerprint": (lambda d: host(d).update(host_key="MD5:aa"), "SHA256: and 43 characters"),
    "no such needs": (lambda d: d.update(needs={"userz": 5}), "needs.userz: found an unknown key, wanted `users`"),
    "nobody at once": (lambda d: d.update(limits={"parallel_hosts": 0}), "found 0, wanted 1 or more"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_rules(change: Callable[[dict[str, Any]], object], expected: str) -> None:
    found = changed(change)
    assert any(expected in problem for problem in found), found


def test_environments_may_not_share_networks_and_a_free_one_is_named() -> None:
    def second(data: dict[str, Any]) -> None:
        plane(data)["workers"] = []
        data["environments"].append({"name": "testing", "control_planes": ["node-1"], "domain": "testing.internal"})

    found = changed(second)
    assert [line.split(":")[0] for line in found] == [
        "environments.1.networks.pods",
        "environments.1.networks.services",
    ]
    assert all("wanted a network of its own, as in 10." in line for line in found)


def test_a_malformed_fingerprint_is_one_problem() -> None:
    told = changed(lambda d: (d["access"].pop("known_hosts"), host(d).update(host_key="MD5:aa")))
    assert len([each for each in told if each.startswith("hosts.0")]) == 1


def test_hosts_that_nobody_uses_are_counted_where_they_are_many() -> None:
    def more(data: dict[str, Any]) -> None:
        data["hosts"] += [{"name": f"h{n}", "address": f"10.30.{n // 200}.{n % 200 + 1}"} for n in range(101)]

    (found,) = changed(more)
    assert found.startswith("hosts: found 101 hosts in no environment")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            {"domain": "x.internal"},
            {"domain": "x.internal"},
            'domain: found "x.internal" for testing, which production has',
        ),
        ({}, {}, 'domain: found "site.internal" for testing, which production has'),
        (
            {"endpoint": "api:6443"},
            {"domain": "t", "endpoint": "api:6443"},
            'endpoint: found "api:6443" for testing, which',
        ),
    ],
)
def test_no_two_environments_answer_to_one_name(first: dict[str, str], second: dict[str, str], expected: str) -> None:
    def two(data: dict[str, Any]) -> None:
        plane(data).update(workers=[], **first)
        networks = {"pods": "10.245.0.0/16", "services": "10.97.0.0/16"}
        data["environments"].append({"name": "testing", "control_planes": ["node-1"], "networks": networks, **second})

    (found,) = changed(two)
    assert expected in found


@pytest.mark.parametrize(
    ("networks", "address"),
    [({"pods": "10.20.0.0/16"}, "10.20.0.11"), ({}, "10.244.7.11"), ({"pods": "10.96.0.0/16"}, "10.20.0.11")],
)
def test_a_network_that_is_proposed_draws_no_other_problem(networks: dict[str, str], address: str) -> None:
    def collide(data: dict[str, Any]) -> None:
        host(data).update(address=address)
        plane(data).update(networks=networks)

    (found,) = changed(collide)
    kind, proposed = found.split(":")[0].rpartition(".")[2], found.rpartition(" ")[2]

    def take(data: dict[str, Any]) -> None:
        collide(data)
        plane(data).update(networks={**networks, kind: proposed})

    assert changed(take) == []


def waiver(**fields_: Any) -> Callable[[dict[str, Any]], object]:
    """A change that adds a waiver, good but for the given fields."""
    good = {"check": "cgroup.version", "reason": "replaced in March", "person": "Li Wei", "until": "2026-12-31"}
    return lambda data: data.update(waivers=[{**good, **fields_}])


@pytest.mark.parametrize(
    ("fields_", "expected"),
    [
        ({"until": "31.12.2026"}, "a date as YYYY-MM-DD"),
        ({"check": "cgroup.versoin"}, '"cgroup.version", perhaps'),
        ({"reason": "because"}, "two words"),
        ({"person": " "}, "a person's name"),
        ({"hosts": ["cp-7"]}, "waivers.0.hosts.0"),
    ],
)
def test_waivers(fields_: dict[str, Any], expected: str) -> None:
    (found,) = changed(waiver(**fields_))
    assert expected in found


def test_answers_whose_waiver_has_ended_can_still_be_read() -> None:
    """Else the site could neither be looked at nor taken back from that day on."""
    assert changed(waiver(until="2020-01-01")) == []


SECRET = "hunter2-geheim"


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["access"].update(sudo_password=SECRET),
        lambda d: d["access"].update(passphrase=[SECRET]),
        lambda d: d["access"].update(password={"env": f"{SECRET}!"}),
        lambda d: d["access"].update(bastion={"address": "b", "user": "u", "password": SECRET}),
        lambda d: d["access"].update(private_key=f"-----BEGIN PRIVATE KEY-----{SECRET}"),
        lambda d: plane(d)["components"].update(shop={"db": [{"password": SECRET}]}),
        lambda d: plane(d)["components"].update(shop={"apiKey": SECRET}),
        lambda d: plane(d)["components"].update(shop={"url": f"postgres://a:{SECRET}@db/a"}),
        lambda d: d["access"].update(password={SECRET: "x"}),
        lambda d: d["access"].update(password={"file": "x", SECRET: "y"}),
        lambda d: d["access"].update(private_key=f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}"),
        lambda d: plane(d).update(components=f"password={SECRET}"),
    ],
)
def test_plain_secrets_are_refused_and_never_repeated(change: Callable[[dict[str, Any]], object]) -> None:
    found = changed(change)
    assert found
    assert not any(SECRET in problem for problem in found)
    assert all("not shown" in problem for problem in found)


@pytest.mark.parametrize(
    "written", [f"*{SECRET}", f"!{SECRET} x", f"{{{SECRET}}}", f"{{a: *{SECRET}}}", f"&{SECRET} {{x: y}}"]
)
def test_what_yaml_makes_of_a_secret_is_not_repeated_either(written: str) -> None:
    found = answers_file.problems(GOOD.replace("{file: sudo_password}", written), "answers.yaml")
    assert found
    assert not any(SECRET in str(problem) for problem in found)


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


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateUnreadable, match="cannot be written"):
        answers_file.save("", tmp_path / "file" / "answers.yaml")
