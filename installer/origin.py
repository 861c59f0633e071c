"""What a run was planned from, kept in its folder: a site can be taken back whatever became of its answers and bundle.

    answers.yaml    the answers as they were read (they hold no secrets)
    bundle.json     what the bundle held, with its signature and the signers who were trusted then

What the site keeps of a run for other laptops (`installer.mirror`) has the answers alone: what a host says of a bundle
is not believed; there the bundle itself has to be at hand.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from installer import answers_file
from installer.bundle.manifest_json import decode
from installer.errors import PlanChanged, UsageError
from installer.plan.inputs import Inputs
from installer.runs import Run

ANSWERS, BUNDLE, SIGNATURE, SIGNERS = "answers.yaml", "bundle.json", "bundle.json.sig", "allowed_signers"
MOST = 40
"""Lines of a difference that are shown; the file itself has all."""


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


def recall(run: Run, present: Inputs | None = None) -> Inputs:
    """What a run was planned from; `present` stands in for a bundle that was not kept, if it is the same.

    Raises:
        UsageError: not enough was kept.
        AnswersInvalid: what was kept is no longer valid.
    """
    said = run.read(ANSWERS)
    if said is None:
        raise UsageError(reason=f"run {run.name} kept no answers", hint="see: sitewright status")
    answers = answers_file.parse(said.decode(), run.remembered.get("profile", str(run.folder / ANSWERS)))
    papers = [run.read(name) for name in (BUNDLE, SIGNATURE, SIGNERS)]
    if any(paper is None for paper in papers):
        if present is None:
            raise UsageError(reason=f"run {run.name} was begun on another machine",
                             hint="give --bundle FILE: the bundle that it was begun with")  # fmt: skip
        return replace(present, answers=answers)
    bundle_json, signature, signers = (paper or b"" for paper in papers)
    manifest = decode(bundle_json, str(run.folder / BUNDLE))
    return Inputs(answers, manifest, bundle_json, signature, signers)


def compared(run: Run, inputs: Inputs, error: PlanChanged) -> PlanChanged:
    """The same refusal, showing in which lines the answers differ from those that the run began with."""
    said = run.read(ANSWERS)
    if said is None:
        return error
    lines = list(_difference(said.decode(), inputs.answers.text))
    shown = [*islice(lines, MOST), *([f"… and {len(lines) - MOST} more lines"] if len(lines) > MOST else [])]
    facts: Mapping[str, object] = {**error.facts, "details": (*shown, f"what it began with: {run.folder / ANSWERS}")}
    return PlanChanged(**facts)


def _difference(then: str, now: str) -> Iterator[str]:
    return difflib.unified_diff(then.splitlines(), now.splitlines(), "then", "now", n=1, lineterm="")
