"""Encryption at rest: API servers encrypt Secrets before etcd writes them, with a key that only control planes have.

The key is made when a cluster is founded, and every further control plane gets the same one. Without it a copy of
etcd's data gives no Secret away; and with it lost, none can be read any more: it belongs in a host's backup.
"""

from __future__ import annotations

import base64
import json
import secrets

from installer.errors import EffectMissing
from installer.messages import Message
from installer.ports import World

CONFIGURATION = "/etc/kubernetes/pki/encryption.yaml"
"""Where kubeadm's API server sees it already: that folder is mounted into its pod. init.yaml names it."""
KEY = 32
"""Bytes of a key of secretbox, XSalsa20 and Poly1305 (kubernetes.io, "Encrypting Confidential Data at Rest")."""


def configuration(key: bytes) -> bytes:
    """The file that API servers read. A Secret in clear is still read, and encrypted when it is next written."""
    provider = {"secretbox": {"keys": [{"name": "site", "secret": base64.b64encode(key).decode()}]}}
    told = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [provider, {"identity": {}}]}],
    }
    return json.dumps(told, indent=1).encode() + b"\n"


def found(world: World, host: str) -> None:
    """Make the key of a new cluster, on its first control plane, for root alone."""
    world.write(host, CONFIGURATION, configuration(secrets.token_bytes(KEY)), mode=0o600)


def share(world: World, first: str, host: str) -> None:
    """Give another control plane the key of the first one.

    Raises:
        EffectMissing: the first one has none.
    """
    there = world.read(first, CONFIGURATION)
    if there is None:
        raise EffectMissing(
            reason=Message(
                "{host} has no {path}, by which the cluster's Secrets are read", host=first, path=CONFIGURATION
            ),
            hint=Message("bring it back from a backup of that host; without it no other control plane can join"),
        )  # fmt: skip
    world.write(host, CONFIGURATION, there, mode=0o600)
