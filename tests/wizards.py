"""Wizards for tests: the same application that the command line starts, on a screen of its own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from core_manifest import ROOT, core_manifest
from textual.pilot import Pilot

from installer.bundle.manifest import Manifest
from installer.ui.tui.app import Wizard
from installer.ui.tui.frame import Frame
from installer.ui.tui.launch import Files, WorldAccess
from installer.ui.tui.state import editor
from installer.ui.tui.widgets.field import Field

LASTING = {"keys", "listen", "trials", "confirm"}
"""Workers that go on until a run or a person ends them; what they bring is waited for by what is shown."""

Script = Callable[[Pilot[None]], Awaitable[Any]]


def core(bundle: Path, signers: Path | None, revoked: Path | None) -> Manifest:
    """The door to the bundle of bundles/core, without its file."""
    return core_manifest()


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
    """Wait until what was typed has been looked at."""
    app = pilot.app
    assert isinstance(app, Wizard)
    for _ in range(1500):  # half a minute on a busy machine
        await pilot.pause(0.02)
        if app.at_rest and not any(not worker.is_finished and worker.group not in LASTING for worker in app.workers):
            break
    await pilot.pause()


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


async def until(pilot: Pilot[None], happened: Callable[[], bool], told: Callable[[], object]) -> None:
    """Wait until something has happened; where it does not in half a minute and more, fail with what `told` says."""
    for _ in range(1500):
        if happened():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"not within half a minute: {told()}")


async def noticed(pilot: Pilot[None], text: str) -> None:
    """Wait until something that says this has popped up: a notice is a message, and comes when its turn does."""
    await until(pilot, lambda: text in notices(pilot), lambda: f"{text!r} in {notices(pilot)!r}")


def on_screen(pilot: Pilot[None]) -> str:
    """The text on the screen, line by line."""
    height = pilot.app.size.height
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips[:height])
