"""The rules that answers keep: every way in which a document of the right kind can be bad."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from answers_sample import GOOD, KEY, changed, host, plane

from installer.answers import file as answers_file

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
