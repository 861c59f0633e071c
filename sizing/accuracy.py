"""Our figures beside published ones: `python -m sizing.accuracy` prints the table that the accuracy test asserts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sizing.components import size_component
from sizing.rules import load_yaml

AIM_CASES_INSIDE = 0.8
"""Share of the cases that lie inside their tolerance on every key."""

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """One key of one reference: what was published and what we say (`ours` is the expected figure)."""

    case: str
    component: str
    key: str
    published: float
    ours: float
    inside: bool
    reason: str

    @property
    def ratio(self) -> float:
        """Ours over published; one where both are zero."""
        if self.published:
            return self.ours / self.published
        return 1.0 if self.ours == 0 else float("inf")


def compare() -> tuple[Comparison, ...]:
    """Every key of every reference, in the order of `references.yaml`."""
    reasons = load_yaml("deviations")["reasons"]
    return tuple(_compare(load_yaml("references")["cases"], reasons))


def _compare(cases: Sequence[dict[str, object]], reasons: dict[str, dict[str, str]]) -> Iterator[Comparison]:
    for case in cases:
        name, component, tolerance = str(case["id"]), str(case["component"]), case["tolerance"]
        size = size_component(component, case["inputs"])  # type: ignore[arg-type]
        for key, published in case["expected"].items():  # type: ignore[attr-defined]
            ours = size.value(key).expected
            exact = key in tolerance.get("exact", ())  # type: ignore[attr-defined]
            low, high = (1.0, 1.0) if exact else (tolerance["low"], tolerance["high"])  # type: ignore[index]
            ratio = ours / published if published else 1.0
            inside = low - ROUNDING <= ratio <= high + ROUNDING
            reason = reasons.get(name, {}).get(key, "")
            yield Comparison(name, component, key, float(published), ours, inside, reason)


def share_of_cases_inside(comparisons: Sequence[Comparison]) -> float:
    """The share of references whose every key is inside its tolerance."""
    cases = {comparison.case for comparison in comparisons}
    outside = {comparison.case for comparison in comparisons if not comparison.inside}
    return 1 - len(outside) / len(cases)


def table(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as text, a line each, and the result against the aim."""
    width = max(len(comparison.case) for comparison in comparisons)
    keys = max(len(comparison.key) for comparison in comparisons)
    head = f"{'reference':{width}}  {'key':{keys}}  {'published':>10}  {'ours':>10}  {'ratio':>6}  inside"
    lines = [head, "-" * len(head)]
    for each in comparisons:
        mark = "yes" if each.inside else f"NO   {each.reason or 'no reason written'}"
        figures = f"{each.published:>10.4g}  {each.ours:>10.4g}  {each.ratio:>6.2f}"
        lines.append(f"{each.case:{width}}  {each.key:{keys}}  {figures}  {mark}")
    cases = len({comparison.case for comparison in comparisons})
    share = share_of_cases_inside(comparisons)
    lines.append(f"{share:.0%} of {cases} cases are inside on every key (aim {AIM_CASES_INSIDE:.0%})")
    return "\n".join(lines)


if __name__ == "__main__":
    found = compare()
    sys.stdout.write(table(found) + "\n")
    sys.exit(0 if share_of_cases_inside(found) >= AIM_CASES_INSIDE else 1)
