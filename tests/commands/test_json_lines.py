"""`--json` of every verb: standard output holds lines of installer/output.schema.json and nothing else."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import json_lines
import pytest
from build_sample import write_recipe
from core_bundle import make_core_bundle
from core_manifest import ROOT
from jsonschema import ValidationError
from product_edits import EDITS
from product_sample import write as write_product
from simulation import answers_of

from installer import cli
from installer.engine.events import KINDS

PROFILE = ROOT / "profiles/minimal.yaml"
RUN = frozenset({"plan", "run_started", "step_started", "step_progressed", "step_finished", "run_finished"})
BACK = RUN - {"step_progressed"} | {"gone"}
LOOK = frozenset({"asked", "finding"})


@dataclass(frozen=True)
class Said:
    """What a command is to end with, and the types of its lines."""

    argv: str
    code: int
    kinds: frozenset[str]
    simulated: str = "}"
    """What follows the address in the file of the simulated site."""


SITE = (
    Said("check", 0, LOOK),
    Said("check --ports", 0, frozenset({"ports"})),
    Said("check --only no.such", 2, frozenset({"error"})),
    Said("plan", 0, frozenset({"plan"})),
    Said("plan --dry-run", 0, frozenset({"plan"})),
    Said("plan --wiring", 0, frozenset({"wiring"})),
    Said("status", 0, frozenset({"status"})),
    Said("secrets list", 0, frozenset({"secrets"})),
    Said("secrets show none/none", 2, frozenset({"error"})),
    Said("secrets rotate none/none --yes", 2, frozenset({"error"})),
    Said("resume", 2, frozenset({"error"})),
    Said("install --dry-run", 0, LOOK | {"plan"}),
    Said("install", 6, LOOK | RUN | {"step_broke", "error"}, "}\nfaults: {work: oE}"),
    Said("rollback", 2, frozenset({"error"})),
    Said("rollback --yes", 0, BACK),
    Said("install", 6, LOOK | RUN | {"step_broke", "error"}, "}\nfaults: {push: T}"),
    Said("resume", 0, RUN | {"probe", "ready"}),
    Said("install", 0, frozenset({"probe", "ready"})),
    Said("install --no-probes", 0, frozenset({"ready"})),
    Said("status --probe", 0, frozenset({"probe", "status"})),
    Said("access", 0, frozenset({"access"})),
    Said("access anna --cluster production --for 8h", 0, frozenset({"granted"})),
    Said("access anna --for 1m", 2, frozenset({"error"})),
    Said("access anna --for soon", 2, frozenset({"error"})),
    Said("access anna/../x", 2, frozenset({"error"})),
    Said("access anna --cluster nowhere", 2, frozenset({"error"})),
    Said("access", 0, frozenset({"access"})),
    Said("access anna --revoke", 0, frozenset({"revoked"})),
    Said("access anna --revoke", 2, frozenset({"error"})),
    Said("access --revoke", 2, frozenset({"error"})),
    Said("uninstall --yes", 0, BACK),
    Said("access anna", 6, frozenset({"error"})),
    Said("uninstall --yes", 2, frozenset({"error"})),
    Said("status", 0, frozenset({"status"})),
)
"""The life of a site, in its order."""

REFUSED = (
    Said("install --such-a-flag", 2, frozenset({"error"})),
    Said("install --profile {here}/none.yaml", 3, frozenset({"error"})),
    Said("install --profile {here}/bad.yaml", 3, frozenset({"error"})),
    Said("install --bundle {here}/none.sitewright", 2, frozenset({"error"})),
    Said("install --bundle {here}/bad.yaml", 5, frozenset({"error"})),
    Said("install --signers {here}/none", 5, frozenset({"error"})),
    Said("check --secrets-from-stdin", 2, frozenset({"error"})),
)
"""What is wrong before any host is asked; the last of two equal flags counts."""

ALONE = (
    Said("size --profile {profile} --explain total.count", 0, frozenset({"size"})),
    Said("size --profile {profile} --offered {here}/offered.yaml", 4, frozenset({"size", "error"})),
    Said("size --component kafka --explain kafka.disk_gb", 0, frozenset({"component"})),
    Said("size --component kafka --inputs", 0, frozenset({"inputs"})),
    Said("size --component none", 3, frozenset({"error"})),
    Said("report --profile {profile} --out {here}/report", 0, frozenset({"report"})),
    Said(
        "answers import {here}/report/practice-minimal-plan-en.xlsx --profile {profile} --dry-run",
        0,
        frozenset({"imported"}),
    ),
    Said("answers import {here}/bad.yaml --profile {profile}", 3, frozenset({"error"})),
    Said("report --profile {profile} --out {here}/bad.yaml", 2, frozenset({"error"})),
    Said(
        "product check {here}/demo --profile {profile} --out {here}/demo.html",
        3,
        frozenset({"contradiction", "product", "error"}),
    ),
    Said("product check {here}/demo --manifests {here}/none", 3, frozenset({"error"})),
    Said("bundle keygen {here}/key", 0, frozenset({"key"})),
    Said("bundle keygen {here}/key", 2, frozenset({"error"})),
    Said("bundle keygen {here}/other", 0, frozenset({"key"})),
    Said("bundle lock {here}/small", 0, frozenset({"build_progressed", "lock"})),
    Said("bundle build {here}/small --key {here}/key --out {here}/out", 0, frozenset({"build_progressed", "bundle"})),
    Said("bundle show {here}/out/small-1.0.0-amd64.sitewright", 0, frozenset({"bundle"})),
    Said("bundle show {here}/bad.yaml", 5, frozenset({"error"})),
    Said("bundle diff {bundle} {here}/out/small-1.0.0-amd64.sitewright", 0, frozenset({"difference"})),
    Said("bundle verify {bundle} --signers {signers}", 0, frozenset({"verified"})),
    Said("bundle sign {here}/out/small-1.0.0-amd64.sitewright --key {here}/other", 0, frozenset({"signed"})),
    Said("bundle verify {here}/out/small-1.0.0-amd64.sitewright --signers {signers}", 5, frozenset({"error"})),
)
"""What takes no site."""

ENDED = frozenset({"error", "ended"})
DOWN = frozenset({"down"})
"""Takes practice hosts: tests/e2e/test_ha.py reads it."""
OUTAGE = frozenset({"outage"})
"""Of an upgrade that is rehearsed on practice hosts."""
SECRET = frozenset({"secret", "rotated"})
"""Read by tests/commands/test_secrets_verb.py: no part of the core has a secret."""
VOLUMES = frozenset({"volumes"})
"""Read by tests/e2e/test_rollback.py: only a real application has data."""

Type = Callable[[Said], list[json_lines.Line]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_core_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def type_in(
    bundle: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Type]:
    """Runs a command and gives its lines; each is as published, and the end is the one that was expected."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    names = {"here": tmp_path, "profile": PROFILE, "bundle": bundle[0], "signers": bundle[1]}
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def type_it(said: Said) -> list[json_lines.Line]:
        code = cli.run([*said.argv.format(**names).split(), "--json"])
        streams = capfd.readouterr()
        assert code == said.code, streams
        lines = json_lines.read(streams.out)
        assert {line["type"] for line in lines} == said.kinds
        if code:
            assert [line["exit_code"] for line in lines if line["type"] == "error"] == [code]
            assert lines[-1]["type"] == "error"
        assert streams.err == ""
        return lines

    yield type_it
    for number, handler in before.items():
        signal.signal(number, handler)


