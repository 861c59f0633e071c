"""The wizard's pages in their order, and which places of the answers each of them is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from installer.answers.schema import SECRETS
from installer.draft.document import Draft
from installer.errors import Problem
from installer.messages import Message

State = Literal["done", "open", "wrong"]


@dataclass(frozen=True)
class Step:
    """One page: `gathers` where it asks for answers; the others look at them or act on them."""

    key: str
    title: str
    gathers: bool = True


STEPS = (
    Step("site", Message("Site and people")),
    Step("environments", Message("Environments")),
    Step("hosts", Message("Hosts")),
    Step("needs", Message("Needs")),
    Step("components", Message("Components")),
    Step("network", Message("Network and names")),
    Step("certificates", Message("Certificates")),
    Step("secrets", Message("Secrets")),
    Step("sizing", Message("Sizing"), gathers=False),
    Step("preflight", Message("Preflight"), gathers=False),
    Step("plan", Message("Plan"), gathers=False),
    Step("install", Message("Install"), gathers=False),
    Step("result", Message("Result"), gathers=False),
)

_OF_SECTION = {
    "site": "site", "plan": "site", "hosts": "hosts", "access": "hosts", "limits": "hosts", "needs": "needs",
    "registry": "network", "network": "network", "trust": "certificates",
    "authority": "certificates", "waivers": "preflight",
}  # fmt: skip
_OF_ENVIRONMENT = {"networks": "network", "endpoint": "network", "domain": "network", "components": "components"}


def step_of(path: str) -> str:
    """The key of the page on which a place ("hosts.0.address") is answered."""
    parts = path.split(".")
    if parts[0] in ("access", "hosts") and SECRETS.intersection(parts):
        return "secrets"
    if parts[:2] == ["needs", "environments"]:
        return "environments"
    if parts[0] == "environments":
        return _OF_ENVIRONMENT.get(parts[2] if len(parts) > 2 else "", "environments")
    return _OF_SECTION.get(parts[0], "site")


def by_step(problems: Iterable[Problem]) -> Mapping[str, tuple[Problem, ...]]:
    """The problems of each page; pages without any are left out."""
    found: dict[str, tuple[Problem, ...]] = {}
    for problem in problems:
        key = step_of(problem.path)
        found[key] = (*found.get(key, ()), problem)
    return found


def answered(draft: Draft) -> set[str]:
    """The pages of which a draft answers something."""
    named = [name for name, section in draft.data.items() if name != "version" and section]
    found = {_OF_SECTION.get(name, "site") if name != "environments" else name for name in named}
    if SECRETS.intersection(draft.section(("access",))):
        found.add("secrets")
    keys = {key for each in draft.sections(("environments",)) for key in each}
    return found | {_OF_ENVIRONMENT[key] for key in keys & set(_OF_ENVIRONMENT)}


def state(step: Step, problems: tuple[Problem, ...], seen: bool) -> State:
    """Where a page that gathers stands: what was never looked at is open, not wrong, and not done either."""
    if not seen:
        return "open"
    return "wrong" if problems else "done"
