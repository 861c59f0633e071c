"""Amounts as Kubernetes writes them (resource.Quantity of its API conventions), as numbers."""

from __future__ import annotations

import re
from decimal import Decimal

_AMOUNT = re.compile(r"([0-9]{1,20}(?:\.[0-9]{0,20})?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_BEFORE = {"": Decimal(1), "m": Decimal("0.001"),
           **{sign: Decimal(1000) ** power for power, sign in enumerate("kMGTPE", 1)},
           **{f"{sign}i": Decimal(1024) ** power for power, sign in enumerate("KMGTPE", 1)}}  # fmt: skip


def amount(text: str) -> Decimal | None:
    """What a text amounts to; None where it is no such text."""
    found = _AMOUNT.fullmatch(text)
    return Decimal(found[1]) * _BEFORE[found[2] or ""] if found else None
