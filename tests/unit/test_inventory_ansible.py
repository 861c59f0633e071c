"""Ansible's inventories as they lie on disks: files of variables beside them, anchors, bastions, IPv6, templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.errors import StateUnreadable
from installer.hosts.inventory import Inventory, Row, beside, file, read
from installer.hosts.inventory.ssh_arguments import Hop, NoHop, hop


def rows(inventory: Inventory) -> dict[str, Row]:
    return {row.name: row for row in inventory.rows}


def found(inventory: Inventory) -> str:
    return "\n".join(f"{each.line} {each.found} {each.wanted}" for each in inventory.problems)


INVENTORY = """[masters]
m1 ansible_host=10.0.0.1
[workers]
w1 ansible_host=10.0.0.2 ansible_user=inline
w2 ansible_port=23
[all:vars]
ansible_user=in_all
[workers:vars]
ansible_user=in_workers
ansible_port=1
"""
FILES = {
    "hosts.ini": INVENTORY,
    "group_vars/all/main.yml": "ansible_user: file_all\nansible_port: 2200\n",
    "group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n66\n",
    "group_vars/all.yml": "ansible_user: the folder comes first\n",
    "group_vars/workers.yaml": "ansible_port: 2201\n",
    "group_vars/other.yml": "$ANSIBLE_VAULT;1.1;AES256\n66\n",
    "group_vars/.hidden": "$ANSIBLE_VAULT;1.1;AES256\n66\n",
    "group_vars/all/old.yml~": "ansible_user: nobody\n",
    "host_vars/w2.json": '{"ansible_host": "10.0.0.3"}',
    "host_vars/m1": "ansible_port: 2222\n",
}


def folder(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def taken(path: Path) -> Inventory:
    inventory = file.found(path)
    return read(file.read(inventory), source=inventory.name, beside=beside.found(inventory))


def test_files_of_variables_beside_an_inventory_count_as_for_ansible(tmp_path: Path) -> None:
    said = taken(folder(tmp_path, FILES))  # a folder means the one inventory in it
    assert {name: (row.address, row.user, row.port) for name, row in rows(said).items()} == {
        "m1": ("10.0.0.1", "file_all", 2222),  # its own file wins over all
        "w1": ("10.0.0.2", "inline", 2201),  # the inventory's host over files of groups
        "w2": ("10.0.0.3", "file_all", 23),  # files of groups, even of all, over groups in the inventory
    }


def test_a_vault_s_file_is_told_by_name_if_it_is_of_use(tmp_path: Path) -> None:
    said = found(taken(folder(tmp_path, FILES)))
    assert "group_vars/all/vault.yml, which ansible-vault has encrypted" in said
    assert "other.yml" not in said and ".hidden" not in said


def test_a_file_of_variables_that_cannot_be_read_is_told_and_the_rest_is_taken(tmp_path: Path) -> None:
    folder(tmp_path, FILES)
    (tmp_path / "host_vars/m1").write_bytes(b"\xff\xfea")
    (tmp_path / "group_vars/workers.yaml").write_text("a: [\n")
    said = taken(tmp_path / "hosts.ini")
    assert len(said.rows) == 3
    assert "host_vars/m1: " in found(said) and "of group_vars/workers.yaml" in found(said)


@pytest.mark.parametrize("names", [(), ("a.ini", "b.yml")])
def test_a_folder_of_none_or_several_lists_is_told(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(StateUnreadable) as refused:
        file.found(tmp_path)
    assert all(name in str(refused.value.remedy) for name in names)


ANCHORS = """.defaults: &d {ansible_user: ops, ansible_port: 2222}
x-more: &more
  - *d
  - {ansible_user: other}
all:
  vars: {<<: *more, ansible_port: 22}
  hosts:
    a1: {<<: *d, ansible_host: 10.0.0.1, ansible_port: 2020}
    "a[2:3]":
      ansible_host: 10.0.0.[2:3]
      ansible_password: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          66
    a4: {ansible_host: 10.0.0.4, ansible_port: 2222.0}
