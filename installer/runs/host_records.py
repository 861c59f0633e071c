"""What a host says of its own part in a run, read by a schema: it is data about that host alone.

A host keeps the records of its own steps, so that another laptop can carry on (installer.runs.site_copy). From these
come step ids that name this host, their states and their before-images; bounded in size and number. Whatever else it
says, of other hosts, of answers, flags or programs, has no place here. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from installer.engine.before_images import flaw
from installer.engine.journal import LEGAL, State
from installer.formats import strict_json
from installer.messages import Message
from installer.plan.model import BACKWARD
from installer.runs.run_file import MOST_RUNS, OUTCOMES
from installer.runs.store import NAME

FORMAT = 1
LARGEST = 4 << 20
"""Bytes of one host's records of one run that are read: its some 60 steps take 100 KB."""
MOST_RECORDS = 5000
"""Records of one host in one run: its steps, each begun again some hundred times."""
DEEPEST = 8
"""Mappings and lists within one another in a before-image; the deepest that a step captures has four."""
STEP = re.compile(r"(?:[a-z0-9-]+/)?[a-z0-9.:-]+@(?P<host>[a-zA-Z0-9.-]+)", re.ASCII)
"""A step's id on a host (a whole match)."""
DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
SUBJECT = re.compile(r"[a-z][a-z_.-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Deed:
    """What a host says has become of one of its steps; `before` is None where it held and was never begun."""

    state: State
    at: str
    before: Mapping[str, Any] | None
    changed: bool


@dataclass(frozen=True)
class Slice:
    """A host's own part of a run. `plan` and `subject` are digests of what the run was planned from, as it says."""

    host: str
    run: str
    sequence: int
    operation: str
    plan: str
    subject: Mapping[str, str]
    at: str
    outcome: str
    deeds: Mapping[str, Deed] = field(default_factory=dict)


def host_of(step: str) -> str:
    """The host that a step's id names; empty where it names none."""
    return step.rpartition("@")[2] if "@" in step else ""


def read(host: str, site: str, run: str, raw: bytes) -> Slice | None:
    """A host's part of a run, from the records it keeps; those of other hosts' steps are left out.

    None where they are of a run of another site, which the host may have been one of.

    Raises:
        ValueError: they do not fit the schema; says why, with nothing of theirs in it.
    """
    lines = raw.split(b"\n")[:-1]
    if not lines or len(lines) > MOST_RECORDS:
        raise ValueError(Message("no records, or too many"))
    header, *records = (_object(line, number) for number, line in enumerate(lines, 1))
    if isinstance(header.get("site"), str) and header["site"] != site:
        return None
    found = _header(host, site, run, header)
    deeds: dict[str, Deed] = {}
    for number, record in enumerate(records, 2):
        step = record.get("step")
        named = STEP.fullmatch(step) if isinstance(step, str) and len(step) <= 200 else None
        if named is None or not isinstance(step, str):
            raise ValueError(Message("line {number} names no step", number=number))
        if named["host"] == host:
            deeds[step] = _deed(deeds.get(step), record, number)
    return Slice(**{**found, "deeds": deeds})


def journal(begun: Slice, deeds: Mapping[str, Deed], *, header: bool) -> Iterator[bytes]:
    """The lines of a run's journal that tell of deeds; with its first line where wanted."""
    if header:
        yield _line({"format": FORMAT, "operation": begun.operation, "plan": begun.plan,
                     "subject": dict(begun.subject), "run": begun.run, "at": begun.at})  # fmt: skip
    for step, deed in deeds.items():
        if deed.before is not None:
            yield _line({"step": step, "state": "begin", "at": deed.at, "before": dict(deed.before)})
        if deed.before is None or deed.state != "begin":
            changed = {"changed": deed.changed} if deed.state == "done" else {}
            yield _line({"step": step, "state": deed.state, "at": deed.at, **changed})


def misfit(image: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """A path or a setting that a before-image names and the step's own plan does not; empty where there is none.

    `own` is what the step captures now: the paths and settings it names are those that it may change.
    """
    known = set(_names(own))
    above = {path[:end] for path in known if path.startswith("/") for end in _slashes(path)}
    # A directory above what the step places may have been made for it, and nothing else may be said of it.
    made = {*known, *above}
    for part, value in image.items():
        right = made if part == "_made" else known
        if strange := next((each for each in _names({part: value}) if each not in right), ""):
            return strange
    return ""


def _names(value: Any) -> Iterator[str]:
    """The paths and settings that a value names, as keys or in lists: "/etc/hosts", "net.ipv4.ip_forward"."""
    if isinstance(value, Mapping):
        yield from (key for key in value if key.startswith("/") or ("." in key and "/" not in key))
        for below in value.values():
            yield from _names(below)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            if isinstance(each, str):
                yield from [each] if each.startswith("/") else []
            else:
                yield from _names(each)


def _slashes(path: str) -> Iterator[int]:
    return (at for at, letter in enumerate(path) if letter == "/" and at)


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        found = strict_json.loads(line)
    except ValueError as error:
        raise ValueError(Message("line {number} is damaged", number=number)) from error
    if not isinstance(found, dict):
        raise ValueError(Message("line {number} is damaged", number=number))
    return found


def _header(host: str, site: str, run: str, said: Mapping[str, Any]) -> dict[str, Any]:
    named = NAME.fullmatch(run)
    if type(said.get("format")) is int and said["format"] > FORMAT:
        raise ValueError(Message("it is of a newer sitewright"))
    if said.get("site") != site or said.get("run") != run:
        raise ValueError(Message("it is not about this run of this site"))
    operation, sequence, subject = said.get("operation"), said.get("sequence"), said.get("subject")
    good = (
        said.get("format") == FORMAT and named is not None and operation == named["operation"]
        and operation not in BACKWARD and type(sequence) is int and 0 <= sequence <= MOST_RUNS
        and isinstance(said.get("outcome"), str) and said["outcome"] in OUTCOMES and _matches(DIGEST, said.get("plan"))
        and isinstance(subject, dict) and len(subject) <= 100
        and all(_matches(SUBJECT, name) and _short(digest) for name, digest in subject.items())
    )  # fmt: skip
    if not good:
        raise ValueError(Message("its first line is not of the form it should have"))
    return {"host": host, "run": run, "sequence": sequence, "operation": operation, "plan": said["plan"],
            "subject": subject, "at": _time(said.get("at"), 1), "outcome": said["outcome"]}  # fmt: skip


def _deed(former: Deed | None, record: Mapping[str, Any], number: int) -> Deed:
    state, before, changed = record.get("state"), record.get("before"), record.get("changed", False)
    legal = isinstance(state, str) and (former and former.state, state) in LEGAL
    first = former is None and state == "begin"
    if not legal or (before is not None) != first or not isinstance(changed, bool):
        raise ValueError(Message("line {number} is no step's next state", number=number))
    if before is not None and not (isinstance(before, dict) and _plain(before, DEEPEST) and not flaw(before)):
        raise ValueError(Message("line {number} has no before-image of the form it should have", number=number))
    kept = before if former is None else former.before
    was = former is not None and former.changed
    return Deed(state, _time(record.get("at"), number), kept, changed or was)  # type: ignore[arg-type]  # it is legal


def _plain(value: Any, deep: int) -> bool:
    """Whether a value is made of mappings, lists, texts, whole numbers and truths alone, and not too deep."""
    if isinstance(value, dict):
        return deep > 0 and all(_plain(each, deep - 1) for each in value.values())
    if isinstance(value, list):
        return deep > 0 and all(_plain(each, deep - 1) for each in value)
    return value is None or (isinstance(value, str) and "\0" not in value) or type(value) in (bool, int)


def _time(said: Any, number: int) -> str:
    try:
        return datetime.fromisoformat(said if _short(said) else "").isoformat()
    except ValueError as error:
        raise ValueError(Message("line {number} has no time", number=number)) from error


def _short(said: Any) -> bool:
    return isinstance(said, str) and len(said) <= 100


def _matches(form: re.Pattern[str], said: Any) -> bool:
    return isinstance(said, str) and form.fullmatch(said) is not None


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, sort_keys=True).encode() + b"\n"
