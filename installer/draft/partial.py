"""Hosts of an incomplete draft that are valid enough to test the connection to. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from installer.answers import build as answers_build
from installer.answers.model import Host
from installer.answers.schema import violations
from installer.draft.document import Draft
from installer.draft.hosts import entries


class Built:
    """Hosts as the draft has them now, made anew only where their entry or the site's access changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._access: Any = None
        self._known: dict[int, tuple[Any, Host | None]] = {}

    def hosts(self, draft: Draft) -> tuple[Host | None, ...]:
        """A host for each entry; None where the entry, or the site's access, is none yet."""
        access, listed = draft.at(("access",)), entries(draft)
        old = self._known if access is self._access else {}
        # Drafts share what an edit did not touch, so the same entry is the same object.
        self._known = {id(each): old.get(id(each), (each, None)) for each in listed}
        fresh = [each for each in listed if id(each) not in old]
        for entry, host in zip(fresh, build(draft, fresh, self._folder), strict=True):
            self._known[id(entry)] = (entry, host)
        self._access = access
        return tuple(self._known[id(each)][1] for each in listed)


def build(draft: Draft, listed: Sequence[Mapping[str, Any]], folder: Path) -> tuple[Host | None, ...]:
    """Hosts of entries; None where one, or the site's access, is not what answers may hold."""
    access = draft.at(("access",), {})
    bad = _bad({**({"access": access} if access else {}), "hosts": [dict(each) for each in listed]})
    if "access" in bad:
        return (None,) * len(listed)
    return tuple(None if place in bad else answers_build.host(each, access or {}, folder)
                 for place, each in enumerate(listed))  # fmt: skip


def _bad(data: Mapping[str, Any]) -> set[int | str]:
    """The positions of hosts that the schema refuses, and "access" where it refuses the site's own."""
    return set(_refused(data))


def _refused(data: Mapping[str, Any]) -> Iterator[int | str]:
    for path, _, _, _ in violations(data):
        if path[:1] == ("hosts",) and len(path) > 1:
            yield path[1]
        elif path[:1] == ("access",):
            yield "access"
