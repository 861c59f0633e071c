"""Reads answers files, with every problem at once and in its line, and writes them whole or not at all."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from installer import whole_file
from installer.answers.build import build, document
from installer.answers.model import FORMAT, Answers
from installer.answers.rules import broken_rules
from installer.answers.schema import HIDDEN, secretive, told, violations
from installer.bundle.manifest import Manifest
from installer.errors import AnswersInvalid, Problem, StateUnreadable
from installer.formats import look_alikes, strict_yaml, text_file
from installer.formats.strict_yaml import Document
from installer.formats.values import shown
from installer.messages import Message

__all__ = [
    "check_components",
    "document",
    "dump",
    "flaws",
    "lacks",
    "load",
    "load_unvalidated",
    "parse",
    "problems",
    "save",
]

HEAD = """# yaml-language-server: $schema=answers.schema.json
# So that an editor completes and checks this file: sitewright schema > answers.schema.json
"""
"""The first lines of a new file."""

LARGEST = 1 << 20
"""Bytes of the largest answers file that is read: a thousand hosts take a quarter of it."""

MANY = 100
"""Lines with problems that are looked through for signs that are taken for others."""

Migration = Callable[[dict[str, Any]], dict[str, Any]]
MIGRATIONS: Mapping[int, Migration] = {}
"""How a document of each older version becomes one of the next; version 1 is the first."""


def load(path: Path) -> Answers:
    """Read and check an answers file.

    Raises:
        AnswersInvalid: it cannot be read or is not valid; carries every problem.
    """
    return parse(_text(path), str(path))


def parse(text: str, file: str) -> Answers:
    """Answers from a file's text; relative paths in it start at the folder of `file`.

    Raises:
        AnswersInvalid: they are not valid; carries every problem.
    """
    read, found = _examined(text, file)
    if found:
        raise AnswersInvalid(file=file, count=len(found), problems=found)
    answers = build(read.data, Path(file).parent)
    lines = {".".join(map(str, path)): line for path, line in read.lines.items()}
    return replace(answers, file=file, text=text, lines=lines, digests=_digests(read.data))


def problems(text: str, file: str) -> tuple[Problem, ...]:
    """Everything that is wrong with a file's text, by line; empty where nothing is."""
    return _examined(text, file)[1]


def load_unvalidated(text: str, file: str) -> dict[str, Any]:
    """Parse a file's text and migrate it to the present version; the schema is not checked.

    Raises:
        AnswersInvalid: it is no YAML that means one thing only, no mapping, or of a version that cannot be read.
    """
    read, found = _read(text, file)
    if found:
        raise AnswersInvalid(file=file, count=len(found), problems=found)
    data: dict[str, Any] = read.data
    return data


def check_components(answers: Answers, manifest: Manifest) -> None:
    """Check that the bundle carries every chosen component.

    Raises:
        AnswersInvalid: one or more are unknown to it.
    """
    lacking = lacks([each.components for each in answers.environments], answers.file, manifest)
    found = tuple(replace(each, line=answers.lines.get(each.path, 1)) for each in lacking)
    if found:
        raise AnswersInvalid(file=answers.file, count=len(found), problems=found)


def lacks(chosen: Sequence[Iterable[str]], file: str, manifest: Manifest) -> tuple[Problem, ...]:
    """The components, chosen by each environment in turn, that a bundle does not carry: all in line 0."""
    known = {component.name for component in manifest.components}
    what, wanted = (
        Message("a component that bundle {name} lacks", name=manifest.name),
        Message("one of: {values}", values=", ".join(sorted(known))),
    )
    places = ((f"environments.{at}.components.{name}", name) for at, names in enumerate(chosen) for name in names)
    return tuple(Problem(file, 0, path, what, wanted) for path, name in places if name not in known)


