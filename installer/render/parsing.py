"""A template as its syntax tree, within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from installer.messages import Message
from installer.render.bounds import Refused

LONGEST = 1 << 20
"""Letters of one template."""
TOKENS = 20_000
"""Words and signs of one template, beside the text that it writes as it is; `cert-manager/values.yaml` has 150."""


class _Counted(Extension):
    """Refuses templates of more words and signs than any has, while they are read."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """The same words, as long as they are few enough."""
        for count, token in enumerate(stream):
            if count > TOKENS:
                raise Refused(Message("it has more than {tokens} words and signs", tokens=TOKENS))
            yield token


_JINJA = Environment(  # noqa: S701 - what is written is configuration, not HTML
    keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True, extensions=[_Counted]
)


@lru_cache(maxsize=1024)
def parsed(source: str) -> nodes.Template:
    """A template as Jinja reads it; read once, for it is filled for one host after another.

    Raises:
        jinja2.TemplateError: it is malformed, or too large.
    """
    if len(source) > LONGEST:
        raise Refused(Message("it has more than {longest} letters", longest=LONGEST))
    try:
        return _JINJA.parse(source)
    except RecursionError:
        raise Refused(Message("it is nested too deep")) from None
