"""Paths that a person wrote: an unknown person's home is refused by name, and nothing ends over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from core_manifest import ROOT
from textual.pilot import Pilot
from textual.widgets import Button, Input
from wizards import answers_of, on_screen, play, settled, wizard

from installer.answers import file as answers_file
from installer.answers.paths import located, lost_home
from installer.cli import run
from installer.draft.document import Draft
from installer.ui.tui.pages.secrets import Secret

NOBODY = "~nobody-of-that-name/x"
PLACES: tuple[tuple[tuple[str | int, ...], Any], ...] = (
    (("access", "private_key"), NOBODY),
    (("access", "known_hosts"), NOBODY),
    (("access", "sudo_password"), {"file": NOBODY}),
    (("access", "bastion"), {"address": "10.1.1.1", "user": "ops", "host_key": "", "private_key": NOBODY}),
    (("hosts", 0, "access"), {"private_key": NOBODY}),
    (("hosts", 0, "access"), {"password": {"file": NOBODY}}),
    (("trust", "signers"), NOBODY),
)


def rehearsal() -> Draft:
    """Answers that are valid."""
    return Draft.of((ROOT / "profiles/rehearsal.yaml").read_text())


def test_a_home_is_found_and_an_unknown_one_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert located("~/key", Path("/site")) == Path("/home/me/key")
    assert located("../key", Path("/site/a")) == Path("/site/key")
    assert located(NOBODY, Path("/site")) == Path("/site") / NOBODY
    assert [lost_home(text) for text in (NOBODY, "~/x", "x/~y", "")] == ["~nobody-of-that-name", "", "", ""]


@pytest.mark.parametrize(("path", "value"), PLACES, ids=lambda each: str(each)[:40])
def test_an_unknown_person_s_home_is_a_problem_at_its_place(path: tuple[str | int, ...], value: Any) -> None:
    data = rehearsal().with_value(path, value).data
    (found,) = [each for each in answers_file.flaws(data, "answers.yaml") if "does not know" in each.found]
    assert found.path.startswith(".".join(map(str, path)))


def test_the_command_line_refuses_it_as_invalid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(yaml.safe_dump(dict(rehearsal().with_value(("access", "private_key"), NOBODY).data)))
    assert run(["size", "--profile", str(file)]) == 3
    assert "access.private_key: found ~nobody-of-that-name" in capsys.readouterr().err


def test_the_wizard_goes_on_while_such_a_path_is_typed(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")

    async def script(pilot: Pilot[None]) -> None:
        pilot.app.answer(("access", "private_key"), NOBODY)
        pilot.app.answer(("access", "sudo_password"), {"file": NOBODY})
        pilot.app.answer(("trust", "signers"), NOBODY)
        pilot.app.open_bundle(tmp_path / "core")
        await settled(pilot)
        assert {"hosts", "secrets", "certificates"} <= set(pilot.app.review.problems)

    play(wizard(file), script)
    play(wizard(file), settled)


def test_a_secret_s_file_is_tried_where_the_run_will_look_for_it(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("correct horse\n")
    (tmp_path / "word").chmod(0o600)

    async def tried(pilot: Pilot[None], text: str) -> str:
        secret = next(each for each in pilot.app.screen.query(Secret) if each.path == ("access", "sudo_password"))
        secret.query_one(Input).value = text
        await settled(pilot)
        secret.query_one(Button).press()
        await settled(pilot)
        return on_screen(pilot)

    async def script(pilot: Pilot[None]) -> None:
        pilot.app.answer(("access", "sudo_password"), {"file": "elsewhere"})
        await settled(pilot)
        assert "there is one (not shown)" in await tried(pilot, "word")
        assert "✖" in await tried(pilot, NOBODY)

    play(wizard(answers_of(tmp_path, "rehearsal"), "secrets"), script)
