"""What bundles, plans and runs say in English, in the report's language where the catalogue knows it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from installer import translations
from installer.messages import Message
from installer.preflight import CHECKS
from installer.report.catalogue import Words

ENVIRONMENTS = ("production", "pre-release", "staging", "testing", "test", "development")
"""Names that environments usually have; others are shown as they are."""


def phase(name: str, _: Words) -> str:
    """A phase of the plan, as people call it."""
    known = {
        "hosts": _("make the machines ready"),
        "registry": _("fill the site registry"),
        "kubernetes": _("start the cluster"),
        "charts": _("install the parts on it"),
    }
    return known.get(name, name)


def check(name: str, _: Words) -> str:
    """What a check looks at; its name where it has no title."""
    return _.text({each.name: each.title for each in CHECKS}.get(name, name))


def evidence(text: str, _: Words) -> str:
    """What a probe saw, or why it failed; days as they are written here."""
    if not isinstance(text, Message):
        return _.text(text)
    dated = {name: _dated(value, _) for name, value in text.values.items()}
    return translations.said(Message.restored(text, text.template, dated), _.messages)


def _dated(value: object, _: Words) -> object:
    """A value as it was written; a day as it is written here."""
    with suppress(ValueError):
        return _.short_day(date.fromisoformat(value)) if isinstance(value, str) and "-" in value else value
    return value
