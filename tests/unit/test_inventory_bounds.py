"""Lists of hosts of any size and form: bounded, and refused with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_inventory import said

from installer.answers import file as answers_file
from installer.errors import StateUnreadable
from installer.hosts.inventory import LARGEST, LINES, TOLD, file, read
from installer.hosts.inventory.entry import MOST, BadRange, expand


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
