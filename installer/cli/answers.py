"""answers import: what was filled in on a report's sheet of questions, into the answers' file."""

from __future__ import annotations

from pathlib import Path

from installer.answers import file as answers_file
from installer.answers.questionnaire import MARKER
from installer.cli.commands import AnswersCommand
from installer.draft import round_trip
from installer.draft.document import Draft
from installer.draft.filled import fill
from installer.errors import AnswersChanged, AnswersInvalid, Problem, WorkbookRefused
from installer.formats import text_file, workbook
from installer.formats.text_file import Unfit
from installer.messages import Message
from installer.ui import words
from installer.ui.presenter import Presenter


def run(command: AnswersCommand, presenter: Presenter) -> int:
    """Write the answers with every change of the workbook, or refuse all of them.

    Raises:
        AnswersInvalid: the answers are not valid as they stand.
        WorkbookRefused: something in the workbook is wrong; carries every problem with its sheet and cell.
        AnswersChanged: somebody wrote the answers meanwhile.
    """
    profile = command.profile
    answers = answers_file.load(profile)
    draft = Draft.of(answers.text, str(profile))
    filled = fill(draft, answers_file.digest(profile), _sheets(command.workbook), str(command.workbook), str(profile))
    if filled.problems:
        raise _refused(command.workbook, *filled.problems)
    written = bool(filled.changes) and not command.dry_run
    if written:
        text = round_trip.rewritten(answers.text, filled.draft.data, str(profile))
        answers_file.parse(text, str(profile))
        if answers_file.load(profile).text != answers.text:
            raise AnswersChanged(path=profile)
        answers_file.save(text, profile)
    presenter.imported(filled.changes, profile, written=written)
    presenter.next(("\nNext:  ", words.command("size", "--profile", str(profile))))
    return 0


def _sheets(book: Path) -> tuple[workbook.Sheet, ...]:
    try:
        return workbook.read(text_file.read(book, workbook.LARGEST), MARKER)
    except Unfit as error:
        found, wanted = error.reason, error.cure or Message("a workbook as `sitewright report` makes it")
    except FileNotFoundError:
        found, wanted = Message("no such file"), Message("a workbook as `sitewright report` makes it")
    except (OSError, ValueError) as error:
        found = Message("a file that cannot be read ({reason})", reason=getattr(error, "strerror", None) or error)
        wanted = Message("a workbook as `sitewright report` makes it")
    raise _refused(book, Problem(str(book), 1, "", found, wanted))


def _refused(book: Path, *problems: Problem) -> AnswersInvalid:
    return WorkbookRefused(file=str(book), count=len(problems), problems=problems)
