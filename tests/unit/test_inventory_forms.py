"""Lists of hosts as people really have them: Ansible's precedence, hosts that are no nodes, titles, two addresses."""

from __future__ import annotations

import json

import pytest

from installer.hosts.inventory import Inventory, Row, read
from installer.hosts.inventory.ssh_arguments import Hop


def rows(text: str) -> dict[str, Row]:
    return {row.name: row for row in read(text).rows}


def found(inventory: Inventory) -> str:
    return "\n".join(f"{each.line} {each.found} {each.wanted}" for each in inventory.problems)


PRECEDENCE = {
    "the last of two groups by name": ("[aaa]\nh ansible_host=10.0.0.1\n[bbb]\nh\n[aaa:vars]\nansible_port=1111\n"
                                       "[bbb:vars]\nansible_port=2222\n", 2222),
    "whatever their order in the file": ("[bbb]\nh ansible_host=10.0.0.1\n[aaa]\nh\n[bbb:vars]\nansible_port=2222\n"
                                         "[aaa:vars]\nansible_port=1111\n", 2222),
    "a child before its parent": ("[z:children]\na\n[a]\nh ansible_host=10.0.0.1\n[z:vars]\nansible_port=1111\n"
                                  "[a:vars]\nansible_port=2222\n", 2222),
    "the deeper of two": ("[z]\nh ansible_host=10.0.0.1\n[top:children]\na\n[a]\nh\n[z:vars]\nansible_port=1111\n"
                          "[a:vars]\nansible_port=2222\n", 2222),
    "a priority before a name": ("[aaa]\nh ansible_host=10.0.0.1\n[bbb]\nh\n[aaa:vars]\nansible_port=2222\n"
                                 "ansible_group_priority=10\n[bbb:vars]\nansible_port=1111\n", 2222),
    "any group before all": ("[aaa]\nh ansible_host=10.0.0.1\n[aaa:vars]\nansible_port=2222\n[all:vars]\n"
                             "ansible_port=1111\n", 2222),
    "the host before its groups": ("[aaa]\nh ansible_host=10.0.0.1 ansible_port=2222\n[aaa:vars]\nansible_port=1111\n",
                                   2222),
    "a circle of groups": ("[a:children]\nb\n[b:children]\na\n[b]\nh ansible_host=10.0.0.1\n[b:vars]\n"
                           "ansible_port=2222\n", 2222),
}  # fmt: skip


