"""What the report tells: machines and their fullness, checklist, connections, risks, and what a run left behind."""

import re
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from report_subject import subject

from installer.messages import Message
from installer.report import checklist, firewall, machines, phrases, plots, render, spreadsheet
from installer.report.catalogue import words
from installer.report.subject import Component, Delivered, Need, Subject
from installer.report.timeline import timeline
from installer.requirements import needs_from
from sizing.engine import size
from sizing.rules import load_rules

EN = words("en")
SITES = pytest.mark.parametrize("name", ["small-office", "enterprise"])
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def test_the_enterprise_is_three_environments_on_forty_four_hosts():
    answers = subject("enterprise").answers
    assert (len(answers.environments), len(answers.hosts)) == (3, 44)


@SITES
def test_no_machine_is_planned_over_its_rim_and_none_shrinks(name):
    for fill in machines.fills(subject(name).sizing, EN):
        assert 0 <= fill.today <= fill.horizon <= 1, fill


@SITES
def test_every_kind_of_machine_and_every_host_has_a_row(name):
    about = subject(name)
    kinds = machines.kinds(about.sizing, EN)
    assert sum(kind.count for kind in kinds) == about.sizing.total("count").expected
    assert {kind.home for kind in kinds} <= set(machines.titles(EN))
    assert all(kind.title and kind.purpose for kind in kinds)
    seats, unnamed = machines.seats(about.answers, kinds, EN)
    assert [seat.name for seat in seats] == [host for env in about.answers.environments for host in env.hosts]
    seated = sum(seat.kind is not None for seat in seats)
    assert seated + sum(each.count for each in unnamed) == about.sizing.total("count").expected
    for kind in kinds:
        assert sum(seat.kind == kind for seat in seats) <= kind.count


def test_every_pool_of_the_rules_has_a_title():
    pools = {pod.pool for rules in load_rules().components.values() for pod in rules.pods}
    assert pools | {"node"} <= set(machines.titles(EN))


@SITES
def test_curves_are_drawn_inside_their_field(name):
    about = subject(name)
    curves = machines.curves(about.sizing, EN)
    plot = plots.growth_plot(curves, date(2027, 3, 17), 36, date(2030, 2, 27), EN)
    left, top, width, height = plots.PLOT
    for line in plot.lines:
        for point in line.points.split():
            x, y = map(float, point.split(","))
            assert left <= x <= left + width
            assert top <= y <= top + height
    assert left < plot.buy < left + width
    assert 1 <= len(plot.lines) <= plots.CURVES


@SITES
def test_the_picture_has_a_box_for_every_machine_inside_its_environment(name):
    kinds = machines.kinds(subject(name).sizing, EN)
    blocks = plots.picture(kinds)
    assert sum(len(cell.boxes) for block in blocks for cell in block.cells) == sum(kind.count for kind in kinds)
    for block in blocks:
        for cell in block.cells:
            assert all(block.y < y and y + 7 <= block.y + block.height for _, y in cell.boxes)
            assert all(x + 6 <= cell.x + cell.width for x, _ in cell.boxes)


def test_bars_of_the_timeline_lie_within_it():
    line = timeline(subject("enterprise"), EN)
    for bar in plots.bars(line).values():
        assert bar.left >= 0
        assert bar.width > 0
        assert bar.left + bar.width <= 1 + 1e-9
    assert 3 <= len(plots.weeks(line, EN)) <= 12


def test_machines_of_a_connection_are_told_in_groups():
    found = firewall.connections(subject("enterprise"), EN)
    assert ("all machines", "control planes of production", "5000/tcp", "site registry (TLS)") in [
        (each.source.name, each.target.name, each.port, each.purpose) for each in found
    ]
    assert all(len(end.name) < 60 for each in found for end in (each.source, each.target))
    assert {"22/tcp", "6443/tcp", "8472/udp", "30000-32767/tcp", "123/udp", "587/tcp"} <= {each.port for each in found}


