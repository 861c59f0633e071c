"""What a customer needs, in words a customer can answer; every question is explained in `needs.schema.json`.

"unknown" is an answer: the range of the result widens. Contradictory and absurd needs are refused with the reason.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

import jsonschema

from sizing.errors import SizingError
from sizing.rules import load_rules, load_schema

UNKNOWN: Final = "unknown"
Answer = float | Literal["unknown"]

OUTAGE_OF_ONE_COPY_HOURS = 4
"""A machine is replaced and restored from backup in about this time; who can wait less needs a second copy."""

LOSS_OF_ONE_COPY_HOURS = 1
"""Backups are made once an hour at most; who can lose less needs a second copy."""

REQUESTS_PER_PERSON = 1000
"""More requests a second than this for each person at once is a slip of the pen."""

LOGS_AT_MOST_GB = 5e6
"""Five petabytes of logs are no answer a customer means."""


ALWAYS = frozenset({"kubernetes-control-plane", "etcd", "coredns", "node-agents", "registry"})
"""What every site has, whichever parts are chosen."""

PRODUCT = frozenset({"product", "postgresql"})
"""What is the customer's own: the platform does not bring it, and has to carry it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A part that is installed, by the name of its rules.

    `fixed` are inputs and figures of it that somebody has said instead of reckoning them; `whole_site` says that it
    bears the load of all environments, though it could stand in each.
    """

    rules: str
    fixed: tuple[tuple[str, float], ...] = ()
    whole_site: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """A cluster wanted, and how much of production's load it bears.

    `components` is what is installed in it beside what every site has; None: whatever the needs ask for. It is no need,
    and stands in no file of needs: whoever knows what is installed says it.
    """

    name: str
    load_percent: float = 100
    redundant: bool = True
    components: tuple[Chosen, ...] | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """The answers; a field is a property of `needs.schema.json`, which explains it and gives an example."""

    users: Answer = 200
    users_at_once: Answer = UNKNOWN
    requests_per_second: Answer = UNKNOWN
    services: Answer = 20
    service_replicas: Answer = UNKNOWN
    service_cpu_cores: Answer = UNKNOWN
    service_memory_gib: Answer = UNKNOWN
    data_gib: Answer = UNKNOWN
    data_growth_gib_per_month: Answer = UNKNOWN
    log_gb_per_day: Answer = UNKNOWN
    log_retention_days: Answer = 30
    metrics_retention_days: Answer = 15
    trace_retention_days: Answer = 7
    trace_percent: Answer = 5
    backup_retention_days: Answer = 14
    outage_hours: Answer = 4
    data_loss_hours: Answer = 24
    developers: Answer = 0
    pipelines_per_day: Answer = UNKNOWN
    administrators: Answer = 5
    growth_percent_per_year: Answer = 20
    horizon_months: int = 36
    host_failures_tolerated: Answer = UNKNOWN
    environments: tuple[Environment, ...] = (Environment("production"),)
    later: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Question:
    """A need as it is asked: what it is called, what it means, an example and the default."""

    name: str
    title: str
    explanation: str
    examples: tuple[Any, ...]
    default: Any
    may_be_unknown: bool


def questions() -> tuple[Question, ...]:
    """Every question, in the order to ask them."""
    return tuple(
        Question(
            name,
            entry["title"],
            entry["description"],
            tuple(entry["examples"]),
            entry["default"],
            {"const": UNKNOWN} in entry.get("anyOf", ()),
        )
        for name, entry in load_schema("needs")["properties"].items()
    )


def needs_of(answers: Mapping[str, Any]) -> Needs:
    """The needs of a mapping as read from a file (`needs` of the answers).

    Raises:
        SizingError: something is not of its form, absurd, or contradicts something else; all problems at once.
    """
    validator = jsonschema.Draft202012Validator(load_schema("needs"))
    problems = [_told(error) for error in sorted(validator.iter_errors(answers), key=lambda error: list(error.path))]
    problems += [f"{name} is {value}; wanted a number" for name, value in answers.items() if _endless(value)]
    if problems:
        raise SizingError(problems)
    given = dict(answers)
    if "environments" in given:
        given["environments"] = tuple(Environment(**entry) for entry in given["environments"])
    if "later" in given:
        given["later"] = tuple(given["later"])
    needs = Needs(**given)
    problems = [*_contradictions(needs), *_beyond_one_machine(needs, answers)]
    if problems:
        raise SizingError(problems)
    return needs


def as_mapping(needs: Needs) -> dict[str, Any]:
    """The needs as they would stand in a file."""
    asked = ("name", "load_percent", "redundant")
    return {
        **{entry.name: getattr(needs, entry.name) for entry in fields(needs)},
        "environments": [{name: getattr(entry, name) for name in asked} for entry in needs.environments],
        "later": list(needs.later),
    }


def check(needs: Needs) -> None:
    """Refuse what contradicts itself.

    Raises:
        SizingError: with every contradiction.
    """
    problems = list(_contradictions(needs))
    if problems:
        raise SizingError(problems)


def known(answer: Answer) -> float | None:
    """The number answered; None for unknown."""
    return None if isinstance(answer, str) else float(answer)


def _contradictions(needs: Needs) -> Iterator[str]:
    users, at_once, rate = known(needs.users), known(needs.users_at_once), known(needs.requests_per_second)
    if users is not None and at_once is not None and at_once > users:
        yield f"users_at_once is {at_once:g}, but only {users:g} people use the product (users)"
    if at_once is not None and rate is not None and rate > max(1, at_once) * REQUESTS_PER_PERSON:
        yield f"requests_per_second is {rate:g}: over {REQUESTS_PER_PERSON} a second for each of {at_once:g} people"
    if known(needs.developers) == 0 and (known(needs.pipelines_per_day) or 0) > 0:
        yield "pipelines_per_day is above zero, but there are no developers"
    logs, days = known(needs.log_gb_per_day), known(needs.log_retention_days)
    if logs is not None and days is not None and logs * days > LOGS_AT_MOST_GB:
        yield f"log_gb_per_day x log_retention_days is {logs * days:.3g} GB, over {LOGS_AT_MOST_GB:.0e} GB"
    yield from _availability(needs)
    names = [environment.name for environment in needs.environments]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"environment {name!r} is named twice"
    if not any(environment.load_percent > 0 for environment in needs.environments):
        yield "no environment bears any load (load_percent)"
    rules = load_rules().components
    for name in needs.later:
        if name not in rules:
            yield f"later: no sizing rules for {name!r}; {_near(name, sorted(rules))}"
        elif rules[name].use is None:
            yield f"later: {name!r} can be sized alone (size --component {name}), not from these needs"
        elif name in ALWAYS | PRODUCT:
            yield f"later: {name!r} is there from the first day"


def _availability(needs: Needs) -> Iterator[str]:
    failures, copies = known(needs.host_failures_tolerated), known(needs.service_replicas)
    if failures == 0 and known(needs.outage_hours) == 0:
        yield "outage_hours is 0, but host_failures_tolerated is 0 as well: then every broken machine is an outage"
    if copies == 1 and known(needs.outage_hours) == 0:
        yield "service_replicas is 1, but outage_hours is 0: while its machine is broken, a service has no copy"
    if failures == 0 and known(needs.data_loss_hours) == 0:
        yield "data_loss_hours is 0, but host_failures_tolerated is 0: one broken disk would lose data"
    if failures and copies is not None and copies <= failures:
        yield f"service_replicas is {copies:g}, too few to lose {failures:g} machine(s) without an outage"
    if failures and not any(environment.redundant for environment in needs.environments):
        yield "host_failures_tolerated is above zero, but no environment is redundant"


def _beyond_one_machine(needs: Needs, answers: Mapping[str, Any]) -> Iterator[str]:
    """What was asked for in so many words, and environments without a second machine cannot give.

    What nobody said is no wish: a default stands back where each environment has one control plane.
    """
    if any(environment.redundant for environment in needs.environments):
        return
    why = "no environment survives a broken machine: name three control planes, or set redundant: true"
    outage, loss = known(needs.outage_hours), known(needs.data_loss_hours)
    if "outage_hours" in answers and outage is not None and outage <= OUTAGE_OF_ONE_COPY_HOURS:
        longer = f"or give the hours it takes to mend one, above {OUTAGE_OF_ONE_COPY_HOURS}"
        yield f"outage_hours is {outage:g}, but {why}; {longer}"
    if "data_loss_hours" not in answers or loss is None:
        return
    if loss < LOSS_OF_ONE_COPY_HOURS:
        yield f"data_loss_hours is {loss:g}, but {why}; or give {LOSS_OF_ONE_COPY_HOURS:g} or more, and keep backups"
    elif known(needs.backup_retention_days) == 0:
        yield f"data_loss_hours is {loss:g}, but no backup is kept (backup_retention_days is 0) and {why}"


def _told(error: jsonschema.ValidationError) -> str:
    where = ".".join(str(part) for part in error.path) or "needs"
    if error.validator == "anyOf":
        branch: dict[str, Any] = error.schema["anyOf"][0]  # type: ignore[index]
        wanted = f"a {'whole ' if branch['type'] == 'integer' else ''}number from {branch['minimum']:g}"
        if "maximum" in branch:
            wanted += f" to {branch['maximum']:,}"
        return f'{where} is {error.instance!r}; wanted {wanted}, or "unknown"'
    if error.validator == "additionalProperties":
        known = sorted(error.schema["properties"])  # type: ignore[index]
        strange = sorted(set(error.instance) - set(known))  # type: ignore[arg-type]
        return f"{where}: there is no {strange[0]!r}; {_near(str(strange[0]), known)}"
    schema: dict[str, Any] = error.schema  # type: ignore[assignment]
    if error.validator in {"type", "minimum", "maximum"} and "minimum" in schema:
        wanted = f"a {'whole ' if schema['type'] == 'integer' else ''}number from {schema['minimum']:g}"
        return f"{where} is {error.instance!r}; wanted {wanted} to {schema['maximum']:,}"
    if error.validator == "maxItems":
        return f"{where}: {len(error.instance)} are too many; wanted {error.validator_value} at most"  # type: ignore[arg-type]
    return f"{where}: {error.message}"


def _near(name: str, known: Sequence[str]) -> str:
    """The word that was meant, or all there are."""
    near = difflib.get_close_matches(name[:60], known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"


def _endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


NUMERIC = tuple(entry.name for entry in fields(Needs) if entry.name not in {"environments", "later"})
"""The needs that are numbers, and so names in formulas."""
