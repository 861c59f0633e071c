"""Styled texts of which nothing acts on a terminal: what is put into one is cleaned before it is laid out by its width.

All of the console and the wizard makes its texts here. What passes by is still cleaned on its way out
(`installer.ui.terminal`, `installer.ui.tui.base_app`), but then it may be wider than the place that was made for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich.text

from installer.plain import cleaned


class _Text(rich.text.Text):
    """A text of rich; square brackets in it are no markup."""

    def __init__(self, text: str = "", style: Any = "", **more: Any) -> None:
        super().__init__(cleaned(text), style, **more)

    def append(self, text: Any, style: Any = None) -> rich.text.Text:
        """Add a text, or a styled one."""
        return super().append(cleaned(text) if isinstance(text, str) else text, style)


if TYPE_CHECKING:  # what a text's own methods return is of rich's class; it was cleaned all the same
    from rich.text import Text as Text
else:
    Text = _Text
