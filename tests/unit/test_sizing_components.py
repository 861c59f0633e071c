"""The rules give back the tables of the vendors they follow, row by row, and behave between the rows."""

import pytest

from sizing.components import size_component
from sizing.errors import SizingError


def expected(component: str, key: str, **inputs: float | str | bool) -> float:
    return size_component(component, inputs).value(key).expected


@pytest.mark.parametrize(
    ("clusters", "nodes", "machine"),
    [(150, 1500, (4, 16)), (151, 10, (8, 32)), (10, 1501, (8, 32)), (300, 3000, (8, 32)), (500, 5000, (16, 64))],
)
def test_rancher_by_the_larger_of_clusters_and_nodes(clusters, nodes, machine):
    size = size_component("rancher", {"clusters": clusters, "managed_nodes": nodes})
    assert (size.value("cpu_cores_per_node").expected, size.value("memory_gib_per_node").expected) == machine
    assert size.value("nodes").expected == 3


def test_rancher_in_a_container_is_one_small_node():
    size = size_component("rancher", {"clusters": 5, "managed_nodes": 50, "platform": "docker"})
    assert [size.value(key).expected for key in ("nodes", "cpu_cores_per_node", "memory_gib_per_node")] == [1, 1, 4]


@pytest.mark.parametrize(
    ("users", "rails", "gitaly", "postgresql", "sidekiq"),
    [
        (3000, (3, 8, 7.2), (3, 4, 15), (3, 2, 7.5), (2, 4, 15)),
        (5000, (3, 16, 14.4), (3, 8, 30), (3, 4, 15), (2, 4, 15)),
        (10_000, (3, 32, 28.8), (3, 16, 60), (3, 8, 30), (4, 4, 15)),
        (25_000, (5, 32, 28.8), (3, 32, 120), (3, 16, 60), (4, 4, 15)),
        (50_000, (12, 32, 28.8), (3, 64, 240), (3, 32, 120), (4, 4, 15)),
    ],
)
def test_gitlab_reference_architectures(users, rails, gitaly, postgresql, sidekiq):
    size = size_component("gitlab", {"users": users, "high_availability": True})
    for part, wanted in {"rails": rails, "gitaly": gitaly, "postgresql": postgresql, "sidekiq": sidekiq}.items():
        keys = (f"{part}_nodes", f"{part}_cpu_cores_per_node", f"{part}_memory_gib_per_node")
        assert tuple(size.value(key).expected for key in keys) == wanted


def test_a_small_gitlab_is_one_machine_of_eight_cores():
    size = size_component("gitlab", {"users": 1000})
    assert size.value("total_cpu_cores").expected == 8
    assert size.value("total_memory_gib").expected == 16
    assert [(group.name, group.replicas.expected) for group in size.pods if group.replicas.expected] == [("server", 1)]


def test_the_sum_of_gitlabs_machines_is_the_sum_of_its_rows():
    size = size_component("gitlab", {"users": 10_000, "high_availability": True})
    parts = [key.removesuffix("_nodes") for key in size.figures if key.endswith("_nodes") and "redis_cache" not in key]
    total = sum(
        size.value(f"{part}_nodes").expected * size.value(f"{part}_cpu_cores_per_node").expected for part in parts
    )
    assert size.value("total_cpu_cores").expected == total


@pytest.mark.parametrize(
    ("rate", "web", "sidekiq", "gitaly_cores"),
    [
        (100, (12, 18), (8, 12), 7),
        (200, (28, 42), (16, 24), 15),
        (500, (56, 84), (32, 48), 31),
        (1000, (110, 165), (64, 96), 63),
    ],
)
def test_gitlab_on_kubernetes(rate, web, sidekiq, gitaly_cores):
    size = size_component("gitlab", {"rps_total": rate, "platform": "kubernetes"})
    pods = [size.value(f"{part}_pods_{end}").expected for part in ("webservice", "sidekiq") for end in ("min", "max")]
    assert pods == [*web, *sidekiq]
    assert size.value("gitaly_cpu_cores_per_pod").expected == gitaly_cores


@pytest.mark.parametrize(
    ("per_day", "days", "ratio", "nodes"), [(1, 270, 30, 3), (100, 30, 30, 5), (100, 365, 160, 10)]
)
def test_elastics_own_examples(per_day, days, ratio, nodes):
    memory = 8 if per_day == 1 else 64
    found = expected(
        "elasticsearch",
        "data_nodes",
        ingest_gb_per_day=per_day,
        retention_days=days,
        replicas=1,
        node_memory_gib=memory,
        memory_to_data_ratio=ratio,
    )
    assert found == nodes


