"""Small screens that lie over a page: a question, help, a choice among many, a text to paste."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, cast, runtime_checkable

from textual import on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from installer.messages import Message
from installer.ui.tui import context
from installer.ui.tui.content import Content
from installer.ui.tui.widgets.field import Field, field_of
from installer.ui.tui.widgets.page import Page
from installer.ui.tui.words import Say


class Ask(ModalScreen[str]):
    """A question with a few answers; gives the chosen one's key, None where Escape was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", ""), ("left", "app.focus_previous", ""), ("right", "app.focus_next", ""),
    ]  # fmt: skip

    def __init__(self, heading: str, told: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._heading, self._told, self._choices = heading, told, choices

    def compose(self) -> ComposeResult:
        """The question and its answers; the first one has the cursor."""
        with Vertical(classes="dialog"):
            yield Label(self._heading, classes="heading", markup=False)
            with VerticalScroll(classes="told", can_focus=False):
                yield Static(self._told, markup=False)
            with Horizontal(classes="buttons"):
                for key, text in self._choices:
                    yield Button(Content(text), id=key, compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "")


@runtime_checkable
class Explained(Protocol):
    """A widget that is no field and has a help of its own."""

    def explained(self) -> tuple[str, list[tuple[str, str]]]:
        """The heading, and line by line a name and what is to be said of it."""
        ...


class Helped(Protocol):
    """A page or a dialog that tells of its keys."""

    KEYS_TOLD: ClassVar[tuple[tuple[str, str], ...]]


class Help(ModalScreen[None]):
    """All there is to say about a field, or about a page."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,f1,enter,q", "dismiss", "")]

    def __init__(self, heading: str, lines: Sequence[tuple[str, str]], close: str) -> None:
        super().__init__()
        self._heading, self._lines, self._close = heading, lines, close

    @classmethod
    def about(cls, app: App[None]) -> Help:
        """The help for where the cursor is."""
        say = context.of(app.screen).say
        field = field_of(app.focused)
        if field is not None:
            return cls(say(field.question.title), _of_field(say, field), say("Escape closes"))
        around = app.focused.ancestors_with_self if app.focused is not None else ()
        if explained := next((each for each in around if isinstance(each, Explained)), None):
            return cls(*explained.explained(), say("Escape closes"))
        page = next((each for each in app.screen.query(Page).results() if each.display), None)
        lines = [("", say(page.INTRO))] if page is not None and page.INTRO else []
        told = page if page is not None else cast(Helped, app.screen) if hasattr(app.screen, "KEYS_TOLD") else None
        lines += [(key, say(what)) for key, what in told.KEYS_TOLD] if told is not None else []
        if page is not None or told is None:
            lines += [(key, say(what)) for key, what in GENERAL]
        return cls(say("Keys"), lines, say("Escape closes"))

    def compose(self) -> ComposeResult:
        """Name and text, line by line."""
        with Vertical(classes="dialog"):
            yield Label(self._heading, classes="heading", markup=False)
            with VerticalScroll(classes="told"):
                for name, text in self._lines:
                    with Horizontal(classes="line"):
                        if name:
                            yield Label(name, classes="name", markup=False)
                        yield Static(text, classes="text", markup=False)
            yield Label(self._close, classes="muted", markup=False)


GENERAL = (
    ("Tab", Message("next field; Shift+Tab goes back")),
    ("F2", Message("the list of steps; Enter opens one")),
    ("F4", Message("chooses among names, where a field holds some")),
    ("F5", Message("copies what stands in a field")),
    ("F7 F8", Message("the page before, the page after")),
    ("Ctrl+Z", Message("takes the last edit back; Ctrl+Y brings it again")),
    ("Ctrl+S", Message("writes the answers file; until then every edit is kept in a draft")),
    ("F9", Message("English or Chinese")),
    ("F10", Message("leaves; Ctrl+C too asks first")),
)


def _of_field(say: Say, field: Field) -> list[tuple[str, str]]:
    asked = field.question
    lines = [("", say(asked.description))]
    if asked.choices:
        lines.append((say("one of"), ", ".join(asked.choices)))
    if asked.examples:
        shown = (", ".join(map(str, each)) if isinstance(each, list) else str(each) for each in asked.examples)
        lines.append((say("example"), " · ".join(shown)))
    if asked.default not in (None, "", []):
        lines.append((say("without it"), str(asked.default)))
    if asked.unit:
        lines.append((say("unit"), asked.unit))
    lines.append((say("in the file"), ".".join(map(str, asked.path))))
    return lines


class Typed(ModalScreen[bool]):
    """Asks for a secret, without echo; it is kept in memory until the wizard ends."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(False)", "")]

    def __init__(self, around: context.WizardContext, prompt: str) -> None:
        super().__init__()
        self._around, self._prompt = around, prompt

    def compose(self) -> ComposeResult:
        """The prompt and a line that shows dots."""
        with Vertical(classes="dialog"):
            yield Label(self._prompt, classes="heading", markup=False)
            yield Input(password=True, compact=True)
            yield Label(
                self._around.say("Enter takes it; it is kept in memory alone. Escape cancels."),
                classes="muted",
                markup=False,
            )

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value:
            self._around.type_secret(self._prompt, event.value)
        self.dismiss(bool(event.value))
