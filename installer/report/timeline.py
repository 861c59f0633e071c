"""Who does what when: tasks in working days, each after those it waits for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from installer.report import promised
from installer.report.catalogue import Words
from installer.report.subject import Subject
from installer.report.workdays import DAY, Workdays

HOSTS_A_DAY = 10
"""Machines whose operating system and network one person makes ready in a day."""
INSTALLED_A_DAY = 200
"""Machines that are checked, or installed, in a working day: ten at once, minutes each. An estimate of this project."""
HOURS_A_DAY = 8


@dataclass(frozen=True, slots=True)
class Task:
    """A bar of the timeline. `side` is "customer", "vendor" or "both"; a milestone has no length."""

    key: str
    title: str
    side: str
    start: date
    end: date
    note: str = ""
    milestone: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """All tasks in the order they begin."""

    tasks: tuple[Task, ...]

    def task(self, key: str) -> Task:
        """The task of that key.

        Raises:
            KeyError: there is none.
        """
        for task in self.tasks:
            if task.key == key:
                return task
        raise KeyError(key)

    @property
    def start(self) -> date:
        """The first day of all."""
        return min(task.start for task in self.tasks)

    @property
    def ready(self) -> date:
        """The day on which the platform is handed over."""
        return self.task("ready").end


def timeline(subject: Subject, _: Words) -> Timeline:
    """The tasks from the signature to the handover."""
    plan = subject.answers.plan
    days = Workdays(plan.holidays)
    hosts = max(len(subject.answers.hosts), round(subject.sizing.total("count").expected))
    found: list[Task] = []

    def add(key: str, title: str, side: str, length: int, after: tuple[str, ...] = (), note: str = "") -> None:
        ends = [task.end for task in found if task.key in after]
        first = days.on_or_after(max(ends) + DAY if ends else plan.start or subject.today + DAY)
        found.append(Task(key, title, side, first, days.last_of(first, length), note))

    add("agree", _("Read this report and sign"), "customer", 5)
    last = "agree"
    if plan.delivery_days:
        add("order", _("Order the machines; delivery"), "customer", plan.delivery_days, ("agree",))
        last = "order"
    prepare = 2 + math.ceil(hosts / HOSTS_A_DAY)
    add("prepare", _("Set up machines, network, names and accounts"), "customer", prepare, (last,))
    add("bundle", _("Make, sign and rehearse the delivery"), "vendor", 3, ("agree",), _bundle_note(subject, _))
    a_day = math.ceil(hosts / INSTALLED_A_DAY)
    add("check", _("Check every machine on site; changes nothing"), "vendor", a_day, ("prepare", "bundle"))
    add("mend", _("Mend what the check found"), "both", 2, ("check",))
    length = _installing_days(subject, a_day)
    add("install", _("Copy, install and try the platform"), "vendor", length, ("mend",), _install_note(subject, _))
    environments = len(subject.sizing.needs.environments)
    add("accept", _("Install the product, try it together, accept it"), "both", 2 + environments, ("install",))
    backed_up = promised.standing(subject, promised.BACKUPS) == "installed"
    lesson = (
        _("Teach the administrators; restore a backup as an exercise") if backed_up else _("Teach the administrators")
    )
    add("teach", lesson, "both", 2, ("accept",))
    end = max(task.end for task in found)
    found.append(Task("ready", _("Ready for use"), "both", end, end, milestone=True))
    return Timeline(tuple(sorted(found, key=lambda task: (task.milestone, task.start, task.end))))


def _installing_days(subject: Subject, at_least: int) -> int:
    """Working days of copying and installing: by what is reckoned from the delivery once there is one."""
    if subject.delivered is None:
        return at_least
    seconds = subject.delivered.copy_seconds + subject.delivered.install_seconds
    return max(1, math.ceil(seconds / 3600 / HOURS_A_DAY))


def _bundle_note(subject: Subject, _: Words) -> str:
    if subject.delivered is None:
        return ""
    return _("{size} GB on a disk", size=_.number(round(subject.delivered.bytes / 1e9, 1)))


def _install_note(subject: Subject, _: Words) -> str:
    """Measured once it was done, reckoned from measured speeds before, and left open where nothing is known yet."""
    if subject.built is not None:
        took = (subject.built.ended - subject.built.started).total_seconds()
        return _("took {time}", time=_.duration(took))
    if subject.delivered is None:
        return _("a matter of hours; told exactly once the delivery is made")
    copy, install = subject.delivered.copy_seconds, subject.delivered.install_seconds
    return _("copy {copy}, install and try {install}", copy=_.duration(copy), install=_.duration(install))
