"""The API adapter over a link that breaks, and to an API server that is not the cluster's own."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiserver import CLUSTER, HOST, PKI, start_api, stop_api
from practice import Practice
from registries import Shelf
from stages import open_site

from installer.errors import ConnectionLost
from installer.remote.world import Site

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def api(practice: Practice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    shelf = Shelf()
    with open_site(practice, tmp_path_factory.mktemp("state"), archive=shelf) as opened:
        start_api(opened, shelf)
        yield opened
        stop_api(opened)


def test_an_api_that_was_away_is_reached_again(api: Site) -> None:
    api.link(HOST).close()
    assert api.get(CLUSTER, "/api/v1/namespaces/default") is not None


def test_an_api_under_another_ca_is_not_trusted(api: Site, practice: Practice, tmp_path: Path) -> None:
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
        with open_site(practice, tmp_path) as fresh, pytest.raises(ConnectionLost, match="CERTIFICATE_VERIFY_FAILED"):
            fresh.get(CLUSTER, "/version")
    finally:
        api.write(HOST, "/etc/kubernetes/admin.conf", config, mode=0o600)
    assert api.get(CLUSTER, "/version") is not None
