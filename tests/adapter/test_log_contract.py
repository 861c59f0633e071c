"""The log contract's policies, on a real API server: what they refuse, what they take, and in which words."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bare_api import BareCluster, bare_api
from core_manifest import ROOT, core_manifest
from every import every
from simulation import inputs_of

from installer.answers.model import Environment
from installer.builder import reading
from installer.bundle.manifest import Component
from installer.plan.inputs import Planned
from installer.probes import builtin
from installer.probes.declared import Declared, declared
from installer.render.charts import wanted_release

pytestmark = pytest.mark.lab
LABELS = {"logging.sitewright/format": "json", "logging.sitewright/owner": "payments"}
KINDS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "ReplicaSet": "apps/v1",
         "ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1", "Pod": "v1"}  # fmt: skip
NEW = 10.0
"""Seconds that an API server may take to go by what was just applied."""


def contract() -> Component:
    (part,) = (part for part in reading.load(ROOT / "bundles/platform").parts if part.name == "log-contract")
    return Component(part.name, part.release, (), part.spec, part.texts)


def named(environment: Environment, values: dict[str, Any]) -> dict[str, Any]:
    planned = Planned(inputs_of("rehearsal").answers, core_manifest())
    return {**planned.names(planned.answers.environments[0]), "environment": environment.name, "values": values}


class Clusters:
    """A cluster as the probes see it."""

    def __init__(self, api: BareCluster) -> None:
        self._api = api

    def refusal(self, _: str, thing: dict[str, Any]) -> str:
        return self._api.refusal(thing)


class Judge:
    """An API server with the contract of one environment."""

    def __init__(self, api: BareCluster, name: str, **values: Any) -> None:
        self.api = api
        self.environment = replace(inputs_of("rehearsal").answers.environments[0], name=name)
        self.names = named(self.environment, values)
        for thing in wanted_release(contract(), self.names).applied:
            api.apply(thing)

    def probes(self) -> list[Declared]:
        return list(declared(contract(), self.environment, self.names, builtin.until))

    def until(self, thing: dict[str, Any], holds: str) -> str:
        """What is said of an object, once it says this; "" waits for it to be taken."""
        end = time.monotonic() + NEW
        while True:
            said = self.api.refusal(thing)
            if (holds in said) if holds else not said:
                return said
            assert time.monotonic() < end, f"{holds!r} is not in {said!r}"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareCluster]:
    with bare_api(tmp_path_factory.mktemp("api")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def production(api: BareCluster) -> Judge:
    judge = Judge(api, "production")
    judge.until(space("foreign"), "must begin with prod-")
    judge.until(workload("Deployment", "probe", "log-contract", {}), "logging.sitewright/format")
    judge.until(workload("Deployment", "offender", "log-contract"), "breaks the log contract")
    for name in ("prod-pay", "shop"):
        judge.until(space(name), "")
        api.apply(space(name))
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
        api.apply(account)
    return judge


def space(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def workload(
    kind: str, name: str, namespace: str = "prod-pay", labels: dict[str, str] | None = None, image: str = "one:1"
) -> dict[str, Any]:
    about = {"metadata": {"labels": {"app": name, **(LABELS if labels is None else labels)}},
             "spec": {"containers": [{"name": "one", "image": image}]}}  # fmt: skip
    base = {"apiVersion": KINDS[kind], "kind": kind, "metadata": {"name": name, "namespace": namespace}}
    if kind == "Pod":
        base["metadata"] |= about["metadata"]
        return {**base, "spec": about["spec"]}
    if kind in ("Job", "CronJob"):
        about["spec"]["restartPolicy"] = "Never"
        spec: dict[str, Any] = {"template": about}
        if kind == "CronJob":
            spec = {"schedule": "0 0 * * *", "jobTemplate": {"spec": spec}}
        return {**base, "spec": spec}
    selector = {"app": name} if kind == "ReplicationController" else {"matchLabels": {"app": name}}
    spec = {"selector": selector, "template": about}
    return {**base, "spec": {**spec, "serviceName": name} if kind == "StatefulSet" else spec}


@pytest.mark.parametrize("name", ["production", "testing"])
def test_its_own_probes_pass(api: BareCluster, production: Judge, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(builtin, "PATIENCE", NEW)
    judge = production if name == "production" else Judge(api, name)

    def passes(probe: Declared) -> None:
        assert probe.run(Clusters(api))  # type: ignore[arg-type]

    try:
        every(judge.probes(), passes, lambda probe: probe.name)
    finally:
        Judge(api, "production")
        production.until(space("test-x"), "must begin with prod-")


def test_the_api_server_finds_nothing_wrong_with_the_expressions(api: BareCluster, production: Judge) -> None:
    group = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    for name in ("namespaces", "workloads", "offenders"):
        assert "expressionWarnings" not in str(api.get(f"{group}/log-contract-{name}"))


@pytest.mark.parametrize(
    "name", ["kube-extra", "sitewright-probe-6a", "cert-manager", "log-contract", "prod-x", "shop"]
)
def test_namespaces_of_the_platform_and_with_the_prefix_are_taken(production: Judge, name: str) -> None:
    assert production.api.refusal(space(name)) == ""


def test_a_foreign_namespace_is_told_how_to_be_called(production: Judge) -> None:
    said = production.api.refusal(space("pay"))
    assert "call it prod-pay, or have it exempted (answers: components.log-contract.exempt)" in said
    assert "must begin with prod-" in production.api.refusal(space("test-pay"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_must_say_what_it_logs_and_whose_it_is(production: Judge, kind: str) -> None:
    asks = production.api.refusal
    assert "logging.sitewright/format: json" in asks(workload(kind, "new", labels={}))
    assert "logging.sitewright/owner: the team" in asks(
        workload(kind, "new", labels={"logging.sitewright/format": "none"})
    )
    assert "logging.sitewright/format: json" in asks(
        workload(kind, "new", labels={**LABELS, "logging.sitewright/format": "text"})
    )
    assert asks(workload(kind, "new")) == ""


def test_it_holds_where_the_product_is_and_nowhere_else(production: Judge) -> None:
    asks = production.api.refusal
    assert "logging.sitewright/format" in asks(workload("Deployment", "new", "shop", {}))
    assert asks(workload("Deployment", "new", "kube-system", {})) == ""
    production.api.apply(space("kube-extra"))
    assert asks(workload("Deployment", "new", "kube-extra", {})) == ""
    production.api.apply(space("kube-extra", **{"logging.sitewright/contract": "required"}))
    production.until(workload("Deployment", "new", "kube-extra", {}), "logging.sitewright/format")


def owned(thing: dict[str, Any], version: str, kind: str) -> dict[str, Any]:
    owner = {"apiVersion": version, "kind": kind, "name": "x", "uid": "1", "controller": True}
    return {**thing, "metadata": {**thing["metadata"], "ownerReferences": [owner]}}


def test_what_a_workload_makes_was_judged_with_it_and_what_an_operator_makes_was_not(production: Judge) -> None:
    asks, pod = production.api.refusal, workload("Pod", "new", labels={})
    assert asks(owned(pod, "apps/v1", "ReplicaSet")) == ""
    assert asks(owned(workload("Job", "new", labels={}), "batch/v1", "CronJob")) == ""
    assert "logging.sitewright/format" in asks(owned(pod, "kafka.strimzi.io/v1", "StrimziPodSet"))


@pytest.mark.parametrize("kind", ["Deployment", "CronJob"])
def test_what_stood_before_is_left_alone_until_its_template_changes(production: Judge, kind: str) -> None:
    former, name = workload(kind, "former", labels={}), "log-contract-workloads"
    binding = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
               "metadata": {"name": name}}  # fmt: skip
    production.api.withdraw(binding)
    production.until(former, "")
    production.api.apply(former)
    Judge(production.api, "production")
    production.until(workload(kind, "new", labels={}), "logging.sitewright/format")
    other = {"metadata": {**former["metadata"], "annotations": {"a": "b"}}}
    assert production.api.refusal({**former, **other}) == ""
    assert "logging.sitewright/format" in production.api.refusal(workload(kind, "former", labels={}, image="one:2"))


def day(away: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=away):%Y-%m-%d}"


def listed(api: BareCluster, **data: str) -> None:
    """Written as the report writes: the installer's own entries stay."""
    about = {"name": "logging-offenders", "namespace": "log-contract"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about,
            "data": {key.replace("_", "."): value for key, value in data.items()}}  # fmt: skip
    path = "/api/v1/namespaces/log-contract/configmaps/logging-offenders?fieldManager=report&force=true"
    status, answer = api._call("PATCH", path, json.dumps(body).encode(), "application/apply-patch+yaml")
    assert status == 200, answer


