"""Programs of this machine: what they say and how they end is told; none takes, talks or stays for ever."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from installer import local_program
from installer.formats import libyaml
from installer.local_program import OutOfBounds
from installer.render.images import images_in


def sh(script: str, **bounds: object) -> local_program.Ended:
    return local_program.run(("sh", "-c", script), **bounds)  # type: ignore[arg-type]


def is_gone(path: Path) -> bool:
    """Whether the process whose number stands in a file is no more, or soon: one that was killed may take its time."""
    status, end = Path("/proc", path.read_text().strip(), "status"), time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if "\nState:\tZ" in status.read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def test_what_it_says_and_how_it_ends() -> None:
    ended = sh("echo out; printf '\\377' >&2; exit 3")
    assert (ended.code, ended.out, ended.err, ended.told) == (3, b"out\n", b"\xff", "ended with 3")
    assert sh("kill -SEGV $$").told == "was ended by SIGSEGV"
    assert sh("cat").out == b""  # it has nothing to read
    assert local_program.Ended(-64, b"", b"").told in ("was ended by SIGRTMAX", "was ended by signal 64")


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        local_program.run(("/no/such/program",))


def test_much_is_read_whole() -> None:
    count = 5 << 20
    ended = local_program.run((sys.executable, "-c", f"import os; os.write(2, b'e' * 100); print('x' * {count})"))
    assert (len(ended.out), len(ended.err)) == (count + 1, 100)


@pytest.mark.parametrize("stream", [1, 2])
def test_output_without_end_is_cut_off(stream: int) -> None:
    with pytest.raises(OutOfBounds, match="more than 100,000 bytes"):
        sh(f"yes >&{stream}", most=100_000)


def test_a_program_without_end_is_cut_off_with_all_it_started(tmp_path: Path) -> None:
    with pytest.raises(OutOfBounds, match="has not ended"):
        sh(f"sleep 900 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/self; wait", patience=0.5)
    assert is_gone(tmp_path / "child")
    assert is_gone(tmp_path / "self")


def test_what_a_program_leaves_running_neither_holds_it_up_nor_stays(tmp_path: Path) -> None:
    ended = sh(f"echo said; sleep 900 & echo $! > {tmp_path}/child; exit 0", patience=60)
    assert ended.out == b"said\n"
    assert is_gone(tmp_path / "child")


def test_a_program_that_closes_its_streams_is_waited_for(tmp_path: Path) -> None:
    assert sh(f"exec >&- 2>&-; sleep 0.3; touch {tmp_path}/end; exit 4").code == 4
    assert (tmp_path / "end").exists()


def test_what_a_beat_raises_ends_it(tmp_path: Path) -> None:
    def beat(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sh(f"echo $$ > {tmp_path}/self; exec sleep 900", beat=beat)
    assert is_gone(tmp_path / "self")


def test_the_processor_seconds_of_it_and_its_children_are_told() -> None:
    told: list[float] = []
    ended = sh("i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done & wait; exec sleep 1.2", beat=told.append)
    assert ended.spent > 0.05
    assert told == sorted(told)
    assert told[-1] <= ended.spent
    assert sh("sleep 0.3").spent < 0.2


def test_one_that_asks_at_the_terminal_stays_in_our_group() -> None:
    groups = {own: int(sh("ps -o pgid= -p $$", own_group=own).out) for own in (True, False)}
    assert groups[False] == os.getpgrp()
    assert groups[True] != os.getpgrp()


def test_what_it_started_in_our_group_goes_with_it(tmp_path: Path) -> None:
    with pytest.raises(OutOfBounds):
        sh(f"sh -c 'echo $$ > {tmp_path}/below; exec sleep 900' & wait", own_group=False, patience=2)
    assert is_gone(tmp_path / "below")


@pytest.mark.parametrize(
    "text",
    ["x: " + "[" * 100_000, "x: " + "{a: " * 100_000, "".join(" " * n + "- \n" for n in range(3000)), "- " * 90_000],
)
def test_yaml_without_bottom_is_refused_and_ends_nothing(text: str) -> None:
    for read in (libyaml.load, libyaml.load_all):
        with pytest.raises(libyaml.yaml.YAMLError):
            read(text)
        with pytest.raises(libyaml.yaml.YAMLError):
            read(text.encode())


def test_yaml_as_deep_as_anybody_writes_it_is_read() -> None:
    deep = "".join(f"{'  ' * n}a:\n" for n in range(200)) + "  " * 200 + "b: [[[]]]"
    at = libyaml.load(deep)
    for _ in range(200):
        at = at["a"]
    assert at == {"b": [[[]]]}


def test_images_are_looked_for_once_where_aliases_name_a_thing_many_times() -> None:
    pod = "p: &p {containers: [{image: one}]}\n"
    bomb = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}' if n else '*p'] * 9)}]\n" for n in range(40))
    own = "z: &z {again: *z, initContainers: [{image: two}, {name: none}, 7]}\n"
    text = pod + bomb + own
    assert list(images_in(list(libyaml.yaml.load_all(text, Loader=libyaml.LOADER)))) == ["one", "two"]
    with pytest.raises(libyaml.yaml.YAMLError, match="alias"):
        libyaml.load_all(text)