def dump(data: Mapping[str, Any]) -> str:
    """A document as the text of an answers file."""
    return yaml.dump(dict(data), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


def flaws(data: Mapping[str, Any], file: str) -> tuple[Problem, ...]:
    """Everything that is wrong with a document that stands in no file yet (a wizard's draft): all in line 0."""
    return tuple(dict.fromkeys(_found(dict(data), file, set(), lambda path: 0)))


def digest(path: Path) -> str:
    """By which a report, and the workbook that came of it, name the answers that they were made of: SHA-256, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save(text: str, path: Path) -> None:
    """Write an answers file, which need not be complete yet: the old file or the new one, never a half.

    A link stays one: the file that it names is written. People keep answers under version control and link them.

    Raises:
        StateUnreadable: it cannot be written there.
    """
    try:
        place = Path(os.path.realpath(path))
        place.parent.mkdir(parents=True, exist_ok=True)
        whole_file.put(place, text.encode())
    except OSError as error:
        raise StateUnreadable(
            path=path, reason=Message("answers cannot be written: {reason}", reason=error.strerror)
        ) from error


class _Plain(yaml.SafeDumper):
    """Writes a value wherever it stands: an alias would be refused when the file is read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@dataclass(frozen=True)
class _Outdated:
    """A version this program cannot bring up to date."""

    found: Message
    wanted: Message


def migrate(data: dict[str, Any], migrations: Mapping[int, Migration], target: int) -> dict[str, Any] | _Outdated:
    """Bring a document to the target version, one version after the other; data without a version stay as they are."""
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        return data
    if version > target:
        return _Outdated(
            Message("version {version}, of a newer sitewright", version=version),
            Message("version {target} or older, or a newer sitewright", target=target),
        )
    while version < target:
        step = migrations.get(version)
        if step is None:
            return _Outdated(
                Message("version {version}", version=version),
                Message("version {target} or newer", target=min([target, *migrations])),
            )
        data = {**step(copy.deepcopy(data)), "version": version + 1}
        version += 1
    return data


def _examined(text: str, file: str) -> tuple[Document, tuple[Problem, ...]]:
    """The document a text holds, brought up to date, and all its problems."""
    read, found = _read(text, file)
    if read.data is not None:
        flawed = {path for _, path, _, _ in read.flaws}
        found = _with_look_alikes(text, (*found, *_found(read.data, file, flawed, read.line)), file)
    return read, tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.line))


def _with_look_alikes(text: str, found: Sequence[Problem], file: str) -> tuple[Problem, ...]:
    """Problems, and before those of each line the signs in it that are taken for others."""
    lines = text.splitlines()
    wrong = sorted({each.line for each in found if each.line <= len(lines)})
    alike = [(line, each) for line in wrong[:MANY] for each in look_alikes.within(lines[line - 1])]
    return (*(Problem(file, line, "", each.found, each.wanted) for line, each in alike), *found)


def _read(text: str, file: str) -> tuple[Document, tuple[Problem, ...]]:
    """The document a text holds, brought up to date, and what is wrong with the text; no data where it holds none."""
    read = strict_yaml.read(text)
    found = [
        Problem(file, line, _dotted(path), HIDDEN if secretive(path) else what, wanted)
        for line, path, what, wanted in read.flaws
    ]
    if not isinstance(read.data, dict):
        if not found:
            what = Message("nothing") if read.data is None else shown(read.data)
            found.append(
                Problem(file, 1, "", what, Message("answers: a mapping with version, site, hosts, environments"))
            )
        read.data = None
        return read, tuple(found)
    current = migrate(read.data, MIGRATIONS, FORMAT)
    if isinstance(current, _Outdated):
        read.data = None
        return read, (Problem(file, read.line(("version",)), "version", current.found, current.wanted),)
    read.data = current
    return read, tuple(found)


def _found(
    data: dict[str, Any],
    file: str,
    flawed: set[strict_yaml.Path],
    line: Callable[[strict_yaml.Path], int],
) -> Iterator[Problem]:
    """What schema and rules say of a document; places that are `flawed` as YAML have been reported."""
    sound = copy.deepcopy(data)
    for path, what, wanted, spoiled in violations(data):
        if path not in flawed:
            yield Problem(file, line(path), _dotted(path), what, wanted)
        if spoiled:
            _blank(sound, path)
    for path, what, wanted in broken_rules(sound):
        yield Problem(file, line(path), _dotted(path), what, wanted)


def _dotted(path: strict_yaml.Path) -> str:
    return ".".join(map(str, told(path)))


def _blank(data: Any, path: strict_yaml.Path) -> None:
    """Put None in the place of a value that is not what the schema allows."""
    for part in path[:-1]:
        data = data[part] if data is not None else None
    if data is not None and path:
        data[path[-1]] = None


def _digests(data: Mapping[str, Any]) -> dict[str, str]:
    def digest(section: Any) -> str:
        canonical = json.dumps(section, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"

    return {f"answers.{name}": digest(section) for name, section in data.items()}


def _text(path: Path) -> str:
    """A file's text.

    Raises:
        AnswersInvalid: it is not there, or is nothing that could be answers.
    """
    wanted = Message("an answers file: YAML text of at most 1 MiB")
    try:
        return text_file.decoded(text_file.read(path, LARGEST))
    except text_file.Unfit as error:
        found = error.reason
        wanted = Message("{wanted}; {cure}", wanted=wanted, cure=error.cure) if error.cure else wanted
    except FileNotFoundError:
        found = Message("no such file")
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        found = Message("a file that cannot be read ({reason})", reason=getattr(error, "strerror", None) or error)
    raise AnswersInvalid(file=str(path), count=1, problems=(Problem(str(path), 1, "", found, wanted),))
