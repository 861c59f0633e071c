"""Three environments of one host each with the parts of bundles/core: one registry is filled, the others by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rehearsed import installed_and_proved, taken_down
from sites import SiteUnderTest

pytestmark = pytest.mark.lab


def test_three_environments_stand_side_by_side(raise_profile: Callable[[str], SiteUnderTest]) -> None:
    site = raise_profile("environments")
    installed_and_proved(site)
    taken_down(site)
