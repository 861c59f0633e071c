"""What errors, steps, checks and proposals of roles say in the wizard: whole, with their values, nothing in English."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from core_manifest import ROOT, manifest_for
from every import every
from hosts_page import hosts_page, lines, pressed, rehearsal
from spoken import fields
from textual.pilot import Pilot
from wizards import play, until

from installer import errors
from installer.answers import file as answers_file
from installer.bundle.manifest import Manifest
from installer.errors import AnswersInvalid, SecretUnavailable, SitewrightError
from installer.hosts.facts import Facts
from installer.hosts.facts_parsing import Disk
from installer.hosts.inventory import Row
from installer.hosts.roles import GIB, propose
from installer.messages import Message
from installer.plan import install as installing
from installer.plan import succession
from installer.plan.inputs import Inputs
from installer.plan.succession import Standing
from installer.ui.tui.problem_texts import failure
from installer.ui.tui.words import Words
from sizing.engine import size
from sizing.needs import Environment, Needs

CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile("[A-Za-z]{3,}")
ERRORS = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, SitewrightError)
    and found.__module__.startswith(errors.__name__)
    and found is not SitewrightError
]


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
    error = SecretUnavailable(reference="file:x", reason=Message("it is empty"), hint=Message("move it away"))
    said = "".join(failure(Words("zh"), error))
    assert "它是空的" in said
    assert "移走" in said
    unknown = SecretUnavailable(reference="file:x", reason="something nobody foresaw")
    assert "something nobody foresaw" in failure(Words("zh"), unknown)[0]


@pytest.mark.parametrize("profile", sorted((ROOT / "profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_title_of_a_step_is_said_in_chinese(profile: Path) -> None:
    answers = answers_file.load(profile)
    plan = installing.plan(Inputs(answers, manifest_for(answers), b"", b"", b""))
    titles = {title for step in plan for title in (step.title, Message("undo: {step}", step=step.title))}
    assert sorted(each for each in titles if not CHINESE.search(Words("zh")(each))) == []


WANTED = ("1.4.1 v1.36.4", "1.6.0 v1.38.0", "1.3.9 v1.36.3", "1.4.0 v1.36.3", "spring v1.36.3")


@pytest.mark.parametrize("wanted", [*(f"core {each}" for each in WANTED), "platform 1.0.0 v1.36.3"])
@pytest.mark.parametrize("record_format", [1, 2])
def test_why_a_bundle_may_not_follow_is_said_in_chinese(wanted: str, record_format: int) -> None:
    name, version, kubernetes = wanted.split()
    stands = Standing("core", "1.4.0", "v1.36.3", "sha256:" + "a" * 64, ("cp-1", "node-1"), record_format)
    found = succession.refusal([stands], Manifest(name, version, "amd64", kubernetes, (), "sha256:" + "b" * 64))
    assert found is not None
    for text in (found.found, found.wanted, found.remedy):
        said = Words("zh")(text)
        assert CHINESE.search(said) and not re.search(r"[a-z]+ [a-z]+ [a-z]+", said), said


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
        said = say(text)
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
