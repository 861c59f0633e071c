"""The verb `size`, from argument list to exit code: a whole site, one part, machines offered, and what is refused."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from installer import cli
from installer.ui.sizes import band, number, rough
from sizing.bands import Band
from sizing.rules import load_schema

PROFILES = Path(__file__).parents[2] / "profiles"
HA = str(PROFILES / "ha.yaml")
ENOUGH = """
- {environment: production, pool: control-plane, count: 3, cpu_cores: 8, memory_gib: 32, data_disk_gib: 200}
- {environment: production, pool: worker, count: 6, cpu_cores: 32, memory_gib: 128, data_disk_gib: 2000}
- {environment: production, pool: bastion, cpu_cores: 8, memory_gib: 16}
- {environment: production, pool: backup, cpu_cores: 8, memory_gib: 16}
"""


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_site_is_told_as_machines_and_ends_with_the_next_command(capsys):
    assert cli.run(["size", "--profile", HA]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^control-plane +3 ", out, re.MULTILINE)
    assert "Lasts        until month 37" in out
    assert out.splitlines()[-1] == f"Next:  sitewright report --profile {HA} --out report"
    assert "…" not in out


def test_environments_have_their_machines_below_their_names(capsys):
    assert cli.run(["size", "--profile", str(PROFILES / "environments.yaml")]) == 0
    out = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert out.index("production") < out.index("pre-release") < out.index("testing")


def test_json_is_one_line_of_the_published_schema(capsys):
    assert cli.run(["size", "--profile", HA, "--json", "--explain", "total.count"]) == 0
    (body,) = lines(capsys)
    assert body.pop("type") == "size"
    jsonschema.Draft202012Validator(load_schema("output")).validate(body)
    assert list(body["explanations"]) == ["total.count"]


def test_what_is_not_installed_is_not_sized_and_what_comes_later_says_so(capsys):
    assert cli.run(["size", "--profile", HA]) == 0
    out = capsys.readouterr().out
    assert "metrics-server" in out
    assert not {"Kafka", "GitLab", "Backup", "later"} & set(re.split(r"[\s,]+", out))
    assert cli.run(["size", "--profile", HA, "--set", "later=[kafka, backup]"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^Kafka, later +", out, re.MULTILINE)
    assert re.search(r"^backup, later +1 ", out, re.MULTILINE)
    assert "later: not installed yet; the machines have room for it" in out
    assert cli.run(["size", "--profile", HA, "--json", "--set", "later=[kafka]"]) == 0
    (environment,) = lines(capsys)[0]["environments"]
    standing = {part["name"]: part["standing"] for part in environment["components"]}
    assert (standing["kafka"], standing["metrics-server"], standing["product"]) == ("later", "installed", "product")


@pytest.mark.parametrize("prefix", ["", "needs."])
def test_an_answer_set_on_the_command_line_changes_the_result(capsys, prefix):
    totals = []
    for setting in (f"{prefix}data_gib=100", f"{prefix}data_gib=9000"):
        assert cli.run(["size", "--profile", HA, "--json", "--set", setting]) == 0
        totals.append(lines(capsys)[0]["totals"]["disk_gib"]["expected"])
    assert totals[1] > totals[0] + 8000


def test_a_figure_is_explained_down_to_the_answers(capsys):
    assert cli.run(["size", "--profile", HA, "--set", "log_gb_per_day=25", "--set", "later=[elasticsearch]",
                    "--explain", "elasticsearch.disk_gb"]) == 0  # fmt: skip
    out = capsys.readouterr().out
    assert out.startswith("disk_gb = ")
    assert "answered: Log volume per day" in out
    assert "https://" in out


def test_contradictory_needs_are_refused_with_every_reason(capsys):
    settings = ["--set", "users=10", "--set", "users_at_once=20", "--set", "pipelines_per_day=5"]
    assert cli.run(["size", "--profile", HA, *settings]) == 3
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "users_at_once is 20, but only 10 people" in streams.err
    assert "there are no developers" in streams.err


def test_a_bad_need_is_told_with_its_line(tmp_path, capsys):
    profile = tmp_path / "answers.yaml"
    profile.write_text(Path(HA).read_text() + "\nneeds:\n  users: 10\n  users_at_once: 20\n")
    assert cli.run(["size", "--profile", str(profile)]) == 3
    line = len(profile.read_text().splitlines())
    assert f"{profile}:{line}: users_at_once is 20" in capsys.readouterr().err


@pytest.mark.parametrize(
    "setting", ["users=-1", "users=1e30", "nonsense", "users=many", "horizon_months=0", "environments.7.name=x"]
)
def test_absurd_settings_are_refused(capsys, setting):
    assert cli.run(["size", "--profile", HA, "--set", setting]) == 3
    assert "exit 3" in capsys.readouterr().err


def test_offered_machines_that_do(tmp_path, capsys):
    offered = tmp_path / "machines.yaml"
    offered.write_text(ENOUGH)
    assert cli.run(["size", "--profile", HA, "--offered", str(offered)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"✔ production/worker +6 machines do", out)
    assert "✖" not in out


def test_offered_machines_that_do_not_name_what_is_short_and_end_with_4(tmp_path, capsys):
    offered = tmp_path / "machines.yaml"
    offered.write_text(ENOUGH.replace("count: 6, cpu_cores: 32", "count: 2, cpu_cores: 8"))
    assert cli.run(["size", "--profile", HA, "--offered", str(offered)]) == 4
    streams = capsys.readouterr()
    assert "✖ production/worker" in streams.out
    assert "→ " in streams.out
    assert "short" in streams.err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("just words", 2),
        ("- [1]", 2),
        ("a: [", 2),
        ("- {environment: production, pool: worker}", 3),
        ("- {environment: nowhere, pool: worker, cpu_cores: 8, memory_gib: 32}", 3),
        ("- {environment: production, pool: worker, cpu_cores: 0, memory_gib: 32}", 3),
    ],
)
def test_an_offer_that_is_none_is_refused(tmp_path, capsys, text, code):
    offered = tmp_path / "machines.yaml"
    offered.write_text(text)
    assert cli.run(["size", "--profile", HA, "--offered", str(offered)]) == code
    assert f"exit {code}" in capsys.readouterr().err


def test_an_offer_that_is_not_there_is_refused(tmp_path, capsys):
    assert cli.run(["size", "--profile", HA, "--offered", str(tmp_path / "none")]) == 2
    assert "one machine a line" in capsys.readouterr().err


def test_one_part_alone(capsys):
    assert cli.run(["size", "--component", "kafka", "--set", "throughput_mb_per_second=50"]) == 0
    out = capsys.readouterr().out
    assert "throughput_mb_per_second 50" in out
    assert out.splitlines()[-1].startswith("Next:  sitewright size --component kafka --set throughput_mb_per_second=50")


def test_inputs_of_one_part(capsys):
    assert cli.run(["size", "--component", "kafka", "--inputs"]) == 0
    assert "retention_seconds" in capsys.readouterr().out
    assert cli.run(["size", "--component", "kafka", "--inputs", "--json"]) == 0
    (body,) = lines(capsys)
    assert body["inputs"]["retention_seconds"]["unit"] == "seconds"


def test_json_of_one_part_has_its_figures_and_explanations(capsys):
    assert cli.run(["size", "--component", "elasticsearch", "--json", "--explain", "elasticsearch.disk_gb"]) == 0
    (body,) = lines(capsys)
    assert body["figures"]["data_gb"]["unit"] == "GB"
    assert body["explanations"]["elasticsearch.disk_gb"]["parts"]


def test_an_unknown_part_is_refused_with_those_there_are(capsys):
    assert cli.run(["size", "--component", "nope"]) == 3
    assert "elasticsearch" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ["--component", "kafka", "--offered"],
        ["--profile", HA, "--inputs"],
    ],
)
def test_flags_that_do_not_belong_together_are_refused(capsys, argv):
    assert cli.run(["size", *argv]) == 2
    assert "exit 2" in capsys.readouterr().err


def test_hosts_that_cannot_be_asked_are_no_offer(capsys):
    assert cli.run(["size", "--profile", HA, "--offered"]) == 4
    assert "exit 4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.25, "0.25"), (12.54, "12.5"), (340.4, "340"), (12400, "12\N{NO-BREAK SPACE}400")]
)
def test_numbers_have_three_digits_and_their_thousands_apart(value, text):
    assert number(value) == text


def test_a_range_is_told_where_there_is_one():
    assert band(Band(3, 3, 3), "GiB") == "3 GiB"
    assert band(Band(1, 3, 5), "GiB") == "3 GiB (1 to 5)"
    assert rough(Band(4.12, 37.4, 123)) == "37 (4.1–123)"
