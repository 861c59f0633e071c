"""Every rule, in the order in which a report tells what breaks it."""

from installer.product.rules import network, platform, settings, storage, workloads
from installer.product.rules.rule import OfCase, OfDeployed

RULES: tuple[OfCase | OfDeployed, ...] = (
    *workloads.RULES, *settings.RULES, *network.RULES, *storage.RULES, *platform.RULES,
)  # fmt: skip
