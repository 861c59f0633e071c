"""Groups in a table: cells that were merged down a column, and rows that are a title over those below; pure."""

from __future__ import annotations

from collections.abc import Sequence

from installer.hosts.inventory.entry import login
from installer.hosts.inventory.groups import APART, CONTROL, STAGES, WORKER, words


def filled(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The cells of groups, row by row, with those that are empty taken for merged ones with the cell above.

    A column in which some are called control planes and nothing else is said, is none of merged cells: what is empty
    there is a worker.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    for column in columns:
        said = {cell for cell in column if cell}
        if len(said) < 2 and any(words(cell) & CONTROL for cell in said):
            continue
        for at, cell in enumerate(column):
            column[at] = cell or (column[at - 1] if at else "")
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in rows]


def title(cells: Sequence[str]) -> str:
    """The words of a row that is nothing but the name of a group over the rows below it; empty for any other."""
    said = [cell for cell in cells if cell]
    known = CONTROL.union(WORKER, APART, *STAGES)
    return said[0] if len(set(said)) == 1 and words(said[0]) & known and not login(said[0]) else ""
