"""The wizard's colours: one accent; every colour repeats what a sign already says."""

from __future__ import annotations

from textual.theme import Theme

NIGHT = Theme(
    name="sitewright",
    primary="#6aa5d8", accent="#7fc8c0", secondary="#9a8fd0", foreground="#d8dee6", background="#11151a",
    surface="#171c23", panel="#232a34", success="#7fc187", warning="#e0b35a", error="#e87d7d", dark=True,
)  # fmt: skip
