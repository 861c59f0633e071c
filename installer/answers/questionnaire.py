"""Which answers can be given in a workbook, and how its sheet of questions is laid out: what writer and reader share.

The sheet begins with `MARKER` and the number of its form; the site and the digest of the answers follow; then a row
that names the columns, and a row for each question. Rows are known by `place`, columns by their names: both may move.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installer.answers.questions import Question, question
from installer.answers.schema import schema
from installer.formats.strict_yaml import Path

MARKER = "sitewright questions"
"""How the first cell of the sheet begins; the cell to its right has the form."""
FORM = 1
"""The form of the sheet. A newer program reads all older ones, an older one refuses newer ones by name."""
SITE_ROW, DIGEST_ROW = 2, 3
COLUMNS = ("question", "answer", "now", "unit", "meaning", "place", "remark")
"""What each column is called in the row that names them, in every language."""
UNKNOWN_WORDS = frozenset({"unknown", "未知", "不知道", "不清楚"})
NONE_WORDS = frozenset({"none", "-", "–", "无"})
"""What takes an answer away, so that what is usual holds again."""

SITE: tuple[Path, ...] = (("site", "customer"),)
PLAN: tuple[Path, ...] = tuple(
    ("plan", name) for name in ("start", "delivery_days", "holidays", "copy_mb_per_s", "mail")
)
NETWORK: tuple[Path, ...] = (("network", "ntp"),)
OF_AN_ENVIRONMENT: tuple[Path, ...] = (("domain",), ("endpoint",), ("networks", "pods"), ("networks", "services"))
OF_A_HOST: tuple[Path, ...] = (("address",), ("host_key",))


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its place as the sheet names it, whose it is ("" for the site), and what holds now."""

    place: str
    of: str
    question: Question
    now: Any

    @property
    def path(self) -> Path:
        """Where its answer stands in the answers."""
        return self.question.path


def asked(data: Mapping[str, Any]) -> Iterator[Asked]:
    """Every question about a document that is valid, in the order to ask them; `now` is the default where none is said.

    Nothing is asked about how hosts are logged in to, about files of this machine, or about secrets: a workbook goes
    through many hands.
    """
    for path in (*SITE, *_needs(), *PLAN, *NETWORK):
        yield _asked(data, path, ".".join(map(str, path)), "")
    for section, paths in (("environments", OF_AN_ENVIRONMENT), ("hosts", OF_A_HOST)):
        for position, each in enumerate(data.get(section) or ()):
            for path in paths:
                place = ".".join((section, str(each["name"]), *map(str, path)))
                yield _asked(data, (section, position, *path), place, str(each["name"]))


def _needs() -> Iterator[Path]:
    """The questions about quantities."""
    for name in schema()["properties"]["needs"]["properties"]:
        path = ("needs", name)
        try:
            kind = question(path).kind
        except KeyError:
            continue
        if kind in {"whole", "number"}:
            yield path


def _asked(data: Mapping[str, Any], path: Path, place: str, of: str) -> Asked:
    known, value = question(path), _at(data, path)
    return Asked(place, of, known, known.default if value is None else value)


def _at(data: Any, path: Path) -> Any:
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(str(part))
        elif isinstance(data, Sequence) and not isinstance(data, str) and isinstance(part, int):
            data = data[part] if part < len(data) else None
        else:
            return None
    return data


def in_a_cell(value: Any) -> str | int | float:
    """An answer as one cell holds it."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
