"""Probes of what comes from outside the cluster: a product's URL over TLS, and the certificate that it shows."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from installer.answers.model import Environment
from installer.errors import ProbeFailed
from installer.formats.objects import listed, text
from installer.layout import HOME, SITE_CA
from installer.messages import Message
from installer.ports import CURL, ReadOnly, World

Until = Callable[[str, Callable[[], Any]], Any]
"""Repeats an attempt until it gives something, or raises `ProbeFailed` with what was waited for."""


def secret_bytes(secret: Mapping[str, Any], key: str) -> bytes:
    """One decoded entry of a Kubernetes Secret.

    Raises:
        ProbeFailed: the secret has no such entry.
    """
    try:
        found = base64.b64decode(text(secret, "data", key), validate=True)
    except ValueError as error:
        raise ProbeFailed(reason=Message("the secret's {key} is not base64", key=key)) from error
    if not found:
        raise ProbeFailed(reason=Message("the secret has no {key}", key=key))
    return found


def trusted(world: ReadOnly, environment: Environment, ca: str) -> bytes:
    """What a client of the site trusts: its authority's certificate, or where `ca` names a Secret, the one in there.

    Raises:
        ProbeFailed: there is none.
    """
    if ca:
        return secret_bytes(world.get(environment.name, ca) or {}, "tls.crt")
    host = environment.desk
    found = world.read(host, SITE_CA)
    if not found:
        raise ProbeFailed(reason=Message("host {host} has no {path}", host=host, path=SITE_CA))
    return found


def valid_chain(secret: Mapping[str, Any], authority: bytes, name: str, now: datetime) -> str:
    """Validate a TLS secret's certificate for a DNS name, by what comes along with it, up to an authority.

    Raises:
        ProbeFailed: the chain, the name or the dates are not valid.
    """
    try:
        chain = x509.load_pem_x509_certificates(secret_bytes(secret, "tls.crt"))
        roots = x509.load_pem_x509_certificates(authority)
    except ValueError as error:
        raise ProbeFailed(reason=Message("what the secret holds is no certificate: {reason}", reason=error)) from error
    verifier = PolicyBuilder().store(Store(roots)).time(now).build_server_verifier(x509.DNSName(name))
    try:
        verifier.verify(chain[0], chain[1:])
    except VerificationError as error:
        raise ProbeFailed(reason=Message("the chain is not valid: {reason}", reason=error)) from error
    return Message("valid until {day}", day=f"{chain[0].not_valid_after_utc:%Y-%m-%d}")


def ask(world: World, environment: Environment, spec: Mapping[str, str], until: Until) -> str:
    """Ask `url` from the first host, at the address `at` or the last host's own, trusting only what `trusted` says.

    Wanted is an answer that holds `expect`, where that is said, and of `status` or, where none is said, no refusal.
    """
    asking = environment.hosts[0]
    ca = f"{HOME}/probe-{spec['name']}.crt"
    world.write(asking, ca, trusted(world, environment, spec.get("ca", "")))
    answered = ""

    def attempt() -> str:
        nonlocal answered
        answered = spec.get("at") or _own_address(world, environment, environment.hosts[-1])
        return _answer(world, asking, ca, spec, answered) if answered else ""

    url, status = spec["url"], spec.get("status", "")
    what = Message("{url} with {expect} in its answer", url=url, expect=repr(spec.get("expect", "")))
    try:
        until(Message("status {status} of {url}", status=status, url=url) if status else what, attempt)
    finally:
        world.remove(asking, ca)
    if status:
        return Message("{url} answers {status} at {address}", url=url, status=status, address=answered)
    return Message("{url} answers at {address}", url=url, address=answered)


def _answer(world: World, asking: str, ca: str, spec: Mapping[str, str], address: str) -> str:
    """What is answered, if it is what is wanted; else nothing."""
    url, status = urlsplit(spec["url"]), spec.get("status", "")
    output = world.query(
        asking, *CURL, "--show-error", *(("--write-out", "\n%{http_code}") if status else ("--fail",)),
        "--max-time", "10", "--cacert", ca, "--resolve", f"{url.hostname}:{url.port or 443}:{address}", spec["url"],
    )  # fmt: skip
    text, _, code = output.out.rpartition("\n") if status else (output.out, "", "")
    return output.out if output.ok and code == status and spec.get("expect", "") in text else ""


def _own_address(world: World, environment: Environment, host: str) -> str:
    """The address that Kubernetes knows a host by; empty where it does not know it."""
    told = listed(world.get(environment.name, f"/api/v1/nodes/{host}"), "status", "addresses")
    return next((text(each, "address") for each in told if each.get("type") == "InternalIP"), "")
