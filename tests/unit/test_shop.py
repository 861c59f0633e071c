"""The sample product's own programs, compiled by the locked Go: their tests, and what they say when they run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from build_sample import GO, source
from core_manifest import ROOT

from installer.builder.sources import golang, toolchain
from installer.workshop import Workshop, cache_folder

PROGRAMS = ROOT / "bundles/core/components/shop/go"


@pytest.fixture(scope="module")
def go() -> Mapping[str, str]:
    """The compiler's environment, with the machine's own cache of what was compiled."""
    bare = Workshop(cache_folder(), "amd64")
    shop = Workshop(bare.cache, "amd64", {"go": toolchain.resolve(GO, bare)})
    return golang.environment(source("go", {}), shop)


def ran(go: Mapping[str, str], *argv: str) -> str:
    done = subprocess.run(argv, cwd=PROGRAMS, env=go, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_hold(go: Mapping[str, str]) -> None:
    ran(go, "go", "vet", "./...")
    said = [json.loads(line) for line in ran(go, "go", "test", "-count=1", "-json", "./...").splitlines()]
    passed = {each["Test"] for each in said if each["Action"] == "pass" and "Test" in each}
    assert "TestOneRequestThroughTwoProgramsIsOneTrace" in passed
    assert ran(go, "gofmt", "-l", ".") == ""


@pytest.fixture(scope="module")
def programs(go: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    ran(go, "go", "build", "-o", f"{folder}/", "./backend", "./frontend")
    return folder


def judged(text: str) -> list[dict[str, object]]:
    """Lines as the logging contract wants them: one JSON object each, with time, level and message."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        assert {"@timestamp", "log.level", "message"} <= set(line)
    return lines


@pytest.mark.parametrize("program", ["backend", "frontend"])
def test_what_it_cannot_start_with_is_a_line_like_any_other(programs: Path, program: str) -> None:
    done = subprocess.run([programs / program, "--no-such"], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    (line,) = judged(done.stdout)
    assert (line["log.level"], line["service.name"]) == ("error", f"shop-{program}")


def test_every_line_of_a_run_keeps_the_contract(programs: Path, tmp_path: Path) -> None:
    argv = [programs / "backend", "--listen=127.0.0.1:0", f"--data={tmp_path}"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ) as running:
        assert running.stdout
        first = running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        rest, _ = running.communicate(timeout=30)
    assert [line["message"] for line in judged(first + rest)] == ["serving", "stopped"]
    assert running.returncode == 0
