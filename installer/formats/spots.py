"""YAML that other programs wrote, such as manifests: each value as the spot where it stands, with its file and line.

Nothing is constructed: a spot is a node of the text, and what is asked of it is total. A key that is missing, or a
value of another kind than expected, is a spot without a value in the nearest line. Aliases and merge keys (`<<`) are
followed as Kubernetes' own reader does, within the bounds of `installer.formats.libyaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from installer.formats import libyaml

TAG = "tag:yaml.org,2002:"
TEXTS = frozenset({f"{TAG}str", f"{TAG}timestamp"})
"""What the API server takes for a text; a day without quotes is one to it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file: `line` counts from 1; `node` is None where nothing stands there."""

    file: str
    line: int
    node: yaml.Node | None

    def __bool__(self) -> bool:
        """Whether something stands there; `null` is nothing."""
        return self.node is not None and self.node.tag != f"{TAG}null"

    def at(self, *keys: str) -> Spot:
        """What stands below these keys."""
        spot = self
        for key in keys:
            spot = spot.entries().get(key) or Spot(spot.file, spot.line, None)
        return spot

    def entries(self) -> dict[str, Spot]:
        """The entries of a mapping, each in the line of its key; none of anything else."""
        return dict(self._pairs())

    def _pairs(self) -> Iterator[tuple[str, Spot]]:
        if not isinstance(self.node, yaml.MappingNode):
            return
        own = []
        for key, value in self.node.value:
            if key.tag == f"{TAG}merge":
                merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for each in reversed(merged):
                    yield from Spot(self.file, self.line, each)._pairs()
            elif isinstance(key, yaml.ScalarNode):
                own.append((key.value, Spot(self.file, key.start_mark.line + 1, value)))
        yield from own

    def items(self) -> tuple[Spot, ...]:
        """The items of a list; none of anything else."""
        if not isinstance(self.node, yaml.SequenceNode):
            return ()
        return tuple(Spot(self.file, each.start_mark.line + 1, each) for each in self.node.value)

    @property
    def text(self) -> str:
        """A scalar as it was written; empty for anything else, and for nothing."""
        return self.node.value if isinstance(self.node, yaml.ScalarNode) and self else ""

    @property
    def is_text(self) -> bool:
        """Whether the API server takes it for a text."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag in TEXTS

    @property
    def number(self) -> int | None:
        """A whole number, where it was written as one of at most nine digits."""
        said = self.text if not self.is_text else ""
        return int(said) if said.isdecimal() and len(said) < 10 else None

    @property
    def truth(self) -> bool:
        """Whether it is true."""
        return self.text.lower() == "true"


def spots(text: str, file: str) -> list[Spot]:
    """The documents of a text that are not empty.

    Raises:
        yaml.YAMLError: the text is not YAML, or goes beyond the bounds of `libyaml`.
    """
    libyaml.measure(text)
    nodes = yaml.compose_all(text, Loader=libyaml.LOADER)
    found = [Spot(file, node.start_mark.line + 1, node) for node in nodes if node is not None]
    return [each for each in found if each]


def repeated(spot: Spot) -> Iterator[tuple[str, int, int]]:
    """Keys that a mapping has twice, at any depth, with both lines: the API server refuses them."""
    ahead, seen = [spot.node], set()
    while ahead:
        node = ahead.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            ahead += node.value
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                ahead.append(value)
                name, line = str(key.value)[:200], key.start_mark.line + 1
                if name in lines:
                    yield name, lines[name], line
                lines.setdefault(name, line)
