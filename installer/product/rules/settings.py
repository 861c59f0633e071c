"""Variables, Secrets and ConfigMaps: what a container is given is what its service reads, and it is there."""

from __future__ import annotations

from installer.formats.plain_secrets import holds_secret, names_secret
from installer.formats.spots import Spot
from installer.formats.values import shown
from installer.messages import Message
from installer.product.deployed import Case, Deployed
from installer.product.objects import references
from installer.product.rules.rule import Found, OfCase, OfDeployed

BY_KUBERNETES = frozenset({"kube-root-ca.crt", "default"})
"""The ConfigMap and the account that every namespace has."""


def _unset(case: Case) -> Found:
    if not case.knows_variables:
        return
    for name, said in case.service.variables.items():
        if name not in case.variables and not said.at("optional").truth:
            yield Message("nothing sets variable {name}", name=name), said, case.container


def _unknown(case: Case) -> Found:
    stated = case.service.variables
    for name, each in case.variables.items():
        if name not in stated:
            spot = each if each.at("name") else case.value(name)
            yield (
                Message("variable {name} is set, and the service states none of that name", name=name),
                spot if spot else each,
                case.said,
            )


def _other(case: Case) -> Found:
    for name, said in case.said.at("variables").entries().items():
        wanted, found = said.at("value"), case.value(name)
        if wanted and found and found.text != wanted.text:
            if names_secret(name):
                yield Message("variable {name} has another value than stated", name=name), found, wanted
            else:
                yield (Message("variable {name} is {found}, stated is {wanted}", name=name, found=shown(found.text),
                               wanted=shown(wanted.text)), found, wanted)  # fmt: skip


def _variables(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        for container in workload.all_containers:
            first: dict[str, Spot] = {}
            for each in container.at("env").items():
                name = each.at("name").text
                if name in first:
                    yield Message("variable {name} is set twice", name=name), each, first[name]
                first.setdefault(name, each)


def _no_texts(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        for container in workload.all_containers:
            for each in container.at("env").items():
                if (value := each.at("value")) and not value.is_text:
                    yield Message("the value of variable {name} is no text", name=each.at("name").text), value
    for thing in deployed.kind("ConfigMap"):
        for key, value in thing.spot.at("data").entries().items():
            if not value.is_text:
                yield Message("{key} of {thing} is no text", key=key, thing=str(thing)), value


def _in_clear(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        for container in workload.all_containers:
            for each in container.at("env").items():
                name, value = each.at("name").text, each.at("value").text
                path = value.startswith("/")  # of a file that has it
                if value and (holds_secret(value) or (names_secret(name) and not path)):
                    yield Message("variable {name} has a secret in clear (not shown)", name=name), each


def _unmounted(case: Case) -> Found:
    named = {each.name: each.spot for each in references(case.workload) if each.kind == "Secret"}
    for name, said in case.service.secrets.items():
        mount = said.at("mount")
        if name not in named and said.at("optional").truth:
            continue
        if name not in named:
            yield Message("Secret {name} is stated, and {workload} neither mounts nor reads it", name=name,
                          workload=str(case.workload)), said, case.workload.pod  # fmt: skip
        elif mount and (mount.text.rstrip("/") or "/") not in case.mounts:
            yield Message("Secret {name} is not mounted at {path}", name=name, path=mount.text), mount, named[name]


def _other_key(case: Case) -> Found:
    for name, secret in case.service.secrets.items():
        for variable, key in secret.at("variables").entries().items():
            ref = case.variables.get(variable, case.container).at("valueFrom", "secretKeyRef")
            given = (ref.at("name").text, ref.at("key").text)
            if ref and given != (name, key.text):
                yield Message("variable {name} comes out of {found}, stated is {wanted}", name=variable,
                              found="/".join(given), wanted=f"{name}/{key.text}"), ref, key  # fmt: skip


def _unstated_secret(case: Case) -> Found:
    stated, told = case.service.secrets, set()
    mounted = {volume.at("secret", "secretName").text: volume for _, volume in case.mounts.values()}
    for each in case.container.at("env").items():
        mounted.setdefault(each.at("valueFrom", "secretKeyRef", "name").text, each)
    for each in case.container.at("envFrom").items():
        mounted.setdefault(each.at("secretRef", "name").text, each)
    for name, spot in mounted.items():
        if name and name not in stated and name not in told:
            told.add(name)
            yield (
                Message("Secret {name} is given, and the service states none of that name", name=name),
                spot,
                case.said,
            )


def _no_such(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        for each in references(workload):
            if each.optional or (each.kind == "Secret" and deployed.secret_keys(workload, each.name) is not None):
                continue
            known = each.name in BY_KUBERNETES or deployed.thing(each.kind, workload, each.name) is not None
            if not known:
                yield Message("{workload} refers to {kind} {name}, which nothing makes", workload=str(workload),
                              kind=each.kind, name=each.name or "''"), each.spot  # fmt: skip


def _no_key(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        for each in references(workload):
            if each.kind == "Secret":
                keys = deployed.secret_keys(workload, each.name)
            else:
                thing = deployed.thing(each.kind, workload, each.name)
                keys = thing.keys if thing else None
            for key in each.keys if keys and not each.optional else ():
                if key.text not in (keys or ()):
                    yield Message("{kind} {name} has no key {key}", kind=each.kind, name=each.name, key=key.text), key


def _stated_keys(case: Case) -> Found:
    for name, said in case.service.secrets.items():
        keys = case.deployed.secret_keys(case.workload, name)
        for key in said.at("keys").items() if keys else ():
            if key.text not in (keys or ()):
                yield Message("{kind} {name} has no key {key}", kind="Secret", name=name, key=key.text), key


RULES = (
    OfCase("variable-unset", Message("set it in env, or state it as optional"), _unset),
    OfCase("variable-unknown", Message("state it under `variables`, or do not set it"), _unknown),
    OfCase("variable-other", Message("set what is stated, or state what is set"), _other),
    OfDeployed("variable-twice", Message("set it once: the last one counts"), _variables),
    OfDeployed("value-no-text", Message("put it in quotes: the API server takes nothing but texts there"), _no_texts),
    OfDeployed("secret-in-clear", Message("put it into a Secret, and name that by valueFrom.secretKeyRef"), _in_clear),
    OfCase("secret-unmounted", Message("mount it, or read it by valueFrom.secretKeyRef"), _unmounted),
    OfCase("secret-other", Message("name the same Secret and key in both"), _other_key),
    OfCase("secret-unstated", Message("state it under `secrets`, or do not give it"), _unstated_secret),
    OfCase("secret-key-missing", Message("name a key that it has: pods wait for it without end"), _stated_keys),
    OfDeployed("reference-missing", Message("add it, or say under `secrets` who makes it (made: by-hand, platform): "
                                            "pods wait for it without end"), _no_such),
    OfDeployed("key-missing", Message("name a key that it has: pods wait for it without end"), _no_key),
)  # fmt: skip
