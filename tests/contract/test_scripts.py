"""Scripts that run on hosts, in real shells: what they make of files is what the simulated ones make of them.

Each case is tried by the shells that a host's `sh` may be. Paths are the same in both worlds, below a folder of this
machine; as another user than root, the scripts run in a user namespace in which they are root.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from core_manifest import core_manifest

from installer.errors import CommandFailed
from installer.plan.steps import before_images, kubelet_certificates
from installer.remote.ssh import commands
from installer.runs import lock
from installer.simulated.machine import Machine
from installer.simulated.world import SimulatedWorld

SHELLS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "sh"]}
ROOT = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
Layout = Mapping[str, Any]
"""By path below the folder: a text is a file, None a directory, ("link", target) a link, (text, mode) a file's mode."""
LAYOUT: Layout = {
    "etc/proxy.cfg": ("old", 0o640), "etc/deep/a b/file": "spaces", "etc/-n": "a name like an option",
    "etc/empty": None,
    "etc/full/inside": "x", "etc/link": ("link", "proxy.cfg"), "etc/dangling": ("link", "nowhere"),
    "etc/linked": ("link", "full"), "kept/etc/proxy.cfg": None, "keep/etc/file": "kept before",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A script with its parameters, where "@" is the folder, and what does the same in the simulated world."""

    text: str
    parameters: tuple[str, ...]
    simulated: Callable[[SimulatedWorld, str], bool]
    stdin: bytes = b""
    layout: Layout = field(default_factory=lambda: LAYOUT)


def ran(text: str, *parameters: str, stdin: bytes = b"") -> Case:
    """A script that the simulated world knows by its text."""

    def simulated(world: SimulatedWorld, root: str) -> bool:
        return world.run(
            "solo", "sh", "-c", text, "x", *(each.replace("@", root) for each in parameters), stdin=stdin
        ).ok

    return Case(text, parameters, simulated, stdin)


def verb(
    text: str, parameters: tuple[str, ...], act: Callable[[SimulatedWorld, str], object], stdin: bytes = b""
) -> Case:
    """A verb of the world, and the script by which the real one carries it out."""

    def simulated(world: SimulatedWorld, root: str) -> bool:
        try:
            act(world, root)
        except CommandFailed:
            return False
        return True

    return Case(text, parameters, simulated, stdin)


def write(path: str, content: bytes, mode: int = 0o644) -> Case:
    digest = hashlib.sha256(content).hexdigest()
    return verb(commands.WRITE, (f"@/{path}", f"{mode:o}", digest),
                lambda world, root: world.write("solo", f"{root}/{path}", content, mode=mode), content)  # fmt: skip


def remove(*paths: str) -> Case:
    return verb(commands.REMOVE, tuple(f"@/{path}" for path in paths),
                lambda world, root: world.remove("solo", *(f"{root}/{path}" for path in paths)))  # fmt: skip


def directory(path: str, mode: int = 0o755) -> Case:
    return verb(commands.MAKE_DIRECTORY, (f"@/{path}", f"{mode:o}"),
                lambda world, root: world.make_directory("solo", f"{root}/{path}", mode=mode))  # fmt: skip


CASES = {
    "keep a file": ran(before_images.KEEP, "@/aside", "@/etc/proxy.cfg"),
    "keep odd names": ran(before_images.KEEP, "@/aside", "@/etc/deep/a b/file", "@/etc/-n"),
    "keep links as links": ran(before_images.KEEP, "@/aside", "@/etc/link", "@/etc/dangling", "@/etc/linked"),
    "keep no directory and nothing": ran(before_images.KEEP, "@/aside", "@/etc/full", "@/etc/none"),
    "keep once": ran(before_images.KEEP, "@/keep", "@/etc/file", "@/etc/proxy.cfg"),
    "return a file": ran(before_images.RETURN, "@/keep", "@/etc/file"),
    "return over a file": ran(before_images.RETURN, "@/keep", "@/etc/file", "@/etc/none"),
    "return into a folder that is gone": ran(before_images.RETURN, "@/keep", "@/etc/file"),
    "return over a directory": ran(before_images.RETURN, "@/over", "@/etc/full"),
    "prune": ran(before_images.PRUNE, "@/etc/empty", "@/etc/full", "@/etc/none", "@/etc/proxy.cfg", "@/etc/linked"),
    "claim": ran(lock.CLAIM, "@/lock", "token", "300", "", stdin=b'{"owner": "a"}\n'),
    "release what is not held": ran(lock.RELEASE, "@/lock", "token"),
    "await": ran(kubelet_certificates.AWAIT_FILE, "@/etc/proxy.cfg"),
    "write": write("etc/new/file", b"content\n", 0o600),
    "write over a file": write("etc/proxy.cfg", b"new", 0o755),
    "write over a link": write("etc/link", b"new"),
    "write over a directory": write("etc/full", b"new"),
    "write below a file": write("etc/proxy.cfg/below", b"new"),
    "remove a file, a tree, a link, nothing": remove("etc/proxy.cfg", "etc/deep", "etc/link", "etc/none"),
    "remove a link and not what it names": remove("etc/linked"),
    "remove an odd name": remove("etc/-n"),
    "make directories": directory("etc/a/b/c", 0o700),
    "make a directory that is there": directory("etc/full", 0o700),
    "make a directory over a file": directory("etc/proxy.cfg"),
}  # fmt: skip
CASES["return over a directory"] = Case(
    before_images.RETURN, ("@/over", "@/etc/full"), CASES["return over a directory"].simulated,
    layout={**LAYOUT, "over@": ("nested", "etc/full")},
)  # fmt: skip


def furnish(root: Path, layout: Layout) -> None:
    for name, what in layout.items():
        if name == "over@":  # a file kept under the name of what is a directory by now
            kept_file = root / "over" / str(root).lstrip("/") / what[1]
            kept_file.parent.mkdir(parents=True)
            kept_file.write_text(what[0])
            continue
        if name.startswith("keep/"):  # what was put aside lies below its whole path
            path = root / "keep" / str(root).lstrip("/") / name.removeprefix("keep/")
        else:
            path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match what:
            case None:
                path.mkdir()
            case ("link", target):
                path.symlink_to(target)
            case (text, mode):
                path.write_text(text)
                path.chmod(mode)
            case text:
                path.write_text(text)
    for path in [root, *root.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
        elif path.is_file() and not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) != 0o640:
            path.chmod(0o644)


def seen(root: Path) -> dict[str, tuple[str, int, bytes | str]]:
    """Every entry below a folder of this machine: kind, mode, and content or target."""
    found: dict[str, tuple[str, int, bytes | str]] = {}
    for path in sorted(root.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_symlink():
            found[str(path)] = ("link", 0o777, str(path.readlink()))
        elif path.is_dir():
            found[str(path)] = ("directory", mode, "")
        else:
            found[str(path)] = ("file", mode, path.read_bytes())
    return found


def loaded(root: Path) -> SimulatedWorld:
    """A simulated host with the same entries."""
    world = SimulatedWorld([Machine("solo", "192.0.2.1")], core_manifest())
    tree = world.site.hosts["solo"].tree
    tree.make_directory(str(root))
    for path, (kind, mode, content) in seen(root).items():
        if kind == "directory":
            tree.make_directory(path, mode)
        elif kind == "link":
            tree.link(path, str(content))
        else:
            tree.put(path, content if isinstance(content, bytes) else b"", mode)
    return world


def seen_simulated(world: SimulatedWorld, root: Path) -> dict[str, tuple[str, int, bytes | str]]:
    entries = world.site.hosts["solo"].tree.snapshot()
    said = {"link": lambda entry: entry.target, "file": lambda entry: entry.content, "directory": lambda _: ""}
    return {path: (entry.kind, entry.mode, said[entry.kind](entry))
            for path, entry in sorted(entries.items()) if path.startswith(f"{root}/")}  # fmt: skip


@pytest.mark.parametrize("shell_name", SHELLS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_script_does_what_its_simulation_does(tmp_path: Path, case: Case, shell_name: str) -> None:
    root = tmp_path / "host"
    furnish(root, case.layout)
    world = loaded(root)
    parameters = [each.replace("@", str(root)) for each in case.parameters]
    program = shutil.which(SHELLS[shell_name][0])
    assert program is not None, f"{shell_name} is missing: build/bootstrap installs it"
    argv = [*ROOT, program, *SHELLS[shell_name][1:], "-c", case.text, "sitewright", *parameters]
    ended = subprocess.run(argv, input=case.stdin, capture_output=True, timeout=60, check=False, umask=0o022)
    assert case.simulated(world, str(root)) == (ended.returncode == 0), ended.stderr.decode()
    real, simulated = seen(root), seen_simulated(world, root)
    for name in ("lock",):  # its second word is a time
        for pictures in (real, simulated):
            if (at := str(root / name)) in pictures:
                pictures[at] = ("file", pictures[at][1], bytes(pictures[at][2]).split(b"\n")[1])  # type: ignore[arg-type]
    assert {path: entry for path, entry in real.items() if not path.endswith(".guard")} == {
        path: entry for path, entry in simulated.items() if not path.endswith(".guard")
    }
