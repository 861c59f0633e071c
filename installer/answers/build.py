"""Valid documents to `Answers` and back; the only place that knows both shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any

from installer.answers.model import (
    FORMAT,
    Access,
    Answers,
    Bastion,
    Contact,
    Decision,
    Environment,
    Host,
    Networks,
    OwnAuthority,
    Planning,
    Pool,
    Registry,
    SecretRef,
    Waiver,
)
from installer.answers.paths import located

SECRETS = ("passphrase", "password", "sudo_password")
PATHS = ("private_key", "known_hosts")


def build(data: Mapping[str, Any], folder: Path) -> Answers:
    """Answers from a document that the schema and the rules have passed; relative paths start at `folder`."""
    site = data["site"]
    environments = tuple(_environment(each) for each in data["environments"])
    registry = data.get("registry", {})
    return Answers(
        site=site["name"],
        customer=site.get("customer", ""),
        language=site.get("language", "en"),
        hosts=tuple(host(each, data.get("access", {}), folder) for each in data["hosts"]),
        environments=environments,
        registry=Registry(**{**registry, "hosts": tuple(registry.get("hosts", environments[0].control_planes))}),
        signers=_path(data.get("trust", {}).get("signers", ""), folder),
        revoked=_path(data.get("trust", {}).get("revoked", ""), folder),
        authority=_authority(data.get("authority"), folder),
        ntp=tuple(data.get("network", {}).get("ntp", ())),
        waivers=tuple(_waiver(each) for each in data.get("waivers", ())),
        parallel_hosts=data.get("limits", {}).get("parallel_hosts", 10),
        plan=_planning(data.get("plan", {})),
        needs=data.get("needs", {}),
    )


def document(answers: Answers) -> dict[str, Any]:
    """The document that `build` makes these answers of: every field that is not its default."""
    shared = answers.hosts[0].access
    whole: dict[str, Any] = {
        "version": FORMAT,
        "site": _lean({"name": answers.site, "customer": answers.customer}) | {"language": answers.language},
        "access": _access_document(shared, Access()),
        "hosts": [
            _lean({"name": host.name, "address": host.address, "pool": host.pool, "host_key": host.host_key,
                   "access": _access_document(host.access, shared)})
            for host in answers.hosts
        ],
        "environments": [_environment_document(each) for each in answers.environments],
        "registry": {"hosts": list(answers.registry.hosts), "port": answers.registry.port,
                     "push_port": answers.registry.push_port},
        "trust": _lean({"signers": answers.signers, "revoked": answers.revoked}),
        "authority": {"certificate": answers.authority.certificate,
                      "signing_key": _secret_document(answers.authority.signing_key)} if answers.authority else {},
        "network": _lean({"ntp": list(answers.ntp)}),
        "waivers": [
            _lean({"check": each.check, "reason": each.reason, "person": each.person,
                   "until": each.until.isoformat(), "hosts": list(each.hosts)})
            for each in answers.waivers
        ],
        "limits": {"parallel_hosts": answers.parallel_hosts},
        "plan": _planning_document(answers.plan),
        "needs": dict(answers.needs),
    }  # fmt: skip
    return _lean(whole)


def _lean(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, and so the default."""
    return {key: value for key, value in data.items() if value not in ("", [], {}, None)}


def _path(text: str, folder: Path) -> str:
    return str(located(text, folder)) if text else ""


def _secret(data: Mapping[str, Any] | None, folder: Path) -> SecretRef | None:
    if not data:
        return None
    ((kind, value),) = data.items()
    if kind == "env":
        return SecretRef("env", value)
    if kind == "file":
        return SecretRef("file", _path(value, folder))
    return SecretRef("command", tuple(value)) if kind == "command" else SecretRef("prompt", value)


