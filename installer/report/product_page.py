"""What a product contradicts, as one HTML file for its developers, in either language."""

from __future__ import annotations

from datetime import date

from installer.plain import cleaned
from installer.product.checking import Verdict
from installer.redaction import redacted
from installer.report.catalogue import words
from installer.report.render import templates


def html(verdict: Verdict, language: str, today: date) -> str:
    """The page.

    Raises:
        KeyError: there is no such language.
    """
    said = words(language)
    by_service = {
        name: [each for each in verdict.contradictions if each.service == name]
        for name in dict.fromkeys(each.service for each in verdict.contradictions)
    }
    page = templates().get_template("product.html.j2")
    return cleaned(redacted(page.render(_=said, v=verdict, by_service=by_service, today=said.day(today))))
