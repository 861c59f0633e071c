"""The report's catalogue: every message is there in every language, whole, and names the same values."""

import json
import string
from datetime import date
from pathlib import Path

import pytest
import yaml
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from core_manifest import core_manifest
from report_subject import subject

from installer.plan.inputs import Inputs
from installer.preflight import CHECKS
from installer.probes import builtin
from installer.rehearsal.stand_in import LIMITS, PERSON
from installer.report import phrases
from installer.report.catalogue import LOCALES, words

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "installer" / "report"
OTHERS = sorted(path.stem for path in (REPORT / "locale").glob("*.po"))
SAID_BY_CODE = {
    "{seconds} s",
    "{minutes} min",
    "{hours} h {minutes} min",
    "done",
    "failed",
    "interrupted",
    "taken back",
    "unfinished",
}


def said() -> set[str]:
    """Every message that code and templates say, and what sizing and plan give them to say."""
    methods = [("**.py", "python"), ("**.html.j2", "jinja2")]
    found = {str(entry[2]) for entry in extract_from_dir(REPORT, methods, keywords={"_": None})}
    rules = yaml.safe_load((ROOT / "sizing" / "rules.yaml").read_text())["components"].values()
    found |= {rule[key] for rule in rules for key in ("title", "purpose")}
    questions = json.loads((ROOT / "sizing" / "needs.schema.json").read_text())["properties"].values()
    found |= {question["title"] for question in questions}
    found |= {wire.purpose for wire in subject("enterprise").wires}
    return found | SAID_BY_CODE | said_by_bundle() | said_by_examples() | set(phrases.ENVIRONMENTS + phrases.EVIDENCE)


def said_by_bundle() -> set[str]:
    """Titles of the core bundle's components and of the probes, built-in ones and components' own."""
    inputs = Inputs(subject("small-office").answers, core_manifest(), b"", b"", b"")
    probes = {
        probe.title
        for ground in (builtin.ProbeNamespace(each, "") for each in inputs.answers.environments)
        for probe in (builtin.preparing(inputs, ground), *builtin.probes(inputs, ground), builtin.cleaning(ground))
    }
    return {component.spec["title"] for component in inputs.manifest.components} | probes | {c.title for c in CHECKS}


def said_by_examples() -> set[str]:
    """What people wrote into the answers that come with the product, so that its reports are of one language."""
    found = {PERSON, *LIMITS.values()}  # what a rehearsal waives by itself
    for file in (*sorted((ROOT / "docs" / "examples").glob("*.yaml")), ROOT / "profiles" / "rehearsal.yaml"):
        body = yaml.safe_load(file.read_text())
        plan = body.get("plan", {})
        found |= {waiver["reason"] for waiver in body.get("waivers", ())}
        found |= {waiver["person"] for waiver in body.get("waivers", ()) if "the engineer" in waiver["person"]}
        found |= {contact["duty"] for contact in plan.get("contacts", ())}
        found |= {decision["question"] for decision in plan.get("decisions", ())}
    return found


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def test_every_language_has_a_catalogue():
    assert set(OTHERS) == set(LOCALES) - {"en"}


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_message_and_no_other(language):
    assert len(said()) > 300
    assert set(words(language).messages) == said()


@pytest.mark.parametrize("language", OTHERS)
def test_translations_are_whole_and_name_the_same_values(language):
    with (REPORT / "locale" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    for message in (message for message in catalogue if message.id):
        assert message.string, message.id
        assert not message.fuzzy
        assert fields(message.string) == fields(message.id), message.id


def test_dates_and_numbers_follow_the_place():
    day = date(2027, 1, 11)
    assert words("en").day(day) == "11 January 2027"
    assert words("zh").day(day) == "2027年1月11日"
    assert words("en").month(day) == "January 2027"
    assert words("en").number(3960) == "3,960"
    assert words("en").number(0.256) == "0.26"
    assert words("zh").duration(6000) == "1 小时 40 分钟"
    assert words("en").duration(84) == "84 s"


def test_there_are_no_other_languages():
    with pytest.raises(KeyError):
        words("tlh")
