"""Wizards for tests: the same application that the command line starts, on a screen of its own."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from core_manifest import ROOT, core_manifest, manifest_of
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.pilot import Pilot

from installer.bundle.manifest import Manifest
from installer.ui.tui.app import Wizard
from installer.ui.tui.frame import Frame
from installer.ui.tui.launch import Files, WorldAccess
from installer.ui.tui.state import editor
from installer.ui.tui.widgets.field import Field

LASTING = {"keys", "listen", "trials", "confirm"}
"""Workers that go on until a run or a person ends them; what they bring is waited for by what is shown."""

PATIENCE = 600.0
"""Seconds after which something hangs, however busy the machine is; it takes a few at most."""

Script = Callable[[Pilot[None]], Awaitable[Any]]

Pilot._wait_for_screen.__defaults__ = (PATIENCE,)  # half a minute is Textual's own, which a busy machine may take
_paint = Compositor.render_update


def _paint_later(self: Compositor, full: bool = False, *more: Any, **others: Any) -> Any:
    """Half of a test's time went into frames that come and go unseen: what changed is painted once it stands still."""
    return _paint(self, full, *more, **others) if full else None


Compositor.render_update = _paint_later  # type: ignore[method-assign]


def core(bundle: Path, signers: Path | None, revoked: Path | None) -> Manifest:
    """The door to the bundle of a recipe, by the name of its file, without that file; to core by any other name."""
    return manifest_of("platform") if bundle.name == "platform" else core_manifest()


def answers_of(folder: Path, profile: str = "") -> Path:
    """An answers file in a folder: a copy of a profile, or one that is not there yet."""
    file = folder / "answers.yaml"
    if profile:
        shutil.copy(ROOT / "profiles" / f"{profile}.yaml", file)
    return file


def wizard(file: Path | None, step: str = "site", language: str = "en", **files: Any) -> Wizard:
    """A wizard on a file, or on its start."""
    state = (file.parent if file else Path.cwd()) / "state"
    opened = editor.opened(file) if file else None
    return Wizard(Files(state, file, **files), WorldAccess(core), opened, language, step)


def play(app: Wizard, script: Script, size: tuple[int, int] = (120, 40)) -> Any:
    """Run a script against a wizard; what the script returns."""

    async def run() -> Any:
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            return await script(pilot)

    return asyncio.run(run())


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what was typed has been looked at, and paint it."""
    app = pilot.app
    assert isinstance(app, Wizard)

    def at_rest() -> bool:
        return app.at_rest and all(worker.is_finished or worker.group in LASTING for worker in app.workers)

    end = time.monotonic() + PATIENCE
    await pilot.pause(0.02)
    while not at_rest():
        while not at_rest():
            assert time.monotonic() < end and app._exception is None, list(app.workers)
            await asyncio.sleep(0.02)
        await pilot.pause(0.02)  # what was waited for may have begun something
    await pilot.pause()
    paint(pilot)


def paint(pilot: Pilot[None]) -> None:
    """Paint what has changed, as a terminal would be given it."""
    _paint(pilot.app.screen._compositor, False, pilot.app._background_screens)


async def open_page(pilot: Pilot[None], step: str) -> None:
    """Go to another page."""
    pilot.app.open_page(step)  # type: ignore[attr-defined]
    await settled(pilot)


def field(pilot: Pilot[None], *path: str | int) -> Field:
    """The field of a place in the answers, on the page that is open."""
    frame = pilot.app.screen
    assert isinstance(frame, Frame)
    assert frame.page is not None
    return next(each for each in frame.page.query(Field) if each.path == path)


async def type_into(pilot: Pilot[None], path: tuple[str | int, ...], text: str) -> None:
    """Replace what stands in a field by typing."""
    box = field(pilot, *path).query("Input").first()
    box.focus()
    await pilot.press("end", "ctrl+u", *text)
    await settled(pilot)


def notices(pilot: Pilot[None]) -> str:
    """What has popped up, in one text."""
    return "\n".join(each.message for each in pilot.app._notifications)


async def until(pilot: Pilot[None], happened: Callable[[], object], told: Callable[[], object] = lambda: "") -> None:
    """Wait until something has happened; where it does not, fail with what `told` says."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end and pilot.app._exception is None, f"it does not come: {told()}"
        await asyncio.sleep(0.02)
    await pilot.pause()


async def noticed(pilot: Pilot[None], text: str) -> None:
    """Wait until something that says this has popped up: a notice is a message, and comes when its turn does."""
    await until(pilot, lambda: text in notices(pilot), lambda: f"{text!r} in {notices(pilot)!r}")


def on_screen(pilot: Pilot[None]) -> str:
    """The text on the screen, line by line, and what lies under a dialog."""
    visible_screen_stack.set(pilot.app._background_screens)
    height = pilot.app.size.height
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips[:height])
