"""What the platform has and what comes later, as readers are told it: no page promises anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from installer.installed import installed
from installer.report.catalogue import Words
from installer.report.subject import Subject
from sizing.engine import Part
from sizing.workload import answers as estimates

LOGS = frozenset({"elasticsearch", "victorialogs", "loki"})
METRICS = frozenset({"prometheus", "victoriametrics"})
ALERTS = frozenset({"alertmanager"})
BACKUPS = frozenset({"backup"})
"""The calculator's rules of what keeps logs, measurements and backups, and of what sends alarms."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A part as the table of parts tells it: `when` is empty where it is installed wherever it is to be."""

    title: str
    purpose: str
    when: str = ""


def parts(subject: Subject, _: Words) -> tuple[Promise, ...]:
    """Every part that is sized, and every part of the delivery that is installed and takes no room to speak of."""
    found: dict[str, list[Part]] = {}
    for part in subject.sizing.parts:
        found.setdefault(part.size.title, []).append(part)
    sized = [Promise(_(title), _(some[0].size.purpose), _when(some, _)) for title, some in found.items()]
    return (*sized, *_unsized(subject, {each.title for each in sized}, _))


def unexplained(subject: Subject) -> tuple[str, ...]:
    """Names that the answers choose and of which no more is known while there is no delivery."""
    if subject.delivered is not None:
        return ()
    named = installed(subject.answers)
    return tuple(sorted({each.name for each in named if each.chosen is None and each.title == each.name}))


def standing(subject: Subject, rules: frozenset[str]) -> str:
    """Whether one of these stands somewhere: "installed", "later", or "" where none does or will."""
    found = {part.standing for part in subject.sizing.parts if part.size.name in rules}
    return next((each for each in ("installed", "later") if each in found), "")


def later(subject: Subject) -> tuple[str, ...]:
    """The titles of what comes later, each once."""
    return tuple(dict.fromkeys(part.size.title for part in subject.sizing.parts if part.standing == "later"))


def keeping(subject: Subject, _: Words) -> str:
    """For how long logs and backups are kept, as far as something is there that keeps them."""
    return _.gap.join(sentence for sentence in (_logs(subject, _), _backups(subject, _)))


def upkeep(subject: Subject, _: Words) -> str:
    """What it takes to run, with no exercise of a backup that nobody makes."""
    if standing(subject, BACKUPS) == "installed":
        return _(
            "One trained person and a deputy. We recommend a glance at the overview each working day, an update every "
            "three months, and a backup restored as an exercise twice a year."
        )
    return _(
        "One trained person and a deputy. We recommend a glance at the overview each working day and an update every "
        "three months."
    )


def got(subject: Subject, _: Words) -> Iterator[str]:
    """What the customer gets, sentence by sentence."""
    yield _("A place where your product runs and starts again by itself when something breaks.")
    if standing(subject, METRICS) == "installed":
        yield _("What runs on it is watched.")
    if standing(subject, BACKUPS) == "installed":
        yield _("Its data is backed up.")
    if coming := later(subject):
        yield _(
            "What comes later ({count}) is named among the parts; the machines have room for it.", count=len(coming)
        )


def _logs(subject: Subject, _: Words) -> str:
    days = _.number(estimates(subject.sizing.needs)["log_retention_days"].expected)
    return {
        "installed": _("Logs are kept {days} days; then they are deleted.", days=days),
        "later": _("Logs will be kept {days} days by a store that comes later.", days=days),
        "": _("Nothing collects logs: each machine keeps the last ones of its own programs."),
    }[standing(subject, LOGS)]


def _backups(subject: Subject, _: Words) -> str:
    days = _.number(estimates(subject.sizing.needs)["backup_retention_days"].expected)
    return {
        "installed": _("Backups are kept {days} days; then they are deleted.", days=days),
        "later": _("Backups will be kept {days} days by a store that comes later.", days=days),
        "": _("Backups are not part of this platform."),
    }[standing(subject, BACKUPS)]


def _when(some: list[Part], _: Words) -> str:
    """Whether a part comes later, everywhere or in some environments; whether it is the customer's own."""
    if any(part.standing == "product" for part in some):
        return _("your own")
    coming = [part.environment for part in some if part.standing == "later"]
    if len(coming) == len(some):
        return _("comes later")
    names = _(", ").join(_.text(name) for name in coming)
    return _("comes later in {names}", names=names) if coming else ""


def _unsized(subject: Subject, told: set[str], _: Words) -> Iterator[Promise]:
    if subject.delivered is None:
        return
    there = frozenset[str]().union(*subject.delivered.installed.values())
    for part in subject.delivered.components:
        if part.name in there and part.purpose and _.text(part.title) not in told:
            yield Promise(_.text(part.title), _.text(part.purpose))


def broken(subject: Subject, _: Words) -> Iterator[str]:
    """What happens when machines break, environment by environment where they differ."""
    pools = [pool for pool in subject.sizing.planned if pool.failures_tolerated]
    safe = list(dict.fromkeys(pool.environment for pool in pools))
    still = [load.environment.name for load in subject.sizing.loads if load.environment.name not in safe]
    if safe:
        count, where = min(pool.failures_tolerated for pool in pools), _(", ").join(map(_.text, safe))
        yield _(
            "Of {environments}, {count} of the machines may break at any time and the product goes on, if your load "
            "balancer leaves out what does not answer.",
            environments=where,
            count=count,
        )
    if still:
        where = _(", ").join(map(_.text, still))
        yield _("While a machine of {environments} is broken, it may stand still.", environments=where)
