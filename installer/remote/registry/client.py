"""The distribution protocol, one keep-alive connection at a time, over any stream; and what a site registry serves."""

from __future__ import annotations

import base64
import http.client
import io
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from paramiko.ssh_exception import SSHException

from installer.bundle.manifest import Artifact
from installer.errors import CommandFailed, ConnectionLost, HostAnswersOddly
from installer.layout import REGISTRY_CA
from installer.messages import Message
from installer.ports import CURL
from installer.remote.ssh.link import Link

BROKEN = (OSError, EOFError, http.client.HTTPException, SSHException)
"""What a broken connection looks like."""
TRIES = 3
LONGEST = 1000
"""Characters of what a registry complains about."""
CLIENT_CLOSED = 499
"""The registry's word for a client that went away amid a body; CNCF distribution, registry/handlers/helpers.go."""
PATIENCE = 60.0
"""Seconds for an answer, from its first byte on."""
MOST = 1 << 20
"""Bytes of an answer; a registry is asked whether it has something, and takes what it is sent."""
_PATH = re.compile(r"/[!-~]{0,4096}")
_RANGE = re.compile(r"(bytes=)?0-[0-9]{1,15}")
_MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
ACCEPT = ", ".join(_MANIFESTS + _INDEXES)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def reason(self) -> str:
        """What the registry complains about, for people."""
        try:
            errors = json.loads(self.body)["errors"]
            return "; ".join(_said(error) for error in errors)[:LONGEST]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return self.body.decode("utf-8", "replace").strip()[:200] or Message(
                "HTTP status {status}", status=self.status
            )


def _said(error: Mapping[str, Any]) -> str:
    """What is wrong, with the words of the storage below where it is that which refused: a full disk, for one."""
    message, detail = str(error.get("message", error["code"])), error.get("detail")
    words = detail.get("detail") if isinstance(detail, dict) else detail
    return f"{message}: {words}" if isinstance(words, str) and words else message


class _Streamed(http.client.HTTPConnection):
    """An HTTP connection over a given stream, whose answers are short."""

    def __init__(self, host: str, dial: Callable[[], Any]) -> None:
        super().__init__("127.0.0.1")
        self._named = host
        self._dial = dial

    def connect(self) -> None:
        self.sock = _Bounded(self._named, self._dial())


class _Bounded:
    """A stream whose answers have an end, in bytes and in time; `http.client` reads interim ones for ever."""

    def __init__(self, host: str, stream: Any) -> None:
        self._host = host
        self._stream = stream
        self._answer: _Answer | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def makefile(self, _: str) -> io.BufferedReader:
        """One answer, to be read."""
        self._answer = _Answer(self._host, self._stream)
        return io.BufferedReader(self._answer)

    def close(self) -> None:
        """Close the stream, once the answer has been read: `http.client` closes it before where no other will come."""
        if self._answer is None or self._answer.closed:
            self._stream.close()
        else:
            self._answer.last = True


class _Answer(io.RawIOBase):
    """What comes of a stream for one answer."""

    def __init__(self, host: str, stream: Any) -> None:
        self._host = host
        self._stream = stream
        self._left = MOST
        self._until: float | None = None
        self.last = False

    def close(self) -> None:
        if self.last and not self.closed:
            self._stream.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._stream.recv(len(buffer))
        if self._until is None:
            self._until = time.monotonic() + PATIENCE
        self._left -= len(chunk)
        if self._left < 0 or time.monotonic() > self._until:
            raise HostAnswersOddly(host=self._host, reason=Message("its registry's answer has no end"))
        buffer[: len(chunk)] = chunk
        return len(chunk)


