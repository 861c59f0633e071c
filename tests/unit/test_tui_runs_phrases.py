"""What steps and checks say is said in Chinese too: derived from the plans and the rules themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from core_manifest import ROOT, core_manifest

from installer.answers import file as answers_file
from installer.bundle.manifest import Manifest
from installer.plan import install as installing
from installer.plan import succession
from installer.plan.inputs import Inputs
from installer.plan.succession import Standing
from installer.preflight import bundle_images
from installer.ui.tui.run import phrases
from installer.ui.tui.words import Words

CHINESE = re.compile("[\u4e00-\u9fff]")
SAY = Words("zh")
RULES = sorted(set((ROOT / "installer" / "preflight").glob("*.py")) - {Path(bundle_images.__file__)})
"""What bundle_images says is put together from parts, which are not seen here."""
AS_IT_IS = re.compile(
    r"permissive|exec|cgroup v1|Linux .*|systemd .*|\S+ = .*|mount -o remount,rw .*|hostnamectl set-hostname .*"
)
"""What is the same in every language: settings, names, commands."""


@pytest.mark.parametrize("profile", sorted((ROOT / "profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_title_of_a_step_is_said_in_chinese(profile: Path) -> None:
    plan = installing.plan(Inputs(answers_file.load(profile), core_manifest(), b"", b"", b""))
    titles = {title for step in plan for title in (step.title, f"undo: {step.title}")}
    assert sorted(each for each in titles if not CHINESE.search(phrases.title(SAY, each))) == []


def test_a_version_stays_behind_its_title() -> None:
    assert phrases.title(SAY, "install Local API proxy 2.6.12").endswith(" 2.6.12")
    assert phrases.title(Words("en"), "undo: install runc v1.4.0") == "undo: install runc v1.4.0"


def test_every_text_of_the_checks_rules_is_said_in_chinese() -> None:
    texts = {text for path in RULES for text in _told(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(texts) > 80
    unsaid = {each for each in texts if not CHINESE.search(phrases.finding(SAY, each))}
    assert sorted(each for each in unsaid if not AS_IT_IS.fullmatch(each)) == []


WANTED = ("1.4.1 v1.36.4", "1.6.0 v1.38.0", "1.3.9 v1.36.3", "1.4.0 v1.36.3", "spring v1.36.3")


@pytest.mark.parametrize("wanted", [*(f"core {each}" for each in WANTED), "platform 1.0.0 v1.36.3"])
@pytest.mark.parametrize("record_format", [1, 2])
def test_why_a_bundle_may_not_follow_is_said_in_chinese(wanted: str, record_format: int) -> None:
    name, version, kubernetes = wanted.split()
    stands = Standing("core", "1.4.0", "v1.36.3", "sha256:" + "a" * 64, ("cp-1", "node-1"), record_format)
    found = succession.refusal([stands], Manifest(name, version, "amd64", kubernetes, (), "sha256:" + "b" * 64))
    assert found is not None
    for text in (found.found, found.wanted, found.remedy):
        said = phrases.finding(SAY, text)
        assert CHINESE.search(said) and not re.search(r"[a-z]+ [a-z]+ [a-z]+", said), said


def _told(module: ast.Module) -> Iterator[str]:
    """A sample of each text that rules give to `Trouble`, itself or by a name."""
    for rule in ast.walk(module):
        if not isinstance(rule, ast.FunctionDef):
            continue
        named = {each.targets[0].id: each.value for each in ast.walk(rule)
                 if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)}  # fmt: skip
        for call in ast.walk(rule):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Violation":
                for given in call.args[:3]:
                    yield from _samples(named.get(given.id, given) if isinstance(given, ast.Name) else given)


def _samples(text: ast.expr) -> Iterator[str]:
    """Texts as an expression may make them, with a number in the place of each value."""
    match text:
        case ast.Constant(value=str(said)):
            yield said
        case ast.JoinedStr(values=parts):
            yield "".join(next(_samples(part.value), "7") if isinstance(part, ast.FormattedValue) else part.value
                          for part in parts if isinstance(part, ast.FormattedValue | ast.Constant))  # fmt: skip
        case ast.IfExp(body=first, orelse=second):
            yield from _samples(first)
            yield from _samples(second)
        case ast.BinOp(left=left):
            yield from _samples(left)
