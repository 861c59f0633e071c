"""Pages to files: one HTML file that needs no network, and the same as an A4 PDF."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from installer.errors import ReportImpossible
from installer.messages import Message
from installer.plain import cleaned
from installer.redaction import redacted
from installer.report.catalogue import Words
from installer.report.pages import content
from installer.report.subject import Subject

FONT = "NotoSansCJK-Regular.ttc"
FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.fonts"),
    Path("~/.local/share/fonts"),
)


def html(subject: Subject, words: Words) -> str:
    """The report as one file."""
    return cleaned(redacted(templates().get_template("report.html.j2").render(content(subject, words))))


def templates() -> Environment:
    """The pages' templates: what they are given is escaped, and what they are not given is a fault."""
    return Environment(
        loader=PackageLoader("installer.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def pdf(page: str, target: Path) -> None:
    """The HTML as A4 pages with their fonts inside.

    Raises:
        ReportImpossible: a library or a font that the PDF is made with is not on this machine.
    """
    if not has_font():
        raise ReportImpossible(
            what="PDF",
            reason=Message("the font {font}, which has Chinese and Latin, is not here", font=FONT),
            hint=Message("apt-get install fonts-noto-cjk; the HTML file is complete without it"),
        )
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise ReportImpossible(what="PDF", reason=Message("a library is missing: {reason}", reason=error),
                               hint="apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
                               ) from error  # fmt: skip
    weasyprint.HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf(target, pdf_variant="pdf/ua-1")


def has_font() -> bool:
    """Whether the font is where fontconfig looks."""
    return any(next(folder.expanduser().rglob(FONT), None) for folder in FONT_FOLDERS if folder.expanduser().is_dir())