class Registry:
    """One connection to a registry, made again where it broke."""

    def __init__(self, host: str, dial: Callable[[], Any], credential: tuple[str, str]) -> None:
        self.host = host
        self._connection = _Streamed(host, dial)
        self._authorization = "Basic " + base64.b64encode(":".join(credential).encode()).decode()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """Send a request that may be repeated, and repeat it where the connection breaks.

        Raises:
            ConnectionLost: it broke again and again.
        """
        for left in reversed(range(TRIES)):
            try:
                return self.send(method, path, lambda stream: stream.sendall(body), len(body), headers)
            except BROKEN as error:
                if not left:
                    raise ConnectionLost(
                        host=self.host, reason=Message("registry: {reason}", reason=error or Message("it hung up"))
                    ) from error
        raise AssertionError("unreachable")

    def send(
        self, method: str, path: str, transfer: Callable[[Any], None], size: int, headers: Mapping[str, str]
    ) -> Reply:
        """Send one request whose body `transfer` writes into the stream; on failure the connection is closed.

        Raises:
            BROKEN: the connection broke; what the registry got is unknown.
        """
        connection = self._connection
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            connection.putheader("Authorization", self._authorization)
            if size or method in ("PUT", "PATCH", "POST"):
                connection.putheader("Content-Length", str(size))
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            try:
                transfer(connection.sock)
            except BROKEN:
                # A registry that refuses a body says why and hangs up; only without such a word it was the link.
                return self._refusal(connection)
            return self._reply(connection)
        except BROKEN:
            connection.close()
            raise

    def expect(self, wanted: tuple[int, ...], doing: str, reply: Reply) -> Reply:
        """The reply, if its status is one of those wanted.

        Raises:
            CommandFailed: it is not, with the registry's own words.
        """
        if reply.status in wanted:
            return reply
        reason = Message("the registry refuses the password") if reply.status == 401 else reply.reason
        raise CommandFailed(host=self.host, command=doing, code=reply.status, reason=reason)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _refusal(self, connection: http.client.HTTPConnection) -> Reply:
        reply = self._reply(connection)
        connection.close()
        if reply.status < 400:
            raise http.client.HTTPException(Message("an answer before the end of the request"))
        return reply

    def _reply(self, connection: http.client.HTTPConnection) -> Reply:
        response = connection.getresponse()
        # In pieces: room is made at once for as much as is asked for, however much a header announces.
        body = b"".join(iter(lambda: response.read(65536), b""))
        reply = Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, body)
        if reply.status == CLIENT_CLOSED:  # not a refusal: a link that broke in one direction only
            raise http.client.HTTPException(reply.reason)
        return reply

    def odd(self, what: str) -> HostAnswersOddly:
        """What an answer of another form than the protocol's is told as."""
        return HostAnswersOddly(host=self.host, reason=Message("its registry gave {what}", what=what))

    def location(self, reply: Reply) -> str:
        """The path and query of the Location of a reply, which may be absolute or not.

        Raises:
            HostAnswersOddly: it names none.
        """
        said = reply.headers.get("location", "")
        try:
            parts = urlsplit(said)
        except ValueError:
            raise self.odd(Message("the location {said}", said=repr(said[:80]))) from None
        if not _PATH.fullmatch(parts.path) or not _PATH.fullmatch("/" + parts.query):
            raise self.odd(Message("the location {said}", said=repr(said[:80])))
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def held(self, reply: Reply) -> int:
        """The last byte that the registry has of an upload, by the Range of a reply: "0-<last>".

        Raises:
            HostAnswersOddly: it is of another form.
        """
        said = reply.headers.get("range", "0-0")
        if not _RANGE.fullmatch(said):
            raise self.odd(Message("the range {said}", said=repr(said[:80])))
        return int(said.rpartition("-")[2])


def stored(link: Link, port: int, artifacts: Sequence[Artifact]) -> tuple[bool, ...]:
    """Whether the registry that serves on `port` of the host has each manifest; asked by the host itself, in one go."""
    if not artifacts:
        return ()
    asking = f'header = "Accept: {ACCEPT}"\nwrite-out = "%{{http_code}}\\n"'
    lines = [f'cacert = "{REGISTRY_CA}"\nhead\nconnect-timeout = 5\n{asking}']
    for artifact in artifacts:
        url = f"https://127.0.0.1:{port}/v2/{artifact.repository}/manifests/{artifact.manifest.digest}"
        lines.append(f'url = "{url}"\noutput = "/dev/null"')
    ended = link.execute((*CURL, "--config", "-"), ("\n".join(lines).encode(),), timeout=120)
    codes = ended.out.decode("ascii", "replace").split()
    if ended.code == 127:
        raise CommandFailed(host=link.login.name, command="curl", code=127, reason=ended.reason)
    return tuple(code == "200" for code in codes) if len(codes) == len(artifacts) else (False,) * len(artifacts)
