"""The wizard's pages that run something, as tests use them: a simulated site, and waiting for what must come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wizards
import yaml
from core_manifest import ROOT
from textual.pilot import Pilot
from wizards import on_screen, settled, wizard

from installer.runs.store import Runs
from installer.ui.tui.app import Wizard
from installer.ui.tui.run.install import InstallPage
from installer.ui.tui.run.page import RunPage
from installer.ui.tui.run.preflight import PreflightPage
from installer.ui.tui.widgets.dialogs import Ask

SECRET = "correct horse battery staple"


@dataclass
class Place:
    """A folder with answers and a simulated site."""

    folder: Path
    bundle: tuple[Path, Path]

    @property
    def file(self) -> Path:
        return self.folder / "answers.yaml"

    @property
    def runs(self) -> Runs:
        return Runs(self.folder / "state" / "simulated")

    def site(self, top: str = "", **extra: str) -> Place:
        """The hosts, each as `extra` says by its name."""
        document = yaml.safe_load((ROOT / "profiles/rehearsal.yaml").read_text())
        hosts = "".join(
            f"  - {{name: {h['name']}, address: {h['address']}{extra.get(h['name'].replace('-', '_'), '')}}}\n"
            for h in document["hosts"]
        )
        (self.folder / "site.yaml").write_text(f"version: 1\nhosts:\n{hosts}{top}")
        return self

    def wizard(self, step: str, language: str = "en") -> Wizard:
        path, signers = self.bundle
        return wizard(self.file, step, language, bundle=path, signers=signers, simulate=self.folder / "site.yaml")


def page(pilot: Pilot[None], kind: type[RunPage]) -> Any:
    """A page of the wizard."""
    return pilot.app.screen_stack[1].query_one(kind)


async def until(pilot: Pilot[None], true: Callable[[], object]) -> None:
    """Wait until something is so."""
    await wizards.until(pilot, true, lambda: on_screen(pilot))


async def checked(pilot: Pilot[None]) -> PreflightPage:
    """Press c and wait for the end of the check."""
    await pilot.press("c")
    await until(pilot, lambda: page(pilot, PreflightPage).session.ended and not page(pilot, PreflightPage).busy)
    await settled(pilot)
    found: PreflightPage = page(pilot, PreflightPage)
    await until(pilot, lambda: found.arrived)
    return found


async def begun(pilot: Pilot[None]) -> InstallPage:
    """Press i, confirm, and wait until steps run."""
    await pilot.press("i")
    await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
    assert "cp-1, node-1, node-2" in on_screen(pilot)
    await pilot.press("enter")
    found: InstallPage = page(pilot, InstallPage)
    await until(pilot, lambda: found.mode in ("running", "proving", "refused", "done", "unproved", "failed"))
    return found