def on_a_site(said: Said, bundle: tuple[Path, Path], folder: Path) -> Said:
    """The same with the flags of a simulated site; flags of its own come after them."""
    (host,) = answers_of("minimal").hosts
    site = folder / "site.yaml"
    site.write_text(f"version: 1\nhosts:\n  - {{name: {host.name}, address: {host.address}{said.simulated}\n")
    words = said.argv.split()
    verbs = 2 if words[0] == "secrets" else 1
    verb, rest = " ".join(words[:verbs]), " ".join(words[verbs:])
    path, signers = bundle
    flags = f"--profile {PROFILE} --bundle {path} --signers {signers} --simulate {site} --state {folder / 'state'}"
    return Said(f"{verb} {flags} {rest}", said.code, said.kinds)


def test_the_life_of_a_site(type_in: Type, bundle: tuple[Path, Path], tmp_path: Path) -> None:
    for said in SITE:
        type_in(on_a_site(said, bundle, tmp_path))


@pytest.mark.parametrize("said", REFUSED, ids=lambda said: said.argv)
def test_what_is_refused(type_in: Type, bundle: tuple[Path, Path], tmp_path: Path, said: Said) -> None:
    (tmp_path / "bad.yaml").write_text("version: 1\nhosts: 7\n")
    (line,) = type_in(on_a_site(said, bundle, tmp_path))
    assert line["remedy"] or "\n" in line["message"]


