"""The clusters of the site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Label

from installer.answers.model import Networks
from installer.draft import environments as draft_environments
from installer.draft.document import Draft
from installer.errors import Problem
from installer.messages import Message
from installer.ui.tui.widgets.field import Field
from installer.ui.tui.widgets.list_field import Repeated
from installer.ui.tui.widgets.page import Page

USUAL = ("production", "pre-release", "testing")
"""Environments that a product's delivery usually has."""
SHARE = ("load_percent", "redundant")
COMPONENTS = ("cert-manager", "site-ca", "metrics-server", "local-path-provisioner")
"""What a new environment has until somebody chooses otherwise. Answers are begun before a bundle is named, so these are
names, of parts of `core`."""


class NameField(Field):
    """The name of an environment; what the needs say of it goes along."""

    def __init__(self, position: int) -> None:
        super().__init__(("environments", position, "name"))
        self._position = position

    def write(self, value: Any) -> None:
        """Rename it."""
        self.wizard.change(draft_environments.renamed(self.wizard.draft, self._position, value), self.path)


class ShareField(Field):
    """What an environment is sized for, which stands among the needs."""

    def __init__(self, position: int, key: str) -> None:
        super().__init__((*draft_environments.NEEDED, 0, key))
        self._position, self._key = position, key

    @property
    def value(self) -> Any:
        """What the needs say, or mean while they say nothing."""
        return draft_environments.share(self.wizard.draft, self._position).get(self._key)

    @property
    def gone(self) -> bool:
        """Whether the environment is there no more."""
        return self._position >= len(self.wizard.draft.items(draft_environments.ENVIRONMENTS))

    def tells(self, problem: Problem) -> bool:
        """Whether a problem is one of this environment's answer."""
        at = draft_environments.place(self.wizard.draft, self._position)
        return problem.path == ".".join(map(str, (*draft_environments.NEEDED, at, self._key)))

    def write(self, value: Any) -> None:
        """Say it of this environment."""
        draft = draft_environments.shared(self.wizard.draft, self._position, self._key, value)
        self.wizard.change(draft, (self._position, self._key))


class Environments(Repeated):
    """The list; a new environment gets the next usual name, and networks that no other one has."""

    def fresh(self, position: int) -> dict[str, Any]:
        """A new environment."""
        return fresh(position, self.wizard.draft.sections(("environments",)))

    def fields(self, position: int) -> list[Field]:
        """Its name, its hosts, and what it is sized for."""
        return [NameField(position), *super().fields(position), *(ShareField(position, key) for key in SHARE)]

    def grown(self, item: Mapping[str, Any]) -> Draft:
        """One more environment, in the needs as well."""
        return draft_environments.added(self.wizard.draft, item)

    def shrunk(self, position: int) -> Draft:
        """One environment less, in the needs as well."""
        return draft_environments.removed(self.wizard.draft, position)


class EnvironmentsPage(Page):
    """Each environment's name and hosts."""

    KEY = "environments"
    INTRO: ClassVar[str] = Message(
        "Each environment is a cluster of its own. Its hosts may be given here or on the next page."
    )

    def body(self) -> ComposeResult:
        """The list, and the usual ones at one stroke."""
        say = self.wizard.say
        yield Environments(("environments",), ("control_planes", "workers"), say("Add an environment"), {})
        yield Label(say("The usual ones at one stroke"), classes="group", markup=False)
        with Horizontal(classes="auto"):
            yield Button(say("Production"), id="usual-1", compact=True)
            yield Button(say("and testing"), id="usual-2", compact=True)
            yield Button(say("and pre-release"), id="usual-3", compact=True)

    @on(Button.Pressed, "#usual-1, #usual-2, #usual-3")
    def _usual(self, event: Button.Pressed) -> None:
        """Add those of the usual ones that are missing."""
        event.stop()
        wanted = {"usual-1": USUAL[:1], "usual-2": (USUAL[0], USUAL[2]), "usual-3": USUAL}[event.button.id or ""]
        draft = self.wizard.draft
        for name in wanted:
            environments = draft.sections(("environments",))
            if name not in [each.get("name") for each in environments]:
                draft = draft_environments.added(draft, fresh(len(environments), environments, name))
        self.wizard.change(draft)
        self.query_one(Environments).sync()


def fresh(position: int, others: Sequence[Mapping[str, Any]], name: str = "") -> dict[str, Any]:
    """A new environment: of that name or an unused usual one, with networks and a domain that no other one has."""
    taken = [each.get("name") for each in others]
    name = name or next((usual for usual in USUAL if usual not in taken), f"environment-{position + 1}")
    made: dict[str, Any] = {"name": name, "control_planes": []}
    if position:
        made["networks"] = free_networks(others)
        made["domain"] = draft_environments.domain_of(name)
    return {**made, "components": {each: {} for each in COMPONENTS}}


def free_networks(others: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The first pair of networks, as the answers count them up, of which no other environment has either."""
    usual = asdict(Networks())
    own = [each["networks"] if isinstance(each.get("networks"), Mapping) else {} for each in others]
    taken = {str(network) for each in own for network in {**usual, **each}.values()}
    pairs = ({"pods": f"10.{244 + at}.0.0/16", "services": f"10.{96 + at}.0.0/16"} for at in range(12))
    return next((pair for pair in pairs if taken.isdisjoint(pair.values())), usual)
