"""A whole session at a real terminal: from nothing to a proved installation, the terminal killed in the middle.

What is typed comes to profiles/minimal.yaml: this is the end-to-end run of that profile.

`make transcript` keeps what the person saw, screen by screen: SITEWRIGHT_KEEP_TRANSCRIPT names the folder for it.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import secrecy
from ship import COMMAND
from sites import SiteUnderTest
from tmux import Tmux

from installer.answers import file as answers_file
from installer.answers.model import Answers

pytestmark = pytest.mark.lab

MINUTES = 60
CHECKED = re.compile(r"checked (\d\S+)")


@pytest.fixture(scope="module")
def site(raise_profile: Callable[[str], SiteUnderTest]) -> SiteUnderTest:
    return raise_profile("minimal")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The folder in which the person sits."""
    return tmp_path


def transcript(desk: Path) -> Path:
    return Path(os.environ.get("SITEWRIGHT_KEEP_TRANSCRIPT", desk), "transcript.txt")


def terminal(site: SiteUnderTest, desk: Path) -> Tmux:
    trust = ("--bundle", site.bundle, "--signers", site.signers)
    return Tmux(desk, transcript(desk), COMMAND, "wizard", *trust, "--state", site.operator.state)


def go(at: Tmux, step: int, heading: str) -> None:
    """Open a page by its number in the list of steps."""
    at.type("F2")
    at.type("Home", *["Down"] * (step - 1), "Enter")
    at.until(lambda screen: any(heading in line[22:60] for line in screen.splitlines()[1:4]))


def fill(at: Tmux, *words: str) -> None:
    """Type into one field after another, beginning where the cursor is; an empty word leaves a field as it is."""
    for word in words:
        if word:
            at.type("End", "C-u")
            at.write(word)
        at.type("Tab")


def answer(at: Tmux, site: SiteUnderTest) -> None:
    """New answers, page by page."""
    host = site.practice.site.hosts[0]
    at.until("New answers")
    at.type("Enter")
    at.until("answers.yaml")
    at.type("Enter")
    at.until("Name of the site")
    fill(at, site.name, "Acme Ltd")
    go(at, 2, "Environments")
    at.type("Enter")
    at.until("Name of the environment")
    go(at, 3, "Hosts")
    at.type("i")
    at.until("Take over a list of hosts")
    at.write(f"{host.name} {host.address}")
    at.until("new: 1")
    at.type("F8")
    at.until(lambda screen: "Take over a list" not in screen)
    at.type("l")
    at.until("How the hosts are reached")
    fill(at, "engineer", "", str(site.practice.folder / "id_ed25519"))
    at.type("Escape")
    at.until("connection as engineer")
    at.type("p")
    at.until("Proposed roles")
    at.type("F8")
    at.until("control")
    go(at, 5, "Components")
    at.until("Sample product")
    at.type("End")
    at.until("A small shop")
    at.type("Space")
    go(at, 8, "Secrets")
    at.type("Tab", "Tab", "Enter")
    at.until("asked for")
    at.type("Down", "Down", "Enter")
    at.until("path of a file")
    at.type("Tab")
    at.write(str(site.practice.folder / "password"))
    at.type("Tab", "Enter")
    at.until("there is one (not shown)")


def meet(at: Tmux, site: SiteUnderTest) -> None:
    """Try the connection, compare the key, pin it, try again."""
    go(at, 3, "Hosts")
    at.type("t")
    at.until("its key is not confirmed yet")
    at.type("k")
    at.until("Is this the key of")
    at.type("Tab", "Enter")
    at.until(lambda screen: "Is this the key of" not in screen)
    at.type("t")
    at.until(lambda screen: "GiB" in "".join(line[25:95] for line in screen.splitlines()))