@pytest.mark.parametrize(("text", "port"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_variables_have_the_precedence_that_ansible_gives_them(text: str, port: int) -> None:
    assert rows(text)["h"].port == port


@pytest.mark.parametrize("group", ["bastion", "nfs-server", "harbor", "ex-lb", "haproxy", "数据库", "VIP", "jumphost"])
def test_what_stands_beside_a_cluster_is_no_node_and_is_told(group: str) -> None:
    said = read(f"name,ip,role\ncp1,10.40.5.11,master\nx1,10.40.5.14,{group}\n")
    assert [row.name for row in said.rows] == ["cp1"]
    assert '"x1", which is' in found(said) and found(said).startswith("3 ")


def test_the_bastion_of_an_inventory_is_the_way_to_all_that_name_no_other() -> None:
    login = "ansible_host=203.0.113.5 ansible_user=ops ansible_port=2222 ansible_ssh_private_key_file=~/.ssh/jump"
    nodes = "n1 ansible_host=10.0.0.1\nn2 ansible_host=10.0.0.2 ansible_ssh_common_args='-J gate.acme.com'\n"
    said = read(f"[kube_node]\n{nodes}[bastion]\nb1 {login}\n")
    assert [(row.name, row.bastion) for row in said.rows] == [
        ("n1", Hop("203.0.113.5", "ops", 2222, "~/.ssh/jump")), ("n2", Hop("gate.acme.com")),
    ]  # fmt: skip
    assert "reached over this one" in str(said.problems[0].wanted)


def test_of_several_bastions_none_is_the_way() -> None:
    said = read("[kube_node]\nn1 ansible_host=10.0.0.1\n[bastion]\nb[1:2] ansible_host=203.0.113.[5:6]\n")
    assert [(row.name, row.bastion) for row in said.rows] == [("n1", None)]
    assert [problem.wanted for problem in said.problems] == ["a node of a cluster; this one is left out"] * 2


def test_a_node_that_is_a_load_balancer_as_well_stays_one() -> None:
    assert "n1" in rows("[kube_node]\nn1 ansible_host=10.0.0.1\n[lb]\nn1\n")


def test_the_host_s_own_of_two_addresses_is_taken_and_the_other_told() -> None:
    said = read("[kube_node]\nn[1:2] ansible_host=203.0.113.[11:12] ip=10.30.3.[11:12]\n")
    assert [row.address for row in said.rows] == ["10.30.3.11", "10.30.3.12"]
    assert '"203.0.113.12" beside "10.30.3.12"' in found(said)


def test_what_ansible_inventory_lists_is_read() -> None:
    listed = {
        "_meta": {"hostvars": {"m1": {"ansible_host": "10.0.0.1", "ansible_port": 2222, "x": {"y": 1}}, "w1": {
            "ansible_host": "10.0.0.2"}}},
        "all": {"children": ["ungrouped", "masters", "workers"], "vars": {"ansible_user": "ops"}},
        "masters": {"hosts": ["m1"]}, "workers": {"hosts": ["w1"]},
    }  # fmt: skip
    said = read(json.dumps(listed, indent=4))
    assert not said.problems
    assert [(r.name, r.address, r.user, r.port, r.group) for r in said.rows] == [
        ("m1", "10.0.0.1", "ops", 2222, "masters"), ("w1", "10.0.0.2", "ops", 0, "workers"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ['{"a": []}', '{"_meta": 1, "a": {"hosts": [1]}}', '{"a": {"hosts": "x"}}', "{" * 5000]
)
def test_json_that_lists_no_hosts_is_told(text: str) -> None:
    said = read(text)
    assert not said.rows and said.problems


def test_a_file_of_a_vault_is_told_without_its_content() -> None:
    said = read("$ANSIBLE_VAULT;1.1;AES256\n3665386564316539\n")
    assert "ansible-vault" in found(said) and "3665" not in found(said)


@pytest.mark.parametrize(
    "above", ["服务器清单,,\n", "服务器清单,,\n,,\nDate: 2026-01-01,,\n", "Servers of the project\n\n"]
)
def test_titles_above_the_heading_are_passed_over(above: str) -> None:
    said = read(above + "主机名,IP地址,操作系统\ncp1,10.40.1.11,openEuler 22.03\nw1,10.40.1.12,openEuler 22.03\n")
    assert [(row.name, row.address) for row in said.rows] == [("cp1", "10.40.1.11"), ("w1", "10.40.1.12")]
    assert not said.problems


CELLS = {
    "with a word beside it": "10.40.4.13 (mgmt)", "with a Chinese one": "10.40.4.13（管理）",
    "in full width": "１０．40.4.13", "with blanks of Chinese": "　10.40.4.13　",
    "with an unseen sign": "10.40.4.13\u200b",
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_an_address_is_read_whatever_stands_around_it(cell: str) -> None:
    said = read(f"name,ip,role\nw2,{cell},worker\n")
    assert [row.address for row in said.rows] == ["10.40.4.13"] and not said.problems


@pytest.mark.parametrize(
    "cell", ['"10.40.4.15\n192.168.60.15"', "10.40.4.15、192.168.60.15", "10.40.4.15/192.168.60.15"]
)
def test_the_first_of_several_addresses_in_a_cell_is_taken_and_told(cell: str) -> None:
    said = read(f"name,ip,role\nw4,{cell},worker\n")
    assert [row.address for row in said.rows] == ["10.40.4.15"]
    assert "2 addresses in one cell" in found(said)


@pytest.mark.parametrize("said", ["ansible_connection=winrm", "ansible_network_os=ios"])
def test_what_is_not_reached_by_ssh_is_left_out_and_told(said: str) -> None:
    told = read(f"[a]\nx1 ansible_host=10.0.0.1 {said}\nx2 ansible_host=10.0.0.2 ansible_connection=ssh\n")
    assert [row.name for row in told.rows] == ["x2"] and '"x1", which is reached by' in found(told)


def test_the_machine_itself_is_no_host() -> None:
    assert not read("[a]\nlocalhost.localdomain ansible_host=127.0.0.1\n").rows
