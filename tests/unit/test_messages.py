"""Messages: English text as data, kept through copies and JSON, and said in other languages by template and values."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from errno import EACCES, ECONNREFUSED, EHOSTUNREACH, EISDIR, ENOENT

import pytest
import yaml
from spoken import INSTALLER, MAKES, NAMES, ROOT, SIZING, calls, catalogue, core, fields, templates, texts, worded

from installer import errors, redaction
from installer.errors import HostUnreachable, SecretUnavailable
from installer.formats import json_lines
from installer.messages import Message, with_keys, with_messages
from installer.translations import messages, said
from sizing.rules import load_rules

CHINESE = re.compile("[\u4e00-\u9fff]")
CATALOGUE = messages("installer.ui.tui", "zh")


def data() -> Iterator[str]:
    """What bundles, sizing's rules and the system give to say."""
    for file in sorted((ROOT / "bundles").glob("**/component.yaml")):
        spec = yaml.safe_load(file.read_text(encoding="utf-8"))
        yield from (spec.get("title", ""), spec.get("purpose", ""), *(each["title"] for each in spec.get("probes", ())))
    for rule in load_rules().components.values():
        yield from (rule.title, rule.purpose)
    yield from map(os.strerror, (ENOENT, EACCES, EISDIR, ECONNREFUSED, EHOSTUNREACH))


def failures() -> Iterator[str]:
    """What errors say and tell to do."""
    for _, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, errors.SitewrightError) and error.__module__.startswith(errors.__name__):
            yield from (inspect.cleandoc(error.__doc__ or ""), error.hint)


def test_every_message_is_made_of_a_template_that_stands_there_and_of_its_values() -> None:
    made = [(file, call) for file, call in calls(sorted(INSTALLER.rglob("*.py")), MAKES) if call.args]
    assert len(made) > 800
    for file, call in made:
        where = f"{file.relative_to(ROOT)}:{call.lineno}"
        given = {each.arg for each in call.keywords}
        if None in given or getattr(call.args[0], "attr", "") == "hint":  # restored from JSON; an error's own remedy
            continue
        assert list(texts(call.args[0])), f"{where}: a template has to be a constant, or no catalogue knows it"
        for template in texts(call.args[0]):
            assert fields(template) == given, where


def test_the_common_catalogue_has_every_message_and_no_other() -> None:
    wanted = (
        templates(core(), MAKES)
        | templates(sorted(SIZING.rglob("*.py")), {"Sentence"})
        | {each for each in (*failures(), *data()) if worded(each)}
    )
    known = set(catalogue(INSTALLER))
    assert sorted(wanted - known) == [], "not translated"
    assert sorted(known - wanted) == [], "nobody says these any more"


def test_common_translations_are_whole_and_name_the_same_values() -> None:
    for message, text in catalogue(INSTALLER).items():
        assert fields(text) == fields(message), message
        assert bool(CHINESE.search(text)) != (message in NAMES), message
        assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", text), f"no space in {text!r}"


def test_a_message_is_its_english_text_and_knows_how_it_was_made() -> None:
    made = Message(
        "{host} cannot reach {target} ({reason})", host="cp-1", target="10.0.0.2:443/tcp", reason=Message("refused")
    )
    assert made == "cp-1 cannot reach 10.0.0.2:443/tcp (refused)"
    assert said(made, CATALOGUE) == "cp-1 无法访问 10.0.0.2:443/tcp（被拒绝）"
    assert said(made, {}) == made
    assert said(Message("nobody knows {this}", this=1), CATALOGUE) == "nobody knows 1"


def test_values_are_names_messages_several_of_them_or_what_was_raised() -> None:
    assert Message("one of: {values}", values=("a", "b")) == "one of: a, b"
    assert (
        said(Message("one of: {values}", values=(Message("a list"), "a list")), CATALOGUE) == "以下之一：列表, a list"
    )
    raised = ValueError(Message("it is empty"))
    assert said(Message("the file is {reason}", reason=raised), CATALOGUE) == "该文件是它是空的"
    assert said(Message("the file is {reason}", reason="Permission denied"), CATALOGUE) == "该文件是没有权限"
    with pytest.raises(KeyError):
        Message("{host} is not told")


def test_braces_of_others_are_no_places() -> None:
    assert Message.verbatim("{not} a place") == "{not} a place"
    assert said(Message.verbatim("{not} a place"), CATALOGUE) == "{not} a place"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_is_the_same_message(again) -> None:
    made = Message("{count} cores", count=2)
    assert again(made) == made
    assert (again(made).template, again(made).values) == (made.template, made.values)


