"""What a platform asks of a product: the log contract, names that no other cluster has, roles that somebody fills."""

from __future__ import annotations

from installer.formats.spots import Spot
from installer.messages import Message
from installer.product.deployed import Case, Deployed, Site
from installer.product.objects import Thing
from installer.product.rules.rule import Found, OfCase, OfDeployed

FORMAT, OWNER = "logging.sitewright/format", "logging.sitewright/owner"
"""The labels that bundles/parts/log-contract asks for, and refuses pods without."""
FORMATS = ("json", "none")
MADE_BY_CLUSTERS = frozenset({"kube-system", "default", "kube-public", "kube-node-lease"})


def _text(case: Case) -> Found:
    logs = case.said.at("logs")
    if logs.at("format").text == "text":
        yield Message("writes its log as text"), logs.at("format")
    elif logs.at("lines").text == "several":
        yield Message("writes log entries of several lines"), logs.at("lines")


def _labels(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        labels = workload.template.at("metadata", "labels")
        said, owner = labels.at(FORMAT), labels.at(OWNER)
        where = labels if labels else workload.template.at("metadata")
        if not said:
            yield Message("the pods of {workload} have no label {label}", workload=str(workload), label=FORMAT), where
        elif said.text not in FORMATS:
            yield (Message("label {label} is {found}, wanted is one of {wanted}", label=FORMAT, found=said.text,
                           wanted=FORMATS), said)  # fmt: skip
        if not owner:
            yield Message("the pods of {workload} have no label {label}", workload=str(workload), label=OWNER), where


def _other_labels(case: Case) -> Found:
    labels = case.workload.template.at("metadata", "labels")
    for label, stated in ((FORMAT, case.said.at("logs", "format")), (OWNER, case.service.owner)):
        found = labels.at(label)
        if stated and found and found.text != stated.text and stated.text != "text":
            yield Message("label {label} is {found}, stated is {wanted}", label=label, found=found.text,
                          wanted=stated.text), found, stated  # fmt: skip


def _prefix(deployed: Deployed) -> Found:
    site = deployed.site
    if site is None or site.prefix is None:
        return
    first: dict[str, tuple[Thing, Spot]] = {}
    for each in deployed.things:
        if each.kind == "Namespace":
            first.setdefault(each.name, (each, each.spot.at("metadata", "name")))
        elif each.namespace:
            first.setdefault(each.namespace, (each, each.spot.at("metadata", "namespace")))
    for namespace, (_, spot) in first.items():
        if not namespace.startswith(site.prefix) and not _exempt(namespace, site):
            yield (
                Message("namespace {name} does not begin with {prefix}", name=namespace, prefix=site.prefix),
                spot,
                site.said,
            )


def _exempt(namespace: str, site: Site) -> bool:
    return namespace in MADE_BY_CLUSTERS or any(
        namespace == each or (each.endswith("*") and namespace.startswith(each[:-1])) for each in site.exempt
    )


def _twice(deployed: Deployed) -> Found:
    first: dict[tuple[str, str, str, str], Thing] = {}
    for each in deployed.things:
        key = (each.group, each.kind, each.namespace, each.name)
        if key in first:
            yield Message("{thing} a second time", thing=str(each)), each.spot, first[key].spot
        first.setdefault(key, each)


def _unfilled(deployed: Deployed) -> Found:
    site = deployed.site
    if site is None or site.roles is None:
        return
    for service in deployed.product.services:
        roles = (*service.said.at("roles").items(), *(each.at("role") for each in service.said.at("databases").items()))
        for role in roles:
            if role and role.text not in site.roles:
                yield Message("needs a part of role {role}, and the site has none", role=role.text), role, site.said


def _no_secret(case: Case) -> Found:
    for each in case.said.at("databases").items():
        secret = each.at("secret")
        if secret and secret.text not in case.service.secrets:
            yield Message("reads Secret {name} for a database, and states none of that name", name=secret.text), secret


RULES = (
    OfCase("logs-text", Message("write one JSON object a line, with @timestamp, log.level and message: the platform "
                                "refuses anything else"), _text),
    OfDeployed("log-labels", Message("label the pods {format}: json or none, and {owner}: the team that hears of bad "
                                     "lines; a cluster with the log contract refuses them otherwise",
                                     format=FORMAT, owner=OWNER), _labels),
    OfCase("log-labels-other", Message("say the same in both"), _other_labels),
    OfDeployed("namespace-prefix", Message("call it so, or exempt it (answers: components.log-contract.exempt)"),
               _prefix),
    OfDeployed("name-twice", Message("keep one of them: the last one that is applied wins"), _twice),
    OfDeployed("role-unfilled", Message("choose a part of that role in the answers, or do without"), _unfilled),
    OfCase("database-secret", Message("state it under `secrets`"), _no_secret),
)  # fmt: skip
