"""The verb `report`, from argument list to files: HTML, a PDF that is one, a spreadsheet, and what is refused."""

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path

import pytest
import weasyprint
from bundle_sample import make_sample
from report_subject import EXAMPLES, finished_run

from installer import cli
from installer.errors import ReportImpossible
from installer.report import render

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==")
SMALL = EXAMPLES / "small-office.yaml"


@pytest.fixture
def drawn(monkeypatch):
    """The pages that were to become PDFs; laying them out takes seconds, and one test does it for real."""
    pages: list[str] = []

    def draw(page: str, target: Path) -> None:
        pages.append(page)
        target.write_bytes(b"%PDF")

    monkeypatch.setattr(render, "pdf", draw)
    return pages


def inside(pdf: Path) -> bytes:
    """A PDF with its streams unpacked."""
    raw = pdf.read_bytes()
    streams = re.findall(rb"FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL)
    return raw + b"".join(zlib.decompressobj().decompress(stream) for stream in streams)


def test_a_real_pdf_with_its_font_inside(tmp_path):
    if not render.has_font():
        pytest.skip("fonts-noto-cjk is not here; build/bootstrap installs it")
    target = tmp_path / "small.pdf"
    render.pdf("<h1 style='font-family: Noto Sans CJK SC'>Platform 平台</h1>", target)
    assert target.read_bytes().startswith(b"%PDF-")
    assert b"Noto-Sans-CJK-SC" in inside(target)
    assert b"/FontFile" in inside(target)


def test_a_page_that_would_fetch_something_gets_nothing(tmp_path):
    if not render.has_font():
        pytest.skip("fonts-noto-cjk is not here; build/bootstrap installs it")
    (tmp_path / "x.gif").write_bytes(PIXEL)
    page = f'<img src="{(tmp_path / "x.gif").as_uri()}">'
    weasyprint.HTML(string=page).write_pdf(tmp_path / "free.pdf")
    render.pdf(page, tmp_path / "ours.pdf")
    assert b"/Image" in inside(tmp_path / "free.pdf"), "or this test proves nothing"
    assert b"/Image" not in inside(tmp_path / "ours.pdf")


def test_without_the_font_the_pdf_is_refused_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(render, "FONT_FOLDERS", (tmp_path,))
    with pytest.raises(ReportImpossible) as refused:
        render.pdf("<p>", tmp_path / "x.pdf")
    assert "fonts-noto-cjk" in refused.value.remedy


def test_three_files_and_the_next_command(tmp_path, capsys, drawn):
    assert cli.run(["report", "--profile", str(SMALL), "--out", str(tmp_path / "new" / "out")]) == 0
    names = sorted(path.name for path in (tmp_path / "new" / "out").iterdir())
    assert names == [f"lindgren-office-plan-en.{suffix}" for suffix in ("html", "pdf", "xlsx")]
    assert drawn == [(tmp_path / "new" / "out" / "lindgren-office-plan-en.html").read_text()]
    assert hashlib.sha256(SMALL.read_bytes()).hexdigest() in drawn[0]
    assert capsys.readouterr().out.splitlines()[-1].startswith("Next:  have it signed, then: sitewright check")


def test_json_names_the_files(tmp_path, capsys, drawn):
    assert cli.run(["report", "--profile", str(SMALL), "--out", str(tmp_path), "--language", "zh", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["type"] == "report"
    assert body["files"]["pdf"] == str(tmp_path / "lindgren-office-plan-zh.pdf")


def test_as_built_after_the_last_run_or_the_one_named(tmp_path, drawn):
    run = finished_run(tmp_path / "state")
    common = ["report", "--profile", str(SMALL), "--out", str(tmp_path), "--state", str(tmp_path / "state")]
    assert cli.run([*common, "--run"]) == 0
    assert cli.run([*common, "--run", run.name]) == 0
    assert run.name in drawn[0]
    assert drawn[0] == drawn[1]
    assert (tmp_path / "lindgren-office-as-built-en.html").exists()


def test_a_run_that_is_not_there_is_refused(tmp_path, capsys, drawn):
    common = ["report", "--profile", str(SMALL), "--out", str(tmp_path), "--state", str(tmp_path / "state")]
    assert cli.run([*common, "--run"]) == 2
    assert "sitewright status" in capsys.readouterr().err
    assert not drawn


def test_contradictory_needs_are_refused_before_anything_is_written(tmp_path, capsys, drawn):
    profile = tmp_path / "answers.yaml"
    profile.write_text(SMALL.read_text().replace("  users: 30", "  users: 30\n  users_at_once: 90"))
    assert cli.run(["report", "--profile", str(profile), "--out", str(tmp_path / "out")]) == 3
    assert "users_at_once is 90" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path, capsys, drawn):
    (tmp_path / "out").write_text("")
    assert cli.run(["report", "--profile", str(SMALL), "--out", str(tmp_path / "out")]) == 2
    assert "cannot be made" in capsys.readouterr().err


def test_a_bundle_that_nobody_signed_is_refused(tmp_path, capsys, drawn):
    (tmp_path / "signers").write_text("")
    (tmp_path / "bundle").write_bytes(b"no bundle")
    files = ["--bundle", str(tmp_path / "bundle"), "--signers", str(tmp_path / "signers")]
    assert cli.run(["report", "--profile", str(SMALL), "--out", str(tmp_path / "out"), *files]) == 5
    assert not (tmp_path / "out").exists()


@pytest.fixture
def shop_only(tmp_path):
    """Answers that choose nothing but what the sample bundle holds."""
    profile = tmp_path / "answers.yaml"
    profile.write_text(re.sub(r"components: .*", "components: {shop: {}}", SMALL.read_text()))
    return profile


def as_built(profile: Path, state: Path) -> list[str]:
    return ["report", "--profile", str(profile), "--out", str(state / "out"), "--state", str(state), "--run"]


def test_a_remembered_bundle_that_is_gone_is_named_by_its_digest(tmp_path, capsys, drawn):
    finished_run(tmp_path, remembered={"bundle": str(tmp_path / "gone")}, bundle="sha256:77aa")
    assert cli.run(as_built(SMALL, tmp_path)) == 0
    assert "sha256:77aa" in drawn[0]
    assert f"no longer at {tmp_path / 'gone'}" in capsys.readouterr().err.replace("\n", " ")


def test_a_remembered_bundle_that_nobody_signed_is_refused(tmp_path, drawn):
    (tmp_path / "signers").write_text("")
    (tmp_path / "bundle").write_bytes(b"no bundle")
    finished_run(
        tmp_path, remembered={name: str(tmp_path / name) for name in ("bundle", "signers")}, bundle="sha256:77aa"
    )
    assert cli.run(as_built(SMALL, tmp_path)) == 5
    assert not drawn


def test_another_bundle_than_the_run_installed_is_refused(tmp_path, capsys, drawn, shop_only):
    sample = make_sample(tmp_path / "sample")
    (tmp_path / "signers").write_text(sample.signers)
    remembered = {"bundle": str(sample.path), "signers": str(tmp_path / "signers")}
    finished_run(tmp_path, remembered=remembered, bundle="sha256:77aa")
    assert cli.run(as_built(shop_only, tmp_path)) == 2
    told = capsys.readouterr().err.replace("\n", " ")
    assert "is not the bundle that run" in told
    assert "sha256:77aa" in told
    assert not drawn