def test_a_file_that_is_at_fault_is_told_problem_by_problem(
    type_in: Type, bundle: tuple[Path, Path], tmp_path: Path
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("version: 1\nhosts: 7\nenvironments: []\nnothing: known\n")
    (line,) = type_in(on_a_site(Said(f"plan --profile {file}", 3, frozenset({"error"})), bundle, tmp_path))
    places = [(problem["file"], problem["line"], problem["path"]) for problem in line["problems"]]
    assert {(str(file), 2, "hosts"), (str(file), 3, "environments"), (str(file), 4, "nothing")} <= set(places)
    assert all(problem["found"] and problem["wanted"] for problem in line["problems"])
    assert places == sorted(places, key=lambda place: place[1])


def test_a_host_that_does_not_do(type_in: Type, bundle: tuple[Path, Path], tmp_path: Path) -> None:
    site = Said("check", 4, LOOK | {"error"}, ", default_route: false}")
    lines = type_in(on_a_site(site, bundle, tmp_path))
    assert {line["check"] for line in lines if line.get("status") == "failed"} == {"network.route"}


def test_what_takes_no_site(type_in: Type, tmp_path: Path) -> None:
    page = {
        "name": "page",
        "sources": [{"name": "page", "path": {"path": "web"}}],
        "files": [{"name": "page", "from": "page", "file": "index.html"}],
        "beside": {"web/index.html": "hello\n"},
    }
    write_recipe(tmp_path / "small", page)
    (tmp_path / "bad.yaml").write_text("no machine, no bundle, no folder\n")
    (tmp_path / "offered.yaml").write_text(
        "- {environment: production, pool: control-plane, cpu_cores: 1, memory_gib: 1, data_disk_gib: 1}\n"
    )
    write_product(tmp_path / "demo", EDITS[0])
    for said in ALONE:
        type_in(said)


def test_what_was_detached_ends_with_its_exit_code(tmp_path: Path) -> None:
    argv = [sys.executable, "-P", "-m", "installer", "status", "--json", "--detached", "--state", str(tmp_path)]
    ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    lines = json_lines.read(ended.stdout)
    assert {line["type"] for line in lines} == ENDED
    assert [line["exit_code"] for line in lines] == [ended.returncode] * 2 == [2, 2]


def test_every_line_that_is_published_is_read_somewhere() -> None:
    here = {kind for said in (*SITE, *REFUSED, *ALONE) for kind in said.kinds}
    assert here | ENDED | DOWN | OUTAGE | VOLUMES | SECRET == set(json_lines.kinds())


def test_every_event_is_published_field_by_field() -> None:
    for kind, event in KINDS.items():
        published = json_lines.schema()["$defs"][kind]
        assert set(published["required"]) == {"type", *(field.name for field in fields(event))}
        assert set(published["properties"]) - {"messages"} == set(published["required"])


@pytest.mark.parametrize(
    "line",
    [
        {"type": "nothing"},
        {"type": "down"},
        {"type": "down", "site": ""},
        {"type": "down", "site": "a", "more": 1},
        {"type": "step_started", "at": "2026-11-26 10:00", "step": "a"},
        {"type": "finding", "check": "a", "host": "b", "status": "failed", "found": "c", "wanted": "", "remedy": "",
         "waiver": None},
    ],
)  # fmt: skip
def test_a_line_that_is_not_as_published_is_found(line: json_lines.Line) -> None:
    with pytest.raises((AssertionError, ValidationError)):
        json_lines.check(line)


def test_the_page_tells_every_line() -> None:
    told = (ROOT / "docs/json.md").read_text()
    assert [kind for kind in json_lines.kinds() if f"`{kind}`" not in told] == []
