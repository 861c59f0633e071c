"""Lists of hosts: every form that people have them in, and that nothing they paste does harm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from installer.answers import file as answers_file
from installer.errors import StateUnreadable
from installer.hosts.inventory import LARGEST, LINES, TOLD, Inventory, Row, file, read
from installer.hosts.inventory.entry import MOST, BadRange, expand


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


def test_limits():
    assert len(read("node-[1-1000] 10.0.0.1-10.0.3.232").rows) == MOST
    over = read("node-[1-1000] 10.0.0.1-10.0.3.232\nlast 10.9.9.9")
    assert (len(over.rows), said(over)) == (MOST, [(2, "", "1001 hosts")])
    assert said(read("x" * (LARGEST + 1))) == [(1, "", "more than 1 MiB")]
    assert said(read("\n" * LINES)) == [(1, "", "more than 30000 lines")]
    assert said(read("\n" * (LINES - 1))) == [(1, "", "no host")]
    assert said(read("")) == [(1, "", "no host")]
    many = read("bad_name 10.0.0.1\n" * 2000)
    assert len(many.problems) <= TOLD + 1


@pytest.mark.parametrize("text", ["[" * LARGEST, "[a" * (LARGEST // 3), "1." * (LARGEST // 2), '"' * LARGEST,
                                  "a,\n" * (LARGEST // 3), "all:\n" + "  x:\n" * 100_000, "10.0.0.1\n" * 100_000,
                                  "{" * LARGEST, "[a]\n" + "b:children\n" * 90_000])  # fmt: skip
def test_nothing_large_takes_long(text):
    assert read("\n".join(text[:LARGEST].split("\n")[:LINES])).problems


@pytest.mark.parametrize("text", ["[1-2", "a]", "[x-1]", "[]", "[1-2-3]", "1.1.1.9-3"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(BadRange):
        expand(text)


KINDS = ["auto", "list", "csv", "ansible-ini", "ansible-yaml"]
WORDS = ["node-1", "cp-[1-3]", "10.0.0.1", "10.0.0.[1-3]", "10.0.0.5-9", "ansible_host=", "[all:vars]", "[x]", "all:",
         "hosts:", "  ", "\t", ",", ";", "\n", '"', "'", "#", "name,ip\n", "主机名,地址\n", "{", "}", "::1", "@", ":22",
         "\ud800", "\x00", "0", "-", "root", "children:", "[x:children]", "&a", "*a", "!vault"]  # fmt: skip


@settings(max_examples=400)
@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map("".join)), st.sampled_from(KINDS))
@example("all:\n  hosts:\n    ? [a]\n    : b", "auto")
@example('name,ip\n"', "auto")
def test_any_text_gives_an_inventory_that_answers_accept(text, kind):
    inventory = read(text, kind)
    assert inventory.rows or inventory.problems
    assert not [found for found in refusals(inventory.rows)]


@given(st.integers(1, 999), st.integers(1, 254), st.integers(0, 3), st.sampled_from("-:"))
def test_a_range_of_n_gives_n_rows(first, count, width, sign):
    name = f"n[{first:0{width}d}{sign}{first + count - 1:0{width}d}]"
    rows = read(f"{name} 10.1.0.0-10.1.0.{count - 1}").rows
    assert len(rows) == count
    assert rows[-1].name.removeprefix("n").lstrip("0") == str(first + count - 1)


def refusals(rows) -> list[str]:
    """What the validator of answers says of these hosts, in answers that are complete."""
    if not rows:
        return []
    hosts = [
        {"name": row.name, "address": row.address, "host_key": "SHA256:" + "A" * 43,
         "access": {key: value for key, value in (("user", row.user), ("port", row.port)) if value}}
        for row in rows
    ]  # fmt: skip
    document = {
        "version": 1, "site": {"name": "acme"}, "access": {"agent": True}, "hosts": hosts,
        "environments": [{"name": "production", "control_planes": [rows[0].name],
                          "workers": [row.name for row in rows[1:]]}],
    }  # fmt: skip
    found = answers_file.problems(answers_file.dump(document), "answers.yaml")
    return [str(problem) for problem in found if problem.path.startswith("hosts")]


@pytest.mark.parametrize("heading", ["", "name;address;user\n"])
def test_a_remark_does_not_say_how_a_table_is_divided(heading):
    found = read(f"# delivered by A, B, and C\n{heading}node-1;10.20.0.11;root\nnode-2;10.20.0.12;root\n")
    assert [(row.name, row.address) for row in found.rows] == [("node-1", "10.20.0.11"), ("node-2", "10.20.0.12")]
    assert not found.problems


def test_more_groups_than_hosts_can_be_are_no_list_of_hosts():
    chain = "".join(f"[g{n}:children]\ng{n + 1}\n[g{n}]\nh{n} ansible_host=10.1.{n // 250}.1\n" for n in range(5000))
    assert said(read(chain)) == [(1, "", "5001 groups")]


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_a_list_is_read_from_a_regular_file_alone(tmp_path, make):
    path = tmp_path / "hosts"
    make(path)
    with pytest.raises(StateUnreadable, match=r"it is a (pipe|directory|device); this is no list of hosts"):
        file.read(path)


def test_a_file_beyond_the_bound_is_no_list_of_hosts(tmp_path):
    path = tmp_path / "hosts"
    path.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(StateUnreadable, match="more than 1 MiB; this is no list of hosts"):
        file.read(path)