def _login(data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The fields that `Access` and `Bastion` share, as values."""
    ready = dict(data)
    for key in SECRETS:
        if key in ready:
            ready[key] = _secret(ready[key], folder)
    for key in PATHS:
        if key in ready:
            ready[key] = _path(ready[key], folder)
    return ready


def host(data: Mapping[str, Any], site: Mapping[str, Any], folder: Path) -> Host:
    """A host from its valid entry; `site` is the access of all hosts, from which its own may differ."""
    merged = _login({**site, **data.get("access", {})}, folder)
    bastion = merged.pop("bastion", None)
    access = Access(**merged, bastion=Bastion(**_login(bastion, folder)) if bastion else None)
    return Host(data["name"], data["address"], access, data.get("host_key", ""), data.get("pool", ""))


def _environment(data: Mapping[str, Any]) -> Environment:
    return Environment(
        name=data["name"],
        control_planes=tuple(data["control_planes"]),
        workers=tuple(data.get("workers", ())),
        networks=Networks(**data.get("networks", {})),
        endpoint=data.get("endpoint", ""),
        domain=data.get("domain", "site.internal"),
        components={name: values or {} for name, values in data.get("components", {}).items()},
        pools={name: _pool(each or {}) for name, each in data.get("pools", {}).items()},
    )


def _pool(data: Mapping[str, Any]) -> Pool:
    return Pool(tuple(data.get("components", ())), data.get("reserved", False))


def _authority(data: Mapping[str, Any] | None, folder: Path) -> OwnAuthority | None:
    key = _secret((data or {}).get("signing_key"), folder)
    return OwnAuthority(_path(data["certificate"], folder), key) if data and key else None


def _waiver(data: Mapping[str, Any]) -> Waiver:
    until = date.fromisoformat(data["until"])
    return Waiver(data["check"], data["reason"], data["person"], until, tuple(data.get("hosts", ())))


def _planning(data: Mapping[str, Any]) -> Planning:
    ready = dict(data)
    if "start" in ready:
        ready["start"] = date.fromisoformat(ready["start"])
    ready["holidays"] = tuple(date.fromisoformat(day) for day in data.get("holidays", ()))
    ready["contacts"] = tuple(Contact(**each) for each in data.get("contacts", ()))
    ready["decisions"] = tuple(
        Decision(each["question"], each["person"], date.fromisoformat(each["until"]))
        for each in data.get("decisions", ())
    )
    return Planning(**ready)


def _planning_document(plan: Planning) -> dict[str, Any]:
    """The fields that are not their defaults."""
    standard = Planning()
    changed = {name: value for name, value in asdict(plan).items() if value != getattr(standard, name)}
    if "contacts" in changed:
        changed["contacts"] = [_lean(each) for each in changed["contacts"]]
    written: dict[str, Any] = json.loads(json.dumps(changed, default=date.isoformat))
    return written


def _environment_document(environment: Environment) -> dict[str, Any]:
    return _lean(
        {
            "name": environment.name,
            "control_planes": list(environment.control_planes),
            "workers": list(environment.workers),
            "networks": {"pods": environment.networks.pods, "services": environment.networks.services},
            "endpoint": environment.endpoint,
            "domain": environment.domain,
            "components": {name: dict(values) for name, values in environment.components.items()},
            "pools": {
                name: _lean({"components": list(each.components), "reserved": each.reserved or None})
                for name, each in environment.pools.items()
            },
        }
    )


def _secret_document(ref: SecretRef | None) -> dict[str, Any] | None:
    if ref is None:
        return None
    return {ref.kind: ref.value if isinstance(ref.value, str) else list(ref.value)}


def _plain(value: Any) -> Any:
    if isinstance(value, SecretRef):
        return _secret_document(value)
    if isinstance(value, Bastion):
        return _lean({each.name: _plain(getattr(value, each.name)) for each in fields(value)})
    return value


def _access_document(access: Access, base: Access) -> dict[str, Any]:
    """The fields in which one access differs from another; None takes a field of the other away."""
    pairs = ((each.name, getattr(access, each.name), getattr(base, each.name)) for each in fields(access))
    return {name: _plain(value) for name, value, other in pairs if value != other}
