"""`plan --wiring` as people and as programs get it."""

from __future__ import annotations

from typing import Any

import json_lines
import pytest
from wired_bundle import answers, bundle, part

from installer.plan.card import WiringCard
from installer.plan.inputs import Planned
from installer.ui.for_people import ForPeople
from installer.ui.for_programs import ForPrograms

STORE = part("elastic", "x", role="log-store", placed="once", publishes={"url": "https://{{ entrance }}:9200"})
SHIPPER = part("beats", "x", consumes=["log-store"])


def card(**chosen: Any) -> WiringCard:
    return WiringCard.of(Planned(answers(**chosen), bundle(STORE, SHIPPER)))


def test_programs_get_one_line_of_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    ForPrograms().wiring(card(production=["beats"], pre=["elastic"]))
    (said,) = json_lines.read(capsys.readouterr().out)
    assert said["wires"] == [{"consumer": "production/beats", "role": "log-store", "provider": "pre/elastic"}]
    assert [each["published"] for each in said["parts"]] == [{}, {"url": "https://10.0.1.1:9200"}]


def test_people_get_who_needs_whom_and_what_is_published(capsys: pytest.CaptureFixture[str]) -> None:
    ForPeople().wiring(card(production=["beats"], pre=["elastic"]))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["pre/elastic", "log-store", "once", "url:", "https://10.0.1.1:9200"] in lines
    assert ["production/beats", "log-store", "pre/elastic"] in lines


def test_a_site_without_roles_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    ForPeople().wiring(WiringCard.of(Planned(answers(a=[]), bundle())))
    assert "needs another" in capsys.readouterr().out