def test_the_disk_of_a_data_node_limits_how_much_it_holds():
    nodes = expected("elasticsearch", "data_nodes", source_gib=1000, node_memory_gib=64, node_disk_gb=500)
    assert nodes == 6


@pytest.mark.parametrize(
    ("factors", "disk_gib"),
    [
        ({"index_overhead": 0.1, "os_reserved": 0.05, "internal_overhead": 0.2, "security_threshold": 0.15}, 340.6),
        ({"index_overhead": 0.1, "os_reserved": 0.05, "internal_overhead": 0.2}, 289.5),
        ({"overhead_factor": 1.15}, 230),
        ({}, 250),
    ],
)
def test_each_method_for_an_index_keeps_its_own_factors(factors, disk_gib):
    assert expected("elasticsearch", "disk_gib", source_gib=100, **factors) == pytest.approx(disk_gib, rel=1e-3)


def test_kafka_keeps_headroom_apart_from_what_is_stored():
    size = size_component("kafka", {"retained_message_gb": 100, "replication_factor": 3})
    assert size.value("disk_gb").expected == pytest.approx(300)
    assert size.value("disk_with_headroom_gib").expected == pytest.approx(1.25 * size.value("disk_gib").expected)


def test_kafka_caches_half_a_minute_of_writes():
    size = size_component("kafka", {"throughput_mb_per_second": 20, "replication_factor": 3, "brokers_wanted": 3})
    assert size.value("page_cache_gib_per_broker").expected == pytest.approx(20 * 30 / 1074, rel=0.01)
    assert size.value("brokers").expected == 3
    assert expected("kafka", "brokers", throughput_mb_per_second=200) == 15


@pytest.mark.parametrize(
    ("per_day", "ingesters", "queriers", "cores"), [(3000, 6, 10, 38), (30_000, 90, 100, 431), (60_000, 150, 250, 1221)]
)
def test_loki_by_tier(per_day, ingesters, queriers, cores):
    assert expected("loki", "ingester_replicas", ingest_gb_per_day=per_day) == ingesters
    assert expected("loki", "querier_replicas", ingest_gb_per_day=per_day) == queriers
    assert expected("loki", "total_cpu_cores", ingest_gb_per_day=per_day) == cores


@pytest.mark.parametrize(("event", "cores"), [("unstructured", 5), ("structured", 2), ("metric", 2), ("trace", 2)])
def test_vector_by_what_it_carries(event, cores):
    assert expected("vector", "cpu_cores", received_mib_per_second=50, event=event) == cores


@pytest.mark.parametrize(("mode", "cores"), [("sidecar", 0.2), ("waypoint", 0.25), ("ztunnel", 0.06)])
def test_istio_by_mode(mode, cores):
    assert expected("istio", "cpu_cores", requests_per_second=1000, mode=mode) == pytest.approx(cores)


def test_kong_needs_more_cores_for_each_plugin():
    plain, limited, keyed = (
        expected("kong", "cpu_cores", requests_per_second=10_000, plugins=plugins)
        for plugins in ("none", "rate-limit", "rate-limit+key-auth")
    )
    assert plain < limited < keyed


@pytest.mark.parametrize(
    ("drives", "parity", "ratio"), [(16, 2, 8 / 7), (16, 4, 4 / 3), (16, 8, 2), (4, 2, 2), (1, 0, 1)]
)
def test_erasure_coding_by_parity(drives, parity, ratio):
    assert expected("minio", "storage_ratio", drives=drives, parity_drives=parity) == pytest.approx(ratio)


@pytest.mark.parametrize(("nodes", "cores", "mib"), [(50, 0.1, 200), (100, 0.1, 200), (500, 0.5, 1000)])
def test_metrics_server_by_nodes(nodes, cores, mib):
    assert expected("metrics-server", "cpu_cores", nodes=nodes) == pytest.approx(cores)
    assert expected("metrics-server", "memory_mib", nodes=nodes) == pytest.approx(mib)


@pytest.mark.parametrize(
    ("nodes", "pods", "disk_gb_day", "memory_gib"),
    [(50, 1800, 6.3, 6), (100, 3600, 13, 10), (150, 5400, 19, 12), (200, 7200, 25, 14)],
)
def test_prometheus_is_near_okds_table(nodes, pods, disk_gb_day, memory_gib):
    size = size_component("prometheus", {"nodes": nodes, "pods": pods})
    assert 0.5 <= size.value("disk_gb_per_day_per_replica").expected / disk_gb_day <= 1.5
    assert 0.5 <= size.value("memory_gib_per_replica").expected / memory_gib <= 1.5


