"""Leaving the wizard: what stays and what goes on is said first, and the answers may be saved on the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.errors import SitewrightError
from installer.plain import typed_as
from installer.runs import background
from installer.ui.tui.run import start
from installer.ui.tui.run.follower import VERBS
from installer.ui.tui.widgets.dialogs import Ask

if TYPE_CHECKING:
    from installer.ui.tui.app import Wizard

FILES = frozenset({"--profile", "--bundle", "--signers", "--simulate", "--state"})


def ask(app: Wizard) -> None:
    """Ask whether to leave, and leave."""
    say = app.say
    told = say("What is not saved yet stays in a draft beside the file and is taken up again next time.")
    if runs := goes_on(app):
        told += f"\n\n{runs}"
    save = (("save", say("Save and leave")),) if app.editor.changed else ()
    choices = (("stay", say("Stay")), *save, ("leave", say("Leave")))

    def answered(choice: str | None) -> None:
        if choice == "save":
            app.action_save()
            choice = "stay" if app.editor.changed else "leave"
        if choice == "leave":
            app.exit()

    app.push_screen(Ask(say("Leave the wizard?"), told, choices), answered)


def goes_on(app: Wizard) -> str:
    """What is to be said of the site's run that is under way to a person who leaves; empty where there is none."""
    say, site = app.say, start.site_of(app.draft)
    try:
        found = background.find(app.runs, site) if site else None
    except SitewrightError:
        return ""
    if found is None or not found.alive or not found.argv:
        return ""
    again = typed_as(["sitewright", "wizard", *found.argv[1:][: 2 * sum(word in FILES for word in found.argv)]])
    what = say(VERBS.get(found.argv[0], found.argv[0]))
    return say("{what} goes on without the wizard. To come back to it: {command}", what=what, command=again)
