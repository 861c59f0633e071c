"""Commands on hosts that must succeed: short ones, and long ones as units that outlive a lost connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from installer.errors import CommandFailed
from installer.ports import ReadOnly, World


def shown(argv: Sequence[str]) -> str:
    """A command as messages show it, without the text of a script."""
    return " ".join(word if "\n" not in word else "<script>" for word in argv)


def demand(world: World, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> str:
    """Run a command that must succeed and return what it printed.

    Raises:
        CommandFailed: it ended with another code than 0.
    """
    output = world.run(host, *argv, stdin=stdin, timeout=timeout)
    if not output.ok:
        reason = output.err.strip() or output.out.strip()
        raise CommandFailed(host=host, command=shown(argv), code=output.code, reason=reason)
    return output.out


def underway(world: ReadOnly, host: str, unit: str) -> bool:
    """Whether a transient unit that an installer began runs still, or ended well and waits to be collected."""
    return world.query(host, "systemctl", "is-active", f"{unit}.service").ok


def demand_work(
    world: World, host: str, unit: str, *argv: str, timeout: float = 600, prepare: Callable[[], None] | None = None
) -> str:
    """Run a long command that must succeed as a transient unit and return its log.

    What an installer that died left under way is attached to. What it left failed is none of ours: that is forgotten
    and the command begun anew, after `prepare` has put in place what it works on.

    Raises:
        CommandFailed: it ended with another code than 0; the message carries its last lines.
    """
    if not underway(world, host, unit):
        world.run(host, "systemctl", "reset-failed", f"{unit}.service")
        if prepare is not None:
            prepare()
    output = world.work(host, unit, *argv, timeout=timeout)
    if not output.ok:
        tail = "\n".join(output.out.strip().splitlines()[-12:])
        raise CommandFailed(host=host, command=unit, code=output.code, reason=tail)
    return output.out


def wait_for(seconds: float, holds: Callable[[], bool]) -> None:
    """Wait up to `seconds` for something; whether it holds then is for the step's own look to say."""
    for _ in range(int(seconds * 2)):
        if holds():
            return
        time.sleep(0.5)