def test_the_checklist_goes_to_those_whose_duty_it_is():
    about = subject("enterprise")
    line = timeline(about, EN)
    found = checklist.items(about, line, EN)
    owners = {item.group: item.owner for item in found}
    assert owners["Network"] == "Tomas Reyes"
    assert owners["Machines"] == "Anna Keller"
    assert owners["Delivery"] == "Li Wei"
    assert {"Machines", "Network", "Names (DNS)", "Certificates", "Accounts", "Time", "Mail"} <= set(owners)
    assert all(item.due == line.task("prepare").end for item in found)


def test_without_contacts_the_sides_are_named():
    about = subject("small-office")
    nobody = replace(about, answers=replace(about.answers, plan=replace(about.answers.plan, contacts=())))
    assert {item.owner for item in checklist.items(nobody, timeline(nobody, EN), EN)} == {"customer", "vendor"}
    assert "customer" in render.html(nobody, EN)


def test_risks_name_what_stands_still_and_what_is_guessed():
    texts = " ".join(what for what, _ in checklist.risks(subject("small-office"), EN))
    assert "production stands still" in texts
    assert "guesses" in texts


@SITES
@LANGUAGES
def test_the_page_is_one_file_in_one_language(name, language):
    page = render.html(subject(name), words(language))
    assert f'<html lang="{words(language).tag}">' in page
    assert not re.search(r"""(src|href)=|url\(|@import|<script""", page)
    assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_a_chinese_page_has_no_english_sentence():
    page = render.html(subject("small-office"), words("zh"))
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert not re.findall(r"(?:[a-z]+ ){3,}", re.sub(r"\s+", " ", text).replace("Lindgren &amp; Daughters", ""))


@LANGUAGES
def test_strange_customers_are_told_as_they_are(language):
    about = subject("small-office")
    odd = replace(about, answers=replace(about.answers, customer="<b>Ünïcøde</b> & {braces} 株式会社 " + "x" * 150))
    page = render.html(odd, words(language))
    assert "&lt;b&gt;Ünïcøde&lt;/b&gt; &amp; {braces} 株式会社" in page


def test_no_host_beyond_a_hundred_is_printed_and_the_rest_is_counted():
    about = subject("enterprise")
    base = about.answers.hosts[0]
    more = tuple(replace(base, name=f"extra-{n}", address=f"10.30.{n // 200}.{n % 200}") for n in range(80))
    environment = about.answers.environments[0]
    grown = replace(environment, workers=environment.workers + tuple(host.name for host in more))
    environments = (grown, *about.answers.environments[1:])
    answers = replace(about.answers, hosts=about.answers.hosts + more, environments=environments)
    assert "and 24 more" in render.html(replace(about, answers=answers), EN)


@LANGUAGES
def test_the_spreadsheet_has_what_to_order_and_every_host(tmp_path, language):
    target = tmp_path / "machines.xlsx"
    spreadsheet.write(subject("enterprise"), words(language), target)
    orders, hosts, carried, ports, checks, decisions, _questions = openpyxl.load_workbook(target).worksheets
    said = {(row[1], row[2]) for row in carried.iter_rows(min_row=2, values_only=True)}
    assert ("cert-manager", words(language)("installed")) in said
    assert ("GitLab", words(language)("comes later")) in said
    rows = list(orders.iter_rows(min_row=2, values_only=True))
    assert sum(row[3] for row in rows if row[4]) == 47
    totals = {row[1]: (row[3], row[11], row[12]) for row in rows if not row[4]}
    cores = subject("enterprise").sizing.total("cpu_cores")
    assert totals[words(language)("Cores")] == (cores.expected, cores.low, cores.high)
    named = [row for row in hosts.iter_rows(min_row=2, values_only=True) if row[0]]
    assert (len(named), hosts.max_row) == (44, 49)
    assert sum(row[5] is None for row in named) == 1, "one host more than the plan needs"
    assert (ports.max_row > 20, checks.max_row > 15, decisions.max_row) == (True, True, 3)