@pytest.mark.parametrize("standing", [False, True], ids=["new", "standing"])
@pytest.mark.parametrize("kind", ["Deployment", "CronJob"])
def test_an_offenders_new_revision_is_refused_unless_waived_by_date(
    production: Judge, kind: str, standing: bool
) -> None:
    name = f"{kind.lower()}{'-standing' if standing else ''}"
    key = f"prod-pay_{kind.lower()}_{name}"
    one, next_one = workload(kind, name), workload(kind, name, image="one:2")
    if standing:
        production.api.apply(one)
    tried = next_one if standing else one
    listed(production.api, **{key: "4.2 % of its lines, not_json"})
    said = production.until(tried, "breaks the log contract (4.2 % of its lines, not_json)")
    assert "correct its lines; to roll that out, add a waiver" in said
    assert f"key waiver.prod-pay.{kind.lower()}.{name}, YYYY-MM-DD and why" in said
    if standing:
        assert production.api.refusal(one) == "", "what runs is never touched"
    for away, taken in ((1, True), (-1, False), (0, True)):
        listed(production.api, **{key: "x", f"waiver_{key}": f"{day(away)} until the new parser is there"})
        production.until(tried, "" if taken else f"its waiver ended on {day(away)}: renew it")
    for wrong in ("2099-01-01", "2099-01-01 ", "tomorrow, promised", "99999-01-01 x"):
        listed(production.api, **{key: "x", f"waiver_{key}": wrong})
        production.until(tried, "its waiver must be a date and a reason")
    listed(production.api)
    production.until(tried, "")


def test_the_lists_of_people_and_report_outlast_the_installers_next_run(production: Judge) -> None:
    listed(production.api, prod__pay_job_x="listed")
    Judge(production.api, "production", waivers={"prod-pay.job.x": "2020-01-01 x"}, exempt=["partner"])
    found = production.api.get("/api/v1/namespaces/log-contract/configmaps/logging-offenders")["data"]
    assert found["waiver.prod-pay.job.x"] == "2020-01-01 x"
    assert "log-contract.deployment.offender" in found
    production.until(space("partner"), "")
    Judge(production.api, "production")


def test_lost_parameters_refuse_the_product_and_never_the_platform(production: Judge) -> None:
    lost = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "logging-contract", "namespace": "log-contract"},
    }
    production.api.withdraw(lost)
    try:
        production.until(space("prod-y"), "no params found")
        for name in ("cert-manager", "log-contract"):
            assert production.api.refusal(space(name)) == ""
        assert production.api.refusal(workload("Deployment", "new", "kube-system", {})) == ""
    finally:
        Judge(production.api, "production")
        production.until(space("prod-y"), "")
