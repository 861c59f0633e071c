"""What a report rests on and does not promise: origins of figures, savings, dates, connections, the signature."""

import html
import re
from dataclasses import replace
from datetime import date

from report_subject import subject

from installer.report import dates, firewall, render, told, why
from installer.report.catalogue import words
from installer.report.timeline import timeline
from sizing.engine import size
from sizing.needs import Needs

EN = words("en")


def test_the_way_over_a_bastion_is_two_connections():
    found = firewall.connections(subject("enterprise"), EN)
    ways = [(each.source.name, each.target.name, each.target.addresses) for each in found if each.port == "22/tcp"]
    assert ways[0] == ("the engineer's laptop", "your bastion", "10.20.0.10")
    assert ways[1][:2] == ("your bastion", "all machines")
    assert "the engineer's laptop" not in {source for source, target, _ in ways if target == "all machines"}


def test_addresses_that_follow_one_another_are_a_range():
    found = ["10.0.0.3", "10.0.0.1", "10.0.0.2", "db.example", "fd00::1", "fd00::2", "10.0.1.9"]
    assert list(firewall.ranges(found)) == ["db.example", "10.0.0.1–10.0.0.3", "10.0.1.9", "fd00::1–fd00::2"]


def test_a_date_that_contradicts_another_is_told():
    about = subject("enterprise")
    assert not dates.disagreements(about, timeline(about, EN), EN)
    late = replace(about, today=date(2027, 2, 1))
    past = dates.disagreements(late, timeline(late, EN), EN)
    assert [text.split(":")[0] for text in past] == [
        "Work was to begin on 11 January 2027, which is past.", "The last day of a decision is past (29 Jan 2027)",
    ]  # fmt: skip
    plan = replace(about.answers.plan, start=date(2027, 6, 7))
    moved = replace(about, answers=replace(about.answers, plan=plan))
    (waived,) = dates.disagreements(moved, timeline(moved, EN), EN)
    assert "A check is set aside until 30 Jun 2027 only" in waived
    assert waived in html.unescape(render.html(moved, EN))


def test_every_figure_says_where_it_is_from():
    about = subject("small-office")
    rows = {each.question: each for each in told.told(about, words("zh"))}
    assert rows["People using the product"].origin == "said"
    assert rows["Keep traces for"].origin == "usual"
    assert (rows["New data per month"].origin, rows["New data per month"].unit) == ("guessed", "GiB/月")
    assert "Pipelines per day" not in rows, "without developers there is nothing to guess"
    page = render.html(replace(about, answers=replace(about.answers, needs={}), sizing=size(Needs())), EN)
    assert "Nobody said how many people will use it: we reckoned with 200." in page


def test_what_would_save_was_sized_anew():
    about = subject("enterprise")
    savings = {each.what: each for each in why.savings(about, EN)}
    planned = about.sizing.total("cpu_cores").expected
    assert savings["leave out what comes later"].cores < planned
    less = size(replace(about.sizing.needs, later=()))
    assert savings["leave out what comes later"].cores == less.total("cpu_cores").expected
    assert list(savings) == sorted(savings, key=lambda name: savings[name].cores + savings[name].memory / 4)
    (name, *_) = why.savings(about, words("zh"))
    assert re.search("[\u4e00-\u9fff]", name.what)


def test_what_a_signature_means_is_said_before_it_is_given_and_not_after():
    assert "What this signature means" in render.html(subject("small-office"), EN)


def test_no_page_says_that_one_machine_would_do_where_it_would_not():
    page = render.html(subject("enterprise"), EN)
    for untrue in ("a second machine would prevent it", "without your people noticing", "not the content of your",
                   "Nothing leaves the building", "64-bit Linux and systemd"):  # fmt: skip
        assert untrue not in page
    assert "10.20.1.31–10.20.1.57" in page, "the product is reached at all workers, not at one"
