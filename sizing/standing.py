"""What stands in an environment, what comes later, and whose load it bears: the calculator's side of the one list.

Whoever knows what is installed says so in `Environment.components`. What nobody installs is not reckoned with, unless
`Needs.later` names it: then there is room for it, and every page says that it comes later.
"""

from __future__ import annotations

from typing import Literal

from sizing.bands import Band
from sizing.needs import ALWAYS, PRODUCT, Chosen, Environment, Needs
from sizing.rules import load_rules
from sizing.scenarios import Given
from sizing.workload import SITE, WHOLE, Load, inputs_for

NAMED_ALONE = "False"
"""`use.when` of rules that belong to no full stack: they count where somebody names them."""
Standing = Literal["installed", "later", "product"]


def standing(needs: Needs, environment: Environment, name: str) -> Standing | None:
    """How a part stands in an environment; None where it does not and will not."""
    if name in PRODUCT:
        return "product"
    if name in ALWAYS:
        return "installed"
    if environment.components is None:
        return "later" if name in needs.later else "installed"
    if chosen(environment, name):
        return "installed"
    if name not in needs.later or (_once(name) and _said(needs, name)):
        return None
    return "later"


def chosen(environment: Environment, name: str) -> Chosen | None:
    """What is said of a part that is installed in an environment."""
    return next((each for each in environment.components or () if each.rules == name), None)


def inputs(needs: Needs, load: Load, name: str, home: str = "") -> tuple[Load, dict[str, Given]] | None:
    """The load that a part bears in an environment, and its inputs for it; None where no need asks for it there.

    What is installed there is sized, asked for or not. What is once on a site stands where it is installed, else in its
    first environment, or in `home`. In several environments, each bears its own load.
    """
    rules = load_rules().components[name]
    said = chosen(load.environment, name)
    if rules.use is None:
        return (load, {}) if said else None
    if rules.use.once:
        homes = _said(needs, name) or [home or needs.environments[0].name]
        if load.environment.name not in homes:
            return None
        borne = _own(load) if len(homes) > 1 else load
    else:
        borne = _whole(load) if said and said.whole_site else load
    named = said is not None or (rules.use.when == NAMED_ALONE and name in needs.later)
    found = inputs_for(rules, borne, asked=named)
    return None if found is None else (borne, found)


def _once(name: str) -> bool:
    use = load_rules().components[name].use
    return use is not None and use.once


def _said(needs: Needs, name: str) -> list[str]:
    """The environments in which a part is installed."""
    return [environment.name for environment in needs.environments if chosen(environment, name)]


def _own(load: Load) -> Load:
    """The environment's own load alone, where a part of it would bear that of the whole site."""
    own = {total: Band.total(load.quantities[name] for name in names) for total, names in SITE.items()}
    return Load(load.environment, {**load.quantities, **own, "site_environments": Band.exactly(1)}, load.redundant)


def _whole(load: Load) -> Load:
    """The load of the whole site, for a part that bears that of its environment elsewhere."""
    whole = {name: load.quantities[total] for name, total in WHOLE.items()}
    return Load(load.environment, {**load.quantities, **whole}, load.redundant)
