"""Kubernetes itself: control planes and etcd by what they carry."""

import pytest
from test_sizing_components import expected

from sizing.components import size_component


@pytest.mark.parametrize(
    ("agents", "cores", "memory"),
    [(1, 2, 4), (225, 2, 4), (226, 4, 8), (450, 4, 8), (451, 8, 16), (1300, 8, 16), (1301, 16, 32)],
)
def test_rke2_servers_by_agents(agents, cores, memory):
    assert expected("rke2", "server_cpu_cores", agent_nodes=agents) == cores
    assert expected("rke2", "server_memory_gib", agent_nodes=agents) == memory


@pytest.mark.parametrize(("agents", "cores", "memory"), [(350, 2, 4), (351, 4, 8), (900, 4, 8), (901, 8, 16)])
def test_k3s_servers_with_embedded_etcd(agents, cores, memory):
    assert expected("k3s", "server_cpu_cores", agents=agents) == cores
    assert expected("k3s", "server_memory_gib", agents=agents) == memory


@pytest.mark.parametrize(
    ("nodes", "server", "database"),
    [
        (10, (2, 4), (1, 2)),
        (100, (4, 8), (2, 8)),
        (250, (8, 16), (4, 16)),
        (500, (16, 32), (8, 32)),
        (900, (32, 64), (16, 64)),
    ],
)
def test_k3s_with_an_external_database(nodes, server, database):
    size = size_component("k3s", {"nodes": nodes, "datastore": "external"})
    found = [
        size.value(f"{part}_{unit}").expected for part in ("server", "database") for unit in ("cpu_cores", "memory_gib")
    ]
    assert found == [*server, *database]


@pytest.mark.parametrize(
    ("nodes", "clients", "rate", "data", "machine"),
    [
        (50, 100, 200, 100, (2, 8, 3600, 56.25)),
        (250, 500, 1000, 500, (4, 16, 6000, 93.75)),
        (1000, 1500, 10_000, 1000, (8, 32, 8000, 125)),
        (3000, 3000, 20_000, 4000, (16, 64, 16_000, 250)),
    ],
)
def test_etcd_members_by_cluster(nodes, clients, rate, data, machine):
    inputs = {"kubernetes_nodes": nodes, "clients": clients, "requests_per_second": rate, "data_mb": data}
    size = size_component("etcd", inputs)
    keys = ("cpu_cores", "memory_gib", "concurrent_iops", "disk_bandwidth_mb_s")
    assert tuple(size.value(key).expected for key in keys) == machine


@pytest.mark.parametrize("more", [{"clients": 1500}, {"requests_per_second": 9000}, {"data_mb": 900}])
def test_a_busy_etcd_is_larger_than_its_nodes_tell(more):
    assert expected("etcd", "cpu_cores", kubernetes_nodes=10, **more) == 8


@pytest.mark.parametrize(
    ("workers", "cores", "memory"),
    [(25, 4, 16), (26, 8, 32), (120, 8, 32), (252, 16, 64), (501, 16, 96)],
)
def test_openshift_control_planes_by_workers(workers, cores, memory):
    assert expected("kubernetes-control-plane", "cpu_cores_per_node", worker_nodes=workers) == cores
    assert expected("kubernetes-control-plane", "memory_gib_per_node", worker_nodes=workers) == memory


def test_a_plain_control_plane_is_half_of_a_dense_one_and_never_below_the_minimum():
    assert expected("kubernetes-control-plane", "cpu_cores_per_node", worker_nodes=100, object_density="plain") == 4
    assert expected("kubernetes-control-plane", "cpu_cores_per_node", worker_nodes=3, object_density="plain") == 2
    assert expected("kubernetes-control-plane", "control_plane_nodes", high_availability=False) == 1


@pytest.mark.parametrize(("workers", "cores", "memory"), [(27, 4, 24), (120, 8, 48), (252, 16, 128), (501, 32, 128)])
def test_openshift_infrastructure_nodes(workers, cores, memory):
    assert expected("openshift-infrastructure", "cpu_cores_per_node", worker_nodes=workers) == cores
    assert expected("openshift-infrastructure", "memory_gib_per_node", worker_nodes=workers) == memory


@pytest.mark.parametrize(("cores", "millicores"), [(1, 60), (2, 70), (4, 80), (8, 90), (16, 110), (64, 230)])
def test_reserved_cores_of_a_node(cores, millicores):
    assert expected("kubelet-reserved", "reserved_cpu_millicores", node_cpu_cores=cores) == pytest.approx(millicores)


@pytest.mark.parametrize(
    ("provider", "memory_gib", "pods", "mib"),
    [
        ("eks", 16, 58, 893),
        ("eks", 16, 110, 1465),
        ("gke", 4, 110, 1024),
        ("gke", 8, 110, 1843.2),
        ("gke", 16, 110, 2662.4),
        ("gke", 128, 110, 9543.68),
        ("aks", 8, 30, 650),
        ("aks", 4, 110, 1024),
    ],
)
def test_reserved_memory_of_a_node(provider, memory_gib, pods, mib):
    found = expected(
        "kubelet-reserved", "reserved_memory_mib", provider=provider, node_memory_gib=memory_gib, max_pods=pods
    )
    assert found == pytest.approx(mib)
