"""Tables as people keep them in spreadsheets: merged cells, several addresses, numbers that became something else."""

from __future__ import annotations

import pytest

from installer.hosts.inventory import Inventory, read


def found(inventory: Inventory) -> str:
    return "\n".join(f"{each.line} {each.found}" for each in inventory.problems)


HEADINGS = {
    "over two rows": "No,Server,,Network,,Login,\n,Name,Role,IP,VLAN,User,Port\n1,cp1,master,10.0.0.1,12,ops,2222\n",
    "merged in both": "主机名,IP地址,,登录,,角色\n,业务,带外,用户,端口,\ncp1,10.0.0.1,192.168.0.1,ops,2222,master\n",
    "a second address of its own": "Host,IP address,,SSH,,Role\n,public,private,user,port,\n"
                                   "cp1,203.0.113.1,10.0.0.1,ops,2222,master\n",
    "titles above it": "Servers of ACME v1.2.3.4,,,,\nDate: 2026-11-30,,,,\n,,,,\nHostname,IP,Role,User,Port\n"
                       "cp1,10.0.0.1,master,ops,2222\n",
    "a title with commas": "Racks 1, 2, 3, 4, 5\nname;ip;role;user;port\ncp1;10.0.0.1;master;ops;2222\n",
    "a table of a wiki": "| name | ip | role | user | port |\n|---|:--|---|---|---|\n"
                         "| cp1 | 10.0.0.1 | master | ops | 2222 |\n",
    "traditional characters": "主機名稱,IP位址,角色,使用者,連接埠\ncp1,10.0.0.1,master,ops,2222\n",
    "a BMC before it": "Hostname,IPMI IP,IP,VIP,Role,User,Port\ncp1,10.9.0.1,10.0.0.1,10.0.0.9,master,ops,2222\n",
}  # fmt: skip


@pytest.mark.parametrize("text", HEADINGS.values(), ids=HEADINGS)
def test_a_heading_is_found_and_understood(text: str) -> None:
    assert [(row.name, row.address, row.user, row.port, row.group) for row in read(text).rows] == [
        ("cp1", "10.0.0.1", "ops", 2222, "master")
    ]


@pytest.mark.parametrize(
    ("cell", "address", "told"),
    [
        ("10.0.0.1 / 172.16.0.1", "10.0.0.1", 1),
        ('"10.0.0.1\n172.16.0.1"', "10.0.0.1", 1),
        ("10.0.0.1;10.1.0.1", "10.0.0.1", 1),
        ("10.0.0.1(内网) 203.0.113.1(外网)", "10.0.0.1", 1),
        ("203.0.113.1(外网)、10.0.0.1(内网)", "10.0.0.1", 1),
        ("public: 203.0.113.1 private: 10.0.0.1", "10.0.0.1", 1),
        ("10.0.0.1/24 (bond0) 10.1.0.1/24 (bond1)", "10.0.0.1", 1),
        ("10.0.0.1 和 10.0.1.1", "10.0.0.1", 1),
        ("eth0: 10.0.0.1", "10.0.0.1", 0),
        ("内网：10.0.0.1", "10.0.0.1", 0),
        ("10.0.0.1 (mgmt)", "10.0.0.1", 0),
        ('"10.0.0.1, fd00::1"', "10.0.0.1", 0),
    ],
)
def test_of_several_addresses_in_a_cell_the_host_s_own_is_taken(cell: str, address: str, told: int) -> None:
    said = read(f"name,ip\na,{cell}\n")
    assert [row.address for row in said.rows] == [address]
    assert found(said).count("addresses in one cell") == told == len(said.problems)


@pytest.mark.parametrize(
    ("heading", "told"),
    [("public ip,private ip", 1), ("公网IP,内网IP", 1), ("floating ip,internal address", 1), ("IPMI IP,IP", 0)],
)
def test_of_two_columns_the_host_s_own_is_taken_and_the_other_told(heading: str, told: int) -> None:
    said = read(f"name,{heading}\na,203.0.113.1,10.0.0.1\n")
    assert [row.address for row in said.rows] == ["10.0.0.1"]
    assert found(said).count('"203.0.113.1" beside "10.0.0.1"') == told


@pytest.mark.parametrize(
    ("cell", "port"),
    [("22.0", 22), ("2222.00", 2222), ('"2,222"', 2222), ("22/tcp", 22), ("22（默认）", 22), ("2.2E+01", 22),
     ('"22,0"', 22), ("2.222", 2222),
     ("ssh", 0), ("N/A", 0), ("-", 0), ("默认", 0)],
)  # fmt: skip
def test_a_port_is_understood_however_a_spreadsheet_wrote_it(cell: str, port: int) -> None:
    said = read(f"name,ip,port\na,10.0.0.1,{cell}\n")
    assert [row.port for row in said.rows] == [port] and not said.problems


@pytest.mark.parametrize("cell", ["22-Jan", "2026-01-22", "2026/1/22", "1月22日"])
def test_a_date_for_a_port_is_told_and_the_host_kept(cell: str) -> None:
    said = read(f"name,ip,port\na,10.0.0.1,{cell}\n")
    assert [row.port for row in said.rows] == [0]
    assert "2 a date where the port stands" in found(said)


@pytest.mark.parametrize("cell", ["0", "70000", "22a", "22.000"])
def test_what_is_no_port_is_refused(cell: str) -> None:
    said = read(f"name,ip,port\na,10.0.0.1,{cell}\n")
    assert not said.rows and found(said).startswith("2 ")


def groups(text: str) -> list[str]:
    return [row.group for row in read(text).rows]


def test_cells_that_were_merged_down_a_column_count_for_all_their_rows() -> None:
    table = "环境,角色,主机名,IP\n生产,master,a,10.0.0.1\n,,b,10.0.0.2\n,worker,c,10.0.0.3\n,,d,10.0.0.4\n"
    assert groups(table) == ["生产,master", "生产,master", "生产,worker", "生产,worker"]


def test_where_only_control_planes_are_named_the_others_are_none() -> None:
    assert groups("name,ip,role\na,10.0.0.1,master\nb,10.0.0.2,\nc,10.0.0.3,\n") == ["master", "", ""]


def test_a_row_that_is_a_group_s_title_counts_for_those_below() -> None:
    table = "name,ip\n控制节点,\na,10.0.0.1\n工作节点,\nb,10.0.0.2\n"
    assert groups(table) == ["控制节点", "工作节点"] and not read(table).problems


def test_a_second_heading_begins_another_part() -> None:
    said = read("name,ip\na,10.0.0.1\n\nip,name\n10.0.0.2,b\n")
    assert [(row.name, row.address) for row in said.rows] == [("a", "10.0.0.1"), ("b", "10.0.0.2")]
    assert not said.problems
