"""The report as built: what a run did, and what did not end well."""

import re
from dataclasses import replace
from datetime import date

import pytest
from report_subject import finished_run, subject
from test_report_content import EN, LANGUAGES

from installer.errors import StateUnreadable
from installer.report import built, render
from installer.report.catalogue import words
from installer.report.subject import Component, Delivered


def test_a_run_is_read_as_it_was(tmp_path):
    found = built.built(finished_run(tmp_path))
    assert [(p.name, p.steps, p.changed, p.seconds) for p in found.phases] == [
        ("hosts", 2, 1, 90.0),
        ("charts", 1, 1, 30),
    ]
    assert found.hosts == {"office-1": 2}
    assert (found.ended - found.started).total_seconds() == 180
    assert [(probe.title, probe.passed) for probe in found.probes] == [
        ("cluster DNS", True),
        ("a certificate issued, its chain valid", True),
    ]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("events.jsonl", None),
        ("events.jsonl", "nonsense\n"),
        ("events.jsonl", ""),
        ("events.jsonl", '{"type": "step_started", "step": "a"}\n'),
        ("events.jsonl", "7\n"),
        ("plan.json", "{"),
        ("plan.json", '{"steps": [{"id": "a"}]}'),
        ("plan.json", None),
        ("probes.json", '{"probes": [{"id": "a"}]}'),
        ("probes.json", '{"probes": 7}'),
        ("probes.json", '{"probes": [7]}'),
    ],
)
def test_a_damaged_run_is_refused(tmp_path, file, content):
    run = finished_run(tmp_path)
    if content is None:
        (run.folder / file).unlink()
    else:
        (run.folder / file).write_text(content)
    with pytest.raises(StateUnreadable):
        built.built(run)


@LANGUAGES
def test_as_built_tells_phases_probes_and_certificates(tmp_path, language):
    about = replace(subject("small-office"), built=built.built(finished_run(tmp_path)))
    page = render.html(about, words(language))
    assert "cluster DNS" in page
    assert "10.96.0.10 answered &lt;twice&gt;" in page
    assert words(language).short_day(date(2028, 3, 7)) in page
    assert words(language).short_day(date(2027, 6, 6)) in page
    assert built.certificates(replace(about, built=None), EN) == ()


@LANGUAGES
def test_what_did_not_end_well_is_not_called_complete(tmp_path, language):
    about = replace(subject("small-office"), built=built.built(finished_run(tmp_path)))
    good = render.html(about, words(language))
    failed = render.html(replace(about, built=replace(about.built, outcome="failed")), words(language))
    untried = render.html(replace(about, built=replace(about.built, probes=())), words(language))
    tried = words(language)("Every trial of it succeeded.")
    assert tried in good
    assert tried not in failed
    assert tried not in untried
    assert words(language)("failed") in failed


ETCD_AND_SHOP = (Component("etcd", "Records", "3.6", "sha256:1"), Component("shop", "Sample product", "1"))


def test_as_built_names_what_each_environment_got(tmp_path):
    got = {"production": frozenset({"etcd"})}
    made = Delivered("core", "1.0", "v1.36.3", "sha256:0", 10**9, ETCD_AND_SHOP, got, 60.0, 60.0)
    about = replace(subject("small-office"), built=built.built(finished_run(tmp_path)), delivered=made)
    page = render.html(about, EN)
    row = re.search(r"<td class=\"nowrap\">production</td><td>office-1</td><td>(.*?)</td>", page)
    assert "etcd 3.6" in row[1]
    assert "shop" not in row[1]


def test_a_chinese_report_as_built_is_chinese(tmp_path):
    made = Delivered(
        "core", "1.0", "v1.36.3", "sha256:0", 10**9, ETCD_AND_SHOP, {"production": frozenset()}, 60.0, 60.0
    )
    about = replace(subject("small-office"), built=built.built(finished_run(tmp_path)), delivered=made)
    page = render.html(about, words("zh"))
    for said in ("证书链有效", "有效期至 2027年6月6日", "准备机器", "示例产品", "生产", "交付工程师"):
        assert said in page
    assert "production" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_answers_that_changed_after_the_run_are_named(tmp_path):
    about = subject("small-office")
    same = replace(built.built(finished_run(tmp_path)), sources={"bundle": "sha256:1", **about.answers.digests})
    assert replace(about, built=same).changed_since == ()
    other = {**same.sources, "answers.hosts": "sha256:2", "answers.needs": "sha256:3"}
    changed = replace(about, built=replace(same, sources=other))
    assert changed.changed_since == ("hosts",)
    assert "changed after this run (hosts)" in render.html(changed, EN)
