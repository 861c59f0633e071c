"""Runs of a site that another machine began: taken over from the hosts, each believed about itself alone.

Answers, flags, bundles and signers are always those given on this machine. Where the answers that a run was begun with
were others, the difference is shown and has to be agreed to. Before a step is taken back by what a host has told, that
is compared with the step itself: its before-image may name only what the step may change.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Protocol

from installer.engine import before_images
from installer.errors import SitewrightError, UsageError
from installer.messages import Message
from installer.plan.inputs import Inputs
from installer.plan.model import BACKWARD, Plan, Step
from installer.ports import World
from installer.runs import host_records, provenance, site_copy
from installer.runs.host_records import Slice
from installer.runs.site_copy import Kept
from installer.runs.store import Run, Runs

Agree = Callable[[str, Sequence[str]], None]
"""Shows a difference, by what it is about and its lines; raises UsageError where nobody agrees to go on."""
SHOWN = 5
"""Steps that a refusal names."""


def refuse(about: str, lines: Sequence[str]) -> None:
    """Where there is nobody to ask.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        reason=about,
        details=tuple(lines),
        hint=Message("give the answers it was begun with: --profile FILE; or go on with these: --yes"),
    )


class Site(Protocol):
    """What this needs of an `installer.operations.Site`."""

    @property
    def name(self) -> str:
        """The site's name."""
        ...

    @property
    def planes(self) -> Sequence[str]:
        """The hosts that keep the answers of a run."""
        ...

    @property
    def inputs(self) -> Inputs:
        """Answers and bundle as given on this machine."""
        ...

    @property
    def world(self) -> World:
        """The hosts."""
        ...

    @property
    def runs(self) -> Runs:
        """What this machine knows."""
        ...

    @property
    def remembered(self) -> Mapping[str, str]:
        """The flags given on this machine."""
        ...

    @property
    def agree(self) -> Agree:
        """Whom to ask about a difference."""
        ...


def adopt(site: Site) -> None:
    """Take over what the hosts keep of the site's runs and this machine does not know.

    A run that is known here keeps every record of its own, and gets those of steps that only its hosts know of.

    Raises:
        HostRecordRefused: a host keeps a run that is not known here in a form that cannot be believed.
        SitewrightError: there is such a run, and a host that may have been part of it does not answer.
    """
    known = {run.name: run for run in site.runs.history(site.name)}
    copies = {name: site_copy.remembered(run) for name, run in known.items()}

    def look(host: str) -> tuple[Kept, ...] | SitewrightError:
        try:
            return site_copy.kept(site.world, host, site.name, lambda on, run: copies.get(run, {}).get(on, ""))
        except SitewrightError as error:
            return error

    found: defaultdict[str, list[Kept]] = defaultdict(list)
    silent: list[SitewrightError] = []
    with ThreadPoolExecutor(site.inputs.answers.parallel_hosts, "records") as pool:
        for answer in pool.map(look, [host.name for host in site.inputs.answers.hosts]):
            if isinstance(answer, SitewrightError):
                silent.append(answer)
            else:
                for each in answer:
                    found[each.run].append(each)
    for name in sorted(found, key=lambda name: (max(_sequences(found[name])), name)):
        if name not in known and not any(each.refusal or (each.part and each.part.deeds) for each in found[name]):
            continue  # nothing was begun: nobody has to know
        if name not in known:
            for trouble in chain((each.refusal for each in found[name] if each.refusal), silent):
                raise trouble
            known[name] = site.runs.adopt(site.name, name, site.remembered)
        _extend(known[name], found[name])


def _sequences(found: Sequence[Kept]) -> list[int]:
    return [each.part.sequence if each.part else 0 for each in found]


def _extend(run: Run, found: Sequence[Kept]) -> None:
    """Add to a run the steps that only its hosts know of. What is marked as told is never believed as it is."""
    parts = [each.part for each in found if each.part is not None]
    if not parts or run.operation in BACKWARD:
        return
    with run.journal() as journal:
        fresh = not journal.operation
        deeds = {step: deed for part in parts for step, deed in part.deeds.items() if journal.state(step) is None}
        hosts = {host_records.host_of(step) for step in (*journal.images, *deeds)}
    if deeds:
        run.believe(run.told | deeds.keys())
        written = (run.read(site_copy.JOURNAL) or b"").rpartition(b"\n")
        lines = host_records.journal(_most(parts), deeds, header=fresh)
        run.put(site_copy.JOURNAL, b"".join((*written[:2], *lines)))
    if run.outcome != "done" and hosts <= {part.host for part in parts if part.outcome == "done"}:
        run.end("done")
    site_copy.remember(run, {each.host: each.digest for each in found})