def test_autopath_takes_more_memory_in_coredns():
    cluster = {"pods": 15_000, "services": 820}
    assert expected("coredns", "memory_mib_per_replica", **cluster) == pytest.approx(62.67, abs=0.01)
    assert expected("coredns", "memory_mib_per_replica", **cluster, autopath=True) == pytest.approx(90.05)


def test_victoriametrics_keeps_half_of_its_memory_free():
    size = size_component("victoriametrics", {"active_series": 2_000_000})
    assert size.value("memory_gib").expected == pytest.approx(3.81, rel=0.01)


def test_half_a_machine_is_the_minimum_of_jumpserver():
    assert expected("jumpserver", "app_cpu_cores_per_node", hardware="minimum") == 2
    assert expected("jumpserver", "app_disk_gb_per_node", hardware="minimum") == 60


@pytest.mark.parametrize(
    ("per_day", "wanted", "nodes"),
    [(9, 3, (3, 8)), (15, 3, (3, 16)), (25, 3, (3, 32)), (100, 3, (4, 64)), (100, 1, (4, 64)), (10, 1, (2, 16))],
)
def test_a_log_store_has_few_nodes_that_grow_before_there_are_more(per_day, wanted, nodes):
    size = size_component("elasticsearch", {"ingest_gb_per_day": per_day, "retention_days": 30, "replicas": 1,
                                            "data_nodes_wanted": wanted, "failover_nodes": 0})  # fmt: skip
    assert (size.value("data_nodes").expected, size.inputs["node_memory_gib"].value.expected) == nodes


@pytest.mark.parametrize(
    ("payload", "protocol", "rate"), [(10, "https", 23308), (1, "http", 74091), (200, "https", 2415)]
)
def test_ingress_follows_the_makers_test(payload, protocol, rate):
    assert expected("ingress-nginx", "rps_per_core", payload_kb=payload, protocol=protocol) == rate


def test_kafka_counts_reads_as_a_quarter_of_writes():
    known = {"throughput_mb_per_second": 20, "replication_factor": 3}
    assert expected("kafka", "write_equivalent_mb_per_second", **known, consumer_groups=1) == 75
    assert expected("kafka", "write_equivalent_mb_per_second", **known, consumer_groups=3) == 85


@pytest.mark.parametrize(("component", "inputs", "refused"), [
    ("minio", {"drives": 4, "parity_drives": 8}, "more than half the drives"),
    ("elasticsearch", {"os_reserved": 5}, "os_reserved is 5; wanted a number from 0 to 0.9"),
    ("longhorn", {"disk_gib": 100, "reserved_gib": 500}, "nothing is left for volumes"),
    ("etcd", {"members": 4}, "members is even"),
    ("kafka", {"replication_factor": 0}, "wanted a number from 1"),
])  # fmt: skip
def test_inputs_that_make_no_sense_are_refused(component, inputs, refused):
    with pytest.raises(SizingError, match=refused):
        size_component(component, inputs)


def test_copies_never_share_a_node():
    assert expected("elasticsearch", "data_nodes", replicas=3, ingest_gb_per_day=1) == 4
    assert expected("elasticsearch", "data_nodes", replicas=0, ingest_gb_per_day=1) == 1
    assert expected("kafka", "brokers", replication_factor=5, brokers_wanted=3) == 5


@pytest.mark.parametrize(
    ("external", "autopath", "queries"), [(0, False, 33669), (1, False, 6733), (1, True, 31428), (0, True, 33918)]
)
def test_coredns_answers_on_two_cores_what_was_measured_there(external, autopath, queries):
    told = {"queries_per_second": queries, "external_share": external, "autopath": autopath, "replicas": 1}
    assert expected("coredns", "cpu_cores_per_replica", **told) == pytest.approx(2)
    assert expected("coredns", "replicas_needed", **told) == 1


def test_cert_manager_has_three_webhooks_where_it_has_two_controllers():
    pods = {group.name: group.replicas.expected for group in size_component("cert-manager", {"replicas": 2}).pods}
    assert pods == {"controller": 2, "injector": 2, "webhook": 3}


def test_backups_kept_for_years_take_more_than_those_of_one():
    year, ten = (expected("backup", "disk_gib", protected_gib=100, retention_days=days) for days in (365, 3650))
    assert ten > 5 * year
