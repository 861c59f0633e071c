"""The wizard's main screen: the steps to the left, the page in the middle, what the answers take to the right."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Label, OptionList

from installer.answers.questions import Question
from installer.draft import hosts as draft_hosts
from installer.messages import Message
from installer.ui.tui import context
from installer.ui.tui.messages import Reviewed
from installer.ui.tui.routes import page_of
from installer.ui.tui.state.pages import STEPS, answered
from installer.ui.tui.state.review import Change
from installer.ui.tui.widgets import panels
from installer.ui.tui.widgets.field import UNDOING, field_of
from installer.ui.tui.widgets.form import Form
from installer.ui.tui.widgets.page import Page

KEYS = (
    ("F1", Message("help")),
    ("F2", Message("steps")),
    ("F7", Message("back")),
    ("F8", Message("next")),
    ("^Z", Message("undo")),
    ("^S", Message("save")),
    ("F9", "中文"),
    ("F10", Message("leave")),
)


class Frame(Screen[None]):
    """Shows one page at a time; pages are made when they are first opened and stay."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "steps", "", priority=True),
        Binding("f7", "turn(-1)", "", priority=True),
        Binding("f8", "turn(1)", "", priority=True),
        *UNDOING,
    ]

    def __init__(self, step: str) -> None:
        super().__init__()
        self.here = step
        self.seen: set[str] = {step}
        self._changes: tuple[Change, ...] = ()
        self._asked: Question | None = None
        self._place = Vertical(id="place")

    def anew(self) -> Frame:
        """The same screen, to be drawn anew."""
        frame = Frame(self.here)
        frame.seen = self.seen
        return frame

    @property
    def wizard(self) -> context.WizardContext:
        """The wizard around this screen."""
        return context.of(self)

    def compose(self) -> ComposeResult:
        """The panels, and room for a page."""
        with Horizontal(id="top"):
            yield Label("sitewright", classes="name", markup=False)
            yield panels.Name("", classes="site", markup=False)
            yield panels.Brief("", classes="brief", markup=False)
            yield panels.Kept("", classes="kept")
        with Horizontal(id="body"):
            yield panels.Steps(self.wizard.say)
            with Vertical(id="middle"):
                yield self._place
                yield panels.About(id="about")
            yield panels.Side(id="side")
        yield panels.Hints(id="hints")

    def on_mount(self) -> None:
        """Open the first page."""
        self.open_page(self.here)

    @property
    def page(self) -> Page | None:
        """The page that is open."""
        return next((page for page in self._pages if page.display), None)

    @property
    def _pages(self) -> list[Page]:
        """Those that were opened once."""
        return [page for page in self._place.children if isinstance(page, Page)]

    def open_page(self, step: str) -> None:
        """Show a page; the first field of it gets the cursor."""
        self.here = step
        self.seen.add(step)
        self._asked, self._changes = None, ()
        self.query_one(panels.About).show(self.wizard.say, None, ())
        self.run_worker(self._open(step), exclusive=True, group="page")

    async def _open(self, step: str) -> None:
        for page in self._pages:
            page.display = step == page.KEY
        if self.page is None:
            await self._place.mount(page_of(step)())
        # A class of this screen would be looked up anew for everything on every page.
        whole, asks = (self.page.WHOLE, self.page.ASKS) if self.page else (False, True)
        self.query_one(panels.Side).set_class(whole, "-away")
        self.query_one(panels.About).set_class(whole or not asks, "-away")
        self.call_after_refresh(self._arrived)

    def _arrived(self) -> None:
        if self.page is not None:
            self._fit()
            self.page.focus_first()
            self._tell_of(self.focused)

    def on_resize(self) -> None:
        """Tables and lines of keys are made for the room there is."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Show the answers in the room there is."""
        if self.page is not None and self.page.ready:
            self.page.reviewed(self.wizard.review, ())
        self._draw()

    @on(Reviewed)
    def _reviewed(self, message: Reviewed) -> None:
        message.stop()
        self._changes = message.changes or self._changes
        if self.page is not None and self.page.ready:
            self.page.reviewed(message.review, message.changes)
        for screen in self.app.screen_stack:
            if isinstance(screen, Form):
                screen.reviewed(message.review)
        self._draw()

    def _draw(self) -> None:
        desk_, say = self.wizard, self.wizard.say
        editor = desk_.editor
        self.query_one(panels.Steps).show(desk_.review, self.seen | answered(desk_.draft), self.here)
        self.query_one(panels.Side).show(say, desk_.review, self._changes, len(draft_hosts.entries(desk_.draft)))
        if self._asked is not None:
            self.query_one(panels.About).show(say, self._asked, self._changes)
        self.query_one(panels.Brief).show(say, desk_.review)
        self.query_one(panels.Kept).show(say, editor.kept_at, editor.changed)
        self.query_one(panels.Name).show(desk_.draft.at(("site", "name"), "") or say("new site"), editor.file)
        own = self.page.HINTS if self.page else ()
        keys = [*KEYS[:4], *own, *KEYS[4:]]
        self.query_one(panels.Hints).show((key, say.other.called if key == "F9" else say(what)) for key, what in keys)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Tell what the field under the cursor is about."""
        self._tell_of(event.widget)

    def _tell_of(self, widget: Widget | None) -> None:
        field = field_of(widget)
        if field is not None and self.page not in field.ancestors:
            return  # a page that is left hands its cursor on before it is gone
        asked = field.question if field else None
        if asked != self._asked:
            self._asked, self._changes = asked, ()
            self.query_one(panels.About).show(self.wizard.say, asked, (), field is not None and field.picks)

    @on(OptionList.OptionSelected, "#steps")
    def _picked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.open_page(event.option_id)

    def action_steps(self) -> None:
        """Put the cursor on the list of steps."""
        self.set_focus(self.query_one(panels.Steps))

    def action_turn(self, by: int) -> None:
        """Go on to the next page or back to the one before."""
        keys = [step.key for step in STEPS]
        self.open_page(keys[min(max(keys.index(self.here) + by, 0), len(keys) - 1)])
