"""What a run was planned from, kept in its folder: a site can be taken back whatever became of its answers and bundle.

    answers.yaml    the answers as they were read (they hold no secrets)
    bundle.json     what the bundle held, with its signature and the signers who were trusted then

What the hosts keep of a run for other laptops (`installer.runs.site_copy`) brings nothing of all this: there, answers
and bundle have to be at hand.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.answers import file as answers_file
from installer.bundle.manifest_json import decode
from installer.errors import PlanChanged, StateUnreadable, UsageError
from installer.messages import Message
from installer.plan.inputs import Inputs
from installer.runs.store import Run

ANSWERS, BUNDLE, SIGNATURE, SIGNERS = "answers.yaml", "bundle.json", "bundle.json.sig", "allowed_signers"
MOST = 40
"""Lines of a difference that are shown; the file itself has all."""
WIDEST = 160
"""Letters of a line that are shown."""
MOST_COMPARED = 20_000
"""Lines that are compared; the answers of 400 hosts have some 1,500."""


def keep(run: Run, inputs: Inputs) -> None:
    """Keep what a run is planned from.

    Raises:
        StateUnreadable: it cannot be written.
    """
    papers = {
        ANSWERS: inputs.answers.text.encode(),
        BUNDLE: inputs.bundle_json,
        SIGNATURE: inputs.signature,
        SIGNERS: inputs.signers,
    }
    for name, content in papers.items():
        run.put(name, content)


def begun_here(run: Run) -> bool:
    """Whether this machine has planned a run, and so kept what it was planned from."""
    return (run.folder / BUNDLE).exists()


def recall(run: Run, present: Inputs | None = None) -> Inputs:
    """What a run was planned from; `present` stands in where this machine did not plan it, and so kept nothing.

    Raises:
        UsageError: it did not, and nothing stands in.
        AnswersInvalid: what was kept is no longer valid.
        StateUnreadable: it is no text.
    """
    papers = [run.read(name) for name in (ANSWERS, BUNDLE, SIGNATURE, SIGNERS)]
    if any(paper is None for paper in papers):
        if present is None:
            raise UsageError(reason=Message("run {name} was begun on another machine", name=run.name),
                             hint=Message("give --profile FILE and --bundle FILE: what it was begun with"))  # fmt: skip
        return present
    said, bundle_json, signature, signers = (paper or b"" for paper in papers)
    path = run.folder / ANSWERS
    answers = answers_file.parse(_text(path, said), run.remembered.get("profile", str(path)))
    manifest = decode(bundle_json, str(run.folder / BUNDLE))
    return Inputs(answers, manifest, bundle_json, signature, signers)


def _text(path: Path, said: bytes) -> str:
    try:
        return said.decode()
    except UnicodeDecodeError as error:
        hint = Message("bring it back from a copy of the answers that the run began with")
        raise StateUnreadable(path=path, reason=Message("it is damaged: no text in UTF-8"), hint=hint) from error


def compared(run: Run, inputs: Inputs, error: PlanChanged) -> PlanChanged:
    """The same refusal, showing in which lines the answers differ from those that the run began with."""
    said = run.read(ANSWERS)
    if said is None:
        return error
    shown = difference(said.decode("utf-8", "replace").splitlines(), inputs.answers.text.splitlines())
    facts: Mapping[str, object] = {
        **error.facts,
        "details": (*shown, Message("what it began with: {folder}", folder=run.folder / ANSWERS)),
    }
    return PlanChanged(**facts)


def difference(then: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """In which lines answers differ, to be shown: `MOST` lines of `WIDEST` letters at most."""
    found = difflib.unified_diff(then[:MOST_COMPARED], now[:MOST_COMPARED], "then", "now", n=1, lineterm="")
    lines = [line[:WIDEST] for line in found]
    return (
        *lines[:MOST],
        *([Message("… and {count} more lines", count=len(lines) - MOST)] if len(lines) > MOST else []),
    )
