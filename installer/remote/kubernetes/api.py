"""The API of one cluster: plain requests in the administrator's name, over TLS, through the SSH connection.

The server's certificate is verified against the cluster's own CA. Nothing listens on this machine, and the
administrator's key is in a file (in a folder of our own) for no longer than it takes to load it.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.parse import urlencode

from installer.errors import CommandFailed, ConnectionLost, HostAnswersOddly, HostUnreachable
from installer.formats.object_changes import changes
from installer.formats.objects import listed, text
from installer.messages import Message
from installer.ports import Output
from installer.remote.http_bounds import TooMuch, ending
from installer.remote.kubernetes.connection import Api, context, credentials, whole
from installer.remote.kubernetes.exec import run_in_pod
from installer.remote.registry.client import BROKEN
from installer.remote.ssh.link import Link

WHOLE = 120
"""Seconds for a whole answer: the API server itself gives up a request after 60 (its `--request-timeout`)."""
AWAY = 60
"""Seconds for which a control plane that did not answer is asked only after the others."""
REFUSED = frozenset({400, 403, 422})
"""What the API server answers to an object that it does not take: malformed, forbidden by a rule, invalid."""
STORELESS = (b"etcdserver: ", b"rpc error: code = Unavailable")
"""What API servers say, with status 500, while members of their store elect who leads, or theirs is being started."""
NEW = 60
"""Seconds for the API to serve a kind, reach a webhook that was just made, or have a store that somebody leads."""


class Cluster:
    """One environment's API, by the first control plane that answers."""

    def __init__(self, name: str, links: Mapping[str, Link]) -> None:
        self._name = name
        self._links = links
        self._guard = threading.Lock()
        self._finding = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._idle: list[Api] = []
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}
        self._silent: dict[str, float] = {}
        """When a control plane last did not answer, on the monotonic clock."""

    def get(self, path: str) -> dict[str, Any] | None:
        """The object or list at a path; None where the API says 404."""
        status, body = self._call("GET", path)
        return None if status == 404 else self._expected(f"get {path}", status, body)

    def apply(self, thing: Mapping[str, Any]) -> None:
        """Server-side apply one object as field manager "sitewright", taking fields over from others."""
        until = time.monotonic() + NEW
        while True:
            status, body = self._applied(thing)
            if status < 300:
                return
            # A kind is served, and a webhook reached, only a moment after it was made.
            young = status == 404 or (status == 500 and b"failed calling webhook" in body) or _storeless(status, body)
            if not young or time.monotonic() > until:
                self._expected(f"apply {thing['kind']} {thing['metadata']['name']}", status, body)
            time.sleep(1)

    def find(self, thing: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object of that kind, namespace and name; None where there is none, or the cluster has no such kind."""
        path = self._path(thing)
        return None if path is None else self.get(path)

    def differing(self, thing: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
        """(thing, wanted, seen) for each field that applying the object would change; the server works that out."""
        name = f"{thing['kind']} {thing['metadata']['name']}"
        path = self._path(thing)
        live = None if path is None else self.get(path)
        if live is None:
            return tuple(changes(name, None, thing))
        status, body = self._patched(path or "", thing, "&dryRun=All")
        return tuple(changes(name, live, self._expected(f"compare {name}", status, body)))

    def refusal(self, thing: Mapping[str, Any]) -> str:
        """Why the server would refuse this object, by a rule or by its form; empty where it would take it."""
        status, body = self._applied(thing, "&dryRun=All")
        if status in REFUSED:
            return _reason(status, body)
        self._expected(f"try {thing['kind']} {thing['metadata']['name']}", status, body)
        return ""

    def withdraw(self, thing: Mapping[str, Any]) -> None:
        """Delete the object of that kind, namespace and name, its dependents too; no error where it is not there."""
        path = self._path(thing)
        if path is not None:
            self.delete(path)

    def delete(self, path: str) -> None:
        """Delete the object at a path; its dependents go with it."""
        options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        status, body = self._call("DELETE", path, json.dumps(options).encode(), "application/json")
        if status != 404:
            self._expected(f"delete {path}", status, body)

    def execute(self, namespace: str, pod: str, argv: Sequence[str], timeout: float) -> Output:
        """Run a command in a pod's first container; one that takes longer than `timeout` ends with code 124."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}"
        found = self.get(path)
        if found is None:
            raise CommandFailed(
                host=self._name, command=f"exec {pod}", code=404, reason=Message("there is no such pod")
            )
        containers = listed(found, "spec", "containers")
        container = text(containers[0], "name") if containers else ""
        asked = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", a) for a in argv)]
        with self._connected(fresh=True) as api:
            return run_in_pod(self._name, api.sock, f"{path}/exec?{urlencode(asked)}", timeout)

    def close(self) -> None:
        """Hang up and forget the credentials."""
        with self._guard:
            for api in self._idle:
                api.close()
            self._idle.clear()
            self._contexts.clear()

    def _applied(self, thing: Mapping[str, Any], how: str = "") -> tuple[int, bytes]:
        path = self._path(thing)
        if path is None:
            return 404, Message(
                "the cluster has no kind {kind} in {apiversion}", kind=thing["kind"], apiversion=thing["apiVersion"]
            ).encode()
        return self._patched(path, thing, how)

    def _patched(self, path: str, thing: Mapping[str, Any], how: str = "") -> tuple[int, bytes]:
        query = f"?fieldManager=sitewright&force=true{how}"
        return self._call("PATCH", f"{path}{query}", json.dumps(thing).encode(), "application/apply-patch+yaml")

    def _path(self, thing: Mapping[str, Any]) -> str | None:
        """The API path of an object; None where the cluster has no such kind."""
        version, kind, metadata = thing["apiVersion"], thing["kind"], thing["metadata"]
        served = self._served(version, kind)
        if served is None:
            return None
        plural, namespaced = served
        place = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        return f"{_group(version)}{place}/{plural}/{metadata['name']}"

    def _served(self, version: str, kind: str) -> tuple[str, bool] | None:
        """The plural of a kind and whether it lives in namespaces, as the API's own discovery says."""
        if (version, kind) not in self._kinds:
            status, body = self._call("GET", _group(version))
            for each in listed(self._parsed(body), "resources") if status == 200 else ():
                if "/" not in text(each, "name"):
                    self._kinds[version, text(each, "kind")] = (text(each, "name"), each.get("namespaced") is True)
        return self._kinds.get((version, kind))

    def _call(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        """One request, of which all may be repeated: over a new connection, of another control plane if there is one.

        It is repeated where the connection or the credentials fail, and where a control plane is in trouble of its own:
        one that has lost its etcd listens still, and answers 500.
        """
        headers = {"Accept": "application/json", **({"Content-Type": kind} if kind else {})}
        for left in range(len(self._links), -1, -1):
            fresh = left < len(self._links)
            try:
                with self._connected(fresh=fresh) as api, ending(lambda: api.stream, WHOLE):
                    api.request(method, path, body or None, headers)
                    with api.getresponse() as response:
                        status, answer = response.status, whole(response)
                troubled = status >= 500 and len(self._links) > 1
                if not left or not (troubled or status == 401):
                    return status, answer
                if troubled:
                    self._silent[api.plane] = time.monotonic()
            except BROKEN as error:
                if not left or isinstance(error, TooMuch):
                    raise ConnectionLost(
                        host=self._name, reason=Message("its API: {reason}", reason=_said(error))
                    ) from error
                if fresh:  # an old connection may have been ended while it was idle
                    self._silent[api.plane] = time.monotonic()
            self.close()
        raise AssertionError("unreachable")

    @contextmanager
    def _connected(self, *, fresh: bool) -> Iterator[Api]:
        """A connection for one request, kept for the next where all went well."""
        with self._guard:
            api = self._idle.pop() if self._idle and not fresh else None
        api = api or self._connect()
        try:
            yield api
        except BaseException:
            api.close()
            raise
        with self._guard:
            if fresh or len(self._idle) >= 8:
                api.close()
            else:
                self._idle.append(api)

    def _connect(self) -> Api:
        # While no way is known, one looks for it: a host that is gone takes each who tries it a quarter of a minute.
        with nullcontext() if self._contexts else self._finding:
            return self._reached()

    def _reached(self) -> Api:
        reasons = []
        for host, link in sorted(self._links.items(), key=lambda each: self._away(each[0])):
            try:
                if host not in self._contexts:
                    self._contexts[host] = context(credentials(link))
                api = Api(link, self._contexts[host])
                api.connect()
                return api
            except (*BROKEN, ConnectionLost, HostAnswersOddly, HostUnreachable) as error:
                self._contexts.pop(host, None)
                self._silent[host] = time.monotonic()
                reasons.append(Message("{host}: {reason}", host=host, reason=_said(error)))
        raise ConnectionLost(
            host=self._name, reason=Message("no API server answers: {reasons}", reasons=Message.joined("; ", reasons))
        )

    def _away(self, host: str) -> bool:
        """Whether a control plane did not answer a short while ago: others are asked before it."""
        return time.monotonic() - self._silent.get(host, -AWAY) < AWAY

    def _expected(self, doing: str, status: int, body: bytes) -> dict[str, Any]:
        if status < 300:
            return self._parsed(body) if body else {}
        reason = _reason(status, body)
        if status in (502, 503, 504) or _storeless(status, body):
            raise ConnectionLost(host=self._name, reason=Message("its API: {reason}", reason=reason))
        raise CommandFailed(host=self._name, command=doing, code=status, reason=reason)

    def _parsed(self, body: bytes) -> dict[str, Any]:
        """An object that the API has answered with.

        Raises:
            HostAnswersOddly: it is none; whoever speaks there is no API server.
        """
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise HostAnswersOddly(
                host=self._name, reason=Message("its API: not JSON: {reason}", reason=error)
            ) from error
        if not isinstance(found, dict):
            raise HostAnswersOddly(host=self._name, reason=Message("its API: not an object"))
        return found


def _storeless(status: int, body: bytes) -> bool:
    """Whether an API server answers that its store does not: as if it were not there, and as a rule not for long."""
    return status == 500 and any(words in body for words in STORELESS)


def _said(error: Exception) -> Exception | Message:
    """What broke, for a message; a connection that ended without a word has hung up."""
    return error if str(error) else Message("it hung up")


def _reason(status: int, body: bytes) -> str:
    """The API server's own words for a request that failed."""
    try:
        reason = text(json.loads(body), "message")
    except (ValueError, RecursionError):
        reason = ""
    return reason or body.decode("utf-8", "replace")[:300] or Message("HTTP status {status}", status=status)


def _group(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