def check(at: Tmux) -> None:
    """Preflight; what a practice host cannot be is waived, one check after the other.

    How fast a disk writes turns with the load of this machine: it is waived whether it fails now or not.
    """
    go(at, 10, "Preflight")
    waive_beforehand(at, "disk.fsync")
    for _ in range(4):
        screen = look(at)
        if "✖ 0" in screen:
            return
        while "✖ 0" not in screen:
            at.type("w")
            at.until("why this is acceptable here")
            fill(at, "a practice host is a container of this machine", "Li Wei")
            at.type("F8")
            screen = at.until(lambda screen: "why this is acceptable here" not in screen and "Waive it" not in screen)
            time.sleep(0.5)
    raise AssertionError(screen)


def waive_beforehand(at: Tmux, check: str) -> None:
    """Set a check aside that has not failed yet, in the list of waivers."""
    at.type("W")
    at.until("Add a waiver")
    at.type("Enter")
    at.until("reason")
    at.type("Enter")
    at.write(check)
    at.type("Enter", "Tab", "Tab")
    at.write("practice hosts share the disk of this machine")
    at.type("Tab")
    at.write("Li Wei")
    at.until("Li Wei")
    at.type("Escape")
    at.until(lambda screen: "Add a waiver" not in screen)


def look(at: Tmux) -> str:
    """Check all, and wait for what comes of it: it says when it was begun, another second than the last one's."""
    before = CHECKED.findall(at.screen)
    at.type("c")
    at.until("Save the answers?")
    at.type("Enter")
    return at.until(lambda screen: CHECKED.findall(screen) not in ([], before), 3 * MINUTES)


def test_from_nothing_to_a_proved_installation(site: SiteUnderTest, desk: Path) -> None:
    at = terminal(site, desk)
    try:
        answer(at, site)
        meet(at, site)
        check(at)
        go(at, 11, "Plan")
        at.until("steps on 1 host", MINUTES)
        go(at, 12, "Install")
        at.type("i")
        at.until(lambda screen: "Cancel" in screen or "Not" in screen)
        at.type("Enter")
        at.until(lambda screen: "registry" in screen and site.operator.runs(site.name), 3 * MINUTES)
        running, wizard = process_of(site), at.children
        assert wizard
        at.kill()
        end = time.monotonic() + MINUTES
        while any(Path("/proc", str(pid)).exists() for pid in wizard):
            assert time.monotonic() < end, "the wizard ends with its terminal"
            time.sleep(0.2)
        assert Path("/proc", str(running)).exists(), "the installation goes on without its terminal"
        at = terminal(site, desk)
        at.until("Look at what runs")
        at.type("Enter")
        at.until("hosts prepared", MINUTES)
        at.until("8 probes passed", 12 * MINUTES)
        go(at, 13, "Result")
        at.until("kubectl")
    finally:
        at.keep("the last screen")
        at.kill()
    outcome = site.operator.run("status", "--json", "--site", site.name).expect().of("status")[0]
    assert [run["outcome"] for run in outcome["runs"]] == ["done"]
    assert parts(answers_file.load(desk / "answers.yaml")) == parts(answers_file.load(site.profile))
    assert "disk.fsync" in {waiver.check for waiver in answers_file.load(desk / "answers.yaml").waivers}
    assert secrecy.leaks(site, ()) == []
    assert secrecy.read_by_anybody(site.practice) == []
    written = "".join(
        path.read_text(errors="replace") for path in {*desk.rglob("*"), transcript(desk)} if path.is_file()
    )
    assert site.practice.password not in written


def parts(answers: Answers) -> list[object]:
    """What stands on which hosts."""
    environments = [(each.name, each.hosts, each.networks, set(each.components)) for each in answers.environments]
    return [*environments, answers.registry.hosts, [(host.name, host.address) for host in answers.hosts]]


def process_of(site: SiteUnderTest) -> int:
    """The process that installs."""
    record = json.loads((site.operator.state / "sites" / site.name / "process.json").read_text())
    return int(record["pid"])
