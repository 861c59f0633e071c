"""What is said of a host: in the cells of its row, and in full in the lines below the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from installer.draft.document import Draft
from installer.draft.hosts import Place, name_of
from installer.errors import Problem
from installer.hosts.connection_test import Attempt
from installer.hosts.facts import GIB, Facts
from installer.messages import Message
from installer.ui.tui import problem_texts
from installer.ui.tui.content import Content
from installer.ui.tui.hosts.table import Cell, Column
from installer.ui.tui.words import Say, gib
from installer.ui.words import number

ROLES = {"control_plane": Message("control"), "worker": Message("worker")}
ROLES_IN_FULL = {"control_plane": Message("control plane"), "worker": Message("worker")}
KEYS = (
    ("Enter", Message("edit")),
    ("a", Message("add")),
    ("d", Message("duplicate")),
    ("Del", Message("remove")),
    ("i", Message("import")),
    ("/", Message("search")),
    ("t", Message("test")),
    ("T", Message("test all")),
    ("s", Message("stop")),
    ("k", Message("key")),
    ("K", Message("keys")),
    ("r", Message("role")),
    ("p", Message("propose")),
    ("y", Message("copy")),
)
STAGES: Mapping[str, Message] = {
    "name": Message("name"), "port": Message("port"), "key": Message("key"), "login": Message("login"),
    "sudo": Message("sudo"), "facts": Message("facts"),
}  # fmt: skip
"""The stages of a host's first connection."""
OWN = "@"
"""Stands behind the address of a host that is logged in to in its own way."""


@dataclass(frozen=True)
class Known:
    """All that is known of one host: its entry, where it serves, how its test fared, what is wrong with its answers."""

    entry: Mapping[str, Any]
    place: Place | None
    environment: str
    attempt: Attempt | None
    problems: tuple[Problem, ...] = ()

    @property
    def facts(self) -> Facts | None:
        """What it says of itself."""
        return self.attempt.result.facts if self.attempt and self.attempt.result else None

    @property
    def unconfirmed(self) -> str:
        """The fingerprint that a person has yet to compare; empty where there is none."""
        result = self.attempt.result if self.attempt else None
        if result is None:
            return ""
        return result.bastion_key or (result.fingerprint if result.to_confirm else "")

    @property
    def broken(self) -> tuple[Problem, ...]:
        """What is wrong with the entry itself, apart from what the test, `k` and `r` will bring."""
        return tuple(
            each for each in self.problems if len(each.path.split(".")) > 2 and "environment" not in each.wanted
        )


def cells(say: Say, known: Known) -> dict[Column, Cell]:
    """The row of a host."""
    facts, entry = known.facts, known.entry
    disk = facts and (facts.disks.get("/var/lib") or facts.disks.get("/"))
    wrong = {each.path.split(".")[2] for each in known.broken}
    own = f" {OWN}" if entry.get("access") else ""
    return {
        "name": Cell(name_of(entry) or "?", "error" if "name" in wrong or not name_of(entry) else ""),
        "address": Cell(f"{entry.get('address') or '?'}{own}", "error" if "address" in wrong else ""),
        "environment": Cell(known.environment or "–", "" if known.environment else "warning"),
        "role": Cell(say(ROLES[known.place.role]) if known.place else "–", "" if known.place else "warning"),
        "reached": reached(say, known),
        "cores": Cell(number(facts.cpus) if facts else "", ""),
        "memory": Cell(gib(facts.memory / GIB) if facts else "", ""),
        "disk": Cell(gib(disk.size / GIB) if disk else "", ""),
    }


def reached(say: Say, known: Known) -> Cell:
    """How its connection stands, in a sign and a word."""
    attempt = known.attempt
    if attempt is not None and attempt.result is None:
        return Cell(f"▸ {say(STAGES[attempt.stage.stage])}", "accent")
    if known.broken:
        return Cell(f"✖ {say('entry')}", "error")
    if attempt is None or attempt.result is None:
        return Cell("–", "quiet")
    if attempt.result.error is None:
        return Cell(f"✔ {say('yes')}", "success")
    if known.unconfirmed:
        return Cell(f"! {say('key')}", "warning")
    return Cell(f"✖ {say(STAGES[attempt.result.stage])}", "error")


def in_full(say: Say, known: Known) -> Content:
    """Everything worth saying of a host, line by line; nothing is cut."""
    entry = known.entry
    parts = [str(entry.get("address") or "?"), *([known.environment] if known.environment else [])]
    parts.append(
        say(ROLES_IN_FULL[known.place.role]) if known.place else say("in no environment yet: r gives it a role")
    )
    head = Content.assemble((name_of(entry) or "?", "bold"), "  ", Content(" · ".join(parts)))
    lines = [head, *_own(say, entry.get("access")), *_fared(say, known)]
    lines += [_wrong(say, each) for each in known.problems if not _placeless(each) and not _keyless(each)]
    if known.attempt is None and any(map(_keyless, known.problems)):
        told = say("no key of it is pinned yet: t shows it, k compares and pins it")
        lines.append(Content.styled(f"! {told}", "$text-warning"))
    return Content("\n").join(lines)