def test_json_keeps_the_sentence_and_gains_key_and_values() -> None:
    @dataclass
    class Told:
        found: str
        plain: str
        steps: list[dict[str, str]]

    found = Message("{value} is {kind}", value=Message("a list of {count}", count=2), kind=("x", Message("a text")))
    body = with_keys(
        asdict(Told(found, Message("a text"), [{"title": Message("undo: {step}", step=Message("a text"))}]))
    )
    assert body["found"] == "a list of 2 is x, a text"
    assert body["messages"]["found"]["key"] == "{value} is {kind}"
    assert body["messages"]["found"]["values"]["value"] == {"key": "a list of {count}", "values": {"count": 2}}
    assert "plain" not in body["messages"], "its text is its template"
    read = with_messages(json.loads(json.dumps(body)))
    assert "messages" not in read
    assert read["found"].values == found.values
    assert said(read["steps"][0]["title"], CATALOGUE) == "撤销：文本"


def nested(depth: int, twice: bool = False) -> dict[str, object]:
    """A message within a message, so deep; with `twice` each is twice in the one around it."""
    told: dict[str, object] = {"key": "x", "values": {}}
    for _ in range(depth):
        told = {"key": "{a}{a}" if twice else "{a}", "values": {"a": told}}
    return told


@pytest.mark.parametrize(
    "told",
    [
        None, 7, "x", [], {"found": 7}, {"found": {"key": 7}}, {"found": {"key": "{a", "values": {}}},
        {"found": {"key": "{a} {b}", "values": {"a": {"key": "{c}", "values": {}}}}}, {"found": []},
        {"other": {"key": "x"}}, {"found": {"key": "undo: {step}", "values": {}}},
        {"found": {"key": "nothing failed; trust me", "values": {}}},
        {"found": {"key": "{a.__class__}", "values": {"a": "x"}}},
        {"found": {"key": "{a}{a.__class__.__mro__}", "values": {"a": "the text itself", "a.__class__.__mro__": ""}}},
        {"found": {"key": "{a}{a[x]}", "values": {"a": "the text itself", "a[x]": 1}}},
        {"found": {"key": "{a:>99999999}", "values": {"a": "x"}}}, {"found": {"key": "{a!r}", "values": {"a": "x"}}},
        {"found": {"key": "{}", "values": {"": "x"}}}, {"found": {"key": "{0}", "values": {"0": "x"}}},
        {"found": {"key": "{q}", "values": {"q": {"key": "{a.b}", "values": {"a.b": 1}}}}},
        {"found": {"key": "{q}", "values": {"q": {"key": "{0}", "values": {"0": 1}}}}},
        {"found": {"key": "{q}", "values": {"q": {"key": "{", "values": {}}}}},
        {"found": {"key": "{q}", "values": {"q": [{"key": "{", "values": {}}]}}},
        {"found": {"key": "{q}", "values": {"q": None}}}, {"found": nested(300)}, {"found": nested(60, twice=True)},
    ],
)  # fmt: skip
def test_a_text_whose_key_is_wrong_is_shown_as_it_is(told: object) -> None:
    read = with_messages({"found": "the text itself", "messages": told})
    assert read == {"found": "the text itself"}
    assert not isinstance(read["found"], Message)


def test_a_key_is_taken_where_it_makes_the_very_text() -> None:
    told = {"key": "{what} itself", "values": {"what": {"key": "the {kind}", "values": {"kind": "text"}}}}
    read = with_messages({"found": "the text itself", "messages": {"found": told}})
    assert isinstance(read["found"], Message)
    assert not isinstance(with_messages({"found": "another text", "messages": {"found": told}})["found"], Message)


def test_no_value_tells_a_secret_that_its_sentence_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_forms", ())
    redaction.learn("hunter22x")
    inner = Message("{through}: {text}", through="gate", text="you typed hunter22x")
    error = HostUnreachable(host="node-1", address="10.0.0.9:22", reason=inner)
    assert "hunter" not in said(error.headline, CATALOGUE)
    assert "hunter" not in repr(error.headline.values)
    for body in ({"m": error.headline}, {"m": inner}, {"m": Message("{n}22x", n="hunter")}):
        assert "hunter22x" not in json_lines.line(body)
    spanning = Message("you typed {first}{second}", first="hunter", second="22x")
    assert json.loads(json_lines.line({"m": spanning})) == {"m": "you typed ●●●●●●"}
    assert json.loads(json_lines.line({"m": error.headline}))["m"].endswith("gate: you typed ●●●●●●")


def test_values_of_an_error_are_bounded_and_set_in_as_its_sentence_is() -> None:
    error = HostUnreachable(host="h", address="a", reason=Message("{text}", text="no\n✔ all is well" + "x" * 1_000_000))
    assert "\n  ✔" in said(error.headline, CATALOGUE)
    assert len(said(error.headline, CATALOGUE)) < 10_000


def test_an_error_is_a_message_too() -> None:
    error = SecretUnavailable(reference="file:x\x1b[2J", reason=Message("it is empty"))
    assert error.headline.template == "secret {reference} cannot be resolved: {reason}"
    assert "\x1b" not in error.headline.values["reference"], "facts are cleaned when a message is made of them"
    assert said(error.headline, CATALOGUE) == "密码 file:x\\x1b[2J 无法取得：它是空的"
