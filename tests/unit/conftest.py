"""Fixtures of the unit tests."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from core_bundle import make_core_bundle
from core_manifest import ROOT
from hypothesis import settings
from run_pages import Place
from waived import WAIVERS

from installer.cli import wizard
from installer.runs import background

settings.register_profile("sitewright", deadline=None)  # how long an example takes is this machine's affair
settings.load_profile("sitewright")
gc.set_threshold(*wizard.COLLECTION)  # many wizards, each as the command makes it


@pytest.fixture(scope="session")
def core_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The core bundle without what its images hold, and its signers."""
    return make_core_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def place(tmp_path: Path, core_files: tuple[Path, Path]) -> Iterator[Place]:
    """Answers and a simulated site; what still runs there is ended."""
    document = yaml.safe_load((ROOT / "profiles/rehearsal.yaml").read_text())
    document["waivers"] = WAIVERS[:1]
    (tmp_path / "answers.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    made = Place(tmp_path, core_files).site()
    yield made
    left = background.find(made.runs, "practice")
    if left is not None and left.alive:
        with suppress(ProcessLookupError):  # it has just ended
            os.killpg(left.pid, signal.SIGKILL)
