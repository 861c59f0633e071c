"""A tree whose lines have something to the right: a sign and a name, cut where there is no room, and figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from installer.ui.text import Text

INDENT = 2


@dataclass(frozen=True)
class Line:
    """What a node shows and what it is about; `below` makes its children when it is first opened."""

    left: Text
    right: Text = field(default_factory=Text)
    about: Any = None


class Branches(Tree[Line]):
    """A tree without a root; nodes open and close with Enter, ← and →."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "open", "", show=False),
        Binding("left", "close", "", show=False),
        Binding("home", "scroll_home", "", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__("", id=name)
        self.show_root = False
        self.guide_depth = INDENT
        self.show_guides = False

    def branch(self, parent: TreeNode[Line] | None, line: Line, *, open_: bool = False) -> TreeNode[Line]:
        """Add a node that has others below it."""
        return (parent or self.root).add(line.left, line, expand=open_)

    def leaf(self, parent: TreeNode[Line], line: Line) -> TreeNode[Line]:
        """Add a node that has none."""
        return parent.add_leaf(line.left, line)

    def move_cursor(self, node: TreeNode[Line] | None, animate: bool = False) -> None:
        """Put the cursor on a node, also on one that was added a moment ago."""
        if self.last_line >= 0:  # to ask for it numbers the lines, which else waits until the tree is at leisure
            super().move_cursor(node, animate)

    def _room(self, node: TreeNode[Line]) -> int:
        depth, above = 0, node.parent
        while above is not None:
            depth, above = depth + 1, above.parent
        return max(self.size.width - depth * INDENT - (2 if self.show_vertical_scrollbar else 0), 12)

    def get_label_width(self, node: TreeNode[Line]) -> int:
        """Lines never are wider than the tree."""
        return min(super().get_label_width(node), self._room(node))

    def render_label(self, node: TreeNode[Line], base_style: Style, style: Style) -> Text:
        """A node's line: the right part at the right edge, the left part cut to what room it leaves."""
        line = node.data
        if line is None:
            return Text()
        mark = ("▾ " if node.is_expanded else "▸ ") if node.allow_expand else "  "
        room = self._room(node) - 2
        left, right = line.left.copy(), line.right.copy()
        left.truncate(max(room - right.cell_len - (1 if right else 0), 8), overflow="ellipsis", pad=True)
        whole = Text.assemble((mark, "dim"), left, " " if right else "", right)
        whole.stylize_before(style)
        return whole

    def action_open(self) -> None:
        """Open the node under the cursor."""
        if self.cursor_node and self.cursor_node.allow_expand:
            self.cursor_node.expand()

    def action_close(self) -> None:
        """Close the node under the cursor, or go up to the one it is in."""
        node = self.cursor_node
        if node is None:
            return
        if node.is_expanded and node.allow_expand:
            node.collapse()
        elif node.parent is not None and node.parent is not self.root:
            self.move_cursor(node.parent)
