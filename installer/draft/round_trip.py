"""Writes a changed document into the text it came from: what did not change keeps its comments, order and style."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from installer.answers import file as answers_file
from installer.formats import strict_yaml

WIDTH = 120


def rewritten(text: str, data: Mapping[str, Any], file: str = "answers.yaml") -> str:
    """The text with its values those of `data`; the very same text where nothing differs.

    Whatever becomes of the comments, the result reads as `data`.

    Raises:
        AnswersInvalid: the text means nothing, or more than one thing: what it holds would be lost.
    """
    if strict_yaml.empty(text):
        return "".join(f"{line}\n" for line in text.splitlines()) + answers_file.dump(data)
    answers_file.load_unvalidated(text, file)
    old = strict_yaml.read(text)
    if old.data == data:
        return text
    writer = _writer()
    try:
        document = writer.load(text)
        before = _dumped(writer, document)
        _merge_mapping(document, old.data, data)
        after = _dumped(writer, document)
    except YAMLError:
        return answers_file.dump(data)
    made = ("".join(_lines(text, before, after)), after)
    return next((each for each in made if strict_yaml.read(each).data == data), answers_file.dump(data))


def _dumped(writer: YAML, document: Any) -> str:
    stream = io.StringIO()
    writer.dump(document, stream)
    return stream.getvalue()


def _lines(text: str, before: str, after: str) -> Iterator[str]:
    """The lines of `after`; where they are those of `before`, the lines of `text` that became these.

    The writer folds long lines and takes spaces as it likes. What it makes of the text as it was tells that apart from
    what was edited.
    """
    old, base, new = (each.splitlines(keepends=True) for each in (text, before, after))
    groups = list(_groups(old, base))
    for tag, first, last, start, end in SequenceMatcher(None, base, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from new[start:end]
            continue
        at = first
        for begin, stop, lines in groups:
            if at <= begin and stop <= last and (begin < last or last == len(base)):
                yield from base[at:begin]
                yield from lines
                at = stop
        yield from base[at:last]


def _groups(old: Sequence[str], base: Sequence[str]) -> Iterator[tuple[int, int, Sequence[str]]]:
    """From which to which line of `base` lines of `old` reach: one by one where they are the same."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, base, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from ((j1 + n, j1 + n + 1, old[i1 + n : i1 + n + 1]) for n in range(i2 - i1))
        else:
            yield j1, j2, old[i1:i2]


def _writer() -> YAML:
    writer = YAML()
    writer.preserve_quotes = True
    writer.width = WIDTH
    writer.indent(mapping=2, sequence=4, offset=2)
    return writer


def _merge_mapping(node: CommentedMap, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    for key in [key for key in old if key not in new]:
        del node[key]
    for key, value in new.items():
        if key not in old:
            node[key] = value
        elif old[key] != value:
            node[key] = _merged(node[key], old[key], value)


def _merge_items(node: CommentedSeq, old: Sequence[Any], new: Sequence[Any]) -> None:
    """Items that have a name are matched by it, others by their position."""
    kept = [(_identity(item, position), position) for position, item in enumerate(old)]
    places = dict(kept)
    wanted = [_identity(item, position) for position, item in enumerate(new)]
    # Comments hang on positions: only where every old item is still in its place do they stay true.
    if [identity for identity, _ in kept] != wanted[: len(kept)]:
        items = [_merged(node[places[i]], old[places[i]], item) if i in places else item
                 for i, item in zip(wanted, new, strict=True)]  # fmt: skip
        node[:] = items
        return
    for position, item in enumerate(new):
        if position >= len(old):
            node.append(item)
        elif old[position] != item:
            node[position] = _merged(node[position], old[position], item)


def _merged(node: Any, old: Any, new: Any) -> Any:
    if isinstance(node, CommentedMap) and isinstance(old, Mapping) and isinstance(new, Mapping):
        _merge_mapping(node, old, new)
        return node
    if isinstance(node, CommentedSeq) and isinstance(old, list) and isinstance(new, list):
        _merge_items(node, old, new)
        return node
    return new


def _identity(item: Any, position: int) -> object:
    return ("name", item["name"]) if isinstance(item, Mapping) and "name" in item else position
