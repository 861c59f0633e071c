"""Kubeconfigs: what a host gives is taken apart, and nothing of it but certificates and a key is kept."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from installer import certificates
from installer.formats import kubeconfig

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CA = certificates.make_ca("kubernetes", NOW)
ADMIN = certificates.issue(CA, "kubernetes-admin", ("admin",), NOW)
OTHER = certificates.issue(CA, "kubernetes-admin", ("admin",), NOW)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def config(cluster: Any = None, user: Any = None) -> dict[str, Any]:
    """A kubeconfig as kubeadm writes it, with parts replaced."""
    cluster = {"certificate-authority-data": encoded(CA.certificate), "server": "https://x", **(cluster or {})}
    user = {
        "client-certificate-data": encoded(ADMIN.certificate),
        "client-key-data": encoded(ADMIN.key),
        **(user or {}),
    }
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "admin@production",
        "clusters": [{"name": "production", "cluster": cluster}], "users": [{"name": "admin", "user": user}],
    }  # fmt: skip


def written(credentials: kubeconfig.Credentials, servers: dict[str, str], chosen: str) -> bytes:
    return kubeconfig.written([kubeconfig.Cluster("production", credentials, servers, chosen, "admin")])


def text(found: Any) -> bytes:
    return yaml.safe_dump(found).encode()


def test_what_could_run_or_lead_elsewhere_is_left_behind() -> None:
    evil = {
        "exec": {"command": "/bin/sh", "args": ["-c", "evil"], "apiVersion": "client.authentication.k8s.io/v1"},
        "auth-provider": {"name": "x"}, "token": "secret", "client-key": "/etc/shadow", "as": "system:admin",
    }  # fmt: skip
    raw = text({**config({"proxy-url": "http://evil", "insecure-skip-tls-verify": True}, evil), "extensions": ["evil"]})
    made = written(kubeconfig.read(raw), {"cp-1": "10.0.0.1:6443"}, "cp-1")
    found = yaml.safe_load(made)
    assert found["users"] == [{"name": "production-admin", "user": {
        "client-certificate-data": encoded(ADMIN.certificate), "client-key-data": encoded(ADMIN.key),
    }}]  # fmt: skip
    assert found["clusters"] == [{"name": "production", "cluster": {
        "server": "https://10.0.0.1:6443", "certificate-authority-data": encoded(CA.certificate),
    }}]  # fmt: skip
    assert set(found) == {"apiVersion", "kind", "current-context", "clusters", "contexts", "users"}
    assert b"evil" not in made


def test_text_around_a_certificate_is_left_behind() -> None:
    raw = text(config({"certificate-authority-data": encoded(b"#!/bin/sh\n" + CA.certificate + b"rm -rf /\n")}))
    assert kubeconfig.read(raw).authority == CA.certificate


def test_each_control_plane_has_a_context_and_the_current_one_keeps_its_name() -> None:
    servers = {f"cp-{number}": f"10.0.0.{number}:6443" for number in (1, 2, 3)}
    credentials = kubeconfig.read(text(config()))
    for chosen in servers:
        found = yaml.safe_load(written(credentials, servers, chosen))
        assert found["current-context"] == "production"
        addressed = {each["name"]: each["cluster"]["server"] for each in found["clusters"]}
        contexts = {each["name"]: addressed[each["context"]["cluster"]] for each in found["contexts"]}
        assert contexts == {
            "production": f"https://{servers[chosen]}",
            **{f"production@{host}": f"https://{server}" for host, server in servers.items()},
        }


def test_an_endpoint_is_the_only_way() -> None:
    credentials = kubeconfig.read(text(config()))
    found = yaml.safe_load(written(credentials, {"": "api.example:443"}, ""))
    assert [each["cluster"]["server"] for each in found["clusters"]] == ["https://api.example:443"]
    assert [each["name"] for each in found["contexts"]] == ["production"]


def test_what_is_written_is_read_again() -> None:
    credentials = kubeconfig.read(text(config()))
    assert kubeconfig.read(written(credentials, {"": "a:1"}, "")) == credentials


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "no YAML": b"{a: ",
    "no text": b"\xff\xfe\x00\xd8\x00",
    "bytes": bytes(range(256)),
    "a list": b"- a",
    "a number": b"9" * 5000,
    "nested": b"[" * 100_000,
    "a bomb": BOMB.encode(),
    "too long": b"a: " + b"x" * (kubeconfig.LONGEST + 1),
    "two documents": text(config()) + b"---\n" + text(config()),
    "unhashable": b"? [a]\n: b\n",
    "no clusters": text({**config(), "clusters": []}),
    "clusters as a mapping": text({**config(), "clusters": {"a": 1}}),
    "a cluster of another form": text({**config(), "clusters": [7]}),
    "users of another form": text({**config(), "users": [{"user": ["x"]}]}),
    "no authority": text(config({"certificate-authority-data": None})),
    "authority as a list": text(config({"certificate-authority-data": ["x"]})),
    "no base64": text(config({"certificate-authority-data": "*" * 10})),
    "no certificate": text(config({"certificate-authority-data": encoded(b"hello")})),
    "a key for a certificate": text(config({"certificate-authority-data": encoded(ADMIN.key)})),
    "certificate damaged": text(config(user={"client-certificate-data": encoded(ADMIN.certificate[:-60])})),
    "no key": text(config(user={"client-key-data": encoded(b"hello")})),
    "another's key": text(config(user={"client-key-data": encoded(OTHER.key)})),
    "no certificate of the user": text(config(user={"client-certificate-data": ""})),
    "a token alone": text({**config(), "users": [{"name": "admin", "user": {"token": "abc"}}]}),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_none_is_refused_in_a_few_words(case: str) -> None:
    with pytest.raises(kubeconfig.NotAKubeconfig) as refused:
        kubeconfig.read(MALFORMED[case])
    assert 0 < len(str(refused.value)) < 400
