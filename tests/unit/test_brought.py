"""What a host's own list says that an earlier version brought there is taken for one only in the right form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from installer.plan.steps.files import Placed
from installer.plan.steps.host_components import Brought, brought, withdraw
from installer.ports import FileState, Output

LIST = "/var/lib/sitewright/components/x.json"


class Host:
    """A world of one host that keeps a list and says what stands at paths."""

    def __init__(self, said: bytes, kind: str = "file") -> None:
        self._said, self._kind = said, kind
        self.gone: list[str] = []

    def read(self, host: str, path: str) -> bytes:
        """The list."""
        return self._said

    def stat(self, host: str, *paths: str) -> tuple[FileState, ...]:
        """The same for each."""
        return tuple(FileState(self._kind, 0o755, "root", 1, "", "") for _ in paths)  # type: ignore[arg-type]  # a kind

    def run(self, host: str, *argv: str, timeout: float = 60) -> Output:
        """Nothing."""
        return Output(0, "", "")

    def remove(self, host: str, *paths: str) -> None:
        """Take note."""
        self.gone += paths


def told(**said: Any) -> Brought:
    return brought(Host(json.dumps(said).encode()), "cp-1", LIST)  # type: ignore[arg-type]  # all that is asked of it


def test_files_and_units_are_believed() -> None:
    found = told(format=1, files=["/usr/local/bin/x", "/etc/..x/a b"], units=["x@1.service", "a.timer"])
    assert found == Brought(("/usr/local/bin/x", "/etc/..x/a b"), ("x@1.service", "a.timer"))
    assert told() == Brought()


@pytest.mark.parametrize(
    "said",
    [
        {"files": [7]}, {"files": ["x"]}, {"files": ["/etc/../x"]}, {"files": ["/"]}, {"files": ["/etc//x"]},
        {"files": {"/a": 1, "b": 2}}, {"files": 7}, {"files": ["/a\n/b"]}, {"units": ["--force"]},
        {"units": ["a b.service"]},
        {"units": ["x"]}, {"units": [None]}, {"files": ["/etc/x/."]}, {"units": "x.service"},
    ],
    ids=str,
)  # fmt: skip
def test_a_list_of_another_form_says_nothing(said: dict[str, Any]) -> None:
    assert told(**said) == Brought()


@pytest.mark.parametrize(("kind", "gone"), [("file", ["/etc/old"]), ("link", ["/etc/old"]), ("directory", [])])
def test_a_directory_is_nobody_s_file_of_an_earlier_version(kind: str, gone: list[str]) -> None:
    world = Host(json.dumps({"files": ["/etc/old", "/etc/new"], "units": []}).encode(), kind)
    wanted = (Placed("/etc/new", 0o644, text=b""),)
    withdraw(world, "cp-1", Placed(LIST, 0o644, text=b""), wanted, ())  # type: ignore[arg-type]  # as above
    assert world.gone == gone
