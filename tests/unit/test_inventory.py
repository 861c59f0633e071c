"""Lists of hosts: every form that people have them in, and that nothing they paste does harm."""

from __future__ import annotations

import pytest

from installer.hosts.inventory import Inventory, Row, read


def hosts(inventory: Inventory) -> list[tuple[str, str]]:
    assert not inventory.problems
    return [(row.name, row.address) for row in inventory.rows]


def said(inventory: Inventory) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.path, problem.found) for problem in inventory.problems]


TWO = [("cp-1", "10.20.0.11"), ("node-1", "10.20.0.12")]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("list", "cp-1 10.20.0.11\nnode-1 10.20.0.12"),
        ("list", "10.20.0.11, cp-1\n\n# spare\n10.20.0.12,node-1  # the second\n"),
        ("list", "cp-1\t10.20.0.11\r\nnode-1\t10.20.0.12\r\n"),
        ("list", "CP-1、10.20.0.11\nnode-1；10.20.0.12/24"),
        ("list", "127.0.0.1 localhost\n127.0.1.1 laptop\n::1 localhost ip6-localhost\nff02::1 ip6-allnodes\n"
                 "10.20.0.11 cp-1.acme.internal cp-1\n10.20.0.12\tnode-1.acme.internal\n"),
        ("csv", "cp-1,10.20.0.11,root\nnode-1,10.20.0.12,root"),
        ("csv", "\ufeffName;IP Address;Cores\r\ncp-1;10.20.0.11;8\r\nnode-1;10.20.0.12;8\r\n"),
        ("csv", "sep=;\nHost;IP\ncp-1;10.20.0.11\nnode-1;10.20.0.12\n"),
        ("csv", "Server Name (new)\tManagement IP\ncp-1\t10.20.0.11\nnode-1\t10.20.0.12"),
        ("csv", "NAME   IP           CORES\ncp-1   10.20.0.11   4\nnode-1 10.20.0.12   4"),
        ("csv", "主机名,IP地址\ncp-1,10.20.0.11\nnode-1,10.20.0.12"),
        ("csv", 'address,hostname,note\n10.20.0.11,cp-1,"two\nlines"\n10.20.0.12,node-1,'),
        ("ansible-ini", "[control]\ncp-1 ansible_host=10.20.0.11\n[worker]\nnode-1 ansible_host=10.20.0.12"),
        ("ansible-ini", "cp-1 ansible_host=10.20.0.11\nnode-1 ansible_host='10.20.0.12' # here\n"),
        ("ansible-yaml", "all:\n  hosts:\n    cp-1: {ansible_host: 10.20.0.11}\n    node-1:\n"
                         "      ansible_host: 10.20.0.12\n"),
        ("ansible-yaml", '{"all": {"hosts": {"cp-1": {"ip": "10.20.0.11"}, "node-1": {"ip": "10.20.0.12"}}}}'),
    ],
)  # fmt: skip
def test_every_form_is_recognised_and_read(kind, text):
    inventory = read(text)
    assert (inventory.kind, hosts(inventory)) == (kind, TWO)


def test_a_table_says_user_port_and_role_in_any_order():
    table = "端口,角色,用户,地址,主机名\n2222,控制节点,ops,10.20.0.11,cp-1\n,工作节点,,10.20.0.12,node-1\n"
    assert read(table).rows == (
        Row("cp-1", "10.20.0.11", "ops", 2222, "控制节点", 2),
        Row("node-1", "10.20.0.12", "", 0, "工作节点", 3),
    )
    bare = read("cp-1;10.20.0.11;ops;2222;master\nnode-1;10.20.0.12;ops;22;worker")
    assert [(row.user, row.port, row.group) for row in bare.rows] == [("ops", 2222, "master"), ("ops", 22, "worker")]
    both = read("name,ip,role,environment\ncp-1,10.20.0.11,master,prod")
    assert both.rows[0].group == "master,prod"


def test_a_table_whose_columns_are_called_the_wrong_way_round_is_understood():
    assert hosts(read("ip,name\ncp-1,10.20.0.11\nnode-1,10.20.0.12")) == TWO
    assert hosts(read("host,user\n10.20.0.11,root")) == [("node-11", "10.20.0.11")]


def test_a_login_says_user_and_port():
    assert read("cp-1 ops@10.20.0.11:2222").rows == (Row("cp-1", "10.20.0.11", "ops", 2222, "", 1),)
    assert read("10.20.0.11 cp-1 user=ops port=2222 master").rows[0] == Row(
        "cp-1", "10.20.0.11", "ops", 2222, "master", 1
    )


