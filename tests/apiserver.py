"""A real API server on a practice host, with kubeadm's certificates; no kubelet, no controllers."""

from __future__ import annotations

from pathlib import Path

from practice import CACHE
from registries import Shelf

from installer.remote.world import Site

HOST, CLUSTER = "cp-1", "production"
PKI = "/etc/kubernetes/pki"


def program(name: str) -> Path:
    made = sorted((CACHE / "made").glob(f"*/files/{name}"))
    assert made, f"{name} is not built yet: build the bundle first"
    return made[-1]


def start_api(site: Site, shelf: Shelf) -> None:
    """Bring the programs, which are put on the shelf of the site, and start them."""
    for name in ("kubeadm", "etcd", "kube-apiserver"):
        site.send(HOST, f"/opt/contract/{name}", shelf.put(program(name)).digest, mode=0o755)
    for phase in (("certs", "all"), ("kubeconfig", "super-admin")):
        made = site.run(HOST, "/opt/contract/kubeadm", "init", "phase", *phase, timeout=120)
        assert made.ok, made.err
    site.run(HOST, "mv", "/etc/kubernetes/super-admin.conf", "/etc/kubernetes/admin.conf")
    _start(site, "contract-etcd", "etcd", "--data-dir=/var/lib/contract-etcd")
    _start(
        site, "contract-api", "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--authorization-mode=RBAC",
        f"--client-ca-file={PKI}/ca.crt", f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key", f"--service-account-key-file={PKI}/sa.pub",
        f"--service-account-signing-key-file={PKI}/sa.key", "--service-account-issuer=https://contract",
        "--service-cluster-ip-range=10.96.0.0/16",
    )  # fmt: skip
    ready = "for i in $(seq 120); do curl -skf https://127.0.0.1:6443/readyz && exit 0; sleep 1; done; exit 1"
    assert site.run(HOST, "sh", "-c", ready, timeout=150).ok


def stop_api(site: Site) -> None:
    for unit in ("contract-api", "contract-etcd"):
        site.run(HOST, "systemctl", "stop", unit)
    site.remove(HOST, "/opt/contract", "/etc/kubernetes", "/var/lib/contract-etcd")


def _start(site: Site, unit: str, name: str, *arguments: str) -> None:
    started = site.run(HOST, "systemd-run", "--collect", f"--unit={unit}", f"/opt/contract/{name}", *arguments)
    assert started.ok, started.err
