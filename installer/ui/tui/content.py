"""Styled texts for the wizard's widgets, of which nothing acts on a terminal and nothing is markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import textual.content
from textual.content import Span as Span

from installer.plain import cleaned


class _Content(textual.content.Content):
    """A text of Textual. What is put into one is cleaned before it is laid out by its width."""

    def __init__(self, text: str = "", spans: list[Span] | None = None, *more: Any, **how: Any) -> None:
        safe = cleaned(text)
        # Spans count the letters of the text as it came; where that has changed, plain is safer than wrongly coloured.
        super().__init__(safe, spans if len(safe) == len(text) else None, *more, **how)

    @classmethod
    def assemble(cls, *parts: Any, **how: Any) -> textual.content.Content:
        """One text of several, each a string, a text, or a string with its style."""
        return super().assemble(*map(_cleaned, parts), **how)

    @classmethod
    def styled(cls, text: str, style: Any = "", *more: Any, **how: Any) -> textual.content.Content:
        """A text in one style."""
        return super().styled(cleaned(text), style, *more, **how)


def _cleaned(part: Any) -> Any:
    if isinstance(part, str):
        return cleaned(part)
    return (cleaned(part[0]), part[1]) if isinstance(part, tuple) else part


if TYPE_CHECKING:  # what a text's own methods return is of Textual's class; it was cleaned all the same
    from textual.content import Content as Content
else:
    Content = _Content
