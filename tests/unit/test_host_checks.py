"""The part `checks`: its program, and that its texts, its timers and the lists on hosts agree with the program."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from build_sample import GO, borrowed_cache
from core_manifest import ROOT, blob

from installer.answers.model import Access, Answers, Environment, Host, Registry, Waiver
from installer.builder import reading
from installer.builder.sources import toolchain
from installer.bundle.manifest import Artifact, Component, Manifest
from installer.plan.steps.files import Placed
from installer.plan.steps.host_components import listing
from installer.render import context, templates
from installer.workshop import Workshop

FOLDER = ROOT / "bundles/parts/checks"
PART = next(part for part in reading.load(ROOT / "bundles/platform").parts if part.name == "checks")
FILE = Artifact("file", "files.sitewright.internal/sitewright-check", PART.release, blob("m"), (blob("c"), blob("f")))
CHECKS = Component(PART.name, PART.release, (FILE,), PART.spec, PART.texts)
RULES = json.loads((FOLDER / "go/rules.json").read_text())
SECONDS = {"hourly": 3600, "*:0/10": 600, "*-*-* 01:30": 86400}


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """The Go that the bundle is built with, and what it is run with."""
    bare = Workshop(borrowed_cache(tmp_path_factory.mktemp("go") / "cache"), "amd64")
    root = toolchain.go_root(toolchain.resolve(GO, bare), bare)
    home = bare.cache / "go"
    env = {"PATH": f"{root}/bin:/usr/bin:/bin", "GOROOT": str(root), "HOME": str(home), "GOFLAGS": "-mod=readonly",
           "GOCACHE": str(home / "build"), "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}  # fmt: skip
    return f"{root}/bin/go", env


@pytest.fixture(scope="module")
def program(go: tuple[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("program") / "sitewright-check"
    subprocess.run([go[0], "build", "-o", made, "."], cwd=FOLDER / "go", env=go[1], check=True)
    return made


@pytest.mark.parametrize("verb", ["vet", "test"])
def test_the_programs_own_tests(go: tuple[str, dict[str, str]], verb: str) -> None:
    done = subprocess.run([go[0], verb, "./..."], cwd=FOLDER / "go", env=go[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def configuration(host: str, **values: Any) -> str:
    """checks.json of one of two hosts, of which the first has the registry and is the control plane."""
    hosts = tuple(Host(name, f"10.0.0.{at}", Access()) for at, name in enumerate(("cp-1", "node-1"), 1))
    one = Environment("production", ("cp-1",), ("node-1",), domain="shop.example", components={"checks": values})
    waived = (Waiver("clock.sync", "practice", "Practice", date(2099, 1, 1), ("node-1",)),)
    answers = Answers("wired", hosts, (one,), Registry(("cp-1",)), signers="", waivers=waived)
    manifest = Manifest("platform", "1", "amd64", "v1.36.3", (CHECKS,))
    names = context.for_component(context.context(answers, one, manifest), one, CHECKS)
    return templates.render(CHECKS, "checks.json", context.for_host(names, host))


def test_each_host_is_told_what_stands_on_it() -> None:
    first, other = json.loads(configuration("cp-1")), json.loads(configuration("node-1"))
    assert first == {
        "host": "cp-1", "control_plane": True, "registry": True, "clock_waived": False,
        "served": ["127.0.0.1:6443", "127.0.0.1:2379", "127.0.0.1:5000", "127.0.0.1:10250"],
        "kubeconfig": "/etc/kubernetes/admin.conf", "rules": {},
    }  # fmt: skip
    assert other == {"host": "node-1", "control_plane": False, "registry": False, "clock_waived": True,
                     "served": ["127.0.0.1:10250"], "kubeconfig": "", "rules": {}}  # fmt: skip


def asked(program: Path, config: Path, what: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run([program, "--config", config, what], capture_output=True, text=True)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_customers_values_are_laid_over_the_rules(program: Path, tmp_path: Path) -> None:
    config = tmp_path / "checks.json"
    forge = {"host": "cp-1", "files": "/srv/backup/*.tar", "max_age_hours": 26, "min_bytes": 1, "checksum": ".sha256"}
    config.write_text(configuration("cp-1", disks={"warning_days": 30}, backups={"forge": forge}))
    code, rules = asked(program, config, "rules")
    assert code == 0
    assert rules["disks"] == {**RULES["rules"]["disks"], "warning_days": 30}
    assert rules["backups"] == {"forge": forge}
    assert rules["etcd"]["folder"] == "/var/lib/sitewright/checks/etcd"


def test_a_value_that_no_rule_has_is_told_of(program: Path, tmp_path: Path) -> None:
    config = tmp_path / "checks.json"
    text = json.loads(configuration("cp-1", disk={"warning_days": 30}))
    config.write_text(json.dumps({"home": str(tmp_path / "home"), **text}))
    code, line = asked(program, config, "disks")
    assert (code, line["state"]) == (2, "critical")
    assert 'unknown field "disk"' in line["subject"]


def timer(check: str) -> dict[str, str]:
    lines = PART.texts[f"sitewright-check-{check}.timer"].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_each_check_has_a_timer_that_runs_as_often_as_the_figures_say() -> None:
    units = [f"sitewright-check-{check}.timer" for check in sorted(RULES["intervals"])]
    assert sorted(PART.spec["host"]["units"]) == units
    placed = {entry["path"] for entry in PART.spec["host"]["texts"]}
    for check, seconds in RULES["intervals"].items():
        found = timer(check)
        assert f"/etc/systemd/system/sitewright-check-{check}.timer" in placed
        assert SECONDS[found["OnCalendar"]] == seconds, check
        assert found["Unit"] == f"sitewright-check@{check}.service"
        assert "OnActiveSec" in found, "soon after an installation, and after each start of the host"
        assert "Persistent" not in found, "systemd would keep a stamp of it that outlives the part"
    named = re.search(r"var checks = map\[string\]check\{(.*?)\n\}", (FOLDER / "go/main.go").read_text(), re.DOTALL)
    assert named is not None
    assert re.findall(r'"([a-z-]+)":', named[1]) == sorted(RULES["intervals"])


def test_the_program_understands_the_lists_that_a_run_leaves_on_a_host(program: Path, tmp_path: Path) -> None:
    there = tmp_path / "page.conf"
    component = Component("page", "1", (), {"host": {}}, {})
    lists, config = tmp_path / "lists", tmp_path / "checks.json"
    lists.mkdir()
    (lists / "page.json").write_bytes(listing(component, (Placed(str(there), 0o640, text=b"told"),)).text)
    config.write_text(json.dumps({"home": str(tmp_path / "home"), "rules": {"drift": {"lists": str(lists)}}}))
    there.write_bytes(b"told")
    there.chmod(0o640)
    assert asked(program, config, "drift")[0] == 0
    there.write_bytes(b"changed by hand")
    code, line = asked(program, config, "drift")
    assert (code, line["value"], line["subject"]) == (1, 1, f"{there} was changed")
