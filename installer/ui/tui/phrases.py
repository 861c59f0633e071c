"""What validators say with values in it, in the wizard's language: a text is held against the messages it may be."""

from __future__ import annotations

from installer import translations
from installer.errors import Problem
from installer.ui.tui.words import Say

REFUSALS = (
    "{person}, whom this machine does not know", "a component that bundle {name} lacks",
    "the key {name}", "{value}, perhaps", "one of: {values}", "a list of {count}", "a mapping of {count}",
    "{value}, which {place} is already", "{name} in no environment", "{name}, which is no host",
    "{count} control planes", "an odd number, {less} or {more}: an even one survives no more failures",
    "between /8 and /24 with a /24 for each of {count} host(s)", "{network} overlapping {other} of {place}",
    "{network} holding {address} of {place}",
    "{network} holding {address} of {place} and {count} more of {hosts} hosts",
    "a network of its own, as in {network}", "{port}, which is registry.port",
)  # fmt: skip
"""Messages of installer.answers_schema and installer.answers_rules that name values; the first that fits is taken."""


def problem(say: Say, found: Problem, missing: bool) -> str:
    """What is wrong at a place, or what is to be answered there."""
    message = say("needed: {wanted}") if missing else say("✖ found {found}; wanted {wanted}")
    return message.format(found=told(say, found.found), wanted=told(say, found.wanted))


def told(say: Say, text: str) -> str:
    """A validator's text in the wizard's language, its values as they are; in English where no message fits."""
    if (exact := say(text)) != text:
        return exact
    for message in REFUSALS:
        if found := translations.places(message, text):
            return say(message, **found)
    return text
