"""What a verb needs before it is started from the wizard: answers in their file, secrets typed, its command line."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any

from textual.app import App

from installer.answers import file as answers_file
from installer.answers.allowed_programs import as_typed
from installer.answers.model import SecretRef
from installer.draft.document import Draft
from installer.ui.tui.context import Desk
from installer.ui.tui.state.pages import STEPS
from installer.ui.tui.widgets.dialogs import Ask, Typed

NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def site_of(draft: Draft) -> str:
    """The site's name; empty while it has no valid one."""
    name = str(draft.at(("site", "name"), ""))
    return name if NAME.fullmatch(name) else ""


def lacks(desk: Desk) -> str:
    """What has to be done before anything can be run; empty where nothing has."""
    say, review = desk.say, desk.review
    if review.count:
        titles = [say(step.title) for step in STEPS if step.key in review.problems]
        told = say("{count} things are to be mended or added first", count=review.count)
        return f"{told}: {', '.join(titles)}" if titles else told
    if desk.bundle is None:
        return say("Name the bundle first: page {page}", page=say("Certificates"))
    return "" if site_of(desk.draft) else say("Name the site first: page {page}", page=say("Site and people"))


async def saved(app: App[None], desk: Desk) -> bool:
    """Whether the file holds the answers; it is asked once whether they may be written there.

    Raises:
        StateUnreadable: they cannot be.
    """
    say = desk.say
    if desk.editor.changed:
        told = say("What runs reads {file}; it does not hold your last edits yet.", file=desk.editor.file.name)
        choices = (("save", say("Save and go on")), ("cancel", say("Cancel")))
        if await app.push_screen_wait(Ask(say("Save the answers?"), told, choices)) != "save":
            return False
        desk.editor.save()
        desk.look_again()
    return True


async def asked(app: App[None], desk: Desk) -> bool:
    """Whether every secret that is to be asked for was typed. A simulated site needs none.

    Raises:
        AnswersInvalid: the file is not what was saved.
    """
    if desk.simulate:
        return True
    answers = await asyncio.to_thread(answers_file.load, desk.editor.file)
    if not await allowed(app, desk, answers.secret_refs()):
        return False
    prompts = [str(reference.value) for reference in answers.secret_refs() if reference.kind == "prompt"]
    for prompt in dict.fromkeys(prompts):
        missing = prompt not in desk.typed_secrets()
        if missing and not await app.push_screen_wait(Typed(desk, prompt)):
            return False
    return True


async def allowed(app: App[None], desk: Desk, references: Iterable[SecretRef]) -> bool:
    """Whether the commands among references may run; a person is shown those that are new and asked once.

    Raises:
        StateUnreadable: that they may cannot be kept.
    """
    new = desk.consent.lacking(references)
    if new:
        say = desk.say
        told = say("The answers fetch secrets by running these on this machine, as you:")
        shown = "\n".join([told, *(f"  {as_typed(each)}" for each in new)])
        choices = (("cancel", say("Cancel")), ("allow", say("Run them, now and from now on")))
        if await app.push_screen_wait(Ask(say("Run these commands?"), shown, choices)) != "allow":
            return False
        desk.consent.allow(new)
    return True


def argv(desk: Desk, verb: str, flags: Sequence[str]) -> list[str]:
    """The command line of a verb on this site."""
    state = desk.runs.state.parent if desk.simulate else desk.runs.state
    named: dict[str, Any] = {
        "--profile": desk.editor.file, "--bundle": desk.bundle, "--signers": desk.signers,
        "--simulate": desk.simulate, "--state": state,
    }  # fmt: skip
    given = [word for name, path in named.items() if path for word in (name, str(path.absolute()))]
    return [verb, *given, *flags]
