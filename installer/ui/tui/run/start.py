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
from installer.ui.tui.context import WizardContext
from installer.ui.tui.state.pages import STEPS
from installer.ui.tui.widgets.dialogs import Ask, Typed

NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def site_of(draft: Draft) -> str:
    """The site's name; empty while it has no valid one."""
    name = str(draft.at(("site", "name"), ""))
    return name if NAME.fullmatch(name) else ""


def lacks(wizard: WizardContext) -> str:
    """What has to be done before anything can be run; empty where nothing has."""
    say, review = wizard.say, wizard.review
    if review.count:
        titles = [say(step.title) for step in STEPS if step.key in review.problems]
        told = say("{count} things are to be mended or added first", count=review.count)
        return f"{told}: {', '.join(titles)}" if titles else told
    if wizard.bundle is None:
        return say("Name the bundle first: page {page}", page=say("Certificates"))
    return "" if site_of(wizard.draft) else say("Name the site first: page {page}", page=say("Site and people"))


async def saved(app: App[None], wizard: WizardContext) -> bool:
    """Whether the file holds the answers; it is asked once whether they may be written there.

    Raises:
        StateUnreadable: they cannot be.
    """
    say = wizard.say
    if wizard.editor.changed:
        told = say("What runs reads {file}; it does not hold your last edits yet.", file=wizard.editor.file.name)
        choices = (("save", say("Save and go on")), ("cancel", say("Cancel")))
        if await app.push_screen_wait(Ask(say("Save the answers?"), told, choices)) != "save":
            return False
        wizard.editor.save()
        wizard.look_again()
    return True


async def asked(app: App[None], wizard: WizardContext) -> bool:
    """Whether every secret that is to be asked for was typed. A simulated site needs none.

    Raises:
        AnswersInvalid: the file is not what was saved.
    """
    if wizard.simulate:
        return True
    answers = await asyncio.to_thread(answers_file.load, wizard.editor.file)
    if not await allowed(app, wizard, answers.secret_refs()):
        return False
    prompts = [str(reference.value) for reference in answers.secret_refs() if reference.kind == "prompt"]
    for prompt in dict.fromkeys(prompts):
        missing = prompt not in wizard.typed_secrets()
        if missing and not await app.push_screen_wait(Typed(wizard, prompt)):
            return False
    return True


async def allowed(app: App[None], wizard: WizardContext, references: Iterable[SecretRef]) -> bool:
    """Whether the commands among references may run; a person is shown those that are new and asked once.

    Raises:
        StateUnreadable: that they may cannot be kept.
    """
    new = wizard.consent.lacking(references)
    if new:
        say = wizard.say
        told = say("The answers fetch secrets by running these on this machine, as you:")
        shown = "\n".join([told, *(f"  {as_typed(each)}" for each in new)])
        choices = (("cancel", say("Cancel")), ("allow", say("Run them, now and from now on")))
        if await app.push_screen_wait(Ask(say("Run these commands?"), shown, choices)) != "allow":
            return False
        wizard.consent.allow(new)
    return True


def argv(wizard: WizardContext, verb: str, flags: Sequence[str]) -> list[str]:
    """The command line of a verb on this site."""
    state = wizard.runs.state.parent if wizard.simulate else wizard.runs.state
    named: dict[str, Any] = {
        "--profile": wizard.editor.file, "--bundle": wizard.bundle, "--signers": wizard.signers,
        "--simulate": wizard.simulate, "--state": state,
    }  # fmt: skip
    given = [word for name, path in named.items() if path for word in (name, str(path.absolute()))]
    return [verb, *given, *flags]
