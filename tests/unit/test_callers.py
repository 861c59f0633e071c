"""Callers from outside: what they count as away, whom they ask next, under which names they believe an answer."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from simulation import inputs_of, next_inputs_of

from installer.rehearsal import callers, outside, written
from installer.rehearsal.callers import Heard

AWAY = ConnectionRefusedError("nobody there")


def test_away_is_from_the_first_question_without_an_answer_to_the_next_answer() -> None:
    heard = Heard("it")
    now = time.monotonic()
    for began, error in ((now - 9, None), (now - 8, AWAY), (now - 7, AWAY), (now - 6, None), (now - 1, AWAY)):
        heard.count(began, error)
    assert (heard.asked, len(heard.away), heard.said) == (5, 2, "nobody there")
    assert heard.away[0][0] == now - 8
    assert heard.longest >= 8
    assert heard.altogether >= 9, "what does not answer yet is away until now"


def test_one_that_always_answered_was_never_away() -> None:
    heard = Heard("it")
    heard.count(time.monotonic(), None)
    assert (heard.longest, heard.altogether, heard.away) == (0.0, 0.0, [])


def test_the_slowest_answer_is_told_and_no_answer_is_none() -> None:
    heard = Heard("it")
    now = time.monotonic()
    heard.count(now - 4, None)
    heard.count(now - 60, AWAY)
    assert 4 <= heard.slowest < 60


def test_the_next_address_is_asked_and_only_the_last_one_that_fails_counts() -> None:
    asked: list[str] = []

    def ask(name: str, error: Exception | None = None) -> None:
        asked.append(name)
        if error:
            raise error

    callers.any_of([partial(ask, "a", AWAY), partial(ask, "b"), partial(ask, "c")])()
    assert asked == ["a", "b"]
    with pytest.raises(http.client.BadStatusLine):
        callers.any_of([partial(ask, "a", AWAY), partial(ask, "b", http.client.BadStatusLine("x"))])()


def test_each_is_asked_until_the_work_is_done() -> None:
    answering, enough = threading.Event(), threading.Event()

    def well() -> None:
        if answering.is_set():
            enough.set()

    def lame() -> None:
        if not answering.is_set():
            raise AWAY

    with callers.calling({"well": well, "lame": lame}) as heard:
        while not heard[1].away:
            time.sleep(0.01)
        answering.set()
        assert enough.wait(60)
        while heard[1].away[-1][1] is None:
            time.sleep(0.01)
    assert [each.name for each in heard] == ["well", "lame"]
    assert heard[0].away == []
    asked = [each.asked for each in heard]
    time.sleep(callers.EVERY * 2)
    assert asked == [each.asked for each in heard], "nobody is asked once it is over"


class Store(BaseHTTPRequestHandler):
    """As much of an API server and a shop as these callers speak to."""

    objects: ClassVar[dict[str, dict]] = {}
    orders: ClassVar[list[dict]] = []
    status = 200

    def _answer(self, body: object) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def _sent(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_PATCH(self) -> None:
        thing = self._sent()
        self.objects[thing["metadata"]["name"]] = thing
        self._answer(thing)

    def do_POST(self) -> None:
        self.orders.append({"id": str(len(self.orders)), **self._sent()})
        self._answer(self.orders[-1])

    def do_GET(self) -> None:
        self._answer({"latest": self.orders} if "orders" in self.path else {"items": list(self.objects.values())})

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate for shop.example under itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("shop.example"), x509.IPAddress(ip_address("127.0.0.9"))])
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1),
                                    now + timedelta(1)).add_extension(names, critical=False)  # fmt: skip
    certificate = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "site-ca.crt"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Serves a `Store`, under a certificate where one is given; gives the port."""
    servers: list[ThreadingHTTPServer] = []

    class Silent(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that turns away is what is tried here."""

    def start(certificate: Path | None = None, **more: object) -> int:
        handler = type("Own", (Store,), {"objects": {}, "orders": [], **more})
        server = Silent(("127.0.0.1", 0), handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_address[1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_an_address_is_believed_for_the_name_in_the_url_alone(authority: Path, serve: Callable[..., int]) -> None:
    port = serve(authority)
    right = outside.page(urlsplit(f"https://shop.example:{port}/x"), "127.0.0.1", authority.parent)
    assert json.loads(outside.asked(right(), "GET", "/orders")) == {"latest": []}
    wrong = outside.page(urlsplit(f"https://other.example:{port}/x"), "127.0.0.1", authority.parent)
    with pytest.raises(ssl.SSLCertVerificationError):
        outside.asked(wrong(), "GET", "/orders")


def test_an_answer_that_says_it_cannot_is_none(serve: Callable[..., int]) -> None:
    port = serve(status=503)
    with pytest.raises(outside.Wrong, match="503"):
        outside.asked(http.client.HTTPConnection("127.0.0.1", port), "GET", "/orders")  # type: ignore[arg-type]


def test_a_site_is_asked_for_its_api_and_for_what_its_parts_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "planes", lambda *_: [])
    monkeypatch.setattr(outside, "page", lambda *_: None)
    assert list(outside.calls(inputs_of("minimal"), Path())) == [
        "production: API, read", "production: API, written", "https://shop.minimal.internal:30443/api/health",
    ]  # fmt: skip


@pytest.fixture
def site(serve: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> type[Store]:
    """A minimal site whose API and shop are stores of this process."""
    objects: dict[str, dict] = {}
    orders: list[dict] = []
    port = serve(objects=objects, orders=orders)
    door = partial(http.client.HTTPConnection, "127.0.0.1", port)
    monkeypatch.setattr(outside, "planes", lambda *_: [door])
    monkeypatch.setattr(outside, "page", lambda *_: door)
    return type("Held", (Store,), {"objects": objects, "orders": orders})


def test_what_was_written_is_there_and_each_thing_that_is_not_is_named(site: type[Store]) -> None:
    inputs = next_inputs_of("minimal")
    (done,) = written.write(inputs, Path())
    assert str(done) == "production: 50 objects and 5 orders"
    assert written.lost(inputs, Path(), (done,)) == []
    site.objects["written-3"]["data"]["name"] = "another"
    del site.objects["written-7"]
    order = site.orders.pop()
    assert written.lost(inputs, Path(), (done,)) == [
        "production/written-3", "production/written-7", f"production/order {order['id']}",
    ]  # fmt: skip