def test_a_usual_login_and_a_stage_are_known_without_a_heading():
    row = Row("cp-1", "10.0.0.1", "root", 0, "prod", 1)
    assert read("cp-1 10.0.0.1 root prod").rows == (row,)
    assert read("cp-1,10.0.0.1,root,prod").rows == (row,)
    assert read("10.0.0.1 root").rows == (Row("node-1", "10.0.0.1", "root", 0, "", 1),)


def test_an_address_alone_gets_a_name_that_nobody_has():
    inventory = read("10.0.0.11\nnode-11 10.0.0.9\n10.0.1.11\n10.0.0.12, 10.0.0.13")
    assert [row.name for row in inventory.rows] == ["node-0-11", "node-11", "node-1-11", "node-12", "node-13"]


@pytest.mark.parametrize(
    ("line", "names", "addresses"),
    [
        ("node-[1-12] 10.0.0.11-22", ("node-1", "node-12"), ("10.0.0.11", "10.0.0.22")),
        ("10.0.0.[11-22] node-[01:12]", ("node-01", "node-12"), ("10.0.0.11", "10.0.0.22")),
        ("node-[098-109], 10.0.0.250-10.0.1.5", ("node-098", "node-109"), ("10.0.0.250", "10.0.1.5")),
        ("r[1-3]-n[1-4] 10.0.[1-3].[1-4]", ("r1-n1", "r3-n4"), ("10.0.1.1", "10.0.3.4")),
        ("node-[1,3,5-9,11,13,15,17,19] 10.0.0.11-22", ("node-1", "node-19"), ("10.0.0.11", "10.0.0.22")),
        ("node-[a:l] 10.0.0.11-22", ("node-a", "node-l"), ("10.0.0.11", "10.0.0.22")),
        ("10.0.0.11-22", ("node-11", "node-22"), ("10.0.0.11", "10.0.0.22")),
    ],
)
def test_ranges(line, names, addresses):
    rows = read(line).rows
    assert len(rows) == 12
    assert ((rows[0].name, rows[-1].name), (rows[0].address, rows[-1].address)) == (names, addresses)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("node-[1-12] 10.0.0.11-20", "12 name(s) and 10 address(es)"),
        ("node-1 10.0.0.11-12", "1 name(s) and 2 address(es)"),
        ("node-[5-1] 10.0.0.11-12", "backwards"),
        ("node-[1-x] 10.0.0.11-12", "[1-x]"),
        ("node-[1-999999999] 10.0.0.1-2", "999999999 hosts"),
        ("n[1-1000]x[1-1000]y[1-1000] 10.0.0.1-2", "1000000000 hosts"),
        ("node-[1-2 10.0.0.1-2", "a bracket too many"),
        ("10.0.0.9-10.0.0.300", "10.0.0.9-10.0.0.300"),
        ("0.0.0.0-255.255.255.255", "4294967296 hosts"),
    ],
)
def test_a_range_that_is_none_says_why(text, found):
    inventory = read(text)
    assert not inventory.rows
    assert found in inventory.problems[0].found
    assert inventory.problems[0].line == 1


def test_all_problems_come_at_once_with_their_lines_and_good_rows_stay():
    inventory = read("cp-1 10.0.0.1\nnode_1 10.0.0.2\nnode-2\nnode-3 10.0.0.300\ncp-1 10.0.0.5\nx 10.0.0.1\n"
                     "fd00::5 node-4\nnode-5 127.0.0.9\nnode-6 10.0.0.6:99999\nnode-7 10.0.0.7:x\n"
                     "ok 10.0.0.8")  # fmt: skip
    assert [row.name for row in inventory.rows] == ["cp-1", "ok"]
    assert said(inventory) == [
        (2, "name", '"node_1"'),
        (3, "address", '"node-2" without an address'),
        (4, "address", '"10.0.0.300"'),
        (5, "name", '"cp-1" a second time (first in line 1)'),
        (6, "address", '"10.0.0.1" a second time (first in line 1)'),
        (7, "address", "an IPv6 address"),
        (8, "address", '"127.0.0.9"'),
        (9, "port", "99999"),
        (10, "address", '"node-7" without an address'),
    ]
    assert all(problem.wanted for problem in inventory.problems)
    assert str(inventory.problems[0]).startswith("hosts:2: name: found ")


