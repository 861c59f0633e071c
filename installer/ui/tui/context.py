"""What the wizard's pages and fields may ask of the wizard around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast

from textual.widget import Widget

from installer.answers.allowed_programs import Consent
from installer.answers.model import Host
from installer.answers.secrets import Secrets
from installer.bundle.manifest import Manifest
from installer.draft.document import Draft
from installer.formats import strict_yaml
from installer.hosts import connection_test
from installer.hosts.facts import Facts
from installer.runs.background import Detached
from installer.runs.store import Runs
from installer.ui.tui.state.editor import Editor
from installer.ui.tui.state.review import Review
from installer.ui.tui.state.session import Session
from installer.ui.tui.words import Words


class Watching(Protocol):
    """The one process that works on the site, as pages see it."""

    session: Session
    """What it and those before it have told."""
    process: Detached | None
    site: str
    starting: str
    """The verb that is being started; empty while none is."""

    @property
    def under_way(self) -> bool:
        """Whether the process that is followed has not told its end."""
        ...

    @property
    def busy(self) -> bool:
        """Whether something is being started or is under way."""
        ...

    @property
    def runs(self) -> bool:
        """Whether a process that changes hosts is under way."""
        ...

    def take_up(self) -> None:
        """Follow the process that was last started for the site; where that is known, look what its last run left."""
        ...

    def begin(self, verb: str, *flags: str) -> None:
        """Run a verb, after asking for what it needs."""
        ...

    def pause(self) -> None:
        """Let the running steps finish, then stop."""
        ...

    def stop(self) -> None:
        """Stop at once."""
        ...


class WizardContext(Protocol):
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
    attempts: dict[Host, connection_test.Attempt]
    """How each host's connection fared, by the host without its name as it was tried."""
    secrets: Secrets
    """Resolves references; what a person typed for a prompt is kept in memory alone."""

    @property
    def watching(self) -> Watching:
        """What runs for the site, or ran last."""
        ...

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

    def host_connectors(self, hosts: Sequence[Host]) -> AbstractContextManager[connection_test.Connectors]:
        """The connectors of hosts, to be left when they have been tried.

        Raises:
            SitewrightError: they cannot be made.
        """
        ...

    def begin(self, editor: Editor, step: str = "site") -> None:
        """Take a file up, in the place of the one that was open."""
        ...

    def open_page(self, step: str) -> None:
        """Show another page."""
        ...


def of(widget: Widget) -> WizardContext:
    """The wizard around a widget."""
    return cast(WizardContext, widget.app)
