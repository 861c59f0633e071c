"""What bundles, plans and runs say in English, in the report's language where the catalogue knows it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from installer import translations
from installer.preflight import CHECKS
from installer.report.catalogue import Words

ENVIRONMENTS = ("production", "pre-release", "staging", "testing", "test", "development")
"""Names that environments usually have; others are shown as they are."""

EVIDENCE = (
    "asked from {count} nodes",
    "{good} of {count} nodes",
    "{count} nodes",
    "{count} ways",
    "written, restarted, read back",
    "valid until {day}",
    "{count} connections, none of ours leaves the site",
    "{url} answers at {address}",
)
"""What probes that passed have seen, with the values that differ; what broken ones say is shown as it is."""


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
    """What a probe saw."""
    for message in EVIDENCE:
        found = translations.places(message, text, filling=r"\S+")
        if found is not None:
            return _(message, **{name: _value(value, _) for name, value in found.items()})
    return text


def _value(text: str, _: Words) -> str:
    """A value as it was written; a day as it is written here."""
    with suppress(ValueError):
        return _.short_day(date.fromisoformat(text)) if "-" in text else text
    return text
