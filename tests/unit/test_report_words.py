"""The report's catalogue: every message is there in every language, whole, and names the same values."""

import json
from datetime import date

import pytest
import yaml
from babel.messages.extract import extract_from_dir
from spoken import INSTALLER, REPORT, ROOT, catalogue, fields

from installer.rehearsal.stand_in import LIMITS, PERSON
from installer.report import phrases
from installer.report.catalogue import LOCALES, words

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
    """Every message that code and templates say, and what needs and examples give them to say."""
    methods = [("**.py", "python"), ("**.html.j2", "jinja2")]
    found = {str(entry[2]) for entry in extract_from_dir(REPORT, methods, keywords={"_": None})}
    questions = json.loads((ROOT / "sizing" / "needs.schema.json").read_text())["properties"].values()
    found |= {question["title"] for question in questions}
    return found | SAID_BY_CODE | said_by_examples() | set(phrases.ENVIRONMENTS)


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


def test_every_language_has_a_catalogue():
    assert set(OTHERS) == set(LOCALES) - {"en"}


def test_its_catalogue_has_every_message_that_the_common_one_lacks_and_no_other():
    own, common = catalogue(REPORT), catalogue(INSTALLER)
    assert len(said()) > 300
    assert sorted(said() - set(own) - set(common)) == [], "not translated"
    assert sorted(set(own) - said()) == [], "nobody says these any more"
    assert sorted(each for each in own if common.get(each) == own[each]) == [], "the common catalogue says these"


def test_translations_are_whole_and_name_the_same_values():
    for message, text in catalogue(REPORT).items():
        assert text, message
        assert fields(text) == fields(message), message


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
