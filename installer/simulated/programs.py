"""The ordinary programs of a simulated host: files, names and clocks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from installer.ports import Output
from installer.simulated import looked_at
from installer.simulated.machine import load_module
from installer.simulated.state import Call, Program, failed, said

TIMED_OUT = 124
"""Exit code of what was ended for taking too long."""


def cat(call: Call) -> Output:
    """`cat FILE...`."""
    return Output(0, "".join(call.tree.read(path).decode() for path in call.argv[1:]), "")


def head(call: Call) -> Output:
    """`head -v -c BYTES FILE...`: what is not there is left out and makes the exit code 1."""
    if call.argv[1:3] != ("-v", "-c"):
        raise call.unscripted()
    limit, there = int(call.argv[3]), [path for path in call.argv[4:] if path in call.tree]
    text = "\n".join(f"==> {path} <==\n{call.tree.read(path)[:limit].decode()}" for path in there)
    return Output(0 if len(there) == len(call.argv[4:]) else 1, text, "")


def ls(call: Call) -> Output:
    """`ls -d PATH...`, `ls -A FOLDER...`, `ls -1 FOLDER` and `ls -1A FOLDER`."""
    if call.argv[1] == "-lR":
        return looked_at.copies(call)
    paths = call.argv[2:]
    if call.argv[1] in ("-A", "-1", "-1A") and len(paths) == 1:
        entry = call.tree.entry(paths[0])
        if entry is not None and entry.kind != "directory":
            return said(paths[0]) if not paths[0].endswith("/") else failed(f"ls: {paths[0]}: Not a directory", 2)
        return said(*call.tree.names(paths[0])) if entry is not None else _absent("ls", paths[0])
    if call.argv[1] == "-A":
        there = [path for path in paths if path in call.tree]
        return said("\n\n".join("\n".join((f"{path}:", *call.tree.names(path))) for path in there))
    if call.argv[1] != "-d":
        raise call.unscripted()
    missing = [path for path in paths if path not in call.tree]
    text = "".join(f"{path}\n" for path in paths if path in call.tree)
    return Output(2 if missing else 0, text, "".join(_absent("ls", path).err for path in missing))


def ln(call: Call) -> Output:
    """`ln FILE NAME` and `ln -sfn TARGET NAME`."""
    match call.argv[1:]:
        case ("-sfn", target, name):
            call.tree.link(name, target)
        case (path, name):
            call.tree.share(path, name)
        case _:
            raise call.unscripted()
    return said()


def test(call: Call) -> Output:
    """`test -e|-f|-d PATH`."""
    entry = call.tree.entry(call.argv[2])
    wanted = {"-e": ("file", "directory", "link"), "-f": ("file",), "-d": ("directory",)}.get(call.argv[1])
    if wanted is None or len(call.argv) != 3:
        raise call.unscripted()
    return Output(0 if entry is not None and entry.kind in wanted else 1, "", "")


def identity(call: Call) -> Output:
    """`id -un`: every verb acts as root."""
    if call.argv[1:] != ("-un",):
        raise call.unscripted()
    return said("root")


def echo(call: Call) -> Output:
    """`echo WORD...`."""
    return said(" ".join(call.argv[1:]))


def sleep(call: Call) -> Output:
    """`sleep SECONDS`: takes no time here, but more than it is given ends it as on a host."""
    return Output(TIMED_OUT if float(call.argv[1]) > call.timeout else 0, "", "")


def uname(call: Call) -> Output:
    """`uname -m`."""
    if call.argv[1:] != ("-m",):
        raise call.unscripted()
    return said(call.host.machine.architecture)


def date(call: Call) -> Output:
    """`date +%s.%N`: a host's clock may go wrong."""
    if call.argv[1:] != ("+%s.%N",):
        raise call.unscripted()
    return said(f"{call.site.now().timestamp() + call.host.machine.clock_ahead:.9f}")


def sysctl(call: Call) -> Output:
    """`sysctl -n KEY...` and `sysctl -w KEY=VALUE...`; a key whose module is not loaded does not exist."""
    match call.argv[1:]:
        case ("-n", *keys):
            found = [call.tree.text(_setting(key)).strip() for key in keys]
            return Output(0 if all(found) else 255, "".join(f"{value}\n" for value in found if value), "")
        case ("-w", *pairs):
            for key, _, value in (pair.partition("=") for pair in pairs):
                if _setting(key) not in call.tree:
                    return failed(f"sysctl: cannot stat {_setting(key)}: No such file or directory", 255)
                call.tree.put(_setting(key), f"{value}\n".encode())
            return said(*(pair.replace("=", " = ") for pair in pairs))
    raise call.unscripted()


def modprobe(call: Call) -> Output:
    """`modprobe --all NAME...` and `modprobe --dry-run NAME`."""
    if call.argv[1] not in ("--all", "--dry-run"):
        raise call.unscripted()
    missing = [name for name in call.argv[2:] if name not in call.host.machine.modules]
    if call.argv[1] == "--all":
        for name in call.argv[2:]:
            if name not in missing:
                load_module(call.tree, name)
    return failed(f"modprobe: FATAL: Module {missing[0]} not found.") if missing else said()


def which(call: Call) -> Output:
    """`which NAME...` and `command -v NAME`: paths of programs."""
    names = call.argv[2:] if call.argv[0] == "command" else call.argv[1:]
    paths = [call.host.find(name) for name in names]
    return said(*paths) if all(paths) else Output(1, "", "")


def _setting(key: str) -> str:
    return f"/proc/sys/{re.sub(r'[.]', '/', key)}"


def _absent(program: str, path: str) -> Output:
    return failed(f"{program}: cannot access '{path}': No such file or directory", 2)


PROGRAMS: Mapping[str, Program] = {
    "cat": cat, "command": which, "date": date, "echo": echo, "head": head, "id": identity, "ln": ln, "ls": ls,
    "modprobe": modprobe, "sleep": sleep, "sysctl": sysctl, "test": test, "true": lambda _: said(), "uname": uname,
    "which": which,
}  # fmt: skip
