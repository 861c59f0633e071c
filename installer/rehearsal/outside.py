"""What is called from outside a practice site, to see for how long it is away: the API, and what products serve.

Questions go to one address after the other until one answers, as those of a client or an entrance that knows them all.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import tempfile
import time
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from installer.answers.model import Environment
from installer.formats import kubeconfig
from installer.layout import API_PORT
from installer.plan.inputs import Inputs
from installer.probes import declared
from installer.rehearsal.callers import PATIENCE, Ask, any_of

CALLER = "sitewright-caller"
"""The ConfigMap that the caller of the API writes, and the name under which it does."""
APPLIED = "application/apply-patch+yaml"
"""What an object is sent as that is applied."""
WRITTEN = f"/api/v1/namespaces/default/configmaps/{CALLER}"


class Connection(http.client.HTTPSConnection):
    """A connection to an address for a host's name, whose certificate has to be right for that name."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=PATIENCE, context=context)
        self._address, self._trust = address, context

    def connect(self) -> None:
        """Connect to the address."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)


Connector = partial[Connection]
"""Makes a connection to one control plane."""


class Wrong(http.client.HTTPException):
    """An answer that is none: its status and how it begins."""


def asked(connection: Connection, method: str, path: str, body: str = "", kind: str = "application/json") -> bytes:
    """Ask once; what was answered.

    Raises:
        OSError: nobody answers, or under a wrong certificate.
        http.client.HTTPException: what answers is not HTTP, or says that it cannot (`Wrong`).
    """
    try:
        connection.request(method, path, body or None, {"Content-Type": kind})
        said = connection.getresponse()
        text = said.read()
    finally:
        connection.close()
    if not 200 <= said.status < 300:
        raise Wrong(f"{said.status} {text[:80].decode(errors='replace')}")
    return text


def planes(inputs: Inputs, environment: Environment, folder: Path) -> list[Connector]:
    """Connections to each control plane of an environment, as its administrator.

    `folder` is that of the site's runs, where its kubeconfigs and its authority's certificate are kept.

    Raises:
        NotAKubeconfig: what is kept there is none.
        OSError: it is not there.
    """
    found = kubeconfig.read((folder / f"{environment.name}.kubeconfig").read_bytes())
    trust = ssl.create_default_context(cadata=found.authority.decode())
    with tempfile.NamedTemporaryFile() as file:  # only the file's owner may read it
        file.write(found.certificate + found.key)
        file.flush()
        trust.load_cert_chain(file.name)
    addresses = [inputs.answers.host(host).address for host in environment.control_planes]
    return [partial(Connection, address, API_PORT, address, trust) for address in addresses]


def page(url: SplitResult, address: str, folder: Path) -> Connector:
    """Connections for what is served under a URL, at one of the site's addresses."""
    trust = ssl.create_default_context(cafile=str(folder / "site-ca.crt"))
    return partial(Connection, url.hostname or "", url.port or 443, address, trust)


def urls(inputs: Inputs, environment: Environment, component: str = "") -> list[str]:
    """Where the probes of an environment's parts, or of one, ask from outside, under the site's own authority."""
    told = [spec for part in inputs.components(environment) if component in ("", part.name)
            for spec in declared.specs(part, inputs.seen(environment, part))]  # fmt: skip
    return [spec["url"] for spec in told if "url" in spec and "ca" not in spec]


def calls(inputs: Inputs, folder: Path) -> dict[str, Ask]:
    """Every question that a site is asked, by its title; raises what `planes` does."""
    found: dict[str, Ask] = {}
    for environment in inputs.answers.environments:
        doors = planes(inputs, environment, folder)
        found[f"{environment.name}: API, read"] = any_of([partial(_read, door) for door in doors])
        found[f"{environment.name}: API, written"] = any_of([partial(_write, door) for door in doors])
        addresses = [inputs.answers.host(host).address for host in environment.hosts]
        for url in urls(inputs, environment):
            parts = urlsplit(url)
            found[url] = any_of([partial(_fetch, page(parts, each, folder), parts.path) for each in addresses])
    return found


def _read(plane: Connector) -> None:
    asked(plane(), "GET", "/api/v1/namespaces/default")


def _write(plane: Connector) -> None:
    thing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CALLER, "namespace": "default"},
             "data": {"at": str(time.time())}}  # fmt: skip
    path = f"{WRITTEN}?fieldManager={CALLER}&force=true"
    asked(plane(), "PATCH", path, json.dumps(thing), APPLIED)


def _fetch(door: Connector, path: str) -> None:
    asked(door(), "GET", path or "/")
