"""Match names with OpenSSH's patterns: `*`, `?`, lists with commas, and `!` before what must not match."""

from __future__ import annotations

LONGEST = 1023
"""Characters of a pattern at which OpenSSH gives up on the whole list."""


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern is the whole of a name. Takes no more steps than the product of their lengths."""
    at, star, resumed = 0, -1, 0
    position = 0
    while position < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, resumed = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", name[position]):
            at += 1
            position += 1
        elif star >= 0:  # the last star takes one more; stars before it need not be tried again
            at, resumed = star + 1, resumed + 1
            position = resumed
        else:
            return False
    return not pattern[at:].strip("*")


def listed(patterns: str, name: str) -> bool:
    """Whether one pattern of a list matches a name, and none that must not."""
    found = False
    for pattern in patterns.split(","):
        wanted = pattern.removeprefix("!")
        if len(wanted) >= LONGEST:
            return False
        if matches(wanted, name):
            if pattern.startswith("!"):
                return False
            found = True
    return found
