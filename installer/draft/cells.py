"""From what somebody wrote into a cell to the answer that it means: pure, and never by guessing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from installer.answers.questionnaire import NONE_WORDS, UNKNOWN_WORDS
from installer.answers.questions import Question
from installer.formats.values import shown
from installer.formats.workbook import Cell
from installer.messages import Message

NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,6})?")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,' ]\d{3})+")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
APART = re.compile("[,;\n，；、]")
NOTHING = object()
"""The answer that takes one away."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a cell is no answer."""

    found: Message
    wanted: Message


def answer(cell: Cell, asked: Question) -> Any:
    """What a cell answers, `NOTHING`, or a `Doubt`; whether it may be answered so, the answers' own rules say."""
    if cell.kind in {"formula", "error"}:
        found = Message("a formula") if cell.kind == "formula" else Message("a formula's error")
        return Doubt(found, Message("the answer itself: copy, then paste its value"))
    if cell.kind == "yes":
        return Doubt(shown(cell.value), Message("a text or a number"))
    if cell.kind == "date":
        return _of_date(cell.value, asked)
    if cell.kind == "number" and isinstance(cell.value, int | float):
        return _of_number(cell.value, asked)
    text = unicodedata.normalize("NFKC", str(cell.value)).strip().removeprefix("'").strip()
    if text.lower() in NONE_WORDS:
        return NOTHING
    if asked.kind in {"whole", "number"}:
        return _number(text)
    if asked.kind == "texts":
        listed = [each.strip() for each in APART.split(text)]
        return [_day(each) if asked.is_date else each for each in listed if each]
    return _day(text) if asked.is_date else text


def _of_date(value: Any, asked: Question) -> Any:
    if not asked.is_date:
        what = Message("a date (spreadsheets make dates of what looks like one)")
        return Doubt(what, Message("the answer as text: put ' before it"))
    if not isinstance(value, datetime) or value.time() != time():
        return Doubt(Message.verbatim(str(value)), Message("a day alone, without a time"))
    day = value.date().isoformat()
    return [day] if asked.kind == "texts" else day


def _of_number(value: float, asked: Question) -> Any:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    ready = int(value) if whole else value
    if asked.kind in {"whole", "number"}:
        return ready
    return [str(ready)] if asked.kind == "texts" else str(ready)


def _number(text: str) -> Any:
    """A number from a text; a point or comma that may part thousands as well as fractions is asked about."""
    if text.lower() in UNKNOWN_WORDS:
        return "unknown"
    if THOUSANDS.fullmatch(text):
        return Doubt(shown(text), Message("the number without signs between its digits"))
    if not NUMBER.fullmatch(text):
        return text  # what is wanted there, the schema says
    value = float(text.replace(",", "."))
    return int(value) if value.is_integer() and not re.search("[.,]", text) else value


def _day(text: str) -> str:
    """A day as answers write it, where its year comes first; anything else stays as it is and is refused as such."""
    found = DAY.fullmatch(text)
    return "{}-{:0>2}-{:0>2}".format(*found.groups()) if found else text
