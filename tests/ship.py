"""What is shipped, used from outside: the command as a process of its own, the core bundle, profiles on test sites."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import json_lines
import yaml
from practice import Practice
from waived import WAIVERS

from installer.builder import build
from installer.cli.rehearse import RECIPE, practice_key
from installer.cli.trusted_inputs import trusted
from installer.errors import BundleNotTrusted

COMMAND = str(Path(sys.executable).with_name("sitewright"))
PROFILES = RECIPE.parents[1] / "profiles"
LONGEST = 1800
"""Seconds after which a command hangs; the longest takes a fifth of it."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines: each as installer/output.schema.json publishes it, or this fails."""
        return json_lines.read(self.out)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one type."""
        return [line for line in self.lines if line["type"] == kind]

    def expect(self, code: int = 0) -> Ended:
        """The same, if it ended with this code and no traceback."""
        assert self.code == code, f"ended with {self.code}\n{self.out[-3000:]}\n{self.err[-3000:]}"
        assert "Traceback" not in self.err
        assert "fault of sitewright" not in self.err
        return self


@dataclass(frozen=True)
class Operator:
    """Somebody who types commands without a terminal; `state` is the folder where their runs are kept."""

    state: Path

    def run(self, *argv: object) -> Ended:
        """Type a command and wait for its end."""
        done = subprocess.run(
            self._argv(argv), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *argv: object) -> subprocess.Popen[bytes]:
        """Type a command and look away; what it says goes to `said` beside the state directory."""
        with self.said.open("ab") as said:
            return subprocess.Popen(self._argv(argv), stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    @property
    def said(self) -> Path:
        """What started commands have said."""
        return self.state.with_name(f"{self.state.name}.said")

    def runs(self, site: str) -> list[Path]:
        """The folders of a site's runs, the oldest first."""
        return sorted((self.state / "sites" / site / "runs").glob("*Z-*"))

    def _argv(self, argv: tuple[object, ...]) -> list[str]:
        return [COMMAND, *map(str, argv), "--state", str(self.state)]


def records(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file of JSON lines that somebody may be writing."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def kill_when(running: subprocess.Popen[bytes], due: Callable[[], bool]) -> None:
    """Kill a command (-9) as soon as something is so; it must be so before the command ends."""
    freeze_when(running, due)
    running.kill()
    running.wait()


def freeze_when(running: subprocess.Popen[bytes], due: Callable[[], bool]) -> None:
    """Stop a command (-STOP) as soon as something is so: it lives, holds what it holds, and does nothing."""
    end = time.monotonic() + LONGEST
    while not due():
        assert running.poll() is None, f"it ended with {running.returncode} before its time"
        assert time.monotonic() < end, "it never became so"
        time.sleep(0.02)
    running.send_signal(signal.SIGSTOP)


def peak_memory(running: subprocess.Popen[bytes]) -> int:
    """Peak resident bytes of a running command so far (VmHWM); 0 once it has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc", str(running.pid), "status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def core_bundle() -> Path:
    """The bundle core, from the cache or built now; signed with the practice key, which every profile trusts."""
    key, _ = practice_key()
    return build.build(RECIPE, key, lambda _: None)


def host_names(profile: str) -> tuple[str, ...]:
    """The hosts that a profile names."""
    document = yaml.safe_load((PROFILES / f"{profile}.yaml").read_text())
    return tuple(host["name"] for host in document["hosts"])


def moved(profile: str, practice: Practice, folder: Path) -> Path:
    """A profile as a file, with the name, addresses and keys of a test's own site, and waivers for containers."""
    document = yaml.safe_load((PROFILES / f"{profile}.yaml").read_text())
    document["site"]["name"] = practice.site.name
    document["access"] = {
        "user": practice.access.user,
        "private_key": practice.access.private_key,
        "known_hosts": practice.access.known_hosts,
        "sudo_password": {"file": str(practice.folder / "password")},
    }
    for host in document["hosts"]:
        host["address"] = practice.address(host["name"])
    document["waivers"] = WAIVERS
    path = folder / f"{profile}.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file below a folder, decoded as far as it goes."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes().decode(errors="replace")


def practised(signers: Path) -> Path | None:
    """A bundle of the cache that the practice key has signed; others may lie there too."""
    for path in sorted((Path.home() / ".cache/sitewright/bundles").glob("*/*.sitewright")):
        with suppress(BundleNotTrusted):
            trusted(path, signers.read_bytes())
            return path
    return None
