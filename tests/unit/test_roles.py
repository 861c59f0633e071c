"""Roles proposed: by what people say, by what hosts are, and by what is needed; every host in exactly one place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installer.answers import file as answers_file
from installer.hosts.facts import Facts
from installer.hosts.facts_parsing import Disk
from installer.hosts.inventory import Row, read
from installer.hosts.inventory.groups import hint, words
from installer.hosts.roles import GIB, Roles, propose
from sizing.engine import Sizing, size
from sizing.needs import Environment, Needs

ONE = size(Needs(environments=(Environment("production", redundant=False),)))
SAFE = size(Needs())
STAGES = (Environment("production"), Environment("pre-release", 20, False), Environment("testing", 10, False))
THREE = size(Needs(environments=STAGES))


def rows(*names: str, group: str = "") -> list[Row]:
    return [Row(name, f"10.0.{at // 250}.{at % 250 + 1}", group=group) for at, name in enumerate(names)]


def machine(name: str, cpus: int, gib: int, disk: int = 100) -> Facts:
    return Facts(name, cpus=cpus, memory=int(gib * GIB * 0.97), disks={"/": Disk("/", "ext4", disk * GIB, disk * GIB)})


def known(**sizes: tuple[int, int]) -> dict[str, Facts]:
    return {name: machine(name, *each) for name, each in sizes.items()}


def split(roles: Roles, environment: str = "production") -> tuple[list[str], list[str]]:
    return list(roles.hosts(environment, "control_plane")), list(roles.hosts(environment, "worker"))


def reasons(roles: Roles) -> dict[str, str]:
    return {each.host: each.reason for each in roles.proposals}


def test_one_host_is_a_control_plane_that_carries_everything():
    roles = propose(rows("only"), {}, ONE)
    assert split(roles) == (["only"], [])
    assert "services too" in reasons(roles)["only"]
    assert propose(rows("only"), {}, SAFE).notes


def test_three_hosts():
    assert split(propose(rows("a", "b", "c"), {}, ONE)) == (["a"], ["b", "c"])
    safe = propose(rows("a", "b", "c"), {}, SAFE)
    assert split(safe) == (["a", "b", "c"], [])
    assert not safe.notes


def test_small_machines_that_suffice_become_control_planes():
    facts = known(a=(32, 128), b=(4, 16), c=(2, 4), d=(4, 16), e=(32, 128), f=(8, 16), g=(32, 128))
    roles = propose(rows(*"abcdefg"), facts, SAFE)
    assert split(roles) == (["b", "d", "f"], ["a", "c", "e", "g"])
    assert reasons(roles)["b"] == "control plane: small, and enough for it (4 cores, 16 GiB memory)"
    assert reasons(roles)["a"] == "worker: 32 cores, 124 GiB memory"


def test_of_machines_alike_the_one_with_the_smaller_disk_then_the_first():
    facts = known(a=(8, 32, 900), b=(8, 32, 100), c=(8, 32, 900))
    assert split(propose(rows("a", "b", "c"), facts, ONE))[0] == ["b"]
    alike = propose(rows("a", "b", "c"), known(a=(8, 32), b=(8, 32), c=(8, 32)), ONE)
    assert split(alike)[0] == ["a"]
    assert "all are alike" in reasons(alike)["a"]


def test_where_nothing_suffices_the_largest_is_taken_and_told():
    roles = propose(rows("a", "b"), known(a=(1, 1), b=(1, 2)), ONE)
    assert split(roles)[0] == ["b"]
    assert "short of 2 cores" in reasons(roles)["b"]


def test_one_that_was_not_reached_comes_after_those_that_suffice():
    assert split(propose(rows("a", "b"), known(b=(4, 16)), ONE))[0] == ["b"]


@pytest.mark.parametrize(
    "group", ["control", "masters", "kube_control_plane,etcd", "Control-Plane", "主节点", "控制面"]
)
def test_a_group_wins_over_figures(group):
    hosts = [Row("giant", "10.0.0.1", group=group), *rows("small", "other", group="worker")]
    facts = known(giant=(64, 256), small=(4, 16), other=(4, 16))
    roles = propose(hosts, facts, SAFE)
    assert split(roles) == (["giant"], ["small", "other"])
    assert reasons(roles)["giant"] == f'control plane by its group "{group}"'
    assert reasons(roles)["small"] == 'worker by its group "worker"'
    assert "3 control planes" in roles.notes[0]


def test_names_say_roles_where_groups_do_not():
    roles = propose(
        rows("node-1", "cp-1", "node-2"), known(**{"node-1": (4, 16), "cp-1": (8, 32), "node-2": (4, 16)}), SAFE
    )
    assert split(roles) == (["cp-1"], ["node-1", "node-2"])
    assert reasons(roles)["cp-1"] == "control plane by its name"
    nodes = propose(rows("node-1", "node-2", "node-3"), {}, SAFE)
    assert split(nodes) == (["node-1", "node-2", "node-3"], [])
    group = [Row("master-1", "10.0.0.1", group="worker"), Row("worker-1", "10.0.0.2", group="master")]
    assert split(propose(group, {}, ONE)) == (["worker-1"], ["master-1"])


@pytest.mark.parametrize(
    ("controls", "others", "expected"),
    [(2, 0, 1), (2, 3, 3), (3, 3, 3), (4, 0, 3), (4, 1, 5), (5, 2, 5), (9, 0, 7), (1, 4, 3), (0, 4, 3)],
)
def test_control_planes_are_odd_whatever_groups_say(controls, others, expected):
    hosts = [Row(f"m{at}", f"10.0.0.{at + 1}", group="master") for at in range(controls)]
    hosts += [Row(f"x{at}", f"10.0.1.{at + 1}") for at in range(others)]
    chosen = split(propose(hosts, {}, SAFE))[0]
    assert len(chosen) == expected
    assert set(chosen) >= {f"m{at}" for at in range(min(controls, expected))}


def test_workers_alone_still_get_a_control_plane():
    roles = propose(rows("a", "b", group="worker"), {}, ONE)
    assert split(roles) == (["a"], ["b"])
    assert "cannot do without" in reasons(roles)["a"]


def test_fewer_hosts_than_environments_is_a_problem_in_words():
    roles = propose(rows("a", "b"), {}, THREE)
    assert roles.proposals == ()
    assert roles.problems == (
        "2 host(s) for 3 environments (production, pre-release, testing); each is a cluster of its own: "
        "1 host(s) more, or fewer environments",
    )
    assert propose((), {}, ONE).problems


def test_hosts_all_marked_for_one_environment_leave_the_others_empty_which_is_told():
    roles = propose(rows("a", "b", "c", group="prod"), {}, THREE)
    assert [problem.split(":")[0] for problem in roles.problems] == [
        "no host for environment pre-release", "no host for environment testing",
    ]  # fmt: skip


def test_groups_and_names_say_environments():
    hosts = [Row("a", "10.0.0.1", group="test"), Row("uat-1", "10.0.0.2"), Row("prod-cp", "10.0.0.3"),
             Row("x", "10.0.0.4", group="worker,生产"), Row("y", "10.0.0.5", group="production")]  # fmt: skip
    roles = propose(hosts, {}, THREE)
    assert [each.environment for each in roles.proposals] == [
        "testing", "pre-release", "production", "production", "production",
    ]  # fmt: skip
    assert reasons(roles)["a"].startswith('testing by its group "test"; control plane')
    assert reasons(roles)["uat-1"].startswith("pre-release by its name; ")
    assert split(roles) == (["prod-cp"], ["x", "y"])


def test_two_hundred_hosts_are_shared_out_by_what_environments_need_in_the_order_of_the_list():
    names = [f"h{at:03d}" for at in range(200)]
    roles = propose(rows(*names), {name: machine(name, 16, 64) for name in names}, THREE)
    counts = {
        name: sum(each.environment == name for each in roles.proposals)
        for name in ("production", "pre-release", "testing")
    }
    assert sum(counts.values()) == 200
    assert counts["production"] > counts["pre-release"] >= counts["testing"] >= 1
    assert [each.environment for each in roles.proposals] == sorted(
        (each.environment for each in roles.proposals), key=["production", "pre-release", "testing"].index
    )
    assert [len(split(roles, name)[0]) for name in counts] == [3, 1, 1]


def test_a_large_machine_goes_where_most_is_lacking():
    facts = known(big=(64, 256), s1=(4, 16), s2=(4, 16), s3=(4, 16), s4=(4, 16))
    roles = propose(rows("s1", "s2", "big", "s3", "s4"), facts, THREE)
    assert {each.environment for each in roles.proposals if each.host == "big"} == {"production"}


HOSTS = st.lists(
    st.tuples(
        st.sampled_from(["", "master", "worker", "prod", "test", "kube_node,prod", "db", "控制"]),
        st.sampled_from(["h", "cp-", "node-", "prod-", "worker-"]),
        st.none() | st.tuples(st.integers(1, 64), st.integers(1, 256)),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


@settings(max_examples=150)
@given(HOSTS, st.sampled_from(["ONE", "SAFE", "THREE"]))
def test_every_host_is_in_one_place_and_answers_accept_it(told, size: str):
    sizing: Sizing = {"ONE": ONE, "SAFE": SAFE, "THREE": THREE}[size]
    hosts = [Row(f"{name}{at}", f"10.0.0.{at + 1}", group=group) for at, (group, name, _) in enumerate(told)]
    facts = {row.name: machine(row.name, *each) for row, (_, _, each) in zip(hosts, told, strict=True) if each}
    roles = propose(hosts, facts, sizing)
    assert roles == propose(hosts, facts, sizing)
    assert bool(roles.problems) != bool(roles.proposals)
    if roles.problems:
        return
    assert [each.host for each in roles.proposals] == [row.name for row in hosts]
    assert all(each.reason and "\n" not in each.reason for each in roles.proposals)
    names = [environment.name for environment in sizing.needs.environments]
    document = {
        "version": 1, "site": {"name": "acme"}, "access": {"agent": True, "known_hosts": "known_hosts"},
        "hosts": [{"name": row.name, "address": row.address} for row in hosts],
        "environments": [{"name": name, "domain": f"{name}.site.internal",
                          "control_planes": split(roles, name)[0], "workers": split(roles, name)[1],
                          "networks": {"pods": f"10.{100 + at}.0.0/16", "services": f"10.{200 + at}.0.0/16"}}
                         for at, name in enumerate(names)],
    }  # fmt: skip
    assert answers_file.problems(answers_file.dump(document), "answers.yaml") == ()


def test_from_a_pasted_list_to_roles():
    inventory = read("[control]\ncp-[1:3] ansible_host=10.0.0.[1:3]\n[worker]\nw-[1:2] ansible_host=10.0.0.[11:12]\n")
    assert split(propose(inventory.rows, {}, SAFE)) == (["cp-1", "cp-2", "cp-3"], ["w-1", "w-2"])


def test_words_in_groups():
    assert words("kube_control_plane-01") == {"kube", "controlplane"}
    assert hint("pre-prod-2", ["production", "staging"]).environment == "staging"
    assert hint("node,master", []).control is True
    assert hint("db", ["production"]) == hint("", ["production"])


def test_a_redundant_environment_gets_its_majority_even_where_one_machine_would_carry_it():
    two = size(Needs(environments=(Environment("production"), Environment("testing", 10, False))))
    facts = known(giant=(256, 1024), a=(4, 16), b=(4, 16), c=(4, 16), d=(4, 16))
    roles = propose(rows("giant", *"abcd"), facts, two)
    assert [each.environment for each in roles.proposals] == ["production"] * 3 + ["testing"] * 2


def test_numbers_tell_environments_apart():
    environments = ["prod1", "prod2", "prod-eu-1"]
    assert hint("prod2-a", environments).environment == "prod2"
    assert hint("prod-eu-1-db", environments).environment == "prod-eu-1"
    assert hint("prod-a", ["prod1", "prod2"]).environment == "", "it may be either"
    assert hint("production", ["prod1"]).environment == "prod1"
