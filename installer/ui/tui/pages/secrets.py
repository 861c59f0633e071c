"""Where each secret is: never the secret itself, which is tried here and never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Select

from installer.answers.model import SecretRef
from installer.answers.paths import located
from installer.draft.document import Draft
from installer.errors import SecretUnavailable
from installer.formats.strict_yaml import Path
from installer.messages import Message
from installer.ui.tui import context, problem_texts
from installer.ui.tui.state.review import Change, Review
from installer.ui.tui.widgets.dialogs import Typed
from installer.ui.tui.widgets.page import Page

KINDS = {
    "env": Message("variable"),
    "file": Message("file"),
    "command": Message("command"),
    "prompt": Message("asked for"),
}
OF_SITE: Sequence[tuple[Path, str]] = (
    (("access", "passphrase"), Message("Passphrase of the private key")),
    (("access", "password"), Message("Login password")),
    (("access", "sudo_password"), Message("Sudo password")),
    (("access", "bastion", "passphrase"), Message("Passphrase of the bastion's key")),
    (("access", "bastion", "password"), Message("Login password at the bastion")),
)
HINTS = {
    "env": Message("name of the variable"),
    "file": Message("path of a file that only you may read"),
    "command": Message("program and arguments"),
    "prompt": Message("the text under which it is asked"),
}


class Secret(Vertical):
    """One secret: its kind, its place, and a button that tries it."""

    def __init__(self, path: Path, title: str) -> None:
        super().__init__(classes="field secret")
        self.path, self._title = path, title
        self._told = Label("", classes="told", markup=False)
        self._told.display = False
        self._shown: Any = None

    @property
    def wizard(self) -> context.WizardContext:
        """The wizard around it."""
        return context.of(self)

    def compose(self) -> ComposeResult:
        """Label, kind, place, button."""
        say = self.wizard.say
        self._shown = self.wizard.draft.at(self.path)
        kind, value = parts(self._shown)
        with Horizontal(classes="row"):
            yield Label(self._title, classes="label", markup=False)
            yield Select([(say(text), name) for name, text in KINDS.items()], value=kind or Select.NULL, compact=True,
                         prompt=say("none"), classes="kind")  # fmt: skip
        with Horizontal(classes="row place") as place:
            hint = say(HINTS[kind]) if kind else ""
            yield Input(value, placeholder=hint, compact=True, select_on_focus=False)
            yield Button(say("Try"), compact=True)
        place.display = bool(kind)
        yield self._told

    def explained(self) -> tuple[str, list[tuple[str, str]]]:
        """The kinds of places, and where the answers name this one."""
        say = self.wizard.say
        kinds = [(say(text), say(HINTS[kind])) for kind, text in KINDS.items()]
        return say(self._title), [
            ("", say(SecretsPage.INTRO)),
            *kinds,
            (say("in the file"), ".".join(map(str, self.path))),
        ]

    def sync(self) -> None:
        """Show what the draft holds now."""
        value = self.wizard.draft.at(self.path)
        if value != self._shown:
            self._shown = value
            kind, text = parts(value)
            with self.prevent(Select.Changed, Input.Changed):
                self.query_one(Select).value = kind or Select.NULL
                self.query_one(Input).value = text
            self._enable(kind)

    @on(Select.Changed)
    def _kind(self, event: Select.Changed) -> None:
        event.stop()
        kind = "" if event.value is Select.NULL else str(event.value)
        if kind != parts(self.wizard.draft.at(self.path))[0]:  # it also says what it is first given
            self._enable(kind)
            self._answer(kind, self.query_one(Input).value)

    @on(Input.Changed)
    def _place(self, event: Input.Changed) -> None:
        event.stop()
        chosen = self.query_one(Select).value
        self._answer("" if chosen is Select.NULL else str(chosen), event.value)

    def _enable(self, kind: str) -> None:
        box = self.query_one(Input)
        self.query_one(".place").display = bool(kind)
        box.placeholder = self.wizard.say(HINTS[kind]) if kind else ""
        self._told.display = False

    def _answer(self, kind: str, text: str) -> None:
        value = {kind: text.split() if kind == "command" else text} if kind else None
        self._shown = value
        self.wizard.answer(self.path, value)

    @on(Button.Pressed)
    def _try(self, event: Button.Pressed) -> None:
        event.stop()
        kind, text = parts(self.wizard.draft.at(self.path))
        if kind == "prompt":
            self.app.push_screen(Typed(self.wizard, text), self._typed)
        elif kind:
            value = tuple(text.split()) if kind == "command" else text
            if kind == "file":
                value = str(located(text, self.wizard.editor.file.parent))
            self._tell("", self.wizard.say("trying …"))
            if isinstance(value, tuple):  # who tries the command that the field shows lets it run
                self.wizard.consent.allow([value])
            self._tried(SecretRef(kind, value))  # type: ignore[arg-type]

    def _typed(self, given: bool | None) -> None:
        if given:
            self._tried(SecretRef("prompt", parts(self.wizard.draft.at(self.path))[1]))

    @work(thread=True)
    def _tried(self, reference: SecretRef) -> None:
        """Fetch it, in a thread: a command may take its time."""
        try:
            self.wizard.secrets.resolve(reference)
            verdict, told = "fine", self.wizard.say("✔ there is one (not shown)")
        except SecretUnavailable as error:
            verdict, told = "wrong", "✖ " + ". ".join(problem_texts.failure(self.wizard.say, error))
        self.app.call_from_thread(self._tell, verdict, told)

    def _tell(self, verdict: str, told: str) -> None:
        self._told.set_classes(f"told {verdict}")
        self._told.update(told)
        self._told.display = True


class SecretsPage(Page):
    """Every secret that the answers may name."""

    KEY = "secrets"
    ASKS = False
    INTRO: ClassVar[str] = Message(
        "The answers only say where a secret is. Nothing typed or found here is written anywhere."
    )

    def shape(self, around: context.WizardContext) -> object:
        """Which secrets there may be."""
        return list(_asked(around.draft))

    def body(self) -> ComposeResult:
        """The site's secrets, and those of hosts that have their own."""
        say = self.wizard.say
        for path, host, title in _asked(self.wizard.draft):
            yield Secret(path, f"{host}: {say(title)}" if host else say(title))

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Show the draft as it is now."""
        super().reviewed(review, changes)
        for secret in self.query(Secret):
            secret.sync()


def parts(value: Any) -> tuple[str, str]:
    """Kind and place of a reference as it stands in a document; two empty texts where there is none."""
    if not isinstance(value, Mapping) or not value:
        return "", ""
    kind, place = next(iter(value.items()))
    if kind not in KINDS:
        return "", ""
    return str(kind), " ".join(map(str, place)) if isinstance(place, list) else str(place or "")


def _asked(draft: Draft) -> Iterator[tuple[Path, str, str]]:
    """Each secret's place, the name of the host whose own it is, and its title."""
    bastion = isinstance(draft.at(("access", "bastion")), Mapping)
    yield from ((path, "", title) for path, title in OF_SITE if bastion or "bastion" not in path)
    for position, host in enumerate(draft.sections(("hosts",))):
        own = draft.section(("hosts", position, "access"))
        for (_, key), title in OF_SITE[:3]:
            if own.get(str(key)):
                yield ("hosts", position, "access", key), str(host.get("name") or "?"), title
