"""A list of like things in a form: people, decisions, environments; each with its fields, one more, one less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from installer.draft.document import Draft
from installer.formats.strict_yaml import Path
from installer.ui.tui import context
from installer.ui.tui.widgets.field import Field


class Repeated(Vertical):
    """Edits the list at `path`; each item shows its `fields`, a new one begins as `blank`."""

    def __init__(
        self, path: Path, fields: Sequence[str | tuple[str, ...]], more: str, blank: Mapping[str, Any]
    ) -> None:
        super().__init__(classes="repeated")
        self.path = path
        self._fields = [(each,) if isinstance(each, str) else each for each in fields]
        self._more, self._blank = more, blank
        self._count = -1
        self._room = Vertical(classes="items")

    @property
    def wizard(self) -> context.WizardContext:
        """The wizard around it."""
        return context.of(self)

    def compose(self) -> ComposeResult:
        """Room for the items, and the button for one more."""
        yield self._room
        yield Button(f"+ {self._more}", classes="more", compact=True)

    def on_mount(self) -> None:
        """Show the items there are."""
        self.sync()

    def sync(self) -> None:
        """Make the items anew where there are more or fewer than before; their fields show themselves."""
        count = len(self.wizard.draft.items(self.path))
        if count == self._count or not self._room.is_attached:
            return
        grown, self._count = count > self._count >= 0, count
        self.run_worker(self._remake(count, grown), exclusive=True, group="items")

    async def _remake(self, count: int, grown: bool) -> None:
        await self._room.remove_children()
        items = [Item(position, self.fields(position)) for position in range(count)]
        await self._room.mount_all(items)
        if grown and (boxes := items[-1].query("Input, Select")):
            boxes.first().focus()

    @on(Button.Pressed, ".more")
    def _add(self, event: Button.Pressed) -> None:
        event.stop()
        items = self.wizard.draft.items(self.path)
        self.wizard.change(self.grown(self.fresh(len(items))))
        self.sync()

    def fresh(self, position: int) -> dict[str, Any]:
        """A new item."""
        return dict(self._blank)

    def fields(self, position: int) -> list[Field]:
        """What is asked of an item."""
        return [Field((*self.path, position, *names)) for names in self._fields]

    def grown(self, item: Mapping[str, Any]) -> Draft:
        """The draft with one more item."""
        return self.wizard.draft.with_value((*self.path, len(self.wizard.draft.items(self.path))), item)

    def shrunk(self, position: int) -> Draft:
        """The draft with an item less."""
        return self.wizard.draft.without((*self.path, position))

    def remove_item(self, position: int) -> None:
        """Take an item away."""
        self.wizard.change(self.shrunk(position))
        self._count = -1
        self.sync()


class Item(Vertical):
    """One thing of a list."""

    def __init__(self, position: int, fields: Sequence[Field]) -> None:
        super().__init__(classes="item")
        self._position, self._fields = position, fields

    def compose(self) -> ComposeResult:
        """The fields, and the button that takes the thing away."""
        yield from self._fields
        with Horizontal(classes="row"):
            yield Button(context.of(self).say("remove"), classes="less", compact=True)

    @on(Button.Pressed, ".less")
    def _remove(self, event: Button.Pressed) -> None:
        event.stop()
        next(each for each in self.ancestors if isinstance(each, Repeated)).remove_item(self._position)
