"""Edits of hosts: everything that names a host follows, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.draft import hosts as editing
from installer.draft.document import Draft
from installer.draft.hosts import Place
from installer.draft.partial import Built
from installer.errors import StateUnreadable
from installer.hosts.inventory import Row
from installer.hosts.inventory.entry import BadRange
from installer.hosts.inventory.file import read
from installer.hosts.inventory.ssh_arguments import Hop
from installer.hosts.roles import Proposal, Roles

KEY = "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDwv1Lb7uHuTJqAzAA"


def draft(**more) -> Draft:
    return Draft(
        {
            "hosts": [
                {"name": "cp-1", "address": "10.0.0.11"},
                {"name": "node-1", "address": "10.0.0.12", "host_key": KEY, "access": {"user": "ops"}},
                {"name": "node-2", "address": "10.0.0.13"},
            ],
            "environments": [
                {"name": "production", "control_planes": ["cp-1"], "workers": ["node-1"]},
                {"name": "testing", "control_planes": ["node-2"]},
            ],
            "registry": {"hosts": ["node-1"]},
            "waivers": [
                {"check": "host.cpu", "hosts": ["node-1"]},
                {"check": "disk.space", "hosts": ["cp-1", "node-1"]},
                {"check": "clock.sync"},
            ],
            **more,
        }
    )


def test_a_new_name_is_the_name_everywhere():
    after = editing.renamed(draft(), 1, "db-1")
    assert editing.names(after) == ["cp-1", "db-1", "node-2"]
    assert after.at(("environments", 0, "workers")) == ["db-1"]
    assert after.at(("registry", "hosts")) == ["db-1"]
    assert [each.get("hosts") for each in after.at(("waivers",))] == [["db-1"], ["cp-1", "db-1"], None]


def test_a_name_that_another_host_has_does_not_take_its_places():
    after = editing.renamed(draft(), 1, "cp-1")
    assert after.at(("environments", 0, "workers")) == ["node-1"]
    again = editing.renamed(after, 1, "node-9")
    assert again.at(("environments", 0, "control_planes")) == ["cp-1"]


def test_a_host_that_goes_is_named_nowhere_and_no_waiver_grows():
    after = editing.removed(draft(), 1)
    assert editing.names(after) == ["cp-1", "node-2"]
    assert after.at(("environments", 0)) == {"name": "production", "control_planes": ["cp-1"]}
    assert after.at(("registry",)) is None
    assert after.at(("waivers",)) == [{"check": "disk.space", "hosts": ["cp-1"]}, {"check": "clock.sync"}]


def test_the_last_control_plane_leaves_an_empty_list_which_the_validator_speaks_of():
    assert editing.removed(draft(), 2).at(("environments", 1, "control_planes")) == []


def test_a_duplicate_is_the_next_machine_in_the_same_place_without_the_key():
    after = editing.duplicated(draft(), 1)
    assert editing.names(after) == ["cp-1", "node-1", "node-3", "node-2"]
    assert after.at(("hosts", 2)) == {"name": "node-3", "address": "10.0.0.14", "access": {"user": "ops"}}
    assert editing.places(after)["node-3"] == Place(0, "worker")


@pytest.mark.parametrize(
    ("name", "taken", "wanted"),
    [("node-1", {"node-2"}, "node-3"), ("rack08b", set(), "rack09b"), ("db", set(), "db-2"), ("n099", set(), "n100")],
)
def test_names_are_counted_on(name, taken, wanted):
    assert editing.next_name(name, taken) == wanted


@pytest.mark.parametrize(
    ("address", "wanted"),
    [("10.0.0.11", "10.0.0.12"), ("10.0.0.254", "10.0.1.1"), ("10.0.0", ""), ("255.255.255.254", "")],
)
def test_addresses_are_counted_on(address, wanted):
    assert editing.next_address(address, set()) == wanted


def test_the_first_host_has_a_name_and_so_has_the_next():
    first = editing.added(Draft())
    assert editing.names(editing.added(first)) == ["node-1", "node-2"]


def test_a_host_goes_from_one_place_to_another_in_the_order_of_the_list():
    after = editing.placed(draft(), ["cp-1"], Place(0, "worker"))
    assert after.at(("environments", 0, "control_planes")) == []
    assert after.at(("environments", 0, "workers")) == ["cp-1", "node-1"]
    assert "node-1" not in editing.places(editing.placed(after, ["node-1"], None))


def test_a_proposal_fills_every_environment_anew():
    roles = Roles(tuple(Proposal(name, "testing", role, "") for name, role in
                        (("cp-1", "worker"), ("node-1", "control_plane"), ("node-2", "worker"))))  # fmt: skip
    after = editing.proposed(draft(), roles)
    assert after.at(("environments", 0)) == {"name": "production", "control_planes": []}
    assert after.at(("environments", 1, "workers")) == ["cp-1", "node-2"]


def test_a_list_adds_what_is_new_and_brings_what_is_there_up_to_date():
    rows = [Row("node-1", "10.0.0.12", user="admin", port=2222), Row("cp-1", "10.0.0.99"), Row("node-2", "10.0.0.13"),
            Row("new-1", "10.0.0.11"), Row("other", "10.0.0.13")]  # fmt: skip
    made = editing.imported(draft(), rows)
    assert (made.new, made.updated, made.same) == (("new-1",), ("node-1", "cp-1"), ("node-2",))
    assert made.elsewhere == (("other", "node-2"),)
    hosts = made.draft.at(("hosts",))
    assert hosts[1] == {"name": "node-1", "address": "10.0.0.12", "host_key": KEY,
                        "access": {"user": "admin", "port": 2222}}  # fmt: skip
    assert hosts[3] == {"name": "new-1", "address": "10.0.0.11"}


def test_a_key_does_not_outlive_the_address_it_was_shown_at():
    made = editing.imported(draft(), [Row("node-1", "10.0.0.50")])
    assert "host_key" not in made.draft.at(("hosts", 1))


def test_a_list_that_says_nothing_new_changes_nothing():
    before = draft()
    assert editing.imported(before, [Row("cp-1", "10.0.0.11")]).draft is before


@pytest.mark.parametrize("hosts", [None, "all of them", [None, 7, {"name": 5}], {"name": "x"}])
def test_drafts_that_hold_anything_are_edited_without_a_stumble(hosts):
    odd = Draft({"hosts": hosts, "environments": hosts, "waivers": hosts, "registry": "none"})
    assert len(editing.names(editing.added(odd))) == len(editing.entries(odd)) + 1
    assert editing.imported(odd, [Row("a", "10.0.0.1")]).new == ("a",)
    assert editing.places(odd) == {}
    assert Built(Path("/")).hosts(odd) == (None,) * len(editing.entries(odd))


def test_hosts_are_built_as_far_as_they_are_valid_and_only_anew_where_they_differ():
    built = Built(Path("/site"))
    before = draft(access={"user": "engineer", "private_key": "key"})
    first = built.hosts(before)
    assert [host.access.user for host in first if host] == ["engineer", "ops", "engineer"]
    assert first[0].access.private_key == "/site/key"
    second = built.hosts(before.with_value(("hosts", 0, "address"), "nowhere"))
    assert second[0] is None
    assert second[1] is first[1]
    assert built.hosts(before.with_value(("access", "port"), "ssh")) == (None, None, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_lists_are_read_as_spreadsheets_write_them(tmp_path, encoding):
    path = tmp_path / "主机.csv"
    path.write_bytes("名称,地址\n节点,10.0.0.1\n".encode(encoding))
    assert read(path) == "名称,地址\n节点,10.0.0.1\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"PK\x03\x04\x00", "no workbook"), (b"\x7fELF\x00\x01\xff", "no text"), (b"a" * (1 << 20) + b"a", "1 MiB")],
)
def test_what_is_no_list_is_refused_with_a_reason(tmp_path, content, told):
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(StateUnreadable, match=told):
        read(tmp_path / "list")
    with pytest.raises(StateUnreadable, match="No such file"):
        read(tmp_path / "none")


def test_a_range_takes_its_name_s_place_everywhere():
    ranged = editing.renamed(draft().with_value(("hosts", 1, "address"), "10.0.0.12-13"), 1, "w-[1-2]")
    after = editing.spread(ranged, 1)
    assert editing.names(after) == ["cp-1", "w-1", "w-2", "node-2"]
    assert after.at(("hosts", 2)) == {"name": "w-2", "address": "10.0.0.13", "access": {"user": "ops"}}
    assert after.at(("environments", 0, "workers")) == after.at(("registry", "hosts")) == ["w-1", "w-2"]
    assert after.at(("waivers", 1, "hosts")) == ["cp-1", "w-1", "w-2"]
    assert editing.spread(draft(), 1) == draft()


def test_a_range_that_would_name_a_host_twice_is_refused():
    with pytest.raises(BadRange, match="node-2"):
        editing.spread(editing.renamed(draft().without(("hosts", 0, "address")), 0, "node-[2-3]"), 0)


def test_a_bastion_of_all_hosts_becomes_the_site_s_and_one_of_some_their_own() -> None:
    hop = Hop("203.0.113.5", "ops")
    both = [Row("a", "10.0.0.1", bastion=hop), Row("b", "10.0.0.2", bastion=hop)]
    made = editing.imported(Draft({}), both).draft
    assert made.at(("access", "bastion")) == {"address": "203.0.113.5", "user": "ops"}
    assert made.at(("hosts",)) == [{"name": "a", "address": "10.0.0.1"}, {"name": "b", "address": "10.0.0.2"}]
    again = editing.imported(made, [*both, Row("c", "10.0.0.3")])
    assert again.new == ("c",) and again.same == ("a", "b")
    some = editing.imported(Draft({}), [both[0], Row("b", "10.0.0.2", private_key="~/k")]).draft
    assert some.at(("hosts", 0, "access")) == {"bastion": {"address": "203.0.113.5", "user": "ops"}}
    assert some.at(("hosts", 1, "access")) == {"private_key": "~/k"}
