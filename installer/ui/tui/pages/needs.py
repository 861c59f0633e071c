"""What the platform is to carry, in words a customer can answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Label

from installer.messages import Message
from installer.ui.tui.widgets.field import Field
from installer.ui.tui.widgets.page import Page
from sizing.needs import questions

GROUPS = (
    (Message("People and load"), ("users", "users_at_once", "requests_per_second")),
    (Message("The product"), ("services", "service_replicas", "service_cpu_cores", "service_memory_gib")),
    (Message("Data"), ("data_gib", "data_growth_gib_per_month", "backup_retention_days")),
    (Message("Logs, metrics and traces"), ("log_gb_per_day", "log_retention_days", "metrics_retention_days",
                                  "trace_retention_days", "trace_percent")),
    (Message("When something breaks"), ("outage_hours", "data_loss_hours", "host_failures_tolerated")),
    (Message("Development and operation"), ("developers", "pipelines_per_day", "administrators")),
    (Message("The years ahead"), ("growth_percent_per_year", "horizon_months")),
)  # fmt: skip


class NeedsPage(Page):
    """Every question of the sizing but those on environments and parts, which have pages of their own."""

    KEY = "needs"
    INTRO: ClassVar[str] = Message(
        "Every question may be left as it is; “unknown” widens the range. To the right: the machines it takes."
    )

    def body(self) -> ComposeResult:
        """The questions, group by group."""
        for title, names in _groups():
            yield Label(self.wizard.say(title), classes="group", markup=False)
            for name in names:
                yield Field(("needs", name))


def _groups() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The groups, and last what no group names: a new question is asked without a change here."""
    yield from GROUPS
    named = {name for _, names in GROUPS for name in names} | {"environments", "components"}
    if others := tuple(asked.name for asked in questions() if asked.name not in named):
        yield Message("More"), others
