"""Machines with what their words and figures say, clusters with what they ask: between them roles are shared out."""

from __future__ import annotations

from dataclasses import dataclass, field

from installer.hosts.facts import GIB, Facts
from installer.hosts.inventory import Row
from installer.hosts.inventory.groups import WORKER, Hint, words
from installer.messages import Message
from sizing.hosts import Shape

SHOWN_OF_NOMINAL = 0.9
"""A machine shows a little less memory than it was bought with."""
STRICT = WORKER - {"node", "nodes", "节点"}
"""Words for a worker in a name: every machine may be called a node."""


@dataclass
class Machine:
    """A host, what its words say, and how much it carries compared with others."""

    row: Row
    order: int
    facts: Facts | None
    by_group: Hint
    by_name: Hint
    capacity: float = 1.0

    @property
    def control(self) -> bool | None:
        """Whether its words make it a control plane; a name like node-1 does not."""
        if self.by_group.control is not None:
            return self.by_group.control
        if self.by_name.control is False and not words(self.row.name) & STRICT:
            return None
        return self.by_name.control

    @property
    def environment(self) -> str:
        """The environment that its words say."""
        return self.by_group.environment or self.by_name.environment

    @property
    def disk(self) -> float:
        """GiB of the disk that volumes would be on."""
        disk = self.facts and (self.facts.disks.get("/var/lib") or self.facts.disks.get("/"))
        return disk.size / GIB if disk else 0.0

    def of_role(self) -> Message:
        """Which of its words says its role."""
        return self._group() if self.by_group.control is not None else Message("its name")

    def of_environment(self) -> Message:
        """Which of its words says its environment."""
        return self._group() if self.by_group.environment else Message("its name")

    def _group(self) -> Message:
        return Message('its group "{group}"', group=self.row.group)

    def figures(self) -> Message:
        """What it is."""
        if self.facts is None:
            return Message("nothing is known of it yet")
        return Message(
            "{cores} cores, {memory} GiB memory", cores=self.facts.cpus, memory=f"{self.facts.memory / GIB:.0f}"
        )


@dataclass
class Wanted:
    """An environment: what it asks for in all, what of a control plane, and the machines it gets."""

    name: str
    redundant: bool
    demand: float
    control: Shape
    machines: list[Machine] = field(default_factory=list)

    def suffices(self, machine: Machine) -> bool:
        """Whether a machine of which something is known carries a control plane."""
        facts = machine.facts
        return facts is not None and (
            facts.cpus >= self.control.cpu_cores and facts.memory / GIB >= self.control.memory_gib * SHOWN_OF_NOMINAL
        )