@pytest.mark.parametrize(
    "text",
    [
        "cp-1 10.0.0.1 root S3cret!",
        "10.0.0.1 root S3cret!",
        "cp-1 10.0.0.1 ops S3cret!",
        "10.0.0.1,root,S3cret!",
        "cp-1,10.0.0.1,ops,S3cret!",
        "cp-1;10.0.0.1;root;S3cret!;22",
        "name,ip,user\ncp-1,10.0.0.1,S3cret!",
        "name,ip,port\ncp-1,10.0.0.1,S3cret!",
        "cp-1 ansible_host=10.0.0.1 S3cret!",
        "[all]\ncp-1 ansible_password='S3cret! ",
        "[all]\ncp-1 ansible_host=10.0.0.1 ansible_password=S3cret! ansible_port=x",
        "name,ip,password,port\ncp-1,10.0.0.1,S3cret!,x",
        "all:\n  hosts:\n    cp-1: {ansible_host: 10.0.0.999, ansible_password: S3cret!}",
    ],
)
def test_what_may_be_a_password_is_neither_kept_nor_repeated(text):
    inventory = read(text)
    assert inventory.problems
    assert "S3cret" not in repr(inventory)


INI = """
[control]
cp-[1:3] ansible_host=10.20.0.[1:3]
[workers]
node-[01:02] ansible_host=10.20.0.1[1:2] ansible_port=2201
10.20.0.50
[workers:vars]
ansible_user = deploy
[prod:children]
control
workers
[prod:vars]
ansible_user=ops   # all of them
ansible_port=2022
[db]
node-01
[all:vars]
ansible_user=root
ansible_become_password=S3cret!
"""


def test_ansible_variables_come_down_the_groups_the_nearest_first():
    inventory = read(INI)
    assert not inventory.problems
    assert [(r.name, r.address, r.user, r.port, r.group) for r in inventory.rows] == [
        ("cp-1", "10.20.0.1", "ops", 2022, "control,prod"),
        ("cp-2", "10.20.0.2", "ops", 2022, "control,prod"),
        ("cp-3", "10.20.0.3", "ops", 2022, "control,prod"),
        ("node-01", "10.20.0.11", "deploy", 2201, "workers,prod,db"),
        ("node-02", "10.20.0.12", "deploy", 2201, "workers,prod"),
        ("node-50", "10.20.0.50", "deploy", 2022, "workers,prod"),
    ]


def test_ansible_in_yaml_says_the_same():
    text = """
all:
  vars: {ansible_user: root, ansible_password: !vault "S3cret!"}
  children:
    prod:
      vars: {ansible_port: 2022}
      children:
        control:
          hosts:
            cp-[1:3]: {ansible_host: "10.20.0.[1:3]", ansible_user: ops}
        workers: {hosts: {node-1: {ansible_host: 10.20.0.11}, node-2: }}
    db: {hosts: {node-2: {ansible_host: 10.20.0.12}, localhost: {ansible_connection: local}}}
"""
    inventory = read(text)
    assert (inventory.kind, said(inventory)) == ("ansible-yaml", [])
    assert [(r.name, r.address, r.user, r.port, r.group) for r in inventory.rows] == [
        ("cp-1", "10.20.0.1", "ops", 2022, "control,prod"),
        ("cp-2", "10.20.0.2", "ops", 2022, "control,prod"),
        ("cp-3", "10.20.0.3", "ops", 2022, "control,prod"),
        ("node-1", "10.20.0.11", "root", 2022, "workers,prod"),
        ("node-2", "10.20.0.12", "root", 2022, "workers,prod,db"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("[a:b:c]\n[a]\nx", 1, "a section of kind `b:c`"),
        ("[a:cousins]\nx", 1, "a section of kind `cousins`"),
        ("[a]\ncp-[1:3] ansible_host=10.0.0.[1:2]", 2, "3 name(s) and 2 address(es)"),
        ("[a]\ncp-1 ansible_host={{ ip }}", 2, "(not shown)"),
        ("[a]\ncp-1 ansible_host=cp-1.acme", 2, '"cp-1.acme"'),
        ("all:\n  hosts: [cp-1]", 2, "a list of 1"),
        ("all:\n  hosts:\n\tcp-1:", 3, "a tab"),
        ("all:\n  hosts:\n    cp-1: {}", 3, '"cp-1" without an address'),
        ("all:\n  hosts:\n    cp-1: {ip: 10.0.0.1}\n    cp-1: {ip: 10.0.0.2}", 4, "a second time"),
        ("--- [", 2, ""),
    ],
)
def test_what_is_wrong_with_an_ansible_inventory(text, line, found):
    problems = read(text).problems
    assert problems[0].line == line
    assert found in problems[0].found


def test_groups_that_contain_each_other_end():
    text = "[a:children]\nb\n[b:children]\na\n[a]\ncp-1 ansible_host=10.0.0.1\n"
    assert read(text).rows[0].group == "a,b"
