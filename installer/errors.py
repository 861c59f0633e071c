"""Every failure a user can meet: the class docstring is the message, its attributes the exit code and the remedy.

Raise one with the values its message names: ``raise SudoRefused(host="node-1", user="ops", reason="wrong password")``.
Bands of exit codes are those of the command line's documentation; `tests/unit/test_errors.py` proves every class
belongs to one and renders. Facts are given as they are found; whatever in them would act on a terminal is shown as an
escape, and what is too long is cut, when the message is made of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, ClassVar, cast

from installer.messages import Message
from installer.plain import lines, listed, plain
from installer.redaction import redacted

SEVERAL_LINES = frozenset({"reason", "changed"})
"""Facts that may have several lines, as the last words of a program have; the second and later ones are set in."""


def _shown(fact: object, several: bool) -> object:
    """A fact as it may be shown: no secrets, nothing that acts on a terminal, not too long; a message stays one."""
    if isinstance(fact, Message):
        values = {name: _shown(each, several) for name, each in fact.values.items()}
        return Message.restored(_cleaned(fact, several), fact.template, values)
    if type(fact) is tuple:
        return tuple(_shown(each, several) for each in fact)
    return _cleaned(fact, several)


def _cleaned(fact: object, several: bool) -> str:
    text = redacted(str(fact))
    return lines(text).replace("\n", "\n  ") if several else plain(text)


def _filled(template: str, facts: Mapping[str, Any]) -> Message:
    """A message whose values are facts, as they may be shown; a fact that is a message stays one."""
    named = dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name)
    values = {name: _shown(facts[name], name in SEVERAL_LINES) for name in named}
    return Message.restored(template.format_map(values), template, values)


class SitewrightError(Exception):
    """{reason}"""

    exit_code: ClassVar[int] = 1
    hint: ClassVar[str] = ""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.message)

    @property
    def headline(self) -> Message:
        """What happened and where, with the facts filled in."""
        return _filled(inspect.cleandoc(type(self).__doc__ or "{reason}"), self.facts)

    @property
    def message(self) -> str:
        """The headline, and whatever has to stand below it."""
        return self.headline

    @property
    def remedy(self) -> Message:
        """What to do next; empty where the message says it all. ``hint=`` overrides the class's own."""
        own = self.facts.get("hint")
        if isinstance(own, Message):
            return cast(Message, _shown(own, several=False))
        return Message.verbatim(lines(own)) if own else _filled(self.hint, self.facts)

    @property
    def details(self) -> tuple[str, ...]:
        """Further lines for whoever wants to read on, the first of them where there are many; given as ``details=``."""
        return tuple(listed(tuple(self.facts.get("details", ())), each=lambda line: plain(redacted(str(line)))))


class ProgramFault(SitewrightError):
    """a fault of sitewright itself: {kind}; {where}"""

    hint = "send it to the vendor; what was begun is still known: sitewright status"


class UsageError(SitewrightError):
    """{reason}"""

    exit_code = 2
    hint = "see: sitewright --help"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file that people write: where it is, what was found there and what is wanted instead."""

    file: str
    line: int
    path: str
    found: Message
    wanted: Message

    def __str__(self) -> str:
        path = f"{plain(self.path)}: " if self.path else ""
        return f"{plain(self.file)}:{self.line}: {path}found {plain(self.found)}, wanted {plain(self.wanted)}"


class AnswersInvalid(SitewrightError):
    """{file}: {count} problem(s) in the answers"""

    exit_code = 3

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, in the order of the file's lines."""
        return tuple(self.facts.get("problems", ()))

    @property
    def message(self) -> str:
        """The count, then one line for each of the first problems, and how many there are beyond them."""
        return "\n".join([super().message, *(f"  {line}" for line in listed(self.problems, each=str))])


class NeedsInvalid(AnswersInvalid):
    """{file}: {count} problem(s) in what is asked for"""

    hint = "correct `needs` in the answers or --set; what a part can be told: sitewright size --component NAME --inputs"


class ProductUnreadable(AnswersInvalid):
    """{file}: {count} problem(s) in the product's files; nothing was checked"""


class ProductContradicts(SitewrightError):
    """{count} contradiction(s) between what {product} states, its manifests and the answers"""

    exit_code = 3
    hint = "mend what stands above in whichever file is wrong, and check again"


class PreflightFailed(SitewrightError):
    """{count} preflight problem(s); nothing has been changed"""

    exit_code = 4
    hint = "mend them, or waive one by name with a reason, a person and an end date under `waivers` in the answers"


class MachinesTooSmall(PreflightFailed):
    """the offered machines do not suffice: {count} thing(s) short"""

    hint = "provide what stands above, or ask for less: sitewright size --set path=value"


class AnotherBundleStands(PreflightFailed):
    """{reason}"""

    hint = "install with the bundle that stands"


class HostUnreachable(PreflightFailed):
    """{host} ({address}) cannot be reached: {reason}"""

    hint = "check the address, the port and the network between this machine and the host"


class LoginRefused(PreflightFailed):
    """{host}: login as {user} refused: {reason}"""

    hint = "check access.user and the key, passphrase or password references in the answers"


class HostKeyMismatch(PreflightFailed):
    """{host} shows host key {found}, but {wanted} is pinned; somebody may be in between"""

    hint = "find out why the key changed; only then pin the new one as host_key in the answers"


class HostKeyUnknown(PreflightFailed):
    """{host} shows host key {found}, and no key is pinned for it; it is never trusted unseen"""

    hint = "compare it on the host with: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub; then host_key: {fingerprint}"


