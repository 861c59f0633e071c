"""What is taken for a secret among component values, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from installer.formats.plain_secrets import holds_secret, names_secret, plain_secrets

NAMES = (
    "password", "token", "secret_key", "apiKey", "adminPassword", "db_password", "rootPassword", "clientSecret",
    "secret", "secretAccessKey", "smtpPass", "auth_token", "credentials", "pwd", "PASSWORD", "redis-password",
    "DB_PASSWORD", "API_KEY", "passwd", "PGPASSWORD", "encryptionKey", "ssh_key", ".dockerconfigjson",
)  # fmt: skip
NO_NAMES = (
    "existingSecret", "secretName", "passwordFile", "tokenTTL", "imagePullSecrets", "key", "keyPath",
    "passthrough", "bypass", "compass", "monkey", "tlsSecret", "secretRef", "publicKey", "keys",
    "tokenExpirySeconds", "passwordSecretRef", "replicas",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", NO_NAMES)
def test_names_of_other_things(name: str) -> None:
    assert not names_secret(name)


FOUND: list[tuple[Any, tuple[str | int, ...]]] = [
    ({"env": [{"name": "DB_PASSWORD", "value": "x"}]}, ("env", 0, "value")),
    ({"args": ["--password", "x"]}, ("args", 1)),
    ({"args": ["-v", "--token=abc"]}, ("args", 1)),
    ({"url": "postgres://app:pw@db/x"}, ("url",)),
    ({"url": "redis://:pw@h"}, ("url",)),
    ({"dsn": "user:pw@tcp(h:3306)/d"}, ("dsn",)),
    ({"dsn": "Server=a;Password=b;"}, ("dsn",)),
    ({"config": "user: y\npassword: x\n"}, ("config",)),
    ({"config": '{"db": {"password": "x"}}'}, ("config",)),
    ({"passwords": ["a"]}, ("passwords", 0)),
    ({"credentials": {"aws": "x", "username": "u"}}, ("credentials", "aws")),
    ({"password": 1234}, ("password",)),
    ({"auth": "dXNlcjpwYXNz"}, ("auth",)),
    ({"header": "Authorization: Bearer abcdefghijk"}, ("header",)),
    ({"tls": {"key": "-----BEGIN EC PRIVATE KEY-----\nMIIE"}}, ("tls", "key")),
    ({"tls": {"crt": "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t"}}, ("tls", "crt")),
    ({"aws": "AKIAIOSFODNN7EXAMPLE"}, ("aws",)),
    ({"key": "9a8b7c6d5e4f9a8b7c6d5e4f9a8b7c6d"}, ("key",)),
]


@pytest.mark.parametrize(("values", "place"), FOUND, ids=str)
def test_secrets_are_found_wherever_they_stand(values: Any, place: tuple[str | int, ...]) -> None:
    assert list(plain_secrets(("shop",), values)) == [("shop", *place)]


SPARED: list[Any] = [
    {"url": "postgres://app@db:5432/x"},
    {"url": "https://h:8080/a@b"},
    {"url": "postgres://app:$(DB_PASSWORD)@db/x"},
    {"config": "db.password=${X}"},
    {"password": {"secretKeyRef": {"name": "n", "key": "k"}}},
    {"existingSecret": "shop-db"},
    {"imagePullSecrets": [{"name": "regcred"}]},
    {"imagePullSecrets": ["regcred"]},
    {"maxTokens": 100},
    {"password": True},
    {"password": ""},
    {"auth": "enabled"},
    {"image": "a/b:c@sha256:aaaa"},
    {"tolerations": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]},
    {"note": "the token is kept in vault"},
    {"args": ["--token-ttl=5m", "--password-file=/run/p"]},
    {"key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"},
    {"ca": "-----BEGIN CERTIFICATE-----\nMIIE"},
]


@pytest.mark.parametrize("values", SPARED, ids=str)
def test_what_only_refers_to_a_secret_or_is_none_is_spared(values: Any) -> None:
    assert not list(plain_secrets(("shop",), values))


def test_long_texts_are_looked_through_in_no_time() -> None:
    for sign in ("a", "a:", "://", "eyJ", " ", "-", "password", "--a.", "\n", "a@"):
        assert not holds_secret(sign * 60_000) or sign == "password"
