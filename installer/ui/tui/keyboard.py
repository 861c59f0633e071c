"""What is typed and pasted, one after the other: each is done with before the next is looked at.

Textual hands a printable key to the field that has the cursor, and what a key is bound to runs once the key has come
back from there. Typed slowly that is the same; typed ahead over a slow link, what comes after a Tab would land in the
field before it. A pasted text comes in its turn as a key does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

QUIET = 3
"""Turns of the event loop without a message under way after which a key is done with."""
PATIENCE = 200
"""Turns after which the next key is looked at all the same."""


class Keyboard:
    """Feeds an application its keys."""

    def __init__(self, app: App[None], dispatch: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app, self._dispatch = app, dispatch
        self._typed: asyncio.Queue[events.Key | events.Paste] = asyncio.Queue()

    def type(self, key: events.Key | events.Paste) -> None:
        """A key was pressed, or a text pasted."""
        self._typed.put_nowait(key)

    @property
    def idle(self) -> bool:
        """Whether no key waits."""
        return self._typed.empty()

    async def feed(self) -> None:
        """Hand the keys over for as long as the application runs."""
        while True:
            await self._dispatch(await self._typed.get())
            quiet = 0
            for _ in range(PATIENCE):
                await asyncio.sleep(0)
                quiet = 0 if any(pump.message_queue_size for pump in self._way()) else quiet + 1
                if quiet == QUIET:
                    break

    def _way(self) -> list[MessagePump]:
        """Where a key passes: from what has the cursor up to the application."""
        focused = self._app.focused
        return [*(focused.ancestors_with_self if focused is not None else (self._app.screen,)), self._app]
