"""`check --only`: the checks that a person names, alone; what has to be tried is tried for those that judge by it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from core_bundle import make_core_bundle
from core_manifest import ROOT
from simulation import NOW, answers_of, inputs_of, world_of

from installer import preflight
from installer.errors import UsageError
from installer.preflight import judge, look, only
from installer.preflight.selection import Only

HOSTS = [host.name for host in answers_of("rehearsal").hosts]


def found(world, *texts):
    inputs = inputs_of("rehearsal")
    wanted = only(texts, preflight.NAMES, HOSTS)
    return [(f.check, f.host) for f in judge(look(world, inputs.answers, inputs.manifest, NOW, wanted=wanted), wanted)]


def test_a_check_is_made_alone_on_every_host_or_on_one():
    world = world_of("rehearsal")
    assert found(world, "memory.swap") == [("memory.swap", host) for host in HOSTS]
    assert found(world, "memory.swap@node-1", "host.os@cp-1") == [("host.os", "cp-1"), ("memory.swap", "node-1")]


@pytest.mark.parametrize("texts, tries", [(["memory.swap"], False), (["ports.reach@cp-1"], True), ([], True)])
def test_what_no_wanted_check_judges_by_is_not_tried(texts, tries):
    assert only(texts, preflight.NAMES, HOSTS).tries(preflight.CHECKS) is tries


def test_what_a_check_judges_by_is_marked_with_it():
    """A rule that reads what was tried and is not marked would pass unseen when it is wanted alone."""
    marked = {check.name for check in preflight.CHECKS if check.tries}
    reading = {check.name for check in preflight.CHECKS if "tried" in check.rule.__code__.co_names}
    assert marked == reading != set()


def test_a_host_that_cannot_be_entered_is_told_whatever_is_wanted_of_it():
    world = world_of("rehearsal", reachable=False)
    assert found(world, "memory.swap@node-1") == [("ssh.login", "node-1")]
    assert found(world, "ssh.login@cp-1") == [("ssh.login", "cp-1")]


@pytest.mark.parametrize(
    "text, told", [("memory.swop", "memory.swap"), ("memory.swap@node-9", "node-1"), ("", "cgroup.version")]
)
def test_what_does_not_exist_is_refused_with_what_may_be_meant(text, told):
    with pytest.raises(UsageError) as refused:
        only([text], preflight.NAMES, HOSTS)
    assert told in refused.value.remedy


def test_nothing_named_wants_all():
    assert Only().wants("any", "host")


def test_the_command_line_takes_it(tmp_path):
    bundle, signers = make_core_bundle(tmp_path)
    site = tmp_path / "site.yaml"
    hosts = "".join(f"  - {{name: {h.name}, address: {h.address}}}\n" for h in answers_of("rehearsal").hosts)
    site.write_text(f"version: 1\nhosts:\n{hosts}")
    argv = [sys.executable, "-m", "installer", "check", "--profile", "profiles/rehearsal.yaml", "--bundle", bundle,
            "--signers", signers, "--simulate", site, "--state", tmp_path / "state", "--json",
            "--only", "host.os@cp-1", "--only", "kernel.version"]  # fmt: skip
    ended = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0, ended.stderr
    assert [line["done"] for line in lines if line["type"] == "asked"] == [1, 2, 3]
    told = {(line["check"], line["host"]) for line in lines if line["type"] == "finding"}
    assert told == {("host.os", "cp-1"), *(("kernel.version", host) for host in HOSTS)}
