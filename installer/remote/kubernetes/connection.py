"""One connection to a cluster's API: TLS through an SSH link, with the administrator's certificate."""

from __future__ import annotations

import http.client
import ssl
import tempfile
from pathlib import Path

from installer.errors import ConnectionLost, HostAnswersOddly
from installer.formats import kubeconfig
from installer.layout import API_PORT
from installer.messages import Message
from installer.remote.http_bounds import TooMuch, ending
from installer.remote.kubernetes.bridge import bridged
from installer.remote.registry.carrier import Channels
from installer.remote.ssh.commands import ABSENT, READ, script
from installer.remote.ssh.link import Link

ADMIN = "/etc/kubernetes/admin.conf"
NAME = "kubernetes"
"""A name that every API server's certificate bears, whatever address it is reached by."""
PATIENCE = 60
"""Seconds of silence that an answer of the API may have."""
LONGEST = 32 << 20
"""Bytes of one answer: a list of 500 nodes, the longest that is asked for, has some 10 MiB."""


class Api(http.client.HTTPSConnection):
    """A connection to an API server that is reached by a carrier."""

    def __init__(self, link: Link, context: ssl.SSLContext) -> None:
        super().__init__(NAME, timeout=PATIENCE, context=context)
        self._link = link
        self.plane = link.login.name
        self._tls = context
        self.stream: ssl.SSLSocket | None = None
        """What is read from; `sock` is None as soon as a server has said that it will hang up."""

    def connect(self) -> None:
        """Open it through the SSH link, as itself and to nobody else."""
        near = bridged(Channels(self._link, API_PORT).dial())
        near.settimeout(PATIENCE)
        try:
            self.sock = self.stream = self._tls.wrap_socket(near, server_hostname=NAME, do_handshake_on_connect=False)
            with ending(lambda: self.stream, PATIENCE):
                self.stream.do_handshake()
        except BaseException:
            near.close()
            self.close()
            raise

    def close(self) -> None:
        """Hang up, whatever of an answer is still to come."""
        super().close()
        if self.stream is not None:
            self.stream.close()


def whole(response: http.client.HTTPResponse) -> bytes:
    """The body of a response.

    Raises:
        TooMuch: it is longer than `LONGEST`.
        IncompleteRead: the connection ended before it.
    """
    body = response.read(LONGEST + 1)
    if len(body) > LONGEST:
        raise TooMuch(Message("its answer is longer than {longest} MiB", longest=LONGEST >> 20))
    if response.length:
        raise http.client.IncompleteRead(body, response.length)
    return body


def credentials(link: Link) -> kubeconfig.Credentials:
    """The administrator's kubeconfig, as it stands on a control plane."""
    ended = link.execute(script(READ, ADMIN, str(kubeconfig.LONGEST + 1)))
    if ended.code:
        reason = Message("no cluster is there yet") if ended.code == ABSENT else ended.reason
        raise ConnectionLost(host=link.login.name, reason=reason)
    try:
        return kubeconfig.read(ended.out)
    except kubeconfig.NotAKubeconfig as error:
        raise HostAnswersOddly(
            host=link.login.name, reason=Message("{admin}: {reason}", admin=ADMIN, reason=error)
        ) from error


def context(credentials: kubeconfig.Credentials) -> ssl.SSLContext:
    """TLS that trusts the cluster's CA alone and shows the administrator's certificate."""
    context = ssl.create_default_context(cadata=credentials.authority.decode())
    with tempfile.TemporaryDirectory() as folder:  # made 0700; the ssl module loads keys from files alone
        pair = Path(folder) / "admin.pem"
        pair.touch(mode=0o600)
        pair.write_bytes(credentials.certificate + credentials.key)
        context.load_cert_chain(pair)
    return context
