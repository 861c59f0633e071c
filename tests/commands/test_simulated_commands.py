"""`sitewright ... --simulate FILE`: the whole command line without a host, from one small signed bundle."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from core_bundle import make_bundle
from core_manifest import ROOT, manifest_for
from simulation import PROFILES, answers_of


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The bundle of a profile, made when first asked for, and its signers."""
    made = {}

    def of(profile):
        manifest = manifest_for(answers_of(profile))
        if manifest.name not in made:
            made[manifest.name] = make_bundle(tmp_path_factory.mktemp(manifest.name), manifest)
        return made[manifest.name]

    return of


@pytest.fixture
def sitewright(bundle, tmp_path):
    """Runs a verb on a simulated site of a profile, each host as `extra` says, in a process of its own."""

    def run(verb, profile, *flags, extra="", top=""):
        hosts = "".join(f"  - {{name: {h.name}, address: {h.address}{extra}}}\n" for h in answers_of(profile).hosts)
        site = tmp_path / "site.yaml"
        site.write_text(f"version: 1\nhosts:\n{hosts}{top}")
        path, signers = bundle(profile)
        argv = [sys.executable, "-m", "installer", verb, "--profile", f"profiles/{profile}.yaml", "--bundle", path,
                "--signers", signers, "--simulate", site, "--state", tmp_path / "state", *flags]  # fmt: skip
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "160"}
        return subprocess.run(argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    return run


@pytest.mark.parametrize("profile", PROFILES)
def test_an_installation_ends_ready(sitewright, profile):
    ended = sitewright("install", profile, "--yes")
    assert (ended.returncode, ended.stderr.count("Traceback")) == (0, 0), ended.stderr + ended.stdout
    assert "sample product" in ended.stdout


def test_what_is_simulated_is_kept_apart_from_what_is_real(sitewright, tmp_path):
    assert sitewright("install", "minimal", "--yes", "--json").returncode == 0
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["simulated"]


def test_its_lines_are_json_and_every_probe_passed(sitewright):
    ended = sitewright("install", "minimal", "--yes", "--json")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    assert [line for line in lines if line.get("type") == "probe" and not line["passed"]] == []


def test_a_host_that_does_not_do_fails_preflight_with_its_remedy(sitewright):
    ended = sitewright("check", "rehearsal", extra=", default_route: false")
    assert ended.returncode == 4
    assert ended.stdout.count("no default route") == 3


def test_a_fault_ends_the_run_and_the_next_one_goes_on(sitewright):
    assert sitewright("install", "minimal", "--yes", top="faults: {work: E}\n").returncode == 6
    assert sitewright("resume", "minimal", "--yes").returncode == 0


def test_what_one_command_left_the_next_one_finds(sitewright):
    assert sitewright("install", "ha", "--yes", "--no-probes").returncode == 0
    again = sitewright("install", "ha", "--yes", "--json")
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert (again.returncode, [line for line in lines if line.get("changed") is True]) == (0, [])
    assert sitewright("status", "ha", "--probe").returncode == 0
    without = sitewright("status", "ha", "--probe", top="faults: {read@cp-1: TTTTTTTT}\n")
    assert without.returncode == 6, without.stderr
    assert "host cp-1 answers" in without.stdout
    assert without.stdout.count("2 of 2 nodes") == 1
    gone = sitewright("uninstall", "ha", "--yes")
    assert (gone.returncode, "as before" in gone.stdout) == (0, True), gone.stderr
    standing = sitewright("status", "ha", "--json")
    assert {json.dumps(line["hosts"]) for line in map(json.loads, standing.stdout.splitlines())} == {
        '{"cp-1": null, "cp-2": null, "cp-3": null}'
    }


def test_other_hosts_or_a_damaged_site_are_refused(sitewright, tmp_path):
    assert sitewright("install", "minimal", "--yes", "--no-probes").returncode == 0
    other = sitewright("status", "minimal", extra=", cpus: 8")
    assert (other.returncode, "not those that the runs" in other.stderr) == (2, True)
    (tmp_path / "state/simulated/sites/practice-minimal/simulated.json").write_text('{"format": 1')
    damaged = sitewright("status", "minimal")
    assert (damaged.returncode, "it is damaged" in damaged.stderr) == (2, True)


def test_a_bad_simulation_is_refused_with_every_line(sitewright):
    ended = sitewright("check", "minimal", extra=", cpu: 4", top="faults: {wriet: oE}\n")
    assert ended.returncode == 2
    assert "site.yaml:3: hosts.0.cpu: found an unknown key, wanted `cpus`, perhaps" in ended.stderr
    assert "site.yaml:4" in ended.stderr
