"""Machines that are offered or found: do they suffice, and what is short."""

import re

import pytest
from test_sizing_engine import ENTERPRISE, _answers

from installer.hosts.facts import Facts
from installer.hosts.facts_parsing import Disk
from installer.requirements import needs_from, offers_from, spoken
from installer.translations import messages, said
from sizing.engine import size
from sizing.errors import SizingError
from sizing.needs import Needs
from sizing.offered import suffices
from sizing.offers import Offer, offers_of


def test_the_machines_sized_suffice_when_offered():
    offers = [
        Offer(
            pool.environment,
            pool.name,
            pool.expected.shape.cpu_cores,
            pool.expected.shape.memory_gib,
            pool.expected.count,
            pool.expected.system_disk_gib,
        )
        for pool in size(ENTERPRISE).planned
    ]
    verdict = suffices(ENTERPRISE, offers)
    assert verdict.suffices, [entry for entry in verdict.verdicts if not entry.suffices]


@pytest.mark.parametrize(
    ("offer", "resource"),
    [
        (Offer("production", "worker", 4, 256, 3), "cpu_cores"),
        (Offer("production", "worker", 64, 16, 3), "memory_gib"),
        (Offer("production", "worker", 64, 256, 3, 200, 40), "disk_gib"),
        (Offer("production", "worker", 64, 256, 2), "machines"),
        (Offer("production", "worker", 64, 256, 3, 50), "system_disk_gib"),
    ],
)
def test_what_is_short_is_named_with_what_would_do(offer, resource):
    found = next(entry for entry in suffices(Needs(), [offer]).verdicts if entry.pool == "worker")
    assert not found.suffices
    assert resource in {entry.resource for entry in found.shortfalls}
    assert all(entry.wanted > entry.offered for entry in found.shortfalls)
    assert " x " in found.would_fit


def test_pools_without_an_offer_are_short_of_machines():
    verdicts = suffices(Needs(), []).verdicts
    assert {entry.shortfalls[0].resource for entry in verdicts} == {"machines"}
    assert all(entry.shortfalls[0].remedy.startswith("none is offered") for entry in verdicts)


def test_offers_of_strange_environments_and_forms_are_refused():
    with pytest.raises(SizingError, match="'staging', which is no environment"):
        suffices(Needs(), [Offer("staging", "worker", 8, 32)])
    with pytest.raises(SizingError) as refused:
        offers_of([{"environment": "a", "pool": "worker", "cpu_cores": 0, "memory_gib": 1}, {"cores": 3}])
    assert len(refused.value.problems) == 6, "a core of none; a strange field, and four that are missing"


def _facts(host: str, disks: dict[str, Disk]) -> Facts:
    return Facts(host=host, cpus=8, memory=round(31.3 * 2**30), disks=disks)


def test_hosts_are_offered_by_what_they_say_and_what_they_are_for():
    root, var = Disk("/", "ext4", 99 * 2**30, 0), Disk("/var/lib", "xfs", 500 * 2**30, 0)
    site = _answers({})
    facts = {"a": _facts("a", {"/": root, "/var/lib": var}), "d": _facts("d", {"/": root, "/var/lib": root})}
    assert offers_from(site, facts, needs_from(site)) == (
        Offer("production", "control-plane", 8, 32, 1, 99, 500, "a"),
        Offer("testing", "node", 8, 32, 1, 99, 0, "d"),
    )


def test_what_is_short_is_said_in_the_language_of_whoever_reads_it():
    chinese = messages("installer.ui.tui", "zh")
    none = suffices(Needs(), []).verdicts[0].shortfalls[0].remedy
    few = suffices(Needs(), [Offer("production", "worker", 64, 16, 3, 50)])
    told = [none, *(entry.remedy for verdict in few.verdicts for entry in verdict.shortfalls)]
    for sentence in told:
        assert spoken(sentence) == sentence
        assert not re.search("[a-z]{4,}", said(spoken(sentence), chinese).replace("worker", "")), sentence
