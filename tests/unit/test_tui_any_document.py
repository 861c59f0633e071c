"""Whatever stands in a file that YAML can read, the wizard looks at it and shows it: nothing in it ends the wizard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core_manifest import ROOT, core_manifest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from installer.draft import environments as draft_environments
from installer.draft import hosts as draft_hosts
from installer.draft.document import Draft
from installer.ui.tui.pages import secrets
from installer.ui.tui.pages.environments import fresh
from installer.ui.tui.state.pages import answered
from installer.ui.tui.state.review import review

GOOD = [Draft.of((ROOT / "profiles" / f"{name}.yaml").read_text()) for name in ("rehearsal", "environments")]
SCALARS = st.none() | st.booleans() | st.integers(-5, 70000) | st.floats(allow_nan=False) | st.text(max_size=8)
KEYS = st.sampled_from(["name", "address", "access", "file", "networks", "pods", "components", "environments", "x"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a document but the whole."""
    inner: Any = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from places(each, (*path, key))


@st.composite
def documents(draw: st.DrawFn) -> Draft:
    """Good answers in which a few values were replaced by anything."""
    draft = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 3))):
        draft = draft.with_value(draw(st.sampled_from(sorted(places(draft.data), key=str))), draw(VALUES))
    return draft


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(draft=documents())
def test_any_document_is_looked_at_and_shown(draft: Draft) -> None:
    found = review(draft, str(Path("answers.yaml")), {}, core_manifest())
    assert found.sizing is not None or found.count
    assert "environments" in answered(draft) or not draft.at(("environments",))
    assert list(secrets._asked(draft))
    others = draft.sections(("environments",))
    assert fresh(len(others), others)["name"]
    for position in range(len(others)):
        assert "name" in draft_environments.share(draft, position)
        assert draft_environments.renamed(draft, position, "other") is not draft
        assert len(draft_environments.removed(draft, position).items(("environments",))) == len(others) - 1
        draft_environments.shared(draft, position, "load_percent", 25)
    assert len(draft_hosts.names(draft_hosts.added(draft))) == len(draft_hosts.entries(draft)) + 1
