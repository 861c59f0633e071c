"""Answers while they are being written: a document that need not be complete, and the edits that led to it.

A draft never changes: an edit makes a new one that shares what it did not touch. So undoing is keeping the old one, and
another thread may read a draft while the next is being made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from installer.answers import file as answers_file
from installer.answers.model import FORMAT
from installer.answers.schema import schema
from installer.formats import strict_yaml

Path = strict_yaml.Path
EMPTY: Mapping[str, Any] = {"version": FORMAT, "site": {}, "hosts": [], "environments": []}
_NOTHING = object()
UNDOABLE = 500
"""Edits that can be taken back."""


@dataclass(frozen=True)
class Draft:
    """A document as plain data; whoever holds one does not change it in place."""

    data: Mapping[str, Any] = field(default_factory=lambda: EMPTY)

    @classmethod
    def of(cls, text: str, file: str = "answers.yaml") -> Draft:
        """The draft that an answers file's text holds; a text without any value is the beginning of one.

        Raises:
            AnswersInvalid: it is no YAML that means one thing only, no mapping, or of a version that cannot be read.
        """
        return cls() if strict_yaml.empty(text) else cls(answers_file.load_unvalidated(text, file))

    def at(self, path: Path, default: Any = None) -> Any:
        """The value at a path; `default` where there is none."""
        value: Any = self.data
        for part in path:
            try:
                value = value[part]
            except (LookupError, TypeError):
                return default
        return value

    def items(self, path: Path) -> list[Any]:
        """The items of the list at a path; none where no list is."""
        found = self.at(path)
        return list(found) if isinstance(found, list) else []

    def section(self, path: Path) -> Mapping[str, Any]:
        """The mapping at a path; an empty one where none is."""
        found = self.at(path)
        return found if isinstance(found, Mapping) else {}

    def sections(self, path: Path) -> list[Mapping[str, Any]]:
        """The mappings in the list at a path, an empty one for an item that is none."""
        return [each if isinstance(each, Mapping) else {} for each in self.items(path)]

    def with_value(self, path: Path, value: Any) -> Draft:
        """The draft with a value at a path; mappings on the way there are made. One past a list's end appends."""
        made: Mapping[str, Any] = _with(self.data, path, value)
        return Draft(made)

    def without(self, path: Path) -> Draft:
        """The draft without what is at a path, and without a mapping that held nothing else."""
        if self.at(path, _NOTHING) is _NOTHING:
            return self
        parent: Any = self.at(path[:-1])
        left: Any = _without(parent, path[-1])
        if left or len(path) == 1 or not isinstance(parent, Mapping) or self._needed(path[:-1]):
            return self.with_value(path[:-1], left) if len(path) > 1 else Draft(dict(left))
        return self.without(path[:-1])

    def text(self) -> str:
        """The draft as the text of an answers file, its sections in the schema's order, without comments."""
        order = list(schema()["properties"])
        places = {name: position for position, name in enumerate(order)}
        return answers_file.dump(dict(sorted(self.data.items(), key=lambda item: places.get(item[0], len(order)))))

    @staticmethod
    def _needed(path: Path) -> bool:
        """Whether a mapping stays although it is empty: an item of a list, a required part, a component as it is."""
        return isinstance(path[-1], int) or (len(path) == 1 and path[0] in EMPTY) or "components" in path[-2:-1]


@dataclass
class History:
    """The edits of a draft. Edits of one place in a row are one edit, as when a person types a word."""

    now: Draft
    _past: list[Draft] = field(default_factory=list)
    _future: list[Draft] = field(default_factory=list)
    _place: object = None
    former: Draft | None = None
    """The draft before the last edit, undoing or redoing; None before the first."""

    def edit(self, draft: Draft, place: object = None) -> bool:
        """Go on to a draft; `place` names where the edit was. Says whether anything differs."""
        if draft.data == self.now.data:
            return False
        if place is None or place != self._place:
            self._past = [*self._past[-UNDOABLE:], self.now]
            self.former = self.now
        self._place = place
        self._future.clear()
        self.now = draft
        return True

    def undo(self) -> bool:
        """Take the last edit back; says whether there was one."""
        if not self._past:
            return False
        self._future.append(self.now)
        self.former, self.now, self._place = self.now, self._past.pop(), None
        return True

    def redo(self) -> bool:
        """Take the last undoing back; says whether there was one."""
        if not self._future:
            return False
        self._past.append(self.now)
        self.former, self.now, self._place = self.now, self._future.pop(), None
        return True


def _with(node: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        items = list(node) if isinstance(node, Sequence) and not isinstance(node, str) else []
        if head == len(items):
            items.append(None)
        items[head] = _with(items[head], rest, value)
        return items
    mapping = dict(node) if isinstance(node, Mapping) else {}
    mapping[head] = _with(mapping.get(head), rest, value)
    return mapping


def _without(node: Any, key: str | int) -> Any:
    if isinstance(node, Mapping):
        return {name: value for name, value in node.items() if name != key}
    return [item for position, item in enumerate(node) if position != key]
