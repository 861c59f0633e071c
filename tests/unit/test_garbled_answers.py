"""Before anything is touched every step looks at its host: bytes that are no text end nothing."""

from __future__ import annotations

from typing import Any

from simulation import inputs_of, world_of

from installer import operations
from installer.engine import preview


class Garbled:
    """A world in which every host answers with bytes that are no UTF-8 where a file is read below a directory."""

    def __init__(self, world: Any, below: str) -> None:
        self._world, self._below = world, below

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def read(self, host: str, path: str) -> bytes | None:
        """The file, or what is none."""
        found: bytes | None = self._world.read(host, path)
        return b"\xff\xfe\x80\n" if path.startswith(self._below) else found


def test_files_of_the_kernel_that_are_no_text_end_no_preview() -> None:
    plan = operations.plan(inputs_of("rehearsal"))
    held = preview(plan, Garbled(world_of("rehearsal"), "/proc/"))
    assert held.keys() == {step.id for step in plan}


def test_what_a_step_captures_of_them_is_text() -> None:
    steps = operations.plan(inputs_of("rehearsal"))
    join = next(step for step in steps if step.id.startswith("production/kubernetes.init"))
    settings = join.capture(Garbled(world_of("rehearsal"), "/proc/sys/"))["settings"]
    assert settings
    assert all(value == "\ufffd\ufffd\ufffd" for value in settings.values())
