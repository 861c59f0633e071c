"""The bundle in the wizard: trusted if signed by those whom the answers name now; the one named last counts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from core_bundle import make_core_bundle
from core_manifest import core_manifest
from textual.pilot import Pilot
from textual.widgets import Input, Label
from wizards import answers_of, on_screen, play, settled, type_into, until, wizard

from installer.bundle.manifest import Manifest
from installer.cli import wizard as verb
from installer.ui.tui.app import Wizard
from installer.ui.tui.launch import Files, WorldAccess
from installer.ui.tui.state import editor


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_core_bundle(tmp_path_factory.mktemp("bundle"))


def test_new_answers_with_a_bundle_come_to_trust_it(tmp_path: Path, bundle: tuple[Path, Path]) -> None:
    file, (carried, signers) = answers_of(tmp_path), bundle
    (tmp_path / "vendor.allowed_signers").write_bytes(signers.read_bytes())
    files = Files(tmp_path / "state", file, carried)
    app = Wizard(files, WorldAccess(verb.manifest), editor.opened(file), "en", "certificates")

    async def script(pilot: Pilot[None]) -> None:
        told = pilot.app.screen.query_one("#trusted", Label)
        assert "no allowed signers are named" in str(told.render())
        assert told.size.height > 1, "it is wrapped, not cut"
        await type_into(pilot, ("trust", "signers"), "vendor.allowed_signers")
        assert "✔ core" in on_screen(pilot)
        await type_into(pilot, ("trust", "signers"), "vendor")
        assert "✔ core" not in on_screen(pilot)

    play(app, script)


def test_enter_opens_the_bundle_again(tmp_path: Path, bundle: tuple[Path, Path]) -> None:
    file, (carried, signers) = answers_of(tmp_path, "rehearsal"), bundle
    link = tmp_path / "core.sitewright"
    link.write_bytes(b"half a copy")
    files = Files(tmp_path / "state", file, link, signers)
    app = Wizard(files, WorldAccess(verb.manifest), editor.opened(file), "en", "certificates")

    async def script(pilot: Pilot[None]) -> None:
        assert "✔ core" not in on_screen(pilot)
        link.write_bytes(carried.read_bytes())
        pilot.app.screen.query_one("#bundle", Input).focus()
        await pilot.press("enter")
        await settled(pilot)
        assert "✔ core" in on_screen(pilot)

    play(app, script)


def test_an_older_slower_opening_does_not_win(tmp_path: Path) -> None:
    slow = threading.Event()

    def opens(bundle: Path, signers: Path | None, revoked: Path | None) -> Manifest:
        if bundle.name == "old":
            slow.wait(60)
        return Manifest(bundle.name, "1", "amd64", "", core_manifest().components)

    file = answers_of(tmp_path, "rehearsal")
    app = Wizard(Files(tmp_path / "state", file), WorldAccess(opens), editor.opened(file), "en", "certificates")

    async def script(pilot: Pilot[None]) -> None:
        app.open_bundle(Path("old"))
        app.open_bundle(Path("new"))
        await until(pilot, lambda: app.manifest is not None, lambda: on_screen(pilot))
        slow.set()
        await settled(pilot)
        await pilot.pause(0.2)
        assert (app.bundle, app.manifest.name) == (Path("new"), "new")

    play(app, script)


def test_the_page_of_certificates_may_be_the_first_one(tmp_path: Path) -> None:
    app = wizard(answers_of(tmp_path, "rehearsal"), "certificates", bundle=Path("core"))
    play(app, settled)
    assert app.fault is None
