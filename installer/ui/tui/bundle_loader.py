"""The bundle that is carried along: opened anew whenever it or the file of its signers is another one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from installer.answers.paths import located
from installer.bundle.manifest import Manifest
from installer.errors import SitewrightError
from installer.ui.tui import problem_texts

if TYPE_CHECKING:
    from installer.ui.tui.app import Wizard

SIGNERS, REVOKED = ("trust", "signers"), ("trust", "revoked")
Asked = tuple[Path, Path | None, Path | None]
"""A bundle, its allowed signers and the keys that are revoked."""


class Carried:
    """Opens bundles for a wizard, in threads; whichever was asked for last counts, however late an older one ends."""

    def __init__(self, app: Wizard) -> None:
        self._app = app
        self._asked: Asked | None = None

    def open(self, bundle: Path) -> None:
        """Open a bundle and check its signature."""
        self._app.bundle = bundle
        asked = self._asked = (bundle, *self._keys())
        self._app.run_worker(partial(self._read, asked), thread=True, exclusive=True, group="bundle")

    def follow(self) -> None:
        """Open the bundle again if the answers name other keys than when it was opened."""
        if self._asked is not None and self._asked[1:] != self._keys():
            self.open(self._asked[0])

    def _keys(self) -> tuple[Path | None, Path | None]:
        """The files of the allowed signers, a flag's or that which the answers name, and of the revoked keys."""
        app = self._app
        folder = app.editor.file.parent
        named = (app.draft.at(place) for place in (SIGNERS, REVOKED))
        signers, revoked = (located(each, folder) if isinstance(each, str) and each else None for each in named)
        return app.signers or signers, revoked

    def _read(self, asked: Asked) -> None:
        try:
            manifest, trouble = self._app.access.manifest(*asked), ""
        except SitewrightError as error:
            manifest, trouble = None, " → ".join(filter(None, problem_texts.failure(self._app.say, error)))
        self._app.call_from_thread(self._opened, asked, manifest, trouble)

    def _opened(self, asked: Asked, manifest: Manifest | None, trouble: str) -> None:
        if asked is self._asked:
            self._app.manifest, self._app.manifest_trouble = manifest, trouble
            self._app.look_again()
