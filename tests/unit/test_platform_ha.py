"""Where any one host may fail: charts as helm renders them for profiles/platform-ha.yaml, and what one less does."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import yaml
from core_manifest import ROOT, manifest_of
from every import every
from rendering import needs_helm, objects_of
from simulation import answers_of, inputs_of

PROFILE = "platform-ha"
SPREAD = ("Deployment", "StatefulSet")


@cache
def rendered(part: str, environment: str = "pre-release") -> tuple[dict[str, Any], ...]:
    """The objects of a part's chart in one environment of the profile."""
    inputs = inputs_of(PROFILE)
    component = manifest_of("platform").component(part)
    names = inputs.seen(answers_of(PROFILE).environment(environment), component)
    return objects_of(component, names, ROOT / "bundles/parts" / part / "chart")


def of_kind(part: str, kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in rendered(part) if each["kind"] == kind}


PARTS = sorted(
    name for name in answers_of(PROFILE).environment("pre-release").components
    if (ROOT / "bundles/parts" / name / "chart").is_dir()
)  # fmt: skip


@needs_helm
def test_copies_stand_on_hosts_of_their_own_and_one_goes_at_a_time() -> None:
    takers = len(answers_of(PROFILE).environment("pre-release").workers)

    def holds(part: str) -> None:
        for kind in SPREAD:
            for name, workload in of_kind(part, kind).items():
                pod, copies = workload["spec"]["template"], workload["spec"]["replicas"]
                assert copies <= takers
                if copies > 1:
                    (apart,) = pod["spec"]["topologySpreadConstraints"]
                    assert (apart["topologyKey"], apart["maxSkew"]) == ("kubernetes.io/hostname", 1)
                    assert apart["whenUnsatisfiable"] == "DoNotSchedule"
                    assert apart["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
                    budget = of_kind(part, "PodDisruptionBudget")[name]["spec"]
                    assert budget["maxUnavailable"] == 1
                    assert budget["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()

    every(PARTS, holds, str)


@needs_helm
@pytest.mark.parametrize("part", ["kafka", "elasticsearch", "rsyslog", "zipkin"])
def test_what_must_go_on_has_more_than_one_copy(part: str) -> None:
    copies = {each["spec"]["replicas"] for kind in SPREAD for each in of_kind(part, kind).values()}
    assert copies == ({2} if part == "zipkin" else {3})


@needs_helm
def test_the_queue_takes_and_gives_with_one_broker_less() -> None:
    text = of_kind("kafka", "ConfigMap")["kafka-broker"]["data"]["server.properties"]
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    brokers = of_kind("kafka", "StatefulSet")["kafka"]["spec"]["replicas"]
    assert len(said["controller.quorum.bootstrap.servers"].split(",")) == brokers == 3
    for copies, least in (
        ("default.replication.factor", "min.insync.replicas"),
        ("transaction.state.log.replication.factor", "transaction.state.log.min.isr"),
        ("share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr"),
    ):
        assert int(said[copies]) - 1 >= int(said[least]) > 1, "one less would stop writers, or leave a single copy"
    assert int(said["offsets.topic.replication.factor"]) == brokers
    topics = of_kind("kafka", "ConfigMap")["kafka-topics"]["data"]["topics"].splitlines()
    named = {line.split()[1]: line.split() for line in topics if line.startswith("topic ")}
    assert len([name for name in named if name.endswith(".logs.json")]) == len(answers_of(PROFILE).environments)
    assert all(line[3] == "3" and "min.insync.replicas=2" in line for line in named.values())


@needs_helm
def test_the_store_finds_everything_with_one_node_less() -> None:
    settings = yaml.safe_load(of_kind("elasticsearch", "ConfigMap")["elasticsearch"]["data"]["elasticsearch.yml"])
    nodes = settings["cluster.initial_master_nodes"]
    assert nodes == [f"elasticsearch-{n}" for n in range(3)]
    assert "discovery.type" not in settings
    assert settings["network.host"] == "127.0.0.1", "nobody reaches a node but through the proxy of its pod"
    assert settings["discovery.seed_hosts"] == ["127.0.0.1:9310", "127.0.0.1:9311", "127.0.0.1:9312"]
    index = json.loads(of_kind("elasticsearch", "ConfigMap")["elasticsearch-indices"]["data"]["logs.json"])
    assert index["template"]["settings"]["number_of_replicas"] == 1
    (zipkin,) = of_kind("zipkin", "Deployment").values()
    given = {each["name"]: each.get("value") for each in zipkin["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert given["ES_INDEX_REPLICAS"] == "1", "traces are kept as often as lines"


@needs_helm
def test_nodes_of_the_store_meet_by_names_that_their_service_has() -> None:
    (store,) = of_kind("elasticsearch", "StatefulSet").values()
    service = of_kind("elasticsearch", "Service")[store["spec"]["serviceName"]]
    assert (service["spec"]["clusterIP"], service["spec"]["publishNotReadyAddresses"]) == ("None", True)
    proxy = next(each for each in store["spec"]["template"]["spec"]["containers"] if each["name"] == "proxy")
    given = {each["name"]: each.get("value", "") for each in proxy["env"]}
    domain = f"{service['metadata']['name']}.elasticsearch.svc.cluster.local"
    assert given["PEERS"].split(",") == [f"elasticsearch-{n}.{domain}" for n in range(3)]
    (certificate,) = of_kind("elasticsearch", "Certificate").values()
    assert given["PEER_NAME"] == certificate["spec"]["commonName"]
    assert {"client auth", "server auth"} <= set(certificate["spec"]["usages"])
    assert given["PEER_PORT"] in {str(each["containerPort"]) for each in proxy["ports"]}


def test_any_one_host_of_the_profile_may_fail() -> None:
    answers = answers_of(PROFILE)
    assert len(answers.hosts) == 12
    assert [len(each.control_planes) for each in answers.environments] == [3, 3, 1]
    assert len(answers.registry.hosts) == 3
