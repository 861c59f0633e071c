"""`size --needs`: needs alone, before there are hosts to name."""

import json

from installer.cli import run


def test_needs_alone_are_sized_with_all_that_they_ask_for(tmp_path, capsys):
    file = tmp_path / "first-talk.yaml"
    file.write_text("users: 500\noutage_hours: 1\n")
    assert run(["size", "--needs", str(file)]) == 0
    told = capsys.readouterr().out
    assert "first-talk · machines that last 36 months" in told
    assert "answers that choose fewer take less" in told


def test_needs_may_stand_in_a_larger_file(tmp_path, capsys):
    file = tmp_path / "draft.yaml"
    file.write_text("site: {name: nothing-else-yet}\nneeds: {users: 500}\n")
    assert run(["size", "--needs", str(file), "--set", "users=900", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["needs"]["users"] == 900


def test_what_needs_alone_cannot_say_is_refused(tmp_path, capsys):
    file = tmp_path / "needs.yaml"
    file.write_text("users: 500\n")
    assert run(["size", "--needs", str(file), "--offered"]) == 2
    assert run(["size", "--needs", str(tmp_path / "none.yaml")]) == 2
    file.write_text("userz: 500\n")
    assert run(["size", "--needs", str(file)]) == 3
    assert "did you mean 'users'?" in capsys.readouterr().err
