"""The bundle that is carried along: opened anew whenever it or the file of its signers is another one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from installer.bundle.manifest import Manifest
from installer.errors import SitewrightError
from installer.located import located
from installer.ui.tui import phrases

if TYPE_CHECKING:
    from installer.ui.tui.app import Wizard

SIGNERS = ("trust", "signers")


class Carried:
    """Opens bundles for a wizard, in threads; whichever was asked for last counts, however late an older one ends."""

    def __init__(self, app: Wizard) -> None:
        self._app = app
        self._asked: tuple[Path, Path | None] | None = None

    def open(self, bundle: Path) -> None:
        """Open a bundle and check its signature."""
        self._app.bundle = bundle
        asked = self._asked = (bundle, self._signers())
        self._app.run_worker(partial(self._read, asked), thread=True, exclusive=True, group="bundle")

    def follow(self) -> None:
        """Open the bundle again if the answers name other signers than when it was opened."""
        if self._asked is not None and self._asked[1] != self._signers():
            self.open(self._asked[0])

    def _signers(self) -> Path | None:
        """The file of the allowed signers: a flag's, otherwise that which the answers name."""
        app = self._app
        named = app.draft.at(SIGNERS)
        folder = app.editor.file.parent
        return app.signers or (located(named, folder) if isinstance(named, str) and named else None)

    def _read(self, asked: tuple[Path, Path | None]) -> None:
        try:
            manifest, trouble = self._app.doors.manifest(*asked), ""
        except SitewrightError as error:
            manifest, trouble = None, " → ".join(filter(None, phrases.failure(self._app.say, error)))
        self._app.call_from_thread(self._opened, asked, manifest, trouble)

    def _opened(self, asked: tuple[Path, Path | None], manifest: Manifest | None, trouble: str) -> None:
        if asked is self._asked:
            self._app.manifest, self._app.manifest_trouble = manifest, trouble
            self._app.look_again()
