"""How long an installation takes against doing the same by hand, in one run; and what it costs this machine."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from measured import MB, Measured, Row, held, timed, typical, watched
from packed import pack
from padded import padded
from practice import Practice, raise_practice
from ship import COMMAND, Operator, core_bundle, host_names, moved, records

from installer.cli.rehearse import practice_key
from installer.rehearsal import hosts
from installer.runs import kubectl

pytestmark = [pytest.mark.bench, pytest.mark.lab]

BY_HAND = Path(__file__).with_name("by_hand.sh")
FROZEN = Path(__file__).parents[2] / "dist/sitewright"
PADDING = 3_000_000_000

Fresh = Callable[[str], tuple[Practice, Path]]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Fresh]:
    """Raises a profile's hosts with their answers; the last ones are taken down first: all have the same machine."""
    raised: list[Practice] = []

    def another(profile: str) -> tuple[Practice, Path]:
        for former in raised:
            hosts.down(former.site)
        raised[:] = [raise_practice(0, host_names(profile))]
        return raised[0], moved(profile, raised[0], tmp_path)

    yield another
    for practice in raised:
        hosts.down(practice.site)


def test_an_installation_against_doing_it_by_hand(
    fresh: Fresh, measured: Measured, temporary: Path, tmp_path: Path
) -> None:
    """Two rounds, whose order turns: a load that falls or rises flatters each once."""
    bundle, (_, signers) = core_bundle(), practice_key()
    rows: list[Row] = []

    def by_hand(number: int) -> float:
        practice, profile = fresh("rehearsal")
        trunk = tmp_path / f"trunk-{number}"
        trunk.mkdir()
        pack(trunk, practice, profile, bundle)
        argv = [str(BY_HAND), str(trunk), *(host.name for host in practice.site.hosts)]
        return timed(lambda: subprocess.run(argv, check=True))

    def ours(number: int) -> float:
        practice, profile = fresh("rehearsal")
        operator = Operator(tmp_path / f"state-{number}")
        flags = ("install", "--profile", profile, "--bundle", bundle)
        first = watched(operator, temporary, *flags)
        if number == 0:
            rows.extend(_costs(operator, temporary, practice, first.seconds, flags))
            rows.append(Row("peak memory while installing", first.memory / MB, "MB", most=200))
            rows.append(Row("peak disk here while installing", first.disk / MB, "MB", most=20))
        return first.seconds

    rounds = [(by_hand(0), ours(0))]
    last = ours(1)
    rounds.append((by_hand(1), last))
    verified = watched(Operator(tmp_path / "state"), temporary, "bundle", "verify", bundle, "--signers", signers)
    hand, command = (sum(each) / len(rounds) for each in zip(*rounds, strict=True))
    measured.demand(
        Row("from verified bundle to probes green, against by hand", command, "s", hand, most=1.3),
        *(Row(f"  round {at}", one, "s", other) for at, (other, one) in enumerate(rounds, 1)),
        Row("bundle verify, against the installation", verified.seconds, "s", command, most=0.5),
        *rows,
    )


def _costs(
    operator: Operator, temporary: Path, practice: Practice, first: float, flags: tuple[object, ...]
) -> list[Row]:
    """What follows an installation."""
    left = held(operator.state)
    again = statistics.median(watched(operator, temporary, *flags).seconds for _ in range(3))
    looked = watched(operator, temporary, *flags, "--no-probes")
    (run, *_) = operator.runs(practice.site.name)
    (tool,) = operator.state.rglob(kubectl.NAME)
    events = records(run / "events.jsonl")
    push = next(e for e in events if e["type"] == "step_finished" and "registry.push" in e["step"])
    return [
        Row("install again on the finished site, median of 3", again, "s", most=10),
        Row("  without probes", looked.seconds, "s", most=10),
        Row("  of the first installation: filling the registry", push["seconds"], "s", first),
        Row("kept on this machine by a run", left / MB, "MB", most=20),
        Row("  and kubectl beside the kubeconfig", tool.stat().st_size / MB, "MB"),
    ]


def test_a_large_bundle_takes_no_more_memory_and_no_disk(
    fresh: Fresh, measured: Measured, temporary: Path, tmp_path: Path
) -> None:
    """One file of 3 GB more, verified, carried over and taken up by the registry."""
    bundle, signers = padded(core_bundle(), tmp_path / "padded", PADDING)
    _, profile = fresh("minimal")
    operator = Operator(tmp_path / "state")
    verified = watched(operator, temporary, "bundle", "verify", bundle, "--signers", signers)
    installed = watched(operator, temporary, "install", "--profile", profile, "--bundle", bundle,
                        "--signers", signers, "--no-probes")  # fmt: skip
    size = f"a bundle of {bundle.stat().st_size / 1e9:.1f} GB"
    measured.demand(
        Row(f"verify {size}", verified.seconds, "s"),
        Row("  peak memory", verified.memory / MB, "MB", most=200),
        Row("  peak disk here", verified.disk / MB, "MB", most=20),
        Row(f"install {size} on one host", installed.seconds, "s"),
        Row("  peak memory", installed.memory / MB, "MB", most=200),
        Row("  peak disk here", installed.disk / MB, "MB", most=20),
    )


def test_help_comes_at_once(measured: Measured) -> None:
    nothing = typical(sys.executable, "-c", "pass")
    rows = [("sitewright --help", typical(COMMAND, "--help"))]
    if FROZEN.exists():
        rows.append(("dist/sitewright --help", typical(FROZEN, "--help")))
    measured.demand(
        *(Row(what, seconds, "s", most=0.3) for what, seconds in rows),
        *(Row(f"{what}, against python -c pass", seconds, "s", nothing, most=15) for what, seconds in rows),
    )
