"""`sitewright upgrade` on a simulated site, each command in a process of its own: there, back, and there again."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from core_bundle import make_bundle
from core_manifest import ROOT, manifest_of
from simulation import answers_of


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Both releases and their signers, by the name of the recipe."""
    return {name: make_bundle(tmp_path_factory.mktemp(name), manifest_of(name)) for name in ("core", "core-next")}


@pytest.fixture
def sitewright(bundles, tmp_path):
    hosts = "".join(f"  - {{name: {h.name}, address: {h.address}}}\n" for h in answers_of("rehearsal").hosts)
    (tmp_path / "site.yaml").write_text(f"version: 1\nhosts:\n{hosts}")

    def run(verb, recipe="", *flags, simulate=True):
        path, signers = bundles[recipe] if recipe else ("", "")
        given = ["--profile", "profiles/rehearsal.yaml", "--bundle", path, "--signers", signers] if recipe else []
        simulated = ["--simulate", tmp_path / "site.yaml"] if simulate else []
        argv = [sys.executable, "-m", "installer", verb, *given, *simulated, "--state", tmp_path / "state", *flags]
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
        return subprocess.run(argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    return run


def test_a_site_goes_to_the_next_release_and_back_and_there_again(sitewright):
    installed = sitewright("install", "core", "--yes", "--no-probes")
    assert installed.returncode == 0, installed.stderr

    refused = sitewright("install", "core-next", "--yes")
    assert refused.returncode == 4
    assert "sitewright upgrade" in refused.stderr + refused.stdout

    looked = sitewright("upgrade", "core-next", "--check")
    assert looked.returncode == 0, looked.stderr
    assert "way back: the former programs over the store as it then is" in looked.stderr + looked.stdout
    assert "let the new control planes act as 1.36 first" in looked.stdout
    assert "point of no return" not in looked.stdout

    upgraded = sitewright("upgrade", "core-next", "--yes")
    assert upgraded.returncode == 0, upgraded.stderr
    assert versions(sitewright) == {"v1.37.2"}
    whole = sitewright("install", "core-next", "--yes", "--no-probes")
    assert "nothing has to change" in whole.stderr + whole.stdout

    back = sitewright("rollback", "", "--yes")
    assert back.returncode == 0, back.stderr
    assert versions(sitewright) == {"v1.36.3"}
    again = sitewright("upgrade", "core-next", "--yes", "--no-probes")
    assert again.returncode == 0, again.stderr
    gone = sitewright("uninstall", "", "--yes")
    assert gone.returncode == 0, gone.stderr


def versions(sitewright):
    """What the hosts record of Kubernetes."""
    lines = [json.loads(line) for line in sitewright("status", "", "--json").stdout.splitlines()]
    (status,) = [line for line in lines if line["type"] == "status"]
    return {record["kubernetes"] for record in status["hosts"].values()}


def test_nothing_stands_or_the_same_stands_already(sitewright):
    nothing = sitewright("upgrade", "core-next", "--yes")
    assert nothing.returncode == 4
    assert "nothing stands on these hosts" in nothing.stderr + nothing.stdout
    assert sitewright("install", "core", "--yes", "--no-probes").returncode == 0
    same = sitewright("upgrade", "core", "--yes")
    assert same.returncode == 4
    assert "stands already" in same.stderr + same.stdout