def test_a_text_that_looks_like_a_formula_is_none(tmp_path):
    about = subject("small-office")
    host = replace(about.answers.hosts[0], address="=HYPERLINK(1)")
    target = tmp_path / "machines.xlsx"
    spreadsheet.write(replace(about, answers=replace(about.answers, hosts=(host,))), EN, target)
    assert openpyxl.load_workbook(target).worksheets[1]["B2"].value == "'=HYPERLINK(1)"


def test_what_nobody_translated_is_told_as_it_was_written():
    zh = words("zh")
    assert phrases.evidence("10.96.0.10 answered {twice}", zh) == "10.96.0.10 answered {twice}"
    assert phrases.evidence(Message("{count} nodes", count=9), zh) == "9 个节点"
    assert phrases.evidence(Message("valid until {day}", day="2027-06-06"), zh) == "有效期至 2027年6月6日"
    assert phrases.phase("cutover", zh) == "cutover"
    assert phrases.check("no.such", zh) == "no.such"
    assert zh.text("{never} seen") == "{never} seen"


def test_hosts_beyond_the_plan_are_counted():
    about = subject("enterprise")
    kinds = machines.kinds(about.sizing, EN)
    seats, unnamed = machines.seats(about.answers, kinds, EN)
    assert [seat.name for seat in seats if seat.kind is None] == ["test-node-04"]
    assert [each.title for each in unnamed] == ["Source code, later", "Builds", "Entrance, later", "Backup, later"]


def test_an_unknown_retention_is_told_as_a_number():
    page = render.html(_needing({"log_retention_days": "unknown", "later": ["elasticsearch"]}), EN)
    assert "Logs will be kept 30 days" in page


def _needing(needs: dict[str, object], *chosen: str) -> Subject:
    """The small office with other needs, and more parts chosen."""
    about = subject("small-office")
    (environment,) = about.answers.environments
    components = {**environment.components, **{name: {} for name in chosen}}
    answers = replace(about.answers, needs=needs, environments=(replace(environment, components=components),))
    return replace(about, answers=answers, sizing=size(needs_from(answers)))


@LANGUAGES
def test_what_is_not_installed_is_promised_nowhere_and_what_comes_later_says_so(language):
    say = words(language)
    later, backup = say("comes later"), say("Its data is backed up.")
    without = render.html(_needing({}), say)
    assert "Elasticsearch" not in without
    assert say("Backups are not part of this platform.") in without
    assert say("Nothing collects logs: each machine keeps the last ones of its own programs.") in without
    assert later not in without
    assert backup not in without
    assert say("Mail") not in without, "nothing sends alarms"
    coming = render.html(_needing({"later": ["elasticsearch", "backup", "alertmanager"]}), say)
    assert coming.count(later) >= 3
    assert say("{part}, later", part=machines.titles(say)["backup"][0]) in coming, "the machine for it, too"
    assert backup not in coming
    there = render.html(_needing({}, "elasticsearch", "backup", "prometheus"), say)
    assert later not in there
    assert backup in there
    assert say("What runs on it is watched.") in there
    assert say("Logs are kept {days} days; then they are deleted.", days=30) in there


@LANGUAGES
def test_the_report_shows_which_part_needs_which_and_where_it_stands(language):
    say = words(language)
    need = Need("production", "Log shipper", "message-queue", "pre-release", "Message queue")
    parts = (Component("kafka", "Message queue", "4.4.0", "", "Keeps log lines."), Component("other", "Other", "1"))
    there = Delivered("b", "1", "v1.36.3", "sha256:0", 1, parts, {"production": frozenset({"kafka"})}, 1.0, 1.0,
                      needs=(need,))  # fmt: skip
    page = render.html(replace(_needing({}), delivered=there), say)
    assert say("Which part needs which") in page
    assert "message-queue" in page
    assert "Keeps log lines." in page, "what takes no room is told as well"
    without = render.html(replace(_needing({}), delivered=replace(there, needs=())), say)
    assert say("Which part needs which") not in without