class KnownHostsMissing(HostKeyUnknown):
    """{host} shows host key {found}, and the file of known host keys {path} is not there; it is never trusted unseen"""


class HostKeyRevoked(PreflightFailed):
    """{host} shows host key {found}, and the file of known host keys revokes it or its authority"""

    hint = "give the host a new key; the revoked one may be in other hands"


class KnownHostsUnreadable(PreflightFailed):
    """{host}: the known host keys in {path} cannot be read: {reason}"""

    hint = "make it readable, or name another file as access.known_hosts in the answers, or pin the host's host_key"


class SudoRefused(PreflightFailed):
    """{host}: sudo as {user} refused: {reason}"""

    hint = "allow the user to run every command by sudo, and check access.sudo_password in the answers"


class NoCommands(PreflightFailed):
    """{host}: the login as {user} is accepted, but runs no commands: {reason}"""

    hint = "log in as this user by hand and mend what it says; its login shell has to run `bash` when it is told to"


class SecretUnavailable(PreflightFailed):
    """secret {reference} cannot be resolved: {reason}"""

    hint = "a secret is named in the answers as {{env: NAME}}, {{file: PATH}}, {{command: [...]}} or {{prompt: TEXT}}"


class BundleNotTrusted(SitewrightError):
    """{bundle}: {reason}"""

    exit_code = 5
    hint = "do not use this file; get the bundle and its signer's key again from the vendor"


class StepFailed(SitewrightError):
    """{step} failed after {elapsed}: {reason}"""

    exit_code = 6
    hint = "when mended: sitewright resume; to go back: sitewright rollback"


class RunStopped(SitewrightError):
    """the run was stopped, for it could not be recorded any more: {reason}; {done} of {total} steps are done"""

    exit_code = 6
    hint = "make room, or mend it, and then: sitewright resume; to go back: sitewright rollback"


class PlanChanged(SitewrightError):
    """the plan is not the one this run began with; changed: {changed}"""

    exit_code = 6
    hint = "restore the former answers or bundle and resume, or: sitewright rollback"


class ProofInterrupted(SitewrightError):
    """interrupted before every probe was tried; the installation itself is done"""

    exit_code = 130
    hint = "try the probes again with: sitewright resume"


class CommandFailed(SitewrightError):
    """{host}: `{command}` ended with {code}: {reason}"""

    exit_code = 6


class EffectMissing(SitewrightError):
    """applied, but it still differs: {reason}"""

    exit_code = 6


class HostTaken(SitewrightError):
    """{host} belongs to {owner}; nothing was done there"""

    exit_code = 6
    hint = "uninstall that site first; if nobody can any more, clear the host and remove /var/lib/sitewright/owner.json"


class HostRecordRefused(SitewrightError):
    """{host}: what it keeps in {path} is not believed: {reason}"""

    exit_code = 6
    hint = "find out who has changed it there"


class ConnectionLost(SitewrightError):
    """{host}: the connection was lost: {reason}"""

    exit_code = 6


class HostAnswersOddly(SitewrightError):
    """{host} answered something else than what it was asked for: {reason}"""

    exit_code = 6
    hint = "log in there and look at what this host is and what its programs print; trust it only when that is clear"


class ProbeFailed(SitewrightError):
    """{reason}"""

    exit_code = 6
    hint = "look at the cluster with: sitewright status; try the probes again with: sitewright resume"


class RollbackIncomplete(SitewrightError):
    """rollback stopped at {step}: {reason}"""

    exit_code = 7
    hint = "mend it and run sitewright rollback again; it goes on where it stopped"


class SiteLocked(SitewrightError):
    """another run holds this site's lock: {owner} since {since} (expires {expires})"""

    exit_code = 8
    hint = "wait for it to end, or look at it with: sitewright status"


class Interrupted(SitewrightError):
    """interrupted; {done} steps are done and stay done"""

    exit_code = 130
    hint = "go on with: sitewright resume; go back with: sitewright rollback"


class NothingInterrupted(SitewrightError):
    """interrupted; nothing was running that has to be resumed"""

    exit_code = 130


class BuildFailed(SitewrightError):
    """{what}: {reason}"""

    exit_code = 1


class RecipeInvalid(BuildFailed):
    """{place}: {reason}"""

    exit_code = 2


class ProgramUnbounded(BuildFailed):
    """{what}: `{command}` was stopped: {reason}"""


class InputEnded(UsageError):
    """the input ended before the question was answered; nothing was changed"""

    hint = "answer at the terminal, or give --yes; a secret can be named as {{env: NAME}} or {{file: PATH}} too"


class FileRefused(SitewrightError):
    """{path}: this machine refuses it: {reason}"""

    exit_code = 2
    hint = "look at its owner and mode, and at the room on its disk"


class StateUnreadable(SitewrightError):
    """{path}: {reason}"""

    exit_code = 2


class AnswersChanged(StateUnreadable):
    """{path}: the file was changed by somebody else meanwhile"""

    hint = "save under another name, or open it again"


class ReportImpossible(SitewrightError):
    """the {what} of the report cannot be made: {reason}"""

    exit_code = 2


class PracticeToolMissing(SitewrightError):
    """practice hosts cannot be made here: {tools} not installed"""

    exit_code = 2
    hint = "install what is missing with: build/bootstrap"


class PracticeImpossible(SitewrightError):
    """practice site {site}: {reason}"""

    exit_code = 2
    hint = "a site of that name or on that network is taken down with: sitewright rehearse --down --profile FILE"


class PracticeFailed(SitewrightError):
    """practice hosts: `{command}` failed: {reason}"""

    exit_code = 1
    hint = "a half-made site is removed with: sitewright rehearse --down --profile FILE"
