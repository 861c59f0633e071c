"""Runs told without running: what the processes and folders of a site hold at some moment, as the wizard reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from core_manifest import ROOT, core_manifest
from waived import with_waivers

from installer.answers import file as answers_file
from installer.answers.model import Waiver
from installer.engine.events import (
    Event,
    RunFinished,
    RunStarted,
    StepBroke,
    StepFinished,
    StepProgressed,
    StepStarted,
    to_json,
)
from installer.formats import json_lines
from installer.messages import Message
from installer.plan import card
from installer.plan import install as installing
from installer.plan.card import PlanCard
from installer.plan.inputs import Inputs
from installer.plan.model import Plan, Step
from installer.preflight import CHECKS, Finding
from installer.probes import builtin
from installer.probes.proof import ProbeResult
from installer.runs import background
from installer.runs.store import Runs

BEGAN = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
NOW = BEGAN + timedelta(seconds=95)
"""When the pages are looked at: in the middle of the run."""
RUN = "20261123T101500.000000Z-install"
SITE = "practice"

Line = Mapping[str, Any]


class Story:
    """A folder with the answers of the practice site and what its runs have left there."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "answers.yaml"
        self.file.write_text(with_waivers(ROOT / "profiles" / "rehearsal.yaml"))
        os.utime(self.file, (BEGAN.timestamp() - 60,) * 2)
        self.runs = Runs(folder / "state")
        self.inputs = Inputs(answers_file.load(self.file), core_manifest(), b"", b"", b"")
        self.plan: Plan = installing.plan(self.inputs)

    def process(self, argv: Sequence[str], lines: Iterable[Line], ended: int | None = None) -> None:
        """A process that has said these lines: under way, or ended with a code."""
        folder = self.runs.make(SITE)
        said = [*lines, *([{"type": "ended", "exit_code": ended}] if ended is not None else [])]
        (folder / background.CONSOLE).write_text("")
        self.says(said)
        (folder / background.COMPLAINTS).write_text("")
        fields = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        record = {"format": 1, "pid": os.getpid(), "began": int(fields[19]) if ended is None else 0, "boot": boot,
                  "since": BEGAN.isoformat(), "argv": [*argv, "--profile", str(self.file)]}  # fmt: skip
        self.runs.keep(SITE, background.RECORD, json.dumps(record).encode())

    def says(self, lines: Iterable[Line]) -> None:
        """The process says these lines as well."""
        with (self.runs.folder(SITE) / background.CONSOLE).open("a") as console:
            console.writelines(json_lines.line(line) + "\n" for line in lines)

    def folder(self, events: Sequence[Event], outcome: str = "", probes: Sequence[ProbeResult] = ()) -> None:
        """The folder of the run, as far as its events say."""
        folder = self.runs.folder(SITE) / "runs" / RUN
        folder.mkdir(parents=True)
        body = {"format": 1, "site": SITE, "operation": "install", "remembered": {"profile": str(self.file)}}
        (folder / "run.json").write_text(json.dumps(body | ({"outcome": outcome} if outcome else {})))
        (planned,) = self.planned()
        (folder / "plan.json").write_text(json_lines.line(planned))
        (folder / "events.jsonl").write_text("".join(json_lines.line(line) + "\n" for line in lines(events)))
        if probes:
            (folder / "probes.json").write_text(
                json_lines.line({"format": 1, "probes": [asdict(probe) for probe in probes]})
            )

    def findings(self, *bad: Finding) -> list[Line]:
        """A check of every host, in order but for some."""
        troubled = {(each.check, each.host) for each in bad}
        hosts = [host.name for host in self.inputs.answers.hosts]
        good = [Finding(check.name, host, "ok", check.title) for host in hosts for check in CHECKS
                if (check.name, host) not in troubled]  # fmt: skip
        asked = [{"type": "asked", "host": host, "done": n, "total": len(hosts)} for n, host in enumerate(hosts, 1)]
        return [*asked, *({"type": "finding", **asdict(each)} for each in (*bad, *good))]

    def planned(self) -> list[Line]:
        return [{"type": "plan", **card.to_json(PlanCard.of(self.plan))}]

    def events(self, through: int, *, seconds: float = 2.0) -> tuple[list[Event], list[Step]]:
        """The run's first steps, one after the other; and the steps that are left."""
        told: list[Event] = [RunStarted(BEGAN, RUN, "install", len(self.plan), 0)]
        at = BEGAN
        for step in self.plan.steps[:through]:
            told += [StepStarted(at, step.id)]
            if step.bytes:
                told += [StepProgressed(at + timedelta(seconds=seconds), step.id, step.bytes, step.bytes, "bytes")]
            at += timedelta(seconds=seconds)
            told += [StepFinished(at, step.id, True, seconds)]
        return told, list(self.plan.steps[through:])

    def probes(self) -> list[ProbeResult]:
        """Every probe of the site, passed."""
        named = [
            probe
            for each in self.inputs.answers.environments
            for probe in builtin.probes(self.inputs, builtin.ProbeNamespace(each, ""))
        ]
        return [ProbeResult(probe.id, probe.title, probe.environment, True, "as wanted", 1.5) for probe in named]