def _most(parts: Sequence[Slice]) -> Slice:
    """Of what the hosts say of the run itself, that which most of them say."""
    said = Counter((part.operation, part.plan, *sorted(part.subject.items())) for part in parts)
    most = said.most_common(1)[0][0]
    return next(part for part in parts if (part.operation, part.plan, *sorted(part.subject.items())) == most)


def compare(site: Site, run: Run | None, plan: Plan) -> None:
    """Ask where a run of another machine stands that was planned from other answers than these.

    Raises:
        UsageError: nobody agrees.
    """
    if run is None or not run.told or provenance.begun_here(run):
        return
    with run.journal() as journal:
        then = journal.subject
    changed = [name for name in sorted({*then, *plan.subject}) if then.get(name) != plan.subject.get(name)]
    others = [name for name in changed if name.startswith("answers.")]
    if not others:
        return
    lines = site_copy.answers(site.world, site.planes, run.name)
    shown = provenance.difference(lines, site.inputs.answers.text.splitlines()) if lines is not None else ()
    about = Message(
        "run {name} was begun on another machine with other answers ({names})", name=run.name, names=", ".join(others)
    )
    site.agree(about, shown or (Message("the site keeps no answers to compare with"),))


def settle(site: Site, run: Run, plan: Plan) -> None:
    """Make a run of another machine one that this plan can go on with or take back.

    Raises:
        UsageError: it began steps that this plan does not have, or nobody agrees to its other answers.
        HostRecordRefused: a host's before-image names what its step does not.
        SitewrightError: a host does not answer.
    """
    if not run.told:
        return
    steps = {step.id: step for step in plan}
    unknown = sorted(run.told - steps.keys())
    if unknown:
        shown = tuple(unknown[:SHOWN])
        left = len(unknown) - SHOWN
        named = (
            Message("{names} and {count} more", names=shown, count=left) if left > 0 else Message.joined(", ", shown)
        )
        raise UsageError(
            reason=Message(
                "run {name} began steps that these answers and this bundle do not give: {named}",
                name=run.name,
                named=named,
            ),
            hint=Message("give the answers and the bundle it was begun with"),
        )
    compare(site, run, plan)
    _require_images(site, run, steps)
    if not provenance.begun_here(run):
        _plan_of(run, plan)
    run.believe(frozenset())


def _require_images(site: Site, run: Run, steps: Mapping[str, Step]) -> None:
    with run.journal() as journal:
        images = {name: image for name in run.told if (image := journal.before(name)) is not None}

    def look(name: str) -> str:
        own = json.loads(json.dumps(steps[name].capture(site.world)))
        if strange := host_records.misfit(images[name], own):
            return Message("names {strange}, which that step does not change", strange=strange)
        part = before_images.lacking(images[name], own)
        return Message("has no {key}, which that step captures", key=repr(part.lstrip("_"))) if part else ""

    with ThreadPoolExecutor(site.inputs.answers.parallel_hosts, "images") as pool:
        for name, strange in zip(images, pool.map(look, images), strict=True):
            if strange:
                reason = Message("the before-image of {name} {strange}", name=name, strange=strange)
                raise site_copy.refusal(steps[name].host, run.name, reason)


def _plan_of(run: Run, plan: Plan) -> None:
    """Let the run's records say that they are of this plan, where they differ in the answers alone."""
    with run.journal() as journal:
        then = journal.subject
    changed = {name for name in {*then, *plan.subject} if then.get(name) != plan.subject.get(name)}
    header, _, records = (run.read(site_copy.JOURNAL) or b"").partition(b"\n")
    if changed and all(name.startswith("answers.") for name in changed):
        body = {**json.loads(header), "plan": plan.digest, "subject": dict(plan.subject)}
        run.put(site_copy.JOURNAL, json.dumps(body, sort_keys=True).encode() + b"\n" + records)
