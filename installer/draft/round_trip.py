"""Writes a changed document into the text it came from: what did not change keeps its comments, order and style."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
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
        _merge_mapping(document, old.data, data)
        stream = io.StringIO()
        writer.dump(document, stream)
    except YAMLError:
        return answers_file.dump(data)
    return stream.getvalue() if strict_yaml.read(stream.getvalue()).data == data else answers_file.dump(data)


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