def _placeless(problem: Problem) -> bool:
    """Whether all that is wrong is that it is in no environment, which its row says."""
    return problem.found.endswith("in no environment")


def _keyless(problem: Problem) -> bool:
    """Whether all that is wrong is that its key is not pinned, which a test of the connection leads to."""
    return problem.found == "no pinned host key"


def _wrong(say: Say, problem: Problem) -> Content:
    field = problem.path.partition(".")[2].partition(".")[2]
    found, wanted = say(problem.found), say(problem.wanted)
    told = say("found {found}; wanted {wanted}", found=found, wanted=wanted)
    return Content.styled(f"✖ {field}: {told}" if field else f"✖ {told}", "$text-error")


def _own(say: Say, access: object) -> list[Content]:
    """How it is logged in to, where that differs."""
    if not isinstance(access, Mapping) or not access:
        return []
    told = ", ".join(f"{key} {value}" for key, value in access.items() if isinstance(value, str | int))
    return [Content.styled(f"{OWN} {say('own access: {what}', what=told or say('secrets'))}", "$foreground 60%")]


def _fared(say: Say, known: Known) -> list[Content]:
    attempt = known.attempt
    if attempt is None:
        return [] if known.broken else [Content.styled(say("not tried yet: t tries it"), "$foreground 60%")]
    result = attempt.result
    if result is None:
        return [Content.styled(f"▸ {say(STAGES[attempt.stage.stage])} …", "$text-accent")]
    if result.error is None:
        lines = [Content.styled(f"✔ {_machine(result.facts)}", "$text-success")] if result.facts else []
        return [
            *lines,
            Content.styled(
                f"  {say('key')} {result.fingerprint} {result.key_type.removeprefix('ssh-')}", "$foreground 60%"
            ),
        ]
    if known.unconfirmed:
        own, bastion = (
            Message("its key is not confirmed yet: k compares and pins it"),
            Message("the bastion's key is not confirmed yet: k"),
        )
        told = say(bastion) if result.bastion_key else say(own)
        return [
            Content.styled(f"! {told}", "$text-warning"),
            Content(f"  {known.unconfirmed} {result.key_type.removeprefix('ssh-')}".rstrip()),
        ]
    message, remedy = problem_texts.failure(say, result.error)
    lines = [Content.styled(f"✖ {message}", "$text-error")]
    return [*lines, Content(f"→ {remedy}")] if remedy else lines


def _machine(facts: Facts | None) -> str:
    if facts is None:
        return ""
    disk = facts.disks.get("/var/lib") or facts.disks.get("/")
    free = f" · {gib(disk.free / GIB)} / {gib(disk.size / GIB)}" if disk else ""
    return f"{facts.os_name or facts.os_id or '?'} · {facts.cpus} × {gib(facts.memory / GIB)}{free}"


def of_host(problems: Iterable[Problem]) -> dict[int, tuple[Problem, ...]]:
    """The problems of each host, by its position."""
    found: dict[int, tuple[Problem, ...]] = {}
    for problem in problems:
        parts = problem.path.split(".")
        if parts[0] == "hosts" and len(parts) > 1 and parts[1].isdigit():
            found[int(parts[1])] = (*found.get(int(parts[1]), ()), problem)
    return found


def access_line(say: Say, draft: Draft, problems: Iterable[Problem], room: int) -> Content:
    """How all hosts are reached, in a line of so many cells; what it has no room for stands in the dialog."""
    told = draft.section(("access",))
    bastion = told.get("bastion")
    ways = [PurePath(str(told["private_key"])).name] if told.get("private_key") else []
    ways += [say("agent")] if told.get("agent") else []
    ways += [say("password")] if told.get("password") else []
    parts = [
        say("as {user}", user=told.get("user") or "root"),
        say("port {port}", port=told.get("port") or 22),
        " + ".join(ways) or say("no way to log in yet"),
        *([say("through {bastion}", bastion=bastion.get("address") or "?")] if isinstance(bastion, Mapping) else []),
        *([PurePath(str(told["known_hosts"])).name] if told.get("known_hosts") else []),
    ]
    wrong = not ways or any(each.path.startswith(("access.", "limits.")) or each.path == "access" for each in problems)
    sign = Content.styled("✖ ", "$text-error") if wrong else Content("")
    while True:
        line = Content.assemble(("l", "bold $foreground"), " ", sign, say("connection"), " ", " · ".join(parts))
        if line.cell_length <= room or len(parts) == 1:
            return line
        parts.pop()


def keys_line(say: Say, room: int) -> Content:
    """The keys of the page in lines of so many cells; a key and what it does stay together."""
    lines = [Content()]
    for key, what in KEYS:
        part = Content.assemble((key, "bold $foreground"), " ", say(what))
        longer = Content("  ").join([lines[-1], part]) if lines[-1] else part
        if longer.cell_length <= room:
            lines[-1] = longer
        else:
            lines.append(part)
    return Content("\n").join(lines)
