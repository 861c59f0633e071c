"""What all errors have in common, and those that are of no one part: usage, files, answers, interruptions."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, ClassVar, cast

from installer.messages import Message
from installer.plain import lines, listed, plain
from installer.redaction import redacted

SEVERAL_LINES = frozenset({"reason", "changed"})
"""Facts that may have several lines, as the last words of a program have; the second and later ones are set in."""


def _shown(fact: object, several: bool) -> object:
    """A fact as it may be shown: no secrets, nothing that acts on a terminal, not too long; a message stays one."""
    if isinstance(fact, Message):
        values = {name: _shown(each, several) for name, each in fact.values.items()}
        return Message.restored(_cleaned(fact, several), fact.template, values)
    if type(fact) is tuple:
        return tuple(_shown(each, several) for each in fact)
    return _cleaned(fact, several)


def _cleaned(fact: object, several: bool) -> str:
    text = redacted(str(fact))
    return lines(text).replace("\n", "\n  ") if several else plain(text)


def _filled(template: str, facts: Mapping[str, Any]) -> Message:
    """A message whose values are facts, as they may be shown; a fact that is a message stays one.

    What says nothing but its reason is that reason: a catalogue has words for it, and none for "{reason}".
    """
    if template == "{reason}" and isinstance(facts["reason"], Message):
        return cast(Message, _shown(facts["reason"], several=True))
    named = dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name)
    values = {name: _shown(facts[name], name in SEVERAL_LINES) for name in named}
    return Message.restored(template.format_map(values), template, values)


class SitewrightError(Exception):
    """{reason}"""

    exit_code: ClassVar[int] = 1
    hint: ClassVar[str] = ""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.message)

    @property
    def headline(self) -> Message:
        """What happened and where, with the facts filled in."""
        return _filled(inspect.cleandoc(type(self).__doc__ or "{reason}"), self.facts)

    @property
    def message(self) -> str:
        """The headline, and whatever has to stand below it."""
        return self.headline

    @property
    def remedy(self) -> Message:
        """What to do next; empty where the message says it all. ``hint=`` overrides the class's own."""
        own = self.facts.get("hint")
        if isinstance(own, Message):
            return cast(Message, _shown(own, several=False))
        return Message.verbatim(lines(own)) if own else _filled(self.hint, self.facts)

    @property
    def details(self) -> tuple[str, ...]:
        """Further lines for whoever wants to read on, the first of them where there are many; given as ``details=``."""
        return tuple(
            listed(tuple(self.facts.get("details", ())), each=lambda line: cast(str, _shown(line, several=False)))
        )


class ProgramFault(SitewrightError):
    """a fault of sitewright itself: {kind}; {where}"""

    hint = "send it to the vendor; what was begun is still known: sitewright status"


class UsageError(SitewrightError):
    """{reason}"""

    exit_code = 2
    hint = "see: sitewright --help"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file that people write: where it is, what was found there and what is wanted instead."""

    file: str
    line: int
    path: str
    found: Message
    wanted: Message

    def __str__(self) -> str:
        path = f"{plain(self.path)}: " if self.path else ""
        return f"{plain(self.file)}:{self.line}: {path}found {plain(self.found)}, wanted {plain(self.wanted)}"


class AnswersInvalid(SitewrightError):
    """{file}: {count} problem(s) in the answers"""

    exit_code = 3

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, in the order of the file's lines."""
        return tuple(self.facts.get("problems", ()))

    @property
    def message(self) -> str:
        """The count, then one line for each of the first problems, and how many there are beyond them."""
        return "\n".join([super().message, *(f"  {line}" for line in listed(self.problems, each=str))])


class NeedsInvalid(AnswersInvalid):
    """{file}: {count} problem(s) in what is asked for"""

    hint = "correct `needs` in the answers or --set; what a part can be told: sitewright size --component NAME --inputs"


class WorkbookRefused(AnswersInvalid):
    """{file}: {count} problem(s) in the workbook; the answers are as they were"""

    hint = "correct the cells that are named and import it again"


class ProductUnreadable(AnswersInvalid):
    """{file}: {count} problem(s) in the product's files; nothing was checked"""


class ProductContradicts(SitewrightError):
    """{count} contradiction(s) between what {product} states, its manifests and the answers"""

    exit_code = 3
    hint = "mend what stands above in whichever file is wrong, and check again"


class BundleNotTrusted(SitewrightError):
    """{bundle}: {reason}"""

    exit_code = 5
    hint = "do not use this file; get the bundle and its signer's key again from the vendor"


class InputEnded(UsageError):
    """the input ended before the question was answered; nothing was changed"""

    hint = "answer at the terminal, or give --yes; a secret can be named as {{env: NAME}} or {{file: PATH}} too"


class FileRefused(SitewrightError):
    """{path}: this machine refuses it: {reason}"""

    exit_code = 2
    hint = "look at its owner and mode, and at the room on its disk"


class StateUnreadable(SitewrightError):
    """{path}: {reason}"""

    exit_code = 2


class AnswersChanged(StateUnreadable):
    """{path}: the file was changed by somebody else meanwhile"""

    hint = "save under another name, or open it again"
