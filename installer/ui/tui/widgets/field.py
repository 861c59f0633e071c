"""Fields of a form: one question of the answers each, edited in place, with what is wrong with the answer below it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, Label, Select

from installer.answers import questions
from installer.draft import hosts as draft_hosts
from installer.errors import Problem
from installer.formats.strict_yaml import Path, scalar
from installer.ui.tui import context, problem_texts
from installer.ui.tui.widgets.pick import Pick
from installer.ui.tui.widgets.ticks import Tick

UNKNOWN = "unknown"
UNDOING: tuple[BindingType, ...] = (
    Binding("ctrl+z", "app.undo", "", priority=True),
    Binding("ctrl+y", "app.redo", "", priority=True),
)
"""For the screens that edit the draft, and no others: elsewhere nobody would see what is taken back."""
GONE = object()


def field_of(widget: Widget | None) -> Field | None:
    """The field that a widget is a part of; None where it is in none."""
    around = widget.ancestors_with_self if widget is not None else ()
    return next((each for each in around if isinstance(each, Field)), None)


def text_at(widget: Widget | None) -> str:
    """What stands in the field or line that a widget is a part of; empty for a secret, and where nothing does."""
    if isinstance(widget, Input):
        return "" if widget.password else widget.value
    field = field_of(widget)
    return field.answer if field is not None else ""


class Field(Vertical):
    """A question and its answer."""

    BINDINGS: ClassVar[list[BindingType]] = [("f4", "pick", "")]

    def __init__(self, path: Path, title: str = "") -> None:
        super().__init__(classes="field")
        self.question = questions.question(path)
        self.path = path
        self._title = title or self.question.title
        self._shown: Any = None
        self._problem = Label("", classes="problem", markup=False)

    @property
    def wizard(self) -> context.WizardContext:
        """The wizard around this field."""
        return context.of(self)

    @property
    def value(self) -> Any:
        """The answer as the draft has it; None where it has none."""
        return self.wizard.draft.at(self.path)

    @property
    def picks(self) -> bool:
        """Whether the answer is a list of hosts' names, which can be chosen among those there are."""
        return self.path[-1] == "hosts" or self.path[-1] in draft_hosts.LISTS.values()

    @property
    def answer(self) -> str:
        """What is answered, as the file has it; the default where nothing is."""
        value = self._effective(self.wizard.draft.at(self.path))
        if isinstance(value, bool):
            return str(value).lower()
        return UNKNOWN if value == UNKNOWN else self._text(value)

    def action_pick(self) -> None:
        """Choose among the names there are, for a field that holds some."""
        names = [name for name in draft_hosts.names(self.wizard.draft) if name]
        if self.picks and names:
            chosen = self.wizard.draft.at(self.path) or []
            self.app.push_screen(Pick(self.wizard.say, self.wizard.say(self._title), names, chosen), self._picked)

    def _picked(self, names: tuple[str, ...] | None) -> None:
        if names is not None:
            self._answer(list(names) or None)
            self._fill(list(names))

    def compose(self) -> ComposeResult:
        """Label, control, unit; the problem below is empty while there is none."""
        say, asked = self.wizard.say, self.question
        value = self._shown = self.value
        with Horizontal(classes="row"):
            yield Label(say(self._title) + (" *" if asked.required else ""), classes="label", markup=False)
            if asked.kind == "choice":
                options = [(say(f"choice:{choice}").removeprefix("choice:"), choice) for choice in asked.choices]
                yield Select(options, value=self._choice(value), compact=True, allow_blank=asked.default is None)
            elif asked.kind == "yes":
                yield Tick(value=bool(asked.default if value is None else value), compact=True)
            else:
                figure = asked.kind in ("whole", "number")
                yield Input(self._text(value), placeholder=self._placeholder(), compact=True, select_on_focus=False,
                            classes="figure" if figure else "")  # fmt: skip
                if figure:
                    yield Label(say(asked.unit), classes="unit", markup=False)
                if asked.may_be_unknown:
                    yield Tick(say("Unknown"), self._effective(value) == UNKNOWN, compact=True, classes="unknown")
        yield self._problem

    def on_mount(self) -> None:
        """Say from the start what is wrong."""
        self.sync(self.wizard.review.every)

    def sync(self, problems: Iterable[Problem]) -> None:
        """Show what the draft holds now, and what is wrong with it."""
        value = self.value
        if value != self._shown:
            self._shown = value
            self._fill(value)
        mine = [each for each in problems if self.tells(each)]
        self._problem.display = bool(mine)
        if mine:
            missing = value in (None, "", [])
            self._problem.update(problem_texts.problem(self.wizard.say, mine[0], missing))
            self._problem.set_class(missing, "missing")

    def tells(self, problem: Problem) -> bool:
        """Whether a problem is one of this field's answer."""
        dotted = ".".join(map(str, self.path))
        return problem.path == dotted or problem.path.startswith(f"{dotted}.")

    @property
    def gone(self) -> bool:
        """Whether the item of a list that this field is of is there no more, as after an undoing."""
        within = (self.path[: at + 1] for at, part in enumerate(self.path) if isinstance(part, int))
        return any(self.wizard.draft.at(each, GONE) is GONE for each in within)

    def _fill(self, value: Any) -> None:
        with self.prevent(Input.Changed, Select.Changed, Tick.Changed):
            for control in self.query(Input):
                control.value = self._text(value)
            for box in self.query(Tick):
                box.value = (
                    self._effective(value) == UNKNOWN if box.has_class("unknown") else bool(self._effective(value))
                )
            for select in self.query(Select):
                select.value = self._choice(value)

    def _choice(self, value: Any) -> Any:
        """Which of the choices is shown for a value: the default for one that is none of them."""
        shown = value if isinstance(value, str) and value in self.question.choices else self.question.default
        return Select.NULL if shown is None else shown

    def _effective(self, value: Any) -> Any:
        return self.question.default if value is None else value

    def _text(self, value: Any) -> str:
        if value is None or value == UNKNOWN:
            return ""
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    def _placeholder(self) -> str:
        default, say = self.question.default, self.wizard.say
        if default == UNKNOWN:
            return say("unknown")
        if default not in (None, "", []):
            return self._text(default)
        example = next(iter(self.question.examples), "")
        return say("e.g. {example}", example=self._text(example)) if example not in ("", []) else ""

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if (boxes := self.query(".unknown")) and event.value.strip():
            with self.prevent(Tick.Changed):
                cast(Tick, boxes.first()).value = False
        if event.value != self._text(self.value):  # it also says what it is first given
            self._answer(self._parsed(event.value))

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        if event.value != self._choice(self.value):  # it also says what it is first given
            self._answer(None if event.value is Select.NULL else event.value)

    @on(Tick.Changed)
    def _ticked(self, event: Tick.Changed) -> None:
        event.stop()
        if not event.checkbox.has_class("unknown"):
            self._answer(event.value)
        elif event.value:
            with self.prevent(Input.Changed):
                self.query_one(Input).value = ""
            self._answer(UNKNOWN)
        else:
            self._answer(None if self.question.default != UNKNOWN else self.wizard.draft.at(self.path))

    def _answer(self, value: Any) -> None:
        self._shown = value
        if not self.gone:
            self.write(value)

    def write(self, value: Any) -> None:
        """Put an answer into the draft, or take it out where it is None."""
        self.wizard.answer(self.path, value)

    def _parsed(self, text: str) -> Any:
        """What a typed text means; what is no number stays a text, which the validator then refuses in its words."""
        text = text.strip()
        if not text:
            return None
        if self.question.kind == "texts":
            return [each for each in text.replace(",", " ").replace("，", " ").replace("、", " ").split() if each]
        return scalar(text) if self.question.kind in ("whole", "number") else text
