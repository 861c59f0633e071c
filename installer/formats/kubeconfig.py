"""An administrator's kubeconfig: read from what a host says, and written anew from certificates alone.

A kubeconfig can name a program that kubectl runs (`exec`, `auth-provider`), files, proxies and other servers. What a
host gives is therefore never kept as it is: the cluster's authority and the administrator's certificate and key are
taken out of it, each has to be what it claims to be, and a new file is made of them and of addresses in the answers.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import yaml
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from installer.formats import libyaml
from installer.messages import Message

LONGEST = 256 << 10
"""Bytes of a kubeconfig; kubeadm's has some 6 KiB."""
UNREADABLE = (ValueError, TypeError, UnicodeError, RecursionError, binascii.Error, yaml.YAMLError, UnsupportedAlgorithm)
"""What readers of YAML, base64, certificates and keys raise for what is none."""


class NotAKubeconfig(ValueError):
    """A text is not a kubeconfig that carries an administrator's certificate; says why."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What it takes to speak to a cluster: its authority, the administrator's certificate and his key, all PEM."""

    authority: bytes
    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def until(self) -> datetime:
        """When the certificate ends."""
        return x509.load_pem_x509_certificates(self.certificate)[0].not_valid_after_utc


def read(text: bytes) -> Credentials:
    """Take the credentials out of a kubeconfig, and nothing else.

    Raises:
        NotAKubeconfig: it has another form, or what it holds are no certificates, or not a key that belongs to them.
    """
    if len(text) > LONGEST:
        raise NotAKubeconfig(Message("it is longer than {longest} KiB", longest=LONGEST >> 10))
    try:
        config = libyaml.load_texts(text)
    except UNREADABLE as error:
        raise NotAKubeconfig(Message("it is not YAML: {kind}", kind=type(error).__name__)) from error
    cluster, user = _first(config, "clusters", "cluster"), _first(config, "users", "user")
    try:
        authority = x509.load_pem_x509_certificates(_decoded(cluster, "certificate-authority-data"))
        certificate = x509.load_pem_x509_certificates(_decoded(user, "client-certificate-data"))
        key = serialization.load_pem_private_key(_decoded(user, "client-key-data"), password=None)
        certified = _public(certificate[0].public_key())
    except NotAKubeconfig:
        raise
    except UNREADABLE as error:
        raise NotAKubeconfig(Message("a certificate or key in it cannot be read: {reason}", reason=error)) from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise NotAKubeconfig(Message("its key is of a kind that no API server takes"))
    if _public(key.public_key()) != certified:
        raise NotAKubeconfig(Message("its key is not that of its certificate"))
    return Credentials(_pem(authority), _pem(certificate), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that a kubeconfig leads to, called `name` in it, with what credentials, and what `user` these are of.

    `servers` maps each way to its API (a control plane's name, or "" for the customer's endpoint) to its "host:port";
    `chosen` is the one that the context of the cluster's own name uses.
    """

    name: str
    credentials: Credentials
    servers: Mapping[str, str]
    chosen: str
    user: str

    @property
    def ways(self) -> dict[str, str]:
        """Each context's server: NAME uses the chosen one; where there are several, NAME@WAY uses that one."""
        several = self.servers.items() if len(self.servers) > 1 else ()
        return {self.name: self.servers[self.chosen], **{f"{self.name}@{way}": server for way, server in several}}


def written(clusters: Sequence[Cluster]) -> bytes:
    """A kubeconfig with a context for each way into each cluster; the first cluster's is the current one."""
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": clusters[0].name,
        "clusters": [
            {"name": way, "cluster": {"server": f"https://{server}",
                                      "certificate-authority-data": _encoded(each.credentials.authority)}}
            for each in clusters for way, server in each.ways.items()
        ],
        "contexts": [{"name": way, "context": {"cluster": way, "user": f"{each.name}-{each.user}"}}
                     for each in clusters for way in each.ways],
        "users": [{"name": f"{each.name}-{each.user}", "user": {
            "client-certificate-data": _encoded(each.credentials.certificate),
            "client-key-data": _encoded(each.credentials.key),
        }} for each in clusters],
    }  # fmt: skip
    return yaml.safe_dump(config, sort_keys=False, width=1 << 20).encode()


def _encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


def _first(config: Any, plural: str, singular: str) -> Mapping[str, Any]:
    entries = config.get(plural) if isinstance(config, Mapping) else None
    entry = entries[0] if isinstance(entries, list) and entries else None
    found = entry.get(singular) if isinstance(entry, Mapping) else None
    if not isinstance(found, Mapping):
        raise NotAKubeconfig(Message("it names no {what}", what=singular))
    return found


def _decoded(where: Mapping[str, Any], key: str) -> bytes:
    found = where.get(key)
    if not isinstance(found, str):
        raise NotAKubeconfig(Message("it has no {key}", key=key))
    return base64.b64decode(found, validate=True)


def _pem(chain: list[x509.Certificate]) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)


def _public(key: Any) -> bytes:
    found: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found
