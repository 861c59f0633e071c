"""`secrets list`, `show` and `rotate` as people and as programs get them."""

from __future__ import annotations

import json_lines
import pytest

from installer.plan.card import SecretCard
from installer.ui.for_people import ForPeople
from installer.ui.for_programs import ForPrograms

USERS = SecretCard("pre", "store", "users", "store", ("password", "lines"), ("password",), ("production/reader",))
VALUES = {"password": "a1B2c3D4e5F6g7H8", "lines": "admin:one\nwriter:two\n"}


def test_programs_get_names_without_values(capsys: pytest.CaptureFixture[str]) -> None:
    ForPrograms().secrets([USERS])
    (said,) = json_lines.read(capsys.readouterr().out)
    assert said["secrets"][0]["name"] == "pre/store/users"
    assert said["secrets"][0]["made"] == ["password"]


def test_programs_get_values_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    ForPrograms().secret(USERS, VALUES)
    (said,) = json_lines.read(capsys.readouterr().out)
    assert said["values"] == VALUES


def test_programs_get_what_was_started_anew(capsys: pytest.CaptureFixture[str]) -> None:
    ForPrograms().rotated(USERS, ["pre/store/engine"])
    (said,) = json_lines.read(capsys.readouterr().out)
    assert (said["name"], said["restarted"]) == ("pre/store/users", ["pre/store/engine"])


def test_people_get_a_table_and_every_value_whole(capsys: pytest.CaptureFixture[str]) -> None:
    ForPeople().secrets([USERS])
    ForPeople().secret(USERS, {**VALUES, "long": "x" * 300})
    said = capsys.readouterr().out
    assert "pre/store/users" in said
    assert "password: a1B2c3D4e5F6g7H8\n" in said
    assert "writer:two" in said
    assert "x" * 300 in said


def test_people_hear_of_a_site_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    ForPeople().secrets([])
    assert "No part of this site has a secret" in capsys.readouterr().out
