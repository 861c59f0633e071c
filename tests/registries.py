"""A site registry on a host, set up from the component's own files, and a shelf of blobs to push to it."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import bcrypt
from practice import CACHE

from installer import certificates
from installer.bundle.manifest import Artifact, Blob, Component, Manifest
from installer.layout import REGISTRY_CA
from installer.plan.steps.registry import BINARY, CERTIFICATE, KEY
from installer.plan.steps.registry_content import DATA, PASSWORDS, PUSH_UNIT, UNIT
from installer.ports import World

COMPONENT = Path(__file__).parents[1] / "bundles/core/components/registry"
CREDENTIAL = ("sitewright", "a long password of this push")
PORT, PUSH_PORT = 5000, 5001
FILES = {"/etc/sitewright/registry": ("registry.yml", "push.yml"), "/etc/systemd/system": (UNIT, PUSH_UNIT)}


class Shelf:
    """Blobs in memory, or in files, as an open bundle has them."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes | Path] = {}
        self._artifacts: list[Artifact] = []
        self.opened: Counter[str] = Counter()

    def put(self, content: bytes | Path) -> Blob:
        blob = Blob.of(content if isinstance(content, bytes) else content.read_bytes())
        self._blobs[blob.digest] = content
        return blob

    def alter(self, blob: Blob) -> None:
        """Flip the last bit of a blob, as a bad disk or a bad person does."""
        content = self._blobs[blob.digest]
        assert isinstance(content, bytes)
        self._blobs[blob.digest] = content[:-1] + bytes([content[-1] ^ 1])

    def artifact(self, repository: str, tag: str, *layers: Blob) -> Artifact:
        config = self.put(b"{}")
        kind = "application/vnd.oci.image.manifest.v1+json"
        parts = [
            {"mediaType": "application/octet-stream", "digest": blob.digest, "size": blob.size}
            for blob in (config, *layers)
        ]
        document = {"schemaVersion": 2, "mediaType": kind, "config": parts[0], "layers": parts[1:]}
        manifest = self.put(json.dumps(document).encode())
        self._artifacts.append(Artifact("file", repository, tag, manifest, (config, *layers)))
        return self._artifacts[-1]

    @property
    def component(self) -> Component:
        return Component("shelf", "1", tuple(self._artifacts))

    @property
    def manifest(self) -> Manifest:
        return Manifest("shelf", "1", "amd64", "v1", (self.component,))

    def size(self, digest: str) -> int:
        content = self._blobs[digest]
        return len(content) if isinstance(content, bytes) else content.stat().st_size

    def blob(self, digest: str) -> Any:
        content = self._blobs[digest]
        self.opened[digest] += 1
        return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb", buffering=0)


def binary() -> Path:
    """The registry that the bundle's build made."""
    made = sorted((CACHE / "made").glob("*/files/registry"))
    assert made, "the registry is not built yet: build the bundle first"
    return made[-1]


def set_up(world: World, host: str, program: Blob, *addresses: str) -> None:
    """Both sides of the registry, by the component's own files; `addresses` are further ones of its certificate."""
    world.send(host, BINARY, program.digest, mode=0o755)
    word = bcrypt.hashpw(CREDENTIAL[1].encode(), bcrypt.gensalt(4))
    world.write(host, PASSWORDS, b"%s:%s\n" % (CREDENTIAL[0].encode(), word), mode=0o600)
    ca = certificates.make_ca("contract", world.now())
    pair = certificates.issue(ca, host, (host, "127.0.0.1", *addresses), world.now())
    world.write(host, REGISTRY_CA, ca.certificate)
    world.write(host, CERTIFICATE, pair.certificate)
    world.write(host, KEY, pair.key, mode=0o600)
    settings = {"ca": REGISTRY_CA, "port": PORT, "push_port": PUSH_PORT}
    for folder, names in FILES.items():
        for name in names:
            text = (COMPONENT / name).read_text()
            for variable, value in settings.items():
                text = text.replace(f"{{{{ registry.{variable} }}}}", str(value))
            world.write(host, f"{folder}/{name}", text.encode())
    for argv in (("daemon-reload",), ("restart", UNIT), ("restart", PUSH_UNIT)):
        done = world.run(host, "systemctl", *argv)
        assert done.ok, done.err


def take_down(world: World, host: str) -> None:
    world.run(host, "systemctl", "stop", UNIT, PUSH_UNIT)
    world.remove(host, BINARY, "/run/sitewright", "/etc/sitewright", DATA)
    world.remove(host, *(f"{folder}/{name}" for folder, names in FILES.items() for name in names))
    world.run(host, "systemctl", "daemon-reload")


class Cut(OSError):
    """The link is gone."""


class Breaking:
    """A carrier whose streams break after so many bytes of their bodies, each in turn; then they hold, or never do.

    `unheard` are beginnings of requests that arrive and are done, but whose answer is lost with the stream, once each.
    """

    streams = 1

    def __init__(self, carrier: Any, *lengths: int, then_hold: bool = True, unheard: tuple[bytes, ...] = ()) -> None:
        self._carrier, self._lengths, self._hold = carrier, list(lengths), then_hold
        self.unheard = list(unheard)
        self.sent = 0

    def dial(self) -> Any:
        if not self._lengths and not self._hold:
            raise Cut("no way there")
        return _Stream(self, self._carrier.dial(), self._lengths)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._carrier.__exit__(kind, error, trace)


class _Stream:
    def __init__(self, owner: Breaking, stream: Any, lengths: list[int]) -> None:
        self._owner, self._stream, self._lengths = owner, stream, lengths
        self._sent = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def sendall(self, data: bytes) -> None:
        if self._lengths and self._sent + len(data) > self._lengths[0]:
            part = self._lengths.pop(0) - self._sent
            self._stream.sendall(data[: max(part, 0)])
            self._owner.sent += max(part, 0)
            self._stream.close()
            raise Cut("cut off")
        self._stream.sendall(data)
        self._sent += len(data)
        self._owner.sent += len(data)
        for beginning in [each for each in self._owner.unheard if bytes(data).startswith(each)]:
            self._stream.recv(1)
            self._owner.unheard.remove(beginning)
            self._stream.close()
            raise Cut("cut off")
