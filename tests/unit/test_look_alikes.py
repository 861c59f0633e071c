"""Signs that only look like those of YAML: each is named where it stands, and what is right is left alone."""

from __future__ import annotations

import pytest

from installer.answers.file import problems
from installer.formats.look_alikes import within

GOOD = """version: 1
site: {name: field, customer: 某某集团（北京），有限公司}
access:
  user: ops
  private_key: ~/.ssh/id_ed25519
  known_hosts: ~/.ssh/known_hosts
hosts:
  - {name: cp-1, address: 10.20.0.11}
  - {name: n-1, address: 10.20.0.12}
environments:
  - name: production
    control_planes: [cp-1]
    workers: [n-1]
"""
SPOILED = [
    ("user: ops", "user：ops", 4, "U+FF1A"),
    ("version: 1", "version：1", 1, "U+FF1A"),
    ("{name: cp-1", "{name：cp-1", 8, "U+FF1A"),
    ("user: ops", "user:\u00a0ops", 4, "U+00A0"),
    ("  user: ops", "\u2003user: ops", 4, "U+2003"),
    ("  - {name: cp-1", "  -\u00a0{name: cp-1", 8, "U+00A0"),
    ("  - name: production", "  － name: production", 11, "U+FF0D"),
    ("- {name: cp-1", "- ｛name: cp-1", 8, "U+FF5B"),
    ("[cp-1]", "［cp-1］", 12, "U+FF3B"),
    ("[n-1]", "[n-1，n-2]", 13, "U+FF0C"),
    ("[n-1]", "[n-1、n-2]", 13, "U+3001"),
    ("cp-1, address", "cp-1；address", 8, "U+FF1B"),
    ("10.20.0.11", "１0.20.0.11", 8, "U+FF11"),
    ("10.20.0.11", "10。20.0.11", 8, "U+3002"),
    ("name: cp-1", "name: “cp-1”", 8, "U+201C"),
    ("name: cp-1", "name: cp–1", 8, "U+2013"),
    ("user: ops", "usеr: ops", 4, "U+0435"),
    ("user: ops", "user: ops\u200b", 4, "U+200B"),
    ("user: ops", "\u200buser: ops", 4, "U+200B"),
    ("site:", "\ufeffsite:", 2, "U+FEFF"),
    ("version: 1", "version: 1 ＃ first", 1, "U+FF03"),
    ("user: ops", "user:ops", 4, "a colon without a blank"),
]


def test_what_is_right_may_hold_any_of_them() -> None:
    assert problems(GOOD, "a") == ()


@pytest.mark.parametrize(("right", "wrong", "line", "sign"), SPOILED)
def test_a_sign_that_is_taken_for_another_is_named_in_its_line(right: str, wrong: str, line: int, sign: str) -> None:
    told = [(each.line, each.found) for each in problems(GOOD.replace(right, wrong, 1), "a")]
    assert any(at == line and sign in found for at, found in told), told
    assert not [found for at, found in told if at == 2 != line and "looks like" in found]


def test_remarks_and_words_are_passed_over() -> None:
    assert not list(within("customer: 某某（北京）集团  # 备注：无"))
    assert [each.sign for each in within("a，b：c # ；")] == ["，", "："]
