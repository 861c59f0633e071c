"""What hosts say of the names in their directories, before anything is removed by them."""

from __future__ import annotations

import pytest

from installer.errors import HostAnswersOddly
from installer.plan.steps.before_images import names
from installer.ports import Output


class Listing:
    """A world in which a host lists a directory as it likes."""

    def __init__(self, said: str, code: int = 0) -> None:
        self._output = Output(code, said, "")

    def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
        """The listing."""
        return self._output


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("", []), ("a\n", ["a"]), ("a\nb c\n-rf\n..x\n", ["a", "b c", "-rf", "..x"]),
        ("a\u2028b\nc\x0bd\ne\x85f\n", ["a\u2028b", "c\x0bd", "e\x85f"]),
    ],
)  # fmt: skip
def test_names_end_at_line_feeds_alone(said: str, found: list[str]) -> None:
    assert names(Listing(said), "cp-1", "/etc/x") == found  # type: ignore[arg-type]  # all that is asked of a world


def test_where_there_is_no_directory_there_are_no_names() -> None:
    assert names(Listing("a\n", code=2), "cp-1", "/etc/x") == []  # type: ignore[arg-type]  # likewise


@pytest.mark.parametrize(
    "said", ["..\n", ".\n", "a\n\nb\n", "a/../../etc\n", "/etc/passwd\n", "a\0b\n", "\n", "a" * 256]
)
def test_what_is_no_name_in_a_directory_is_the_host_s_odd_answer(said: str) -> None:
    with pytest.raises(HostAnswersOddly, match=r"cp-1 .* for a name in /etc/x"):
        names(Listing(said), "cp-1", "/etc/x")  # type: ignore[arg-type]  # likewise
