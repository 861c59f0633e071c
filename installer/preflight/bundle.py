"""Rules about the bundle: what the charts ask for is in it, it may follow what stands, and what it writes elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from installer.bundle import suitability
from installer.hosts.facts import Facts
from installer.messages import Message
from installer.plan import succession
from installer.preflight.finding import Case, Check, Violation


def _images(case: Case, facts: Facts) -> Iterator[Violation]:
    yield from case.lacking[facts.host]


def _looked_at(case: Case, facts: Facts) -> bool:
    return facts.host in case.lacking


def _succession(case: Case, _: Facts) -> Iterator[Violation]:
    stands = succession.gathered((name, _standing(case, facts)) for name, facts in case.facts.items())
    judge = succession.upgrade_refusal if case.upgrading else succession.refusal
    if refusal := judge(stands, case.manifest, case.going_on):
        yield Violation(refusal.found, refusal.wanted, refusal.remedy)


def _standing(case: Case, facts: Facts) -> succession.Standing | None:
    """What stands on a host: as its record says, and where it has lost that, as this machine knows."""
    return succession.recorded(facts.host, facts.record.encode()) or (case.known_here if case.begun(facts) else None)


def _exemptions(case: Case, _: Facts) -> Iterator[Violation]:
    for each in case.manifest.exemptions:
        wanted = Message("components that keep to their own places")
        yield Violation(each.told, wanted, Message("agree to it, or take a bundle without it"), warning=True)


def _kubernetes(case: Case, _: Facts) -> Iterator[Violation]:
    chosen = {part.name: part for there in case.planned.wiring.parts.values() for part in there}
    for part in chosen.values():
        wanted = str(part.spec.get("kubernetes", ""))
        if wanted and not suitability.suits(wanted, case.manifest.kubernetes):
            yield Violation(
                Message("{component} is not for Kubernetes {version}", component=part.name,
                        version=case.manifest.kubernetes),
                Message("Kubernetes {range}", range=wanted),
                Message("take a bundle whose parts are for each other, or leave {component} out", component=part.name),
            )  # fmt: skip


def _once(case: Case, facts: Facts) -> bool:
    """For one host: what is said of the bundle is said of the whole site."""
    return facts.host == next(iter(case.facts))


CHECKS = (
    Check("bundle.images", Message("every image is in the bundle"), _images, _looked_at),
    Check("bundle.succession", Message("the bundle may follow what stands"), _succession, _once, firm=True),
    Check("bundle.kubernetes", Message("components are for this Kubernetes"), _kubernetes, _once),
    Check("bundle.exemptions", Message("components keep to their own places"), _exemptions, _once),
)
