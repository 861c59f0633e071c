"""Edits of the environments of a draft together with what the needs say of each: pure, a draft in and another one out.

The needs name the environments that are sized, all of them or none: while they name none, each bears the whole load and
is redundant where it has more than one control plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.answers.questions import question
from installer.answers.rules import DOMAIN
from installer.draft.document import Draft

ENVIRONMENTS = ("environments",)
NEEDED = ("needs", "environments")


def share(draft: Draft, position: int) -> dict[str, Any]:
    """What the needs say of an environment, or mean while they say nothing: a mapping as in `needs.environments`."""
    at = place(draft, position)
    if at is not None:
        return dict(draft.section((*NEEDED, at)))
    planes = draft.items((*ENVIRONMENTS, position, "control_planes"))
    return {"name": _name(draft, position), **({"redundant": False} if len(planes) == 1 else {})}


def place(draft: Draft, position: int) -> int | None:
    """Where in the needs an environment stands; None where it is not there. Of several of a name the order decides."""
    name = _name(draft, position)
    before = sum(_name(draft, each) == name for each in range(position))
    same = [at for at, each in enumerate(draft.sections(NEEDED)) if str(each.get("name") or "") == name]
    return same[before] if before < len(same) else None


def shared(draft: Draft, position: int, key: str, value: Any) -> Draft:
    """The draft with an answer on an environment's share of the load; the needs are silent where all is as usual."""
    changed = {name: each for name, each in share(draft, position).items() if name != key}
    changed |= {} if value in (None, question((*NEEDED, 0, key)).default) else {key: value}
    silent = draft.without(NEEDED)
    count = len(draft.items(ENVIRONMENTS))
    shares = [changed if at == position else share(draft, at) for at in range(count)]
    if shares == [share(silent, at) for at in range(count)]:
        return silent
    known = {place(draft, at) for at in range(count)}
    others = [each for at, each in enumerate(draft.items(NEEDED)) if at not in known]
    return draft.with_value(NEEDED, [*shares, *others])


def domain_of(name: str) -> str:
    """The domain that an environment beside others gets unless a person says otherwise."""
    return f"{name}.{DOMAIN}"


def renamed(draft: Draft, position: int, name: str | None) -> Draft:
    """An environment under another name, in the needs as well; None while it has none. Its usual domain follows."""
    at = place(draft, position)
    path = (*ENVIRONMENTS, position, "name")
    changed = draft.without(path) if name is None else draft.with_value(path, name)
    domain = (*ENVIRONMENTS, position, "domain")
    if position and draft.at(domain) in (None, domain_of(_name(draft, position))):
        changed = changed.with_value(domain, domain_of(name)) if name else changed.without(domain)
    return changed if at is None else changed.with_value((*NEEDED, at, "name"), name or "")


def removed(draft: Draft, position: int) -> Draft:
    """The draft without an environment."""
    at = place(draft, position)
    left = draft.without((*ENVIRONMENTS, position))
    if at is None:
        return left
    return left.without((*NEEDED, at)) if len(draft.items(NEEDED)) > 1 else left.without(NEEDED)


def added(draft: Draft, environment: Mapping[str, Any]) -> Draft:
    """One more environment at the end, which is sized as the others are."""
    position = len(draft.items(ENVIRONMENTS))
    grown = draft.with_value((*ENVIRONMENTS, position), dict(environment))
    listed = draft.items(NEEDED)
    return grown.with_value((*NEEDED, len(listed)), {"name": _name(grown, position)}) if listed else grown


def _name(draft: Draft, position: int) -> str:
    return str(draft.section((*ENVIRONMENTS, position)).get("name") or "")
