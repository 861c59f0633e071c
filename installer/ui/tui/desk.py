"""What the wizard's pages and fields may ask of the wizard around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from textual.widget import Widget

from installer.answers.allowed_programs import Consent
from installer.answers.model import Host
from installer.answers.secrets import Secrets
from installer.bundle.manifest import Manifest
from installer.draft.document import Draft
from installer.formats import strict_yaml
from installer.hosts import connection_test
from installer.hosts.facts import Facts
from installer.runs.store import Runs
from installer.ui.tui.editor import Editor
from installer.ui.tui.review import Review
from installer.ui.tui.words import Words

if TYPE_CHECKING:
    from installer.ui.tui.runs_watch import Watch


class Desk(Protocol):
    """The wizard, as its parts see it."""

    editor: Editor
    review: Review
    runs: Runs
    bundle: Path | None
    signers: Path | None
    simulate: Path | None
    manifest: Manifest | None
    """What the bundle holds; None while none is named or trusted."""
    manifest_trouble: str
    """Why the bundle is not trusted, in a line; empty where it is, or where none is named."""
    facts: dict[str, Facts]
    """What the hosts that were tried say of themselves, by name."""
    groups: dict[str, str]
    """What the lists that were taken over call their hosts' groups, by address."""
    contacts: dict[Host, connection_test.Contact]
    """How each host's connection fared, by the host without its name as it was tried."""
    watching: Watch
    """What runs for the site, or ran last."""
    secrets: Secrets
    """Resolves references; what a person typed for a prompt is kept in memory alone."""

    @property
    def consent(self) -> Consent:
        """Which commands of the file's answers may run."""
        ...

    @property
    def say(self) -> Words:
        """The words of the chosen language."""
        ...

    @property
    def draft(self) -> Draft:
        """The answers as they are now."""
        ...

    def answer(self, path: strict_yaml.Path, value: object) -> None:
        """Set a value, or take it away where it is None; kept, looked at and undoable."""
        ...

    def look_again(self) -> None:
        """Look at the answers anew, for more is known of the hosts (`facts`)."""
        ...

    def change(self, draft: Draft, place: object = None) -> None:
        """Go on to another draft in one undoable edit; those that name the same place in a row are one."""
        ...

    def typed_secrets(self) -> Mapping[str, str]:
        """What a person typed, by the text of the prompt: to be handed to a run over a pipe."""
        ...

    def type_secret(self, prompt: str, value: str) -> None:
        """Keep, in memory alone, what a person typed for a prompt."""
        ...

    def open_bundle(self, bundle: Path) -> None:
        """Open a bundle and check its signature; the pages hear of it."""
        ...

    def tell(self, text: str) -> None:
        """Say something about what is under the cursor, in the panel below the page."""
        ...

    def host_doors(self, hosts: Sequence[Host]) -> AbstractContextManager[connection_test.Doors]:
        """The doors of hosts, to be left when they have been tried.

        Raises:
            SitewrightError: they cannot be made.
        """
        ...

    def open_page(self, step: str) -> None:
        """Show another page."""
        ...


def of(widget: Widget) -> Desk:
    """The wizard around a widget."""
    return cast(Desk, widget.app)
