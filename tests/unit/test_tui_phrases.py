"""What errors and proposals of roles say in the wizard's language: whole, with their values, nothing in English."""

from __future__ import annotations

import inspect
import re
import string
from pathlib import Path

import pytest
from every import every
from hosts_page import hosts_page, lines, pressed, rehearsal
from textual.pilot import Pilot
from wizards import play, until

from installer import errors
from installer.errors import AnswersInvalid, SecretUnavailable, SitewrightError
from installer.hosts.facts import Facts
from installer.hosts.facts_parsing import Disk
from installer.hosts.inventory import Row
from installer.hosts.roles import GIB, propose
from installer.translations import messages
from installer.ui.tui.phrases import PROPOSALS, RANGES, REASONS, failure, told
from installer.ui.tui.words import Words
from sizing.engine import size
from sizing.needs import Environment, Needs

CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile("[A-Za-z]{3,}")
ERRORS = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, SitewrightError) and found.__module__ == errors.__name__ and found is not SitewrightError
]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def raised(error: type[SitewrightError], **more: str) -> SitewrightError:
    """An error with numbers for its values, so that letters in what it says are words of its own."""
    names = sorted(fields(inspect.cleandoc(error.__doc__ or "")) | fields(error.hint))
    return error(**{name: str(position) for position, name in enumerate(names)}, **more)


def test_every_error_speaks_chinese() -> None:
    def holds(error: type[SitewrightError]) -> None:
        made = raised(error)
        message, remedy = failure(Words("zh"), made)
        assert all(value in message + remedy for value in made.facts.values())
        assert CHINESE.search(message) or not ENGLISH.search(message)
        assert CHINESE.search(remedy) or not remedy
        if not issubclass(error, AnswersInvalid):
            assert failure(Words("en"), made) == (made.message, made.remedy)

    every(ERRORS, holds, lambda each: each.__name__)


def test_the_reason_and_a_remedy_of_its_own_are_said_too() -> None:
    error = SecretUnavailable(
        reference="file:x", reason="it is empty", hint="save under another name, or open it again"
    )
    said = "".join(failure(Words("zh"), error))
    assert "它是空的" in said
    assert "另存" in said
    unknown = SecretUnavailable(reference="file:x", reason="something nobody foresaw")
    assert "something nobody foresaw" in failure(Words("zh"), unknown)[0]


def test_messages_that_texts_are_held_against_are_in_the_catalogue() -> None:
    def holds(message: str) -> None:
        assert fields(messages("installer.ui.tui", "zh")[message]) == fields(message)

    every([*PROPOSALS, *RANGES, *REASONS], holds)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("count", [1, 3, 4, 7])
@pytest.mark.parametrize("names", ["h-{}", "worker-{}", "cp-{}", "prod-{}", "prod-worker-{}"])
def test_reasons_of_roles_are_said_whole(names: str, count: int, known: bool) -> None:
    environments = (Environment("prod"), Environment("qa", redundant=False))[: 1 if count == 3 else 2]
    rows = [Row(names.format(at), f"10.0.0.{at}", group="masters" if at == 2 else "") for at in range(1, count + 1)]
    facts = {
        row.name: Facts(row.name, cpus=2 * at, memory=at * 4 * GIB, disks={"/": Disk("/", "ext4", 9 * GIB, 9 * GIB)})
        for at, row in enumerate(rows, start=1)
    }
    roles = propose(rows, facts if known else {}, size(Needs(environments=environments)))
    say = Words("zh")
    for text in (*(each.reason for each in roles.proposals), *roles.notes, *roles.problems):
        said = told(say, text)
        rest = re.sub(r"prod|qa|masters|GiB", "", said)
        assert CHINESE.search(said) and not ENGLISH.search(rest), (text, said)


def test_a_host_that_is_not_reached_says_so_in_chinese(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> str:
        await pressed(pilot, "down", "t")
        await until(pilot, lambda: "✖" in lines(pilot), lambda: lines(pilot))
        return lines(pilot)

    shown = play(hosts_page(rehearsal(tmp_path), language="zh"), script)
    assert "无法连接" in shown
    assert "请检查地址" in shown
