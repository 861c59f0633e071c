"""What the columns of a table are called, and where its heading stands; pure.

Above a heading there may be titles, dates and blanks; one over two rows has cells that were merged, of which a file
keeps the first alone: "IP address" over two columns, "public" and "private" below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from installer.hosts.inventory.entry import login

Field = Literal["", "name", "own", "address", "translated", "user", "port", "group"]
"""What a column holds, empty for what is of no interest; of addresses, a host's own comes before a translated one."""

ADDRESSES: tuple[Field, ...] = ("own", "address", "translated")

HEADINGS: dict[Field, str] = {
    "name": "name hostname host hosts hostnames server servername node nodename machine machinename fqdn "
    "主机名 主机 名称 主机名称 服务器 服务器名 服务器名称 节点 节点名 节点名称 机器名 "
    "主機名 主機 主機名稱 伺服器 伺服器名稱 節點 節點名稱 ホスト ホスト名 サーバ名 サーバー名 호스트 호스트명 "
    "rechner rechnername serveur servidor nom nombre",
    "user": "user username login loginname loginuser sshuser account ansibleuser 用户 用户名 账号 帐号 登录用户 登录名 "
    "使用者 使用者名稱 帳號 ユーザ ユーザー ユーザー名 사용자 benutzer benutzername utilisateur usuario",
    "port": "port sshport ansibleport 端口 端口号 ssh端口 連接埠 ポート ポート番号 포트 puerto",
    "group": "role roles group groups type purpose usage environment env 角色 分组 组 用途 环境 类型 "
    "群組 環境 類型 役割 グループ 역할 zweck rolle umgebung rôle",
}
"""Headings of each field, in lower case and without anything between their words."""
WORDS: dict[Field, str] = {
    "own": "private internal lan node own 内网 私网 内部 節點 节点 內網 intern interne",
    "address": "host server ssh management mgmt admin business service data prod production app "
    "主机 服务器 管理 业务 生产 登录 主機 業務",
    "translated": "public external floating elastic nat wan 公网 外网 浮动 弹性 映射 外網 浮動 extern externe",
}
"""What stands before "IP" or "address"; what is not here (IPMI, VIP, gateway, storage) is no address to log in at."""
FIELDS: dict[str, Field] = {heading: field for field, headings in HEADINGS.items() for heading in headings.split()}
FIELDS["ansiblehost"] = "address"
KINDS: dict[str, Field] = {"": "address", **{word: field for field, words in WORDS.items() for word in words.split()}}
PREAMBLE = 10
"""Rows among which the heading is looked for."""
_BETWEEN = re.compile(r"[\s_\-./:*#\"'|]+")
_ASIDE = re.compile(r"[(（\[].*?[)）\]]")
_ADDRESS = re.compile(
    r"(.*?)(?:ipv?4?(?:address|addr|adresse|addresses|地址|位址|アドレス|주소)?|address|addr|adresse|地址|位址|アドレス|주소)"
)


def field_of(*words: str) -> Field:
    """The field that a heading names."""
    plain = "".join(_BETWEEN.sub("", word.casefold()) for word in words)
    for heading in (plain, _ASIDE.sub("", plain)):
        if heading in FIELDS:
            return FIELDS[heading]
        if (match := _ADDRESS.fullmatch(heading)) and match[1] in KINDS:
            return KINDS[match[1]]
    inside = _ASIDE.search(plain)  # "IP (private)"
    if inside and field_of(_ASIDE.sub("", plain)) == "address":
        return KINDS.get(inside[0][1:-1], "address")
    return ""


def fields_of(cells: Sequence[str], above: Sequence[str] = ()) -> list[Field]:
    """The field that each cell of a heading names; [] where it is none. `above` is the row over it, if it counts."""
    if any(login(cell.strip()) for cell in (*cells, *above)):
        return []
    found = list(_fields(cells, above))
    known = [field for field in found if field]
    enough = len(known) > 1 or len(known) == len([cell for cell in cells if cell.strip()])
    return found if {"name", *ADDRESSES} & set(known) and enough else []


def _fields(cells: Sequence[str], above: Sequence[str]) -> Iterator[Field]:
    """Each column's field: by the cell itself, by it with what stands over it, or by the latter alone."""
    over = ""
    for position, cell in enumerate(cells):
        over = (above[position : position + 1] or ("",))[0].strip() or over
        own = field_of(cell)
        if not above or (own and own != "address"):
            yield own
            continue
        together = field_of(cell, over) if cell.strip() and over else ""
        yield together or own or (field_of(over) if not cell.strip() or _addresses(over) else "")


def _addresses(heading: str) -> bool:
    return field_of(heading) in ADDRESSES


def found_in(rows: Sequence[Sequence[str]]) -> tuple[int, list[Field]]:
    """The number of rows up to and with a table's heading, and its fields; (0, []) where it has none."""
    best: tuple[tuple[int, int, int], int, list[Field]] | None = None
    for at, cells in enumerate(rows[:PREAMBLE]):
        plain = [cells[0].lstrip("# "), *cells[1:]]
        if any(login(cell) for cell in cells):
            break
        for above in ((), rows[at - 1]) if at else ((),):
            if fields := fields_of(plain, above):
                kinds = {"address" if field in ADDRESSES else field for field in fields if field}
                worth = (len(kinds & {"name", "address"}), len(kinds), -len(above))
                if best is None or worth > best[0]:
                    best = worth, at + 1, fields
    return (best[1], best[2]) if best else (0, [])
