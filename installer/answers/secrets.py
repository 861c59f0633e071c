"""Secrets, from where the answers say they are to the moment they are used; kept in memory and nowhere else.

No message in here holds a secret or the output of a command that was to print one.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from installer import local_program, redaction
from installer.answers.model import SecretRef
from installer.errors import SecretUnavailable, UsageError
from installer.formats import text_file
from installer.messages import Message

LARGEST, LARGEST_HANDED_OVER = 64 << 10, 1 << 20
"""Bytes that one secret may have, and that all may have which a program hands over."""
PEM = "-----BEGIN "
"""How a key begins that is written as PEM."""
PATIENCE = 120
"""Seconds for a secret's command: a person may have to unlock a key store meanwhile."""

Ask = Callable[[str], str]
MayRun = Callable[[tuple[str, ...]], bool]


def nothing(_: tuple[str, ...]) -> bool:
    """Lets no command run."""
    return False


class Secrets:
    """Resolves references, each once; safe to use from several threads.

    `ask` prompts a person and returns what they typed, without echo; None where there is no terminal. `may_run` says
    whether a person has allowed a command (`installer.answers.allowed_programs`).
    """

    def __init__(self, ask: Ask | None, environment: Mapping[str, str] = os.environ, may_run: MayRun = nothing) -> None:
        self._ask = ask
        self._environment = environment
        self._may_run = may_run
        self._known: dict[SecretRef, str] = {}
        self._guard = threading.Lock()

    def resolve(self, ref: SecretRef) -> str:
        """The secret itself.

        Raises:
            SecretUnavailable: it is not where the reference says.
        """
        with self._guard:
            if ref not in self._known:
                value = self._fetch(ref)
                if not value:
                    raise SecretUnavailable(reference=ref, reason=Message("it is empty"))
                redaction.learn(value)
                self._known[ref] = value
            return self._known[ref]

    def resolve_all(self, refs: Iterable[SecretRef]) -> tuple[SecretUnavailable, ...]:
        """Try every secret, as before the first step; what could not be had, for all of them at once."""
        failed = []
        for ref in refs:
            try:
                self.resolve(ref)
            except SecretUnavailable as error:
                failed.append(error)
        return tuple(failed)

    def require(self, refs: Iterable[SecretRef]) -> None:
        """Make sure that every secret can be had.

        Raises:
            SecretUnavailable: one cannot; the others that cannot are its details.
        """
        refused = self.resolve_all(refs)
        if refused:
            first, *others = refused
            raise SecretUnavailable(**first.facts, details=[each.message for each in others]) from first

    def _fetch(self, ref: SecretRef) -> str:
        if isinstance(ref.value, tuple):
            if not self._may_run(ref.value):
                hint = Message("look at it; if it is yours, give --allow-commands once")
                raise SecretUnavailable(
                    reference=ref, reason=Message("nobody has allowed this command to run"), hint=hint
                )
            return _from_command(ref, ref.value)
        if ref.kind == "env":
            if ref.value not in self._environment:
                raise SecretUnavailable(reference=ref, reason=Message("the variable is not set"))
            return self._environment[ref.value]
        if ref.kind == "file":
            return _from_file(ref, Path(ref.value))
        if self._ask is None:
            raise SecretUnavailable(
                reference=ref, reason=Message("nobody is there to be asked: no terminal, or --json")
            )
        return self._ask(ref.value)


def handed_over(stream: BinaryIO) -> Ask:
    """Answers prompts with what a program wrote to a stream: one JSON object {prompt: secret}, read to its end.

    Raises:
        UsageError: it is anything else, or was cut off.
    """
    raw = stream.read(LARGEST_HANDED_OVER + 1)
    try:
        told = json.loads(raw) if len(raw) <= LARGEST_HANDED_OVER else None
    except (ValueError, RecursionError):  # not named as the cause: it holds the text, and the text holds secrets
        told = None
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise UsageError(
            reason=Message("standard input holds no JSON object of secrets; nothing was done"),
            hint=Message('with --secrets-from-stdin, write {{"text of the prompt": "secret"}} to it and close it'),
        )
    secrets: dict[str, str] = told

    def ask(text: str) -> str:
        if text not in secrets:
            raise SecretUnavailable(
                reference=SecretRef("prompt", text), reason=Message("standard input did not hold it")
            )
        return secrets[text]

    return ask


def _from_file(ref: SecretRef, path: Path) -> str:
    try:
        raw, mode = text_file.read_with_mode(path, LARGEST)
    except text_file.Unfit as error:
        raise SecretUnavailable(reference=ref, reason=Message("the file is {reason}", reason=error)) from error
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        raise SecretUnavailable(reference=ref, reason=getattr(error, "strerror", None) or str(error)) from error
    if mode & 0o077:
        raise SecretUnavailable(
            reference=ref, reason=Message("others may read the file"), hint=Message("chmod 600 {path}", path=path)
        )
    return _first_line(ref, raw)


def _from_command(ref: SecretRef, argv: tuple[str, ...]) -> str:
    # It may ask a person at the terminal, which a group of its own could not. What it says is not told: it may be it.
    try:
        ended = local_program.run(argv, most=LARGEST, patience=PATIENCE, own_group=False)
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        reason = f"{argv[0]}: {getattr(error, 'strerror', None) or error}"
        raise SecretUnavailable(reference=ref, reason=reason) from error
    except local_program.OutOfBounds as error:
        raise SecretUnavailable(reference=ref, reason=Message("the command: {reason}", reason=error)) from error
    if ended.code:
        raise SecretUnavailable(reference=ref, reason=Message("the command {ended}", ended=ended.told))
    return _first_line(ref, ended.out)


def _first_line(ref: SecretRef, raw: bytes) -> str:
    """The first line; of a PEM text, which is one value in many lines, all of it."""
    try:
        text = text_file.decoded(raw)
        return text if text.startswith(PEM) else text.split("\n", 1)[0].rstrip("\r")
    except text_file.Unfit as error:
        raise SecretUnavailable(
            reference=ref, reason=Message("it is {reason}", reason=error)
        ) from None  # its cause would hold the secret
