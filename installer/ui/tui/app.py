"""The wizard's application: holds the file that is being written, and looks at it again after every edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.events import Event, Key, Paste
from textual.timer import Timer

from installer.answers.allowed_programs import Consent
from installer.answers.model import Host
from installer.answers.secrets import Secrets
from installer.bundle.manifest import Manifest
from installer.draft.document import Draft
from installer.errors import AnswersChanged, SitewrightError, UsageError
from installer.formats.strict_yaml import Path as Place
from installer.hosts import connection_test
from installer.hosts.facts import Facts
from installer.messages import Message
from installer.runs.store import Runs
from installer.ui.tui import hangup, leaving, problem_texts, recovery
from installer.ui.tui.base_app import CleanApp
from installer.ui.tui.bundle_loader import Carried
from installer.ui.tui.content import Content
from installer.ui.tui.frame import Frame
from installer.ui.tui.keyboard import Keyboard
from installer.ui.tui.launch import Files, WorldAccess
from installer.ui.tui.messages import Heard, Reviewed
from installer.ui.tui.run import start
from installer.ui.tui.run.follower import BEAT, Watch
from installer.ui.tui.start import Start
from installer.ui.tui.state import last_run
from installer.ui.tui.state.editor import Editor
from installer.ui.tui.state.review import Change, Looks, Review, review
from installer.ui.tui.theme import NIGHT
from installer.ui.tui.widgets.dialogs import Ask, Help
from installer.ui.tui.widgets.field import text_at
from installer.ui.tui.widgets.panels import About
from installer.ui.tui.words import Words

PAUSE = 0.12
"""Seconds without a key before the answers are looked at: while a person types there is nothing to be said."""


class Wizard(CleanApp[None]):
    """The wizard. Made from plain values; tests make the same one."""

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "", priority=True),
        Binding("f9", "language", "", priority=True),
        Binding("f10,ctrl+q", "leave", "", priority=True),
        Binding("ctrl+c", "leave", ""),
        Binding("ctrl+s", "save", "", priority=True),
        Binding("f5", "copy_value", "", priority=True),
    ]

    def __init__(
        self, files: Files, access: WorldAccess, editor: Editor | None, language: str = "en", step: str = "site"
    ) -> None:
        super().__init__()
        self.register_theme(NIGHT)
        # Without the watcher of `theme`, which would read all style sheets a second time.
        self.set_reactive(CleanApp.theme, NIGHT.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.files, self.access = files, access
        self.bundle, self.signers, self.simulate = files.bundle, files.signers, files.simulate
        self.runs = Runs(files.state, simulated=bool(files.simulate))
        self.say = Words(language)
        self.manifest: Manifest | None = None
        self.manifest_trouble = ""
        self._carried = Carried(self)
        self.facts: dict[str, Facts] = {}
        self.groups: dict[str, str] = {}
        self.attempts: dict[Host, connection_test.Attempt] = {}
        self.review, self._looks = Review(), Looks()
        self._typed: dict[str, str] = {}
        self.secrets = self._new_secrets()
        self.watching = Watch(self)
        self._keyboard = Keyboard(self, super().on_event)
        self._first_step = step
        self._opened = editor
        self._waiting: Timer | None = None

    @property
    def editor(self) -> Editor:
        """The file that is being written."""
        if self._opened is None:
            raise RuntimeError("no file is open")
        return self._opened

    @property
    def draft(self) -> Draft:
        """The answers as they are now."""
        return self.editor.draft

    @property
    def consent(self) -> Consent:
        """Which commands of the file's answers may run."""
        return Consent(self.files.state, self.editor.file)

    async def on_event(self, event: Event) -> None:
        """Keys and what is pasted go one after the other; everything else goes on at once."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self._keyboard.type(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Show the start, or the file that was named."""
        hangup.look_after(self, self.keep_draft)
        self.run_worker(self._keyboard.feed(), group="keys")
        self.set_interval(BEAT, self.watching.beat)
        self.set_class(self.console.no_color or self.console.color_system in (None, "standard"), "-few-colours")
        if self._opened is None:
            self.push_screen(Start())
        else:
            self.begin(self._opened, self._first_step)

    def begin(self, editor: Editor, step: str = "site") -> None:
        """Take a file up."""
        self._opened = editor
        self.review = review(editor.draft, str(editor.file), self.facts)
        self.switch_screen(Frame(step)) if len(self.screen_stack) > 1 else self.push_screen(Frame(step))
        recovery.told(self, editor)
        if self.bundle is None:
            files = last_run.of_site(self.runs, start.site_of(editor.draft))
            self.bundle, self.signers = files.get("bundle"), self.signers or files.get("signers")
        if self.bundle:
            self.open_bundle(self.bundle)

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        self.watching.hear(message)

    def look_again(self) -> None:
        """Look at the answers anew, for more is known of the hosts."""
        self._look(self.draft)

    def answer(self, path: Place, value: object) -> None:
        """Set a value, or take it away where it is None."""
        draft = self.draft.without(path) if value is None else self.draft.with_value(path, value)
        self._edited(self.editor.history.edit(draft, path))

    def change(self, draft: Draft, place: object = None) -> None:
        """Go on to another draft in one edit; those that name the same place in a row are one."""
        self._edited(self.editor.history.edit(draft, place))

    def _edited(self, differs: bool) -> None:
        if differs:
            if self._waiting is not None:
                self._waiting.stop()
            self._waiting = self.set_timer(PAUSE, self._pause_over)

    def _pause_over(self) -> None:
        self._waiting = None
        self._look(self.draft)

    @property
    def at_rest(self) -> bool:
        """Whether nothing typed is still to be looked at."""
        return self._waiting is None and self._keyboard.idle

    @work(thread=True, exclusive=True, group="look")
    def _look(self, draft: Draft) -> None:
        """Keep the draft, and then look at it, in a thread."""
        trouble = ""
        try:
            self.editor.keep(draft)
        except SitewrightError as error:
            trouble, _ = problem_texts.failure(self.say, error)
        known = (str(self.editor.file), dict(self.facts), self.manifest)
        found, changed = self._looks.look(draft, self.editor.history.former, *known)
        self.call_from_thread(self._looked, draft, found, changed, trouble)

    def _looked(self, draft: Draft, found: Review, changed: tuple[Change, ...], trouble: str) -> None:
        if trouble:
            self.notify(self.say("The draft cannot be kept: {reason}", reason=trouble), severity="error", timeout=10)
        if draft is self.draft:
            self.review = found
            self._carried.follow()
            self._tell_pages(changed)

    def keep_draft(self) -> None:
        """Keep what was typed last, looked at or not.

        Raises:
            StateUnreadable: it cannot be written.
        """
        if self._opened is not None:
            self._opened.keep(self.draft)

    def _tell_pages(self, changed: tuple[Change, ...] = ()) -> None:
        """Let the frame show the answers as they are now, also where a dialog lies over it."""
        self.screen_stack[min(1, len(self.screen_stack) - 1)].post_message(Reviewed(self.review, changed))

    def open_bundle(self, bundle: Path) -> None:
        """Open a bundle and check its signature; the pages hear of it."""
        self._carried.open(bundle)

    def typed_secrets(self) -> Mapping[str, str]:
        """What a person typed, by the text of the prompt."""
        return dict(self._typed)

    def type_secret(self, prompt: str, value: str) -> None:
        """Keep, in memory alone, what a person typed for a prompt."""
        self._typed[prompt] = value
        self.secrets = self._new_secrets()

    def _new_secrets(self) -> Secrets:
        return Secrets(self._typed.get, may_run=lambda argv: self.consent.allows(argv))  # type: ignore[arg-type]

    def tell(self, text: str) -> None:
        """Say something about what is under the cursor, in the panel below the page."""
        if isinstance(self.screen, Frame):
            self.screen.query_one(About).tell(Content(text))

    def host_connectors(self, hosts: Sequence[Host]) -> AbstractContextManager[connection_test.Connectors]:
        """The connectors of hosts, to be left when they have been tried.

        Raises:
            SitewrightError: they cannot be made.
        """
        if self.access.hosts is None:
            raise UsageError(
                reason=Message("this wizard was started without a way to the hosts"), hint="sitewright wizard"
            )
        return self.access.hosts(hosts, self.secrets, self.simulate)

    def open_page(self, step: str) -> None:
        """Show another page."""
        if isinstance(self.screen, Frame):
            self.screen.open_page(step)

    def action_undo(self) -> None:
        """Take the last edit back."""
        self._travelled(self._opened is not None and self.editor.history.undo(), self.say("nothing to undo"))

    def action_redo(self) -> None:
        """Take the last undoing back."""
        self._travelled(self._opened is not None and self.editor.history.redo(), self.say("nothing to redo"))

    def _travelled(self, moved: bool, otherwise: str) -> None:
        if moved:
            self._tell_pages()
            self._look(self.draft)
        else:
            self.notify(otherwise, timeout=2)

    def action_save(self) -> None:
        """Write the file."""
        if self._opened is None:
            return
        try:
            self.editor.save()
        except AnswersChanged:
            recovery.refused(self, self.editor)
            return
        except SitewrightError as error:
            self.notify(". ".join(problem_texts.failure(self.say, error)), severity="error", timeout=10, markup=False)
            return
        self.saved()

    def saved(self) -> None:
        """Say that the file was written, and what is still to be done to it."""
        count = self.review.count
        told = self.say("saved {file}", file=self.editor.file)
        more = self.say("; still to mend or add: {count}", count=count) if count else ""
        self.notify(told + more)
        self._tell_pages()

    def action_help(self) -> None:
        """Tell all about the field under the cursor, or about the page."""
        if not isinstance(self.screen, Help):
            self.push_screen(Help.about(self))

    def action_language(self) -> None:
        """Change to the other language; nothing else changes."""
        if isinstance(self.screen, Frame | Start):
            self.say = self.say.other
            self.switch_screen(self.screen.anew())

    def action_copy_value(self) -> None:
        """Copy what stands under the cursor, through the terminal's clipboard."""
        if text := text_at(self.focused):
            self.copy_to_clipboard(text)
            self.notify(self.say("copied: {text}", text=text), timeout=2, markup=False)

    def action_leave(self) -> None:
        """Ask before leaving, where there is something to lose."""
        if self._opened is None:
            self.exit()
        elif not isinstance(self.screen, Ask):
            leaving.ask(self)
