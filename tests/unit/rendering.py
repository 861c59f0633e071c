"""Charts as the helm of the bundle `core` renders them: the very program that hosts get."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.bundle.manifest import Component
from installer.render import charts
from installer.workshop import cache_folder

needs_helm = pytest.mark.usefixtures("bundle")
"""For a test that renders: building the bundle makes helm, where the cache has none."""


def objects_of(component: Component, names: dict[str, Any], chart: Path) -> tuple[dict[str, Any], ...]:
    """The objects of a component's chart, with the values that it has under these names."""
    built = sorted((cache_folder() / "made").glob("*/files/helm"), key=lambda path: path.stat().st_mtime)
    argv = [str(built[-1]), "template", component.name, str(chart), "--namespace",
            component.spec["chart"]["namespace"], "--values", "-"]  # fmt: skip
    done = subprocess.run(argv, input=charts.written(component, names), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return tuple(each for each in yaml.safe_load_all(done.stdout) if each)
