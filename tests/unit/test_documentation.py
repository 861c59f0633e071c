"""Every page of the documentation is found from the README, and every link in it leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from every import every

ROOT = Path(__file__).parents[2]
PAGES = frozenset((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[Path]:
    """The files and folders that a page links to; addresses of the web and places within the page are none."""
    for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        path = target.partition("#")[0]
        if path and "://" not in path and not path.startswith("mailto:"):
            yield (page.parent / path).resolve()


def reached(start: Path) -> set[Path]:
    """The pages that a reader comes to by links; a link to a folder shows what is in it."""
    found, ahead = {start}, [start]
    while ahead:
        for target in links(ahead.pop()):
            shown = set(target.glob("*.md")) if target.is_dir() else {target} & {*PAGES, start}
            ahead += shown - found
            found |= shown
    return found


def test_every_page_is_reached_from_the_readme() -> None:
    assert len(PAGES) > 40
    assert sorted(str(page.relative_to(ROOT)) for page in PAGES - reached(ROOT / "README.md")) == []


def test_every_link_leads_to_a_file() -> None:
    def holds(page: Path) -> None:
        assert [str(target) for target in links(page) if not target.exists()] == []

    every(sorted({*PAGES, ROOT / "README.md"}), holds, lambda page: str(page.relative_to(ROOT)))


def test_a_page_that_nobody_links_to_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("[one](one.md) [web](https://example.com) ```\n[none](gone.md)\n```")
    (tmp_path / "one.md").write_text("[back](README.md#top)")
    assert [path.name for path in links(tmp_path / "README.md")] == ["one.md", "gone.md"]
    assert [path.name for path in links(tmp_path / "one.md")] == ["README.md"]
