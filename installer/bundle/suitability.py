"""Whether a component suits the bundle that carries it: its minor version of Kubernetes, and the terms of a licence."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from installer.bundle.forms import Flaw
from installer.messages import Message

_COMPARED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_BOUND = re.compile(r"(>=|<=|>|<)1\.([0-9]{1,3})")
_VERSION = re.compile(r"v1\.([0-9]{1,3})(\..*)?")
_SPECIAL = re.compile(r"(SSPL|ELASTIC|AGPL|BUSL|BSL-1\.1|ELV2)", re.IGNORECASE)
"""Licences that bind whoever offers the program to others, or forbid that."""
_BETWEEN = re.compile(r"[()\s]+")


def suits(wanted: str, kubernetes: str) -> bool:
    """Whether a version of Kubernetes is within a range of minor versions.

    >>> suits(">=1.33 <1.38", "v1.36.3"), suits(">=1.33 <1.36", "v1.36.3")
    (True, False)
    """
    found = _VERSION.fullmatch(kubernetes)
    bounds = _BOUND.findall(wanted)
    return found is not None and all(_COMPARED[sign](int(found[1]), int(minor)) for sign, minor in bounds)


def unsuited(spec: Mapping[str, Any], kubernetes: str) -> Iterator[Flaw]:
    """Why a component is not for the Kubernetes that the bundle brings."""
    wanted = spec.get("kubernetes", "")
    if wanted and not suits(wanted, kubernetes):
        yield Flaw(
            ("kubernetes",),
            Message("is for Kubernetes {wanted}; the bundle brings {kubernetes}", wanted=wanted, kubernetes=kubernetes),
        )


def special(licence: str) -> tuple[str, ...]:
    """The licences of an expression that need a word of whoever makes the bundle.

    >>> special("Apache-2.0 AND (SSPL-1.0 OR AGPL-3.0-only)"), special("Apache-2.0")
    (('SSPL-1.0', 'AGPL-3.0-only'), ())
    """
    return tuple(each for each in _BETWEEN.split(licence) if _SPECIAL.match(each))


def unaccepted(spec: Mapping[str, Any], accepted: Collection[str]) -> Iterator[Flaw]:
    """Licences of a component that nobody has accepted for the bundle."""
    for each in special(spec.get("licence", "")):
        if each not in accepted:
            yield Flaw(
                ("licence",),
                Message("{each} needs a word of yours: accepted_licences: [{each}] in bundle.yaml", each=each),
            )