"""


def test_anchors_and_merged_keys_mean_what_they_mean_to_ansible() -> None:
    said = read(ANCHORS)
    assert said.kind == "ansible-yaml" and not said.problems
    assert {name: (row.user, row.port) for name, row in rows(said).items()} == {
        "a1": ("ops", 2020), "a2": ("ops", 22), "a3": ("ops", 22), "a4": ("ops", 2222),
    }  # fmt: skip


def test_aliases_are_bounded() -> None:
    levels = "\n".join(f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * 10)}]" for at in range(1, 9))
    said = read(f"---\nl0: &l0 {{a: b}}\n{levels}\n")
    assert not said.rows and "aliases" in found(said)
    assert not read("---\na: &a {hosts: *a}\n").rows


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("-J ops@203.0.113.5:2200", Hop("203.0.113.5", "ops", 2200)),
        ("-o StrictHostKeyChecking=no -o ProxyJump=bastion.acme.com", Hop("bastion.acme.com")),
        ("-oProxyJump=ops@b", Hop("b", "ops")),
        ("-o 'ProxyJump ops@b'", Hop("b", "ops")),
        ('-o ProxyCommand="ssh -i ../k.pem -W %h:%p ubuntu@1.2.3.4"', Hop("1.2.3.4", "ubuntu", 0, "../k.pem")),
        ("-o ProxyCommand='ssh -q -p 2222 -l ops -W %h:%p b'", Hop("b", "ops", 2222)),
        ("-o ProxyCommand='ssh ops@b -W %h:%p -o Port=2222 -o StrictHostKeyChecking=no'", Hop("b", "ops", 2222)),
        ("-o ProxyCommand='/usr/bin/ssh -W [%h]:%p ops@b'", Hop("b", "ops")),
        ("-o ProxyCommand='ssh -o IdentityFile=~/.ssh/x ops@b nc %h %p'", Hop("b", "ops", 0, "~/.ssh/x")),
        ("-o ProxyCommand='sshpass -p secret ssh -W %h:%p ops@b'", Hop("b", "ops")),
        ("-o ControlMaster=auto -C", None),
        ("-o ProxyJump=none", None),
        ("", None),
    ],
)  # fmt: skip
def test_arguments_of_ssh_name_the_bastion(arguments: str, wanted: Hop | None) -> None:
    assert hop(arguments) == wanted


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("-J a,b", "a way over 2 hosts"),
        ("-J [fd00::1]:22", "an IPv6 address"),
        ("-o ProxyCommand='nc -X connect -x proxy:3128 %h %p'", "not ssh"),
        ("-o ProxyCommand='ssh -F ssh.cfg -W %h:%p b'", "configuration file"),
        ("-F ssh.cfg", "configuration file"),
        ("-o ProxyCommand='ssh ops@b'", "without -W"),
        ("-o 'ProxyCommand=ssh", "within quotes"),
    ],
)
def test_a_way_over_no_single_bastion_is_told(arguments: str, said: str) -> None:
    with pytest.raises(NoHop, match=said):
        hop(arguments)


def test_bastion_and_key_of_an_inventory_are_taken_over() -> None:
    said = read(
        "[kube_node]\nn1 ansible_host=10.0.0.1\n[kube_node:vars]\nansible_ssh_private_key_file=~/.ssh/id_rsa\n"
        "ansible_ssh_common_args='-o ProxyCommand=\"ssh -W %h:%p ubuntu@203.0.113.5\"'\n"
    )
    assert not said.problems
    assert rows(said)["n1"].access() == {
        "private_key": "~/.ssh/id_rsa", "bastion": {"address": "203.0.113.5", "user": "ubuntu"},
    }  # fmt: skip
    other = read("n1 ansible_host=10.0.0.1 ansible_ssh_common_args='-J a,b'\n")
    assert other.rows and "a way over 2 hosts" in found(other)


def test_ipv6_is_no_range_and_ports_stand_behind_ranges() -> None:
    said = read(
        "[a]\n[2001:db8::5]:2222\n[fd00::6]:22 ansible_host=10.0.0.6\nh[1:2]:2223 ansible_host=10.0.3.[1:2]\n"
        "v ansible_host=[fd00::7]:22 ip=10.0.0.7\n"
    )
    assert [(row.name, row.address, row.port) for row in said.rows] == [
        ("node-6", "10.0.0.6", 22), ("h1", "10.0.3.1", 2223), ("h2", "10.0.3.2", 2223), ("v", "10.0.0.7", 0),
    ]  # fmt: skip
    assert "2 an IPv6 address" in found(said)


def test_of_several_addresses_the_host_s_own_is_taken_and_templates_are_followed() -> None:
    said = read(
        "all:\n  hosts:\n    a: {ansible_host: 203.0.113.1, access_ip: 10.0.0.1}\n"
        '    b: {ansible_host: "{{ ip }}", ip: 10.0.0.2}\n    c: {ansible_host: 10.0.0.3, ip: "{{ nic.address }}"}\n'
        '    d: {ansible_host: "{{ nic.address }}"}\n'
    )
    assert {name: row.address for name, row in rows(said).items()} == {
        "a": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3",
    }  # fmt: skip
    told = found(said).splitlines()
    assert [line[:1] for line in told] == ["3", "5", "6", "6"]
    assert "ip as a template" in told[1] and '"d" without an address' in told[3]


def test_references_to_other_variables_are_followed_but_never_to_secrets() -> None:
    said = read(
        "all:\n  vars:\n    bastion: 203.0.113.5\n    hop_user: ops\n    hop_password: secret\n"
        "    ansible_ssh_common_args: '-o ProxyCommand=\"ssh -W %h:%p {{ hop_user }}@{{ bastion }}\"'\n"
        "  hosts:\n    a: {ansible_host: 10.0.0.1}\n"
        '    b: {ansible_host: 10.0.0.2, ansible_user: "{{ hop_password }}"}\n'
    )
    assert [(row.name, row.user, row.bastion) for row in said.rows] == [
        ("a", "", Hop("203.0.113.5", "ops")), ("b", "", Hop("203.0.113.5", "ops")),
    ]  # fmt: skip
    assert "ansible_user as a template" in found(said) and "secret" not in found(said)


def test_a_value_in_a_vault_is_told_where_it_says_how_a_host_is_reached() -> None:
    vault = "!vault |\n        $ANSIBLE_VAULT;1.2;AES256;dev\n        66\n"
    said = read(f"all:\n  hosts:\n    a:\n      ansible_host: 10.0.0.1\n      ansible_user: {vault}      x: {vault}")
    assert [row.user for row in said.rows] == [""]
    assert found(said) == "5 a value that ansible-vault has encrypted the value itself"
