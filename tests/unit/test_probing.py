"""What probes of real hosts measure, by the very scripts that are run there."""

from __future__ import annotations

import subprocess
import time

from installer.ports import Output
from installer.remote.probing import LINK_BYTES, LINK_LED_IN, Probes

SUDO = 3.0
"""Seconds that sudo takes here before anything runs."""


class SlowToStart:
    """A world that runs commands here, each of them late."""

    def run(self, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Output:
        time.sleep(SUDO)
        ended = subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout, check=False)
        return Output(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def test_a_slow_sudo_makes_no_slow_link() -> None:
    speed = Probes(SlowToStart()).link_speed("cp-1")
    assert 0 < (LINK_BYTES - LINK_LED_IN) / speed < SUDO
