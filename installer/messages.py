"""What the product says to people, as data: a template in English and the values that it names.

A message *is* its English text, so a journal, a log and the command line show it as any other text. Whoever speaks
another language looks the template up in a catalogue (`installer.translations`) and fills in the same values; nobody
has to read the English back. In JSON an object keeps its texts and gains `messages`: by field, the template (`key`) and
the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any, Self

FIELD = "messages"
"""Key under which an object of JSON says how its texts were made."""
DEPTH = 12
"""Messages within messages that are read; the product itself goes five deep."""


class Message(str):
    """A text made from a template, such as ``Message("{host} has {free} GiB free", host="cp-1", free=3)``.

    A value is a name, a number or a path, and stays as it is in every language; or another message, which is said in
    the language of the whole; or a tuple of these, set apart by commas; or an exception, for which the message stands
    that it was raised with. Templates are those of `str.format` with plain names in the places. What stands for
    `reason` may be words of the system, which a catalogue knows as a whole ("Permission denied").
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Make the English text.

        Raises:
            KeyError: the template has a place that no value is for.
        """
        kept = {name: _kept(each) for name, each in values.items()}
        english = template.format_map({name: _english(each) for name, each in kept.items()})
        return cls.restored(english, template, kept)

    @classmethod
    def restored(cls, text: str, template: str, values: Mapping[str, object]) -> Self:
        """A message whose English text is known already."""
        made = str.__new__(cls, text)
        made.template, made.values = template, values
        return made

    @classmethod
    def verbatim(cls, text: str) -> Self:
        """A text that a bundle, a person or another program wrote: a catalogue may know it as a whole."""
        return cls.restored(text, text.replace("{", "{{").replace("}", "}}"), {})

    @classmethod
    def joined(cls, separator: str, several: Iterable[str]) -> Self:
        """Texts one after another, each said in the language of the whole; `separator` stands between them."""
        values = {f"part_{at}": each for at, each in enumerate(several)}
        return cls(separator.replace("{", "{{").replace("}", "}}").join(f"{{{name}}}" for name in values), **values)

    def each(self, change: Callable[[str], str], most: int) -> Self:
        """The same message with every text among its values changed, at any depth; of several values the first `most`.

        Numbers stay. Of values beyond `most` it is said how many there are.
        """
        return type(self)(self.template, **{name: _changed(value, change, most) for name, value in self.values.items()})

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).restored, (str(self), self.template, dict(self.values))


def _kept(value: object) -> object:
    """A value as JSON could have it."""
    if isinstance(value, Exception):
        said = value.args[0] if value.args else ""
        return said if isinstance(said, Message) else str(value)
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):  # a named tuple says itself in its own way
        return tuple(map(_kept, value))
    return value if isinstance(value, str | int | float) else str(value)


def _changed(value: object, change: Callable[[str], str], most: int) -> object:
    if isinstance(value, Message):
        return value.each(change, most)
    if isinstance(value, tuple | list):
        left = len(value) - most
        rest = (Message("and {rest} more", rest=left),) if left > 0 else ()
        return (*(_changed(each, change, most) for each in value[:most]), *rest)
    return change(value) if isinstance(value, str) else value


def _english(value: object) -> str:
    return ", ".join(map(_english, value)) if isinstance(value, tuple | list) else str(value)


def with_keys(body: Any) -> Any:
    """A value of JSON in which each object says how its messages were made; one whose text is its template needs not.

    >>> with_keys({"found": Message("{count} cores", count=1)})
    {'found': '1 cores', 'messages': {'found': {'key': '{count} cores', 'values': {'count': 1}}}}
    """
    if isinstance(body, list | tuple):
        return [with_keys(each) for each in body]
    if not isinstance(body, Mapping):
        return body
    made = {
        name: _described(each) for name, each in body.items() if isinstance(each, Message) and each.template != each
    }
    whole = {name: with_keys(each) for name, each in body.items()}
    return {**whole, FIELD: made} if made else whole


def _described(value: object) -> Any:
    """A message as its key and values; other values as JSON has them."""
    if isinstance(value, Message):
        return {"key": value.template, "values": {name: _described(each) for name, each in value.values.items()}}
    return [_described(each) for each in value] if isinstance(value, tuple | list) else value


def with_messages(body: Any) -> Any:
    """A value of JSON whose texts are messages again where an object says how they were made; the rest as it was.

    What an object says of a text is taken only where it makes that very text: no file can give a sentence another
    meaning in another language.
    """
    if isinstance(body, list):
        return [with_messages(each) for each in body]
    if not isinstance(body, Mapping):
        return body
    told = body.get(FIELD)
    whole = {name: with_messages(each) for name, each in body.items() if name != FIELD}
    for name, made in told.items() if isinstance(told, Mapping) else ():
        text = whole.get(name)
        if isinstance(text, str) and (restored := _restored(made, len(text))) == text and restored is not None:
            whole[name] = restored
    return whole


def _restored(made: object, most: int, depth: int = 0) -> Message | None:
    """A message by its key and values, of at most so many letters; None where they make none."""
    key, values = (made.get("key"), made.get("values")) if isinstance(made, Mapping) else (None, None)
    if not isinstance(key, str) or not isinstance(values, Mapping) or depth > DEPTH:
        return None
    try:
        parts = list(Formatter().parse(key))
    except ValueError:
        return None
    names = {name for _, name, _, _ in parts if name is not None}
    if names != set(values) or not all(map(str.isidentifier, names)) or any(spec or how for _, _, spec, how in parts):
        return None
    inner = {name: _value(each, most, depth + 1) for name, each in values.items()}
    if None in inner.values():
        return None
    length = sum(len(text) + len(_english(inner[name]) if name is not None else "") for text, name, _, _ in parts)
    return Message(key, **inner) if length <= most else None


def _value(told: object, most: int, depth: int) -> object:
    if isinstance(told, list):
        items = tuple(_value(each, most, depth) for each in told)
        return None if None in items or sum(map(len, map(_english, items))) > most else items
    if isinstance(told, Mapping):
        return _restored(told, most, depth)
    return told if isinstance(told, str | int | float) else None
