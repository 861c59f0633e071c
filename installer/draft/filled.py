"""The sheet of questions as it comes back: which answers it changes, or everything that is wrong with it. Pure.

Only the column of answers is read. The column beside it shows what the answers said when the sheet was made, so that
what somebody changed since then is never written over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installer.answers import file as answers_file
from installer.answers.questionnaire import Asked, asked, in_a_cell
from installer.draft.cells import NOTHING, Doubt, answer
from installer.draft.document import Draft
from installer.draft.question_sheet import ANEW, Table
from installer.errors import Problem
from installer.formats.values import shown
from installer.formats.workbook import Cell, Sheet, as_text
from installer.messages import Message
from installer.requirements import needs_of_sections, sized
from sizing.errors import SizingError

NO_ANSWER = Message("nothing: answers are read from the column `answer` alone")
FITTING = Message("needs that fit together")
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that the sheet changes: row and cell, what is asked there, the new answer (None takes it away)."""

    row: int
    cell: str
    asked: Asked
    after: Any


@dataclass(frozen=True, slots=True)
class Filled:
    """The answers with all that the sheet changes and which changes those are, or why none may be made."""

    draft: Draft
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


def fill(draft: Draft, digest: str, sheets: Sequence[Sheet], book: str, answers: str) -> Filled:
    """Put the answers of a workbook into a draft that is valid: all of them, or none.

    `digest` is that of the answers' file as it is now; `book` and `answers` are the names of both files.
    """
    if len(sheets) != 1:
        found = (
            Message("{count} sheets of questions", count=len(sheets)) if sheets else Message("no sheet of questions")
        )
        return Filled(draft, problems=(Problem(book, 1, "", found, ANEW),))
    table = Table.of(sheets[0], book)
    if problems := tuple(table.refused(draft.at(("site", "name")))):
        return Filled(draft, problems=problems)
    changes: dict[str, Change] = {}
    problems = tuple(_read(table, digest, {each.place: each for each in asked(draft.data)}, changes))
    filled = draft
    for change in changes.values():
        filled = _changed(filled, change)
    if problems := problems or tuple(_invalid(filled, changes, book, answers)):
        return Filled(draft, problems=problems)
    return Filled(filled, tuple(changes.values()))


def _changed(draft: Draft, change: Change) -> Draft:
    path = change.asked.path
    return draft.without(path) if change.after is None else draft.with_value(path, change.after)


def _read(table: Table, digest: str, questions: Mapping[str, Asked], changes: dict[str, Change]) -> Iterator[Problem]:
    """What is wrong with single cells; what is right and differs is put among the changes."""
    for row in sorted(each for each in table.rows if each > table.named):
        for column, cell in sorted(table.rows[row].items()):
            if column not in table.columns.values():
                yield table.problem(row, column, _shown(cell), NO_ANSWER)
        place, given = table.cell(row, "place"), table.cell(row, "answer")
        known = questions.get(str(place.value)) if place else None
        if known is not None:
            yield from _row(table, row, known, changes, made_of_these=table.digest == digest)
        elif lost := place or given:
            yield table.problem(row, lost.column, _shown(lost), Message("one of the questions of this site"))


def _row(table: Table, row: int, known: Asked, changes: dict[str, Change], *, made_of_these: bool) -> Iterator[Problem]:
    beside, given = table.cell(row, "now"), table.cell(row, "answer")
    stale = not _says(beside, known)
    if stale and made_of_these:
        yield table.problem(row, table.columns["now"], _shown(beside), NO_ANSWER)
    if given is None:
        return
    value = answer(given, known.question)
    after = None if value is NOTHING else value
    held = known.question.default if after is None else after
    if isinstance(value, Doubt):
        yield table.problem(row, given.column, value.found, value.wanted)
    elif known.place in changes:
        other = Message("one answer; {cell} is another", cell=changes[known.place].cell)
        yield table.problem(row, given.column, shown(value), other)
    elif held == known.now:
        return
    elif stale:
        since = Message("an answer given when {then} held", then=_shown(beside))
        now = Message("one that knows of {now}, as the answers say since", now=shown(in_a_cell(known.now)))
        yield table.problem(row, given.column, since, now)
    else:
        changes[known.place] = Change(row, table.name(row, given.column), known, after)


def _says(beside: Cell | None, known: Asked) -> bool:
    """Whether a cell of the column `now` shows what holds, as this program wrote it or as a spreadsheet rewrote it."""
    written = as_text(in_a_cell(known.now))
    if beside is None or beside.value == written:
        return beside is not None or written == ""
    return bool(answer(beside, known.question) == known.now)


def _invalid(filled: Draft, changes: Mapping[str, Change], book: str, answers: str) -> Iterator[Problem]:
    """What the answers' own rules say of the changes, and whether machines can be reckoned for what they ask."""
    paths = {".".join(map(str, each.asked.path)): each for each in changes.values()}
    flaws = answers_file.flaws(filled.data, answers)
    for flaw in flaws:
        yield from _blamed(flaw, [each for path, each in paths.items() if _meet(path, flaw.path)], book)
    if flaws:
        return
    try:
        sized(needs_of_sections(filled.section(("needs",)), filled.at(("environments",))))
    except SizingError as error:
        for said in error.problems:
            named = [each for path, each in paths.items() if path.removeprefix("needs.") in WORD.findall(said)]
            yield from _blamed(Problem(answers, 1, "needs", Message.verbatim(said), FITTING), named, book)


def _blamed(flaw: Problem, changes: Sequence[Change], book: str) -> Iterator[Problem]:
    """A flaw at the cells that brought it about; where none is known, at its place in the answers."""
    for each in changes:
        yield Problem(book, each.row, f"{each.cell} ({each.asked.place})", flaw.found, flaw.wanted)
    if not changes:
        yield flaw


def _meet(one: str, other: str) -> bool:
    """Whether two dotted paths are the same, or one leads to the other."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _shown(cell: Cell | None) -> Message:
    return shown(None if cell is None else cell.value if isinstance(cell.value, str | int | float) else str(cell.value))
