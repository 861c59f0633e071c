"""The rule that everything a site's charts ask for is in the bundle."""

from __future__ import annotations

from collections.abc import Iterator

from installer.facts import Facts
from installer.plan.checks.finding import Case, Check, Trouble


def _images(case: Case, facts: Facts) -> Iterator[Trouble]:
    yield from case.lacking[facts.host]


def _looked_at(case: Case, facts: Facts) -> bool:
    return facts.host in case.lacking


CHECKS = (Check("bundle.images", "every image is in the bundle", _images, _looked_at),)
