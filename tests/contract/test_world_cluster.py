"""The API adapter against a real API server with kubeadm's certificates; what needs a kubelet is tried end to end."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from practice import CACHE, Practice
from registries import Shelf
from stages import answers_for, secret

from installer.errors import CommandFailed, ConnectionLost
from installer.world.site import Site

pytestmark = pytest.mark.lab
HOST, CLUSTER = "cp-1", "production"
PKI = "/etc/kubernetes/pki"
SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "contract"}}
WIDGET = "widgets.contract.internal"


def program(name: str) -> Path:
    made = sorted((CACHE / "made").glob(f"*/files/{name}"))
    assert made, f"{name} is not built yet: build the bundle first"
    return made[-1]


@pytest.fixture(scope="module")
def site(practice: Practice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    shelf = Shelf()
    with Site(answers_for(practice.answers_hosts()), secret, shelf, tmp_path_factory.mktemp("state")) as opened:
        for name in ("kubeadm", "etcd", "kube-apiserver"):
            opened.send(HOST, f"/opt/contract/{name}", shelf.put(program(name)).digest, mode=0o755)
        yield opened
        for unit in ("contract-api", "contract-etcd"):
            opened.run(HOST, "systemctl", "stop", unit)
        opened.remove(HOST, "/opt/contract", "/etc/kubernetes", "/var/lib/contract-etcd")


@pytest.fixture(scope="module")
def api(site: Site) -> Site:
    """The API server is up; no kubelet, no controllers."""
    made = site.run(HOST, "/opt/contract/kubeadm", "init", "phase", "certs", "all", timeout=120)
    assert made.ok, made.err
    made = site.run(HOST, "/opt/contract/kubeadm", "init", "phase", "kubeconfig", "super-admin", timeout=120)
    assert made.ok, made.err
    site.run(HOST, "mv", "/etc/kubernetes/super-admin.conf", "/etc/kubernetes/admin.conf")
    start(site, "contract-etcd", "etcd", "--data-dir=/var/lib/contract-etcd")
    start(
        site, "contract-api", "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--authorization-mode=RBAC",
        f"--client-ca-file={PKI}/ca.crt", f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key", f"--service-account-key-file={PKI}/sa.pub",
        f"--service-account-signing-key-file={PKI}/sa.key", "--service-account-issuer=https://contract",
        "--service-cluster-ip-range=10.96.0.0/16",
    )  # fmt: skip
    ready = "for i in $(seq 120); do curl -skf https://127.0.0.1:6443/readyz && exit 0; sleep 1; done; exit 1"
    assert site.run(HOST, "sh", "-c", ready, timeout=150).ok
    return site


def start(site: Site, unit: str, name: str, *arguments: str) -> None:
    started = site.run(HOST, "systemd-run", "--collect", f"--unit={unit}", f"/opt/contract/{name}", *arguments)
    assert started.ok, started.err


def test_before_there_is_a_cluster_that_is_said(practice: Practice, tmp_path: Path) -> None:
    hosts = practice.answers_hosts()
    with (
        Site(answers_for(hosts[1:]), secret, None, tmp_path) as other,
        pytest.raises(ConnectionLost, match="no cluster is there yet"),
    ):
        other.get(CLUSTER, "/api/v1/nodes")


def test_objects_are_got_by_path(api: Site) -> None:
    found = api.get(CLUSTER, "/api/v1/namespaces/default")
    assert found is not None
    assert found["metadata"]["name"] == "default"
    assert api.get(CLUSTER, "/api/v1/namespaces/none") is None
    assert api.get(CLUSTER, "/apis/no.such.group/v1/things") is None


def test_applied_objects_are_ours_and_applied_again_change(api: Site) -> None:
    settings = {
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "contract"}, "data": {"a": "1", "b": "1"},
    }  # fmt: skip
    api.apply(CLUSTER, SPACE, settings)
    api.apply(CLUSTER, {**settings, "data": {"a": "2"}})
    found = api.get(CLUSTER, "/api/v1/namespaces/contract/configmaps/settings")
    assert found is not None
    assert found["data"] == {"a": "2"}
    assert {entry["manager"] for entry in found["metadata"]["managedFields"]} == {"sitewright"}


def test_a_kind_defined_in_the_same_breath_is_applied(api: Site) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": WIDGET},
        "spec": {
            "group": "contract.internal", "scope": "Cluster", "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{
                "name": "v1", "served": True, "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }],
        },
    }  # fmt: skip
    api.apply(CLUSTER, definition, {"apiVersion": "contract.internal/v1", "kind": "Widget", "metadata": {"name": "w"}})
    assert api.get(CLUSTER, "/apis/contract.internal/v1/widgets/w") is not None


def test_what_the_api_refuses_is_told_in_its_words(api: Site) -> None:
    bad = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "Not_A_Name", "namespace": "default"}}
    with pytest.raises(CommandFailed, match="lowercase"):
        api.apply(CLUSTER, bad)
    with pytest.raises(CommandFailed, match="no such pod"):
        api.execute(CLUSTER, "default", "no-pod", "true")


def test_deleted_is_gone_and_again_is_no_error(api: Site) -> None:
    account = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "gone", "namespace": "default"}}
    api.apply(CLUSTER, account)
    for _ in range(2):
        api.delete(CLUSTER, "/api/v1/namespaces/default/configmaps/gone")
        assert api.get(CLUSTER, "/api/v1/namespaces/default/configmaps/gone") is None


def test_an_api_that_was_away_is_reached_again(api: Site) -> None:
    api.link(HOST).close()
    assert api.get(CLUSTER, "/api/v1/namespaces/default") is not None


def test_an_api_under_another_ca_is_not_trusted(api: Site) -> None:
    config = api.read(HOST, "/etc/kubernetes/admin.conf")
    assert config is not None
    other = api.read(HOST, f"{PKI}/front-proxy-ca.crt")
    assert other is not None
    lines = [
        b"    certificate-authority-data: " + base64.b64encode(other) if b"certificate-authority-data" in line else line
        for line in config.splitlines()
    ]
    try:
        api.write(HOST, "/etc/kubernetes/admin.conf", b"\n".join(lines), mode=0o600)
        api._cluster(CLUSTER).close()
        with pytest.raises(ConnectionLost, match="CERTIFICATE_VERIFY_FAILED"):
            api.get(CLUSTER, "/version")
    finally:
        api.write(HOST, "/etc/kubernetes/admin.conf", config, mode=0o600)
    assert api.get(CLUSTER, "/version") is not None
