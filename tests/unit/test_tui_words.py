"""The wizard's catalogue: every message that its pages say is there in Chinese, whole, and names the same values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from spoken import INSTALLER, MAKES, NAMES, REPORT, SAYS, TUI, calls, catalogue, fields, templates, worded
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static
from wizards import answers_of, on_screen, open_page, play, until, wizard

from installer.answers import questions, schema
from installer.formats.strict_yaml import Path as Place
from installer.formats.values import shown
from installer.messages import Message
from installer.translations import messages
from installer.ui.tui.app import Wizard
from installer.ui.tui.routes import _CLASSES
from installer.ui.tui.run.plan import PlanPage
from installer.ui.tui.state.pages import STEPS
from installer.ui.tui.words import Words
from sizing.rules import load_rules

PAGES = [step.key for step in STEPS if find_spec(f"installer.ui.tui.{_CLASSES[step.key].rpartition('.')[0]}")]
CHINESE = re.compile("[\u4e00-\u9fff]")
APART = {"Name", "machines"}
"""What the report says otherwise: its names are those of machines, and a heading there has no number before it."""
RUNS = ("install", "rollback", "uninstall", "done", "failed", "interrupted", "taken back", "unfinished")
"""What runs are and how they end, as records have it."""
SHOWN = {"Label", "Button", "Static", "Input", "Option", "Content", "notify", "update", "tell", "add_column"}
"""What puts a text on the screen as it is."""


@cache
def said() -> frozenset[str]:
    """Every message that the wizard's code makes or says, and what it takes from the answers' schema to say it."""
    found = templates([*sorted(TUI.rglob("*.py")), *sorted(TUI.parent.glob("*.py"))], MAKES | SAYS)
    found |= set(asked()) | set(own_words(schema.schema())) | set(unanswered()) | set(places()) | set(RUNS)
    return frozenset(each for each in found if worded(each))


def leaves(part: Any, path: Place = ()) -> Iterator[Place]:
    """The places of the answers that hold one answer each."""
    part = questions.resolved(part)
    inner = [leaves(each, (*path, key)) for key, each in part.get("properties", {}).items()]
    inner += [leaves(part["items"], (*path, 0))] if part.get("type") == "array" else []
    try:
        if questions.question(path).kind:
            yield path
    except (KeyError, TypeError):
        pass
    for each in inner:
        yield from each


def asked() -> Iterator[str]:
    """What questions say of themselves."""
    for path in leaves(schema.schema()):
        question = questions.question(path)
        yield from (question.title, question.description, question.unit)
        yield from (f"choice:{choice}" for choice in question.choices if path[-1] != "check")


def nested(path: Place, value: Any) -> Any:
    """A document with a value at a place and nothing else."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def own_words(part: Any) -> Iterator[str]:
    """What the schema itself says is wanted, as templates."""
    if isinstance(part, dict):
        if isinstance(words := part.get("errorMessage"), str):
            yield Message.verbatim(words).template
        if isinstance(word := part.get("const"), str):
            yield shown(word).template
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from own_words(each)


def unanswered() -> Iterator[str]:
    """What is wanted where there is no answer yet."""
    for path in leaves(schema.schema()):
        for at, _, wanted, _ in schema.violations(nested(path[:-1], {})):
            yield from [wanted.template] if at == path else []


def places() -> Iterator[str]:
    """Kinds of machines that sizing counts, and what may be short on them."""
    yield from (pod.pool for rule in load_rules().components.values() for pod in rule.pods)
    yield from ("node", "machines", "room on one machine", "system_disk_gib")


def test_its_catalogue_has_every_message_that_the_common_one_lacks_and_no_other() -> None:
    own, common = catalogue(TUI), catalogue(INSTALLER)
    assert len(said()) > 600
    assert sorted(said() - set(own) - set(common)) == [], "not translated"
    assert sorted(set(own) - said()) == [], "nobody says these any more"
    assert sorted(each for each in own if common.get(each) == own[each]) == [], "the common catalogue says these"


def test_translations_are_whole_and_name_the_same_values() -> None:
    for message, text in catalogue(TUI).items():
        assert fields(text) == fields(message), message
        assert bool(CHINESE.search(text)) != (message in NAMES), message
        assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", text), f"no space in {text!r}"


def test_wizard_and_report_use_the_same_words() -> None:
    mine, other = catalogue(TUI), catalogue(REPORT)
    assert {each for each in set(mine) & set(other) - APART if mine[each] != other[each]} == set()


def test_labels_and_steps_fit_their_places() -> None:
    known = messages("installer.ui.tui", "zh")
    titles = {questions.question(path).title for path in leaves(schema.schema())}
    assert {title for title in titles if cell_len(known[title]) > 28} == set()
    assert {step.title for step in STEPS if cell_len(known[step.title]) > 16} == set()


def test_no_text_reaches_a_widget_unsaid() -> None:
    given: set[object] = set()
    for _, call in calls(sorted(TUI.rglob("*.py")), SHOWN):
        placed = [each.value for each in call.keywords if each.arg in ("placeholder", "prompt")]
        given |= {each.value for each in (*call.args, *placed) if isinstance(each, ast.Constant)}
    assert {each for each in given if re.search("[A-Za-z]+ [A-Za-z]", str(each))} == set()


def said_by_the_program(app: Wizard) -> bool:
    """Whether the plan page shows why there is no plan."""
    shown = app.screen.query_one(PlanPage).query_one("#counts", Static).content
    return isinstance(shown, Content) and shown.plain.startswith("✖")


def test_pages_say_nothing_that_is_not_translated(tmp_path: Path) -> None:
    known, missed = messages("installer.ui.tui", "zh"), set[str]()

    class Noted(Words):
        def __call__(self, message: str, **values: object) -> str:
            missed.update({getattr(message, "template", message)} - set(known))
            return super().__call__(message, **values)

    app = wizard(answers_of(tmp_path, "rehearsal"), language="zh", bundle=tmp_path / "core.sitewright")
    app.say = Noted("zh")

    async def script(pilot: Pilot[None]) -> None:
        for step in PAGES:
            await open_page(pilot, step)
            if step == "plan":  # it is made by itself, by a program that finds no bundle there
                await until(pilot, lambda: said_by_the_program(app), lambda: on_screen(pilot))
            await pilot.press("f1", "escape")

    play(app, script)
    assert {each for each in missed if re.search("[A-Za-z]", each)} == set()
