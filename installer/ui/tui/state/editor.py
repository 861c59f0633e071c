"""An answers file under the wizard's hands: its edits, its draft on disk, and the saving of it."""

from __future__ import annotations

import hashlib
import itertools
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from installer.answers import file as answers_file
from installer.answers.file import HEAD
from installer.draft import round_trip
from installer.draft.document import Draft, History
from installer.errors import AnswersChanged, StateUnreadable
from installer.formats import text_file
from installer.messages import Message

MARK = "# sitewright draft"


@dataclass
class Editor:
    """The file that is being written. `base` is its text as it was read, empty for a file that is not there yet.

    `begun` is the digest of the text that the edits began from: another one than that of `base` where a draft was taken
    up that is older than the file.
    """

    file: Path
    base: str
    history: History
    saved: Draft
    begun: str
    kept_at: datetime | None = None
    recovered: bool = False
    """Whether a draft of an earlier session was taken up."""
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def draft(self) -> Draft:
        """The answers as they are now."""
        return self.history.now

    @property
    def changed(self) -> bool:
        """Whether the answers differ from the file."""
        return self.draft.data != self.saved.data

    @property
    def outdated(self) -> bool:
        """Whether the file was changed after the draft that was taken up had begun."""
        return self.begun != _digest(self.base)

    def take_file(self) -> None:
        """Go on with what the file says now; undoing brings the draft back."""
        self.history.edit(self.saved)
        self.begun = _digest(self.base)

    def keep(self, draft: Draft) -> None:
        """Write a draft beside the file; without a difference to the file there is none.

        Raises:
            StateUnreadable: it cannot be written there.
        """
        text = f"{MARK} of {self.file.name} {self.begun}\n{draft.text()}"
        with self._writing:
            if draft is not self.draft:  # a newer one is on its way, or was written already
                return
            if draft.data != self.saved.data:
                answers_file.save(text, draft_of(self.file))
            elif draft_of(self.file).exists():
                discard(self.file)
            else:
                return
            self.kept_at = datetime.now(UTC)

    def save(self) -> None:
        """Write the file, with the comments it had, and end its draft.

        Raises:
            AnswersChanged: somebody else has changed it since the edits began.
            StateUnreadable: it cannot be written.
        """
        if _digest(read_text(self.file)) != self.begun:
            raise AnswersChanged(path=self.file)
        self._write(self.file)

    def save_beside(self) -> None:
        """Write the answers under the next free name in the same folder and go on with that file; the old one stays.

        Raises:
            StateUnreadable: it cannot be written.
        """
        self._write(free_name(self.file))

    def _write(self, file: Path) -> None:
        draft = self.draft
        text = round_trip.rewritten(self.base, draft.data, str(self.file)) if self.base else HEAD + draft.text()
        with self._writing:
            answers_file.save(text, file)
            discard(self.file)
            self.file, self.base, self.saved, self.begun = file, text, draft, _digest(text)
            self.kept_at = datetime.now(UTC)


def opened(file: Path, *, recover: bool = True) -> Editor:
    """Open an answers file, new or old, with the draft that an earlier session left of it.

    Raises:
        AnswersInvalid: what it or its draft says cannot be made out, so that saving would destroy it.
        StateUnreadable: it or its draft is there and cannot be read.
    """
    text = read_text(file)
    saved = Draft.of(text, str(file))
    left = leftover(file) if recover else None
    editor = Editor(file, text, History(saved), saved, _digest(text))
    if left is not None and left.data != saved.data:
        editor.history.edit(left)
        editor.begun = read_text(draft_of(file)).partition("\n")[0].rpartition(" ")[2]
        editor.recovered = True
        editor.kept_at = datetime.fromtimestamp(draft_of(file).stat().st_mtime, UTC)
    return editor


def leftover(file: Path) -> Draft | None:
    """The draft that an earlier session left of a file; None where there is none.

    Raises:
        AnswersInvalid: somebody has spoilt it since.
        StateUnreadable: it is there and cannot be read.
    """
    path = draft_of(file)
    try:
        text = read_text(path)
    except StateUnreadable as error:
        hint = Message("move it away: the draft of {file} belongs there", file=file.name)
        raise StateUnreadable(path=path, reason=error.facts["reason"], hint=hint) from error
    return Draft.of(text, str(path)) if text.startswith(MARK) else None


def free_name(file: Path) -> Path:
    """The first name beside a file that no file has: answers-2.yaml beside answers.yaml."""
    numbered = (file.with_name(f"{file.stem}-{number}{file.suffix}") for number in itertools.count(2))
    return next(each for each in numbered if not each.exists())


def draft_of(file: Path) -> Path:
    """Where the draft of a file is: beside it, so that the relative paths in it mean the same."""
    return file.with_name(f".{file.name}.draft")


def discard(file: Path) -> None:
    """End a draft."""
    draft_of(file).unlink(missing_ok=True)


def read_text(path: Path) -> str:
    """A file's text, empty where there is no file.

    Raises:
        StateUnreadable: it is there and cannot be read.
    """
    try:
        return text_file.decoded(text_file.read(path, answers_file.LARGEST))
    except FileNotFoundError:
        return ""
    except text_file.Unfit as error:
        raise StateUnreadable(path=path, reason=Message("it is {reason}", reason=error), hint=error.cure) from error
    except OSError as error:
        raise StateUnreadable(path=path, reason=error.strerror or str(error)) from error


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
