"""The memory of a run: JSON lines, each durable before its effect begins.

Rules:
* The first record names the format, the operation and the plan's digest; every other one moves one step on.
* A record is written whole and fsynced before `begin`, `done` or `failed` returns; at creation the directory is too.
* A last line that was torn by a crash was never promised to anybody and is cut off; any other damage is refused.
* A step moves only as `LEGAL` allows; its before-image is the one of its first `begin` and stays.
* Before-images are JSON and hold no secrets; reasons of failures, which come from outside, are not kept here.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NoReturn, Protocol

from installer import state_files
from installer.engine import before_images
from installer.errors import PlanChanged, StateUnreadable
from installer.formats import strict_json
from installer.messages import Message
from installer.whole_file import sync_folder

FORMAT = 1
"""Version of the journal; a reader refuses a newer one by name."""

State = Literal["begin", "done", "failed"]

LEGAL: frozenset[tuple[State | None, State]] = frozenset(
    {
        (None, "begin"),
        (None, "done"),  # held before we came
        ("begin", "begin"),  # cut off, taken up again
        ("begin", "done"),
        ("begin", "failed"),
        ("failed", "begin"),
        ("failed", "done"),  # mended by hand
        ("done", "begin"),  # no longer holds, applied again
    }
)


class Copy(Protocol):
    """A copy of a journal elsewhere."""

    def note(self, line: bytes) -> None:
        """Hear of a record, its line end too, as soon as it is durable; without waiting for anything."""
        ...

    def settle(self, step: str) -> None:
        """Wait until what was noted of a step is copied, or cannot be."""
        ...


class Journal:
    """A run's records. Opening one only reads; the first record written cuts a torn tail off.

    A step begins only when `copy`, too, has heard of it, so that whoever goes on from there knows what to take back.
    """

    def __init__(self, path: Path, copy: Copy | None = None) -> None:
        self.path = path
        self._copy = copy
        self._lock = threading.RLock()
        self._header: dict[str, Any] = {}
        self._states: dict[str, State] = {}
        self._before: dict[str, dict[str, Any]] = {}
        self._changed: set[str] = set()
        self._file: int | None = None
        self._size = 0
        self._broken = False
        self._load()

    @property
    def run(self) -> str:
        """The run this journal belongs to: its directory's name."""
        return self.path.parent.name

    @property
    def subject(self) -> dict[str, str]:
        """What its plan was made from, each with its digest; empty before `start`."""
        return dict(self._header.get("subject", {}))

    @property
    def images(self) -> dict[str, dict[str, Any]]:
        """The before-image of every step that has begun, by its id."""
        with self._lock:
            return dict(self._before)

    @property
    def operation(self) -> str:
        """What the run does ("install" ...); empty before `start`."""
        return str(self._header.get("operation", ""))

    def start(self, operation: str, plan: str, subject: Mapping[str, str], at: datetime) -> None:
        """Begin the journal for a plan, or make sure that it was begun for this very plan.

        Raises:
            PlanChanged: it was begun for another one.
            StateUnreadable: it cannot be written.
        """
        with self._lock:
            if self._header:
                self.require(operation, plan, subject)
                return
            self._append(
                {"format": FORMAT, "operation": operation, "plan": plan, "subject": dict(subject)}
                | {"run": self.run, "at": at.isoformat()}
            )

    def require(self, operation: str, plan: str, subject: Mapping[str, str]) -> None:
        """Make sure that the journal was begun for this plan.

        Raises:
            PlanChanged: it was not; names each subject that differs.
        """
        if self._header.get("plan") == plan:
            return
        former = self._header.get("subject", {})
        changed = [name for name in sorted({*former, *subject}) if former.get(name) != subject.get(name)]
        if self.operation != operation:
            changed.insert(
                0, Message("the operation ({operation}, now {now})", operation=self.operation or "none", now=operation)
            )
        raise PlanChanged(
            changed=Message.joined(", ", changed) if changed else Message("the steps of this version of sitewright")
        )

    def begin(self, step: str, at: datetime, before: Mapping[str, Any] | None = None) -> None:
        """A step's effect is about to be applied; `before` is its before-image, given the first time alone.

        Raises:
            StateUnreadable: the record cannot be made durable.
        """
        self._move(step, "begin", at, {} if before is None else {"before": dict(before)})
        if self._copy is not None:
            self._copy.settle(step)

    def done(self, step: str, at: datetime, *, changed: bool) -> None:
        """A step holds; `changed` is False where it held before we came.

        Raises:
            StateUnreadable: the record cannot be made durable.
        """
        self._move(step, "done", at, {"changed": changed})

    def failed(self, step: str, at: datetime) -> None:
        """A step that had begun went wrong.

        Raises:
            StateUnreadable: the record cannot be made durable.
        """
        self._move(step, "failed", at, {})

    def state(self, step: str) -> State | None:
        """The step's last state; None where it has never been come to."""
        with self._lock:
            return self._states.get(step)

    def before(self, step: str) -> dict[str, Any] | None:
        """The before-image of the step's first begin; None where it has never begun or held before we came."""
        with self._lock:
            return self._before.get(step)

    def count(self, state: State) -> int:
        """How many steps are in a state."""
        with self._lock:
            return sum(1 for found in self._states.values() if found == state)

    @property
    def changed(self) -> int:
        """How many steps this run has changed something by."""
        with self._lock:
            return len(self._changed)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _move(self, step: str, state: State, at: datetime, facts: dict[str, Any]) -> None:
        with self._lock:
            if not self._header:
                raise ValueError(f"{self.path}: the journal has not been started")
            if (self._states.get(step), state) not in LEGAL:
                raise ValueError(f"{step}: {self._states.get(step)} -> {state} is no legal transition")
            if "before" in facts and step in self._states:
                raise ValueError(f"{step}: its before-image is captured once")
            self._append({"step": step, "state": state, "at": at.isoformat(), **facts})

    def _append(self, record: dict[str, Any]) -> None:
        line = json.dumps(record, sort_keys=True).encode() + b"\n"
        if self._broken:
            raise StateUnreadable(path=self.path, reason=Message("an earlier record could not be made durable"))
        try:
            self._write(line)
        except OSError as error:
            # What an fsync that failed has kept is unknown; nothing may be promised on top of it.
            self._broken = True
            raise StateUnreadable(path=self.path, reason=error.strerror or str(error)) from error
        self._size += len(line)
        # Only what is durable is taken for true: from the very bytes, as a later reader will.
        self._take(json.loads(line))
        if self._copy is not None:
            self._copy.note(line)

    def _write(self, line: bytes) -> None:
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(self.path, flags, 0o600)
            os.ftruncate(self._file, self._size)
            sync_folder(self.path.parent)
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        os.fsync(self._file)

    def _load(self) -> None:
        whole, _, _ = (state_files.read(self.path) or b"").rpartition(b"\n")
        for number, line in enumerate(whole.split(b"\n") if whole else (), 1):
            try:
                self._take(strict_json.loads(line, halves=True))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise damaged(self.path, Message("line {number} is damaged", number=number)) from error
            self._size += len(line) + 1

    def _take(self, record: dict[str, Any]) -> None:
        if not isinstance(record, dict):
            raise ValueError(Message("a record is an object"))
        if not self._header:
            self._header = self._first(record)
            return
        step, state = record["step"], record["state"]
        if not isinstance(step, str):
            raise ValueError(Message("a step's id is a text"))
        if not isinstance(record.get("before", {}), dict) or before_images.flaw(record.get("before", {})):
            raise ValueError(Message("{step}: its before-image is not of the form it should have", step=step))
        if (self._states.get(step), state) not in LEGAL:
            raise ValueError(Message("{step} cannot become {state}", step=step, state=state))
        if "before" in record:
            self._before[step] = _BeforeImage(self.path, step, record["before"])
        if record.get("changed"):
            self._changed.add(step)
        self._states[step] = state

    def _first(self, record: dict[str, Any]) -> dict[str, Any]:
        """The first record, if it is of the form it should have."""
        if type(record["format"]) is int and record["format"] > FORMAT:
            wanted = Message(
                "journal format {found} is newer than this sitewright reads ({known})",
                found=record["format"],
                known=FORMAT,
            )
            raise StateUnreadable(path=self.path, reason=wanted)
        subject = record.get("subject", {})
        texts = (record.get("operation", ""), record.get("plan", ""), *subject.values())
        if type(record["format"]) is not int or not all(isinstance(text, str) for text in texts):
            raise ValueError(Message("the first record has a format, and texts otherwise"))
        return record


class _BeforeImage(dict[str, Any]):
    """A before-image that tells what it lacks as a journal's damage."""

    def __init__(self, path: Path, step: str, parts: Mapping[str, Any]) -> None:
        super().__init__(parts)
        self._path, self._step = path, step

    def __missing__(self, part: str) -> NoReturn:
        raise damaged(
            self._path,
            Message(
                "it is damaged: the before-image of {step} has no {key}", step=self._step, key=repr(part.lstrip("_"))
            ),
        )


def damaged(path: Path, reason: str) -> StateUnreadable:
    """The refusal of a journal that somebody has changed, or a disk."""
    hint = Message("bring it back from a copy; or move {parent} away: its run is then unknown here", parent=path.parent)
    return StateUnreadable(path=path, reason=reason, hint=hint)
