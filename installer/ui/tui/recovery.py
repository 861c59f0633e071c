"""What a person is told, and asked, of a draft that was left and of a file that somebody else changed meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from installer.errors import SitewrightError
from installer.ui.tui import problem_texts
from installer.ui.tui.state import editor
from installer.ui.tui.state.editor import Editor
from installer.ui.tui.widgets.dialogs import Ask

if TYPE_CHECKING:
    from installer.ui.tui.app import Wizard


def told(app: Wizard, opened: Editor) -> None:
    """Tell of a draft that was taken up; where the file was changed after it, ask which of the two to go on with."""
    say = app.say
    if not opened.recovered:
        return
    if not opened.outdated:
        app.notify(say("Going on with the draft that was left of {file}. Undo takes the file's own answers.",
                       file=opened.file.name))  # fmt: skip
        return

    def chosen(choice: str | None) -> None:
        if choice == "file":
            opened.take_file()
            app.look_again()

    text = say(
        "The draft was kept {draft}, the file was changed {file}, and the draft knows nothing of that. "
        "Going on with the draft, it can be saved under another name; taking the file, undo brings the draft back.",
        draft=written(editor.draft_of(opened.file)), file=written(opened.file),
    )  # fmt: skip
    choices = (("draft", say("Go on with the draft")), ("file", say("Take the file as it is now")))
    heading = say("{file} was changed after this draft of it", file=opened.file.name)
    app.push_screen(Ask(heading, text, choices), chosen)


def refused(app: Wizard, opened: Editor) -> None:
    """Ask what to do with answers that cannot be saved, for the file is not what they began from."""
    say, name = app.say, editor.free_name(opened.file).name

    def chosen(choice: str | None) -> None:
        try:
            if choice == "beside":
                opened.save_beside()
                app.saved()
            elif choice == "again":
                app.begin(editor.opened(opened.file, recover=False))
        except SitewrightError as error:
            app.notify(". ".join(problem_texts.failure(say, error)), severity="error", timeout=10, markup=False)

    choices = (("stay", say("Stay")), ("beside", say("Save as {file}", file=name)),
               ("again", say("Open it again, without my edits")))  # fmt: skip
    heading = say("{file} was changed by somebody else meanwhile", file=opened.file.name)
    app.push_screen(Ask(heading, say("What stands there now would be lost, so nothing was written."), choices), chosen)


def written(path: Path) -> str:
    """When a file was last written, in this machine's time; a dash where it is gone."""
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).astimezone()
    except OSError:
        return "–"
    return f"{changed:%Y-%m-%d %H:%M}"