def lines(events: Iterable[Event]) -> list[Line]:
    """Events as a process says them."""
    return [to_json(event) for event in events]


CLOCK = Finding(
    "clock.skew", "node-1", "failed", Message("{time} s behind this machine", time="41"),
    Message("{time} s at most; certificates would not be valid yet", time="30"),
    Message("start {servers} there ({place})", servers=Message("chrony with {servers}", servers="10.0.0.1"),
            place="network.ntp, answers.yaml:31"),
)  # fmt: skip
PORT = Finding(
    "ports.free", "node-2", "failed", Message("{port} is in use by {program}", port="10250/tcp", program="nginx"),
    Message("it free, for {purpose}", purpose=Message("kubelet")),
    Message("stop {program} there, or take another host", program="nginx"),
)  # fmt: skip
CGROUP = Finding("cgroup.version", "cp-1", "waived", "cgroup v1", "cgroup v2",
                 "boot with systemd.unified_cgroup_hierarchy=1",
                 Waiver("cgroup.version", "practice hosts are containers", "Li Wei", date(2027, 1, 31)))  # fmt: skip


def failed_checks(story: Story) -> None:
    story.process(["check"], story.findings(CLOCK, PORT, CGROUP), 4)


def good_checks(story: Story) -> None:
    story.process(["check"], story.findings(), 0)


def plan_made(story: Story) -> None:
    story.process(["plan"], story.planned(), 0)


def half_way(story: Story) -> None:
    """One host's part is sent, another step runs, the rest waits."""
    sending = max(range(len(story.plan)), key=lambda number: story.plan.steps[number].bytes)
    told, left = story.events(sending, seconds=4.0)
    push, at = left[0], NOW - timedelta(seconds=12)
    told += [StepStarted(at, push.id), StepProgressed(NOW, push.id, push.bytes * 2 // 5, push.bytes, "bytes")]
    story.folder(told)
    story.process(["install"], [*story.findings(), *story.planned(), *lines(told)])


def broken(story: Story) -> None:
    told, left = story.events(40)
    step, at = left[0], BEGAN + timedelta(seconds=80)
    reason = "the kubelet did not become healthy; its log ends: cgroup driver systemd is different from cgroupfs"
    log = f"hosts/{step.host}/{step.id.partition('@')[0].replace('/', '.')}.log"
    told += [StepStarted(at, step.id), StepBroke(at + timedelta(seconds=14), step.id, reason, log)]
    told += [RunFinished(at + timedelta(seconds=14), RUN, "failed", 94.0, 40)]
    story.folder(told, "failed")
    kept = story.runs.log(SITE, RUN, step.id)
    kept.parent.mkdir(parents=True)
    kept.write_text("[kubelet-check] waiting for a healthy kubelet at http://127.0.0.1:10248/healthz\n" * 3
                    + "E1123 10:16:34 failed to run Kubelet: misconfiguration: cgroup driver\n")  # fmt: skip
    failure = {"type": "error", "error": "StepFailed", "message": f"{step.id} failed after 14 s: {reason}",
               "remedy": "when mended: sitewright resume; to go back: sitewright rollback", "exit_code": 6}  # fmt: skip
    story.process(["install"], [*story.findings(), *story.planned(), *lines(told), failure], 6)


def paused(story: Story) -> None:
    told, _ = story.events(24)
    told += [RunFinished(BEGAN + timedelta(seconds=48), RUN, "interrupted", 48.0, 24)]
    story.folder(told, "interrupted")
    error = {"type": "error", "error": "Interrupted", "message": "interrupted; 24 steps are done and stay done",
             "remedy": "", "exit_code": 130}  # fmt: skip
    story.process(["install"], [*story.findings(), *story.planned(), *lines(told), error], 130)


def done(story: Story) -> None:
    told, _ = story.events(len(story.plan))
    end = BEGAN + timedelta(seconds=2 * len(story.plan))
    told += [RunFinished(end, RUN, "done", 2.0 * len(story.plan), len(story.plan))]
    probes = story.probes()
    story.folder(told, "done", probes)
    kubeconfig = story.runs.keep(SITE, "production.kubeconfig", b"")
    ready = {"type": "ready", "run": RUN, "folder": str(story.runs.folder(SITE)), "kubeconfigs": {"production": str(kubeconfig)}}  # fmt: skip  # noqa: E501
    proved = [{"type": "probe", **asdict(probe)} for probe in probes]
    story.process(["install"], [*story.findings(), *story.planned(), *lines(told), *proved, ready], 0)
