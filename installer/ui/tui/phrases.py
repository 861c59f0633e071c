"""What other parts say with values in it, in the wizard's language: a text is held against the messages it may be."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

from installer import translations
from installer.errors import Problem, SitewrightError
from installer.plain import first, plain
from installer.ui.tui.words import Say

FEW = 20
"""Problems that are told at one place of a page: half a screen."""
REFUSALS = (
    "{person}, whom this machine does not know", "a component that bundle {name} lacks",
    "the key {name}", "{value}, perhaps", "one of: {values}", "a list of {count}", "a mapping of {count}",
    "{value}, which {place} is already", "{count} hosts in no environment", "{name} in no environment",
    "{name}, which is no host",
    "{count} control planes", "an odd number, {less} or {more}: an even one survives no more failures",
    "between /8 and /24 with a /24 for each of {count} host(s)", "{network} overlapping {other} of {place}",
    "{network} holding {address} of {place}",
    "{network} holding {address} of {place} and {count} more of {hosts} hosts",
    "a network of its own, as in {network}", "{port}, which is registry.port",
    "{value} for {name}, which {other} has already", "a domain of its own", "an endpoint of its own",
    "a control character ({sign})", "text that shows all that it says", "a number that is too large to reckon with",
    "a smaller number", "a full-width colon ({sign})", "a colon and a blank (: ) after the key",
    "a sign that only looks like a blank ({sign})", "indentation by blanks", "a secret itself (not shown)",
)  # fmt: skip
"""Messages of installer.answers.schema and .rules that name values; the first that fits is taken."""


RANGES = (
    "{names} name(s) and {addresses} address(es)", "as many addresses as names", "{name}, which is there already",
    "names that no other host has", "{range} with a bracket too many", "a range as in node-[1-12]",
    "a range that runs backwards in {range}", "the lower end first",
)  # fmt: skip
"""Messages on ranges of hosts."""
PROPOSALS = (
    "{hosts} host(s) for {count} environments ({names}); each is a cluster of its own: {more} host(s) more, or fewer "
    "environments",
    "no host for environment {name}: every host is marked for another by its group or name",
    "{environment} is to survive the loss of a host, which takes {wanted} control planes; it gets {count} of {hosts} "
    "host(s)",
    "{environment} has one worker alone: one more, and it survives the loss of it",
    "{reason}; carries the services too", "{environment} by {words}; {reason}",
    "{environment} for what it needs; {reason}",
    "control plane though {words} says worker: a cluster cannot do without",
    "control plane, though short of {cores} cores, {memory} GiB: {figures}",
    "control plane by its place in the list: nothing is known of it yet",
    "control plane by its place in the list: all are alike ({figures})",
    "control plane: small, and enough for it ({figures})", "control plane by {words}",
    "worker though {words} says control plane: {count} is odd, and enough", "worker by {words}", "worker: {figures}",
    "its name", 'its group "{group}"', "{cores} cores, {memory} GiB memory", "nothing is known of it yet",
)  # fmt: skip
"""Messages of installer.hosts.roles."""
REASONS = (
    "the command ended with {code}", "no answer within {seconds} s", "allowed signers {path}: {reason}",
    "answers cannot be written: {reason}", "move it away: the draft of {file} belongs there",
    "the variable is not set", "it is empty", "others may read the file", "there is no terminal to ask at",
    "set access.user to {name} in the answers",
    "the file is {reason}", "it is {reason}", "a directory", "a pipe", "a socket", "a device", "no regular file",
    "binary data", "binary data, or text in UTF-16, not UTF-8", "text in {encoding}, not UTF-8",
    "bytes that are not UTF-8 (in line {line}, at byte {byte}); they look like GB18030 (GBK)",
    "bytes that are not UTF-8 (in line {line}, at byte {byte})", "more than {count} KiB", "more than {count} MiB",
    "save it as UTF-8", "save it as UTF-8 (iconv -f {encoding} -t UTF-8)", "name a regular file",
    "nobody has allowed this command to run", "look at it; if it is yours, give --allow-commands once",
    "the command: {reason}", "it says more than {count} bytes", "it has not ended after {seconds} s",
    "no allowed signers are named", "give --signers FILE, or trust.signers in the answers",
    "it is damaged", "it is no regular file", "move it away",
    "others may write into the state directory (mode {mode})", "the state directory belongs to another user",
    "that was taken from them now; look through it, and where all in it is yours, call sitewright again",
    "bring it back from a copy; or move {folder} away: its run is then unknown here",
    "find out who has changed it there; without it (remove it), that host's steps are not taken back",
    "find out who has changed it there; an installation writes it anew",
    "No such file or directory", "Permission denied", "Is a directory", "Connection refused", "No route to host",
)  # fmt: skip
"""Reasons and remedies that errors of these pages are raised with, and what the system itself says most."""
WORDS = frozenset({"reason", "words", "figures", "part", "purpose"})
"""Places of messages in which words stand, not names."""


def few(say: Say, problems: Sequence[Problem], told: Callable[[Problem], str]) -> list[str]:
    """The first problems of a place, a line each, and how many there are beyond them."""
    shown, left = first(problems, FEW)
    return [*(plain(told(each)) for each in shown), *([say("and {count} more", count=left)] if left else [])]


def failure(say: Say, error: SitewrightError) -> tuple[str, str]:
    """What happened, and what to do next."""
    facts = {name: told(say, str(each)) if name in WORDS else each for name, each in error.facts.items()}
    own = error.facts.get("hint")
    remedy = told(say, str(own)) if own else say(error.hint).format_map(facts)
    return say(inspect.cleandoc(type(error).__doc__ or "{reason}")).format_map(facts), remedy


def problem(say: Say, found: Problem, missing: bool) -> str:
    """What is wrong at a place, or what is to be answered there."""
    message = say("needed: {wanted}") if missing else say("✖ found {found}; wanted {wanted}")
    return message.format(found=told(say, found.found), wanted=told(say, found.wanted))


def told(say: Say, text: str, messages: Sequence[str] = (*REFUSALS, *PROPOSALS, *RANGES, *REASONS)) -> str:
    """A text in the wizard's language, its values as they are; in English where no message fits."""
    if (exact := say(text)) != text:
        return exact
    for message in messages:
        if found := translations.places(message, text):
            return say(message, **{name: told(say, each) if name in WORDS else each for name, each in found.items()})
    return text
