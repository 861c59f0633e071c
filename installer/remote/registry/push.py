"""Pushing artifacts: what is there is not sent, what is shared crosses once, what broke off goes on from there."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from installer import whole_file
from installer.bundle.manifest import Artifact, Blob
from installer.errors import CommandFailed, ConnectionLost
from installer.messages import Message
from installer.ports import Report
from installer.remote.registry.carrier import Carrier
from installer.remote.registry.client import ACCEPT, BROKEN, Registry
from installer.remote.registry.intact import Source, altered, demand_intact

SLICE = 256 * 1024
ATTEMPTS = 5
"""Breaks in a row without a byte gained before an upload is given up."""

SETTLING = 50
"""Looks, 0.1 s apart, for which a broken connection's last bytes may still be arriving at the registry."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload under way: where the registry wants its next bytes, and how many it has."""

    repository: str
    location: str
    offset: int


class Push:
    """One push to one registry.

    `carrier` chooses the way for so many bytes, once it is known how many; `uploads` is the folder that remembers what
    is under way.
    """

    def __init__(
        self,
        host: str,
        carrier: Callable[[int], Carrier],
        credential: tuple[str, str],
        source: Source,
        uploads: Path,
        report: Report,
    ) -> None:
        self._host = host
        self._carrier = carrier
        self._credential = credential
        self._source = source
        self._uploads = uploads
        self._report = report
        self._guard = threading.Lock()
        self._done = self._total = self._streams = 0
        self._pool: queue.SimpleQueue[Registry] = queue.SimpleQueue()

    def run(self, artifacts: Sequence[Artifact]) -> None:
        """Push them all: blobs first, several at a time, the largest first; then each manifest.

        Raises:
            BundleNotTrusted: a blob is not what its digest says; the registry does not have it.
            CommandFailed: the registry refuses something. ConnectionLost: the way there broke again and again.
        """
        for folder in (*reversed(self._uploads.parents), self._uploads):  # each its owner's alone
            folder.mkdir(exist_ok=True, mode=0o700)
        with self._connected(0):
            held = self._each(self._holds, artifacts)
        missing = [artifact for artifact, there in zip(artifacts, held, strict=True) if not there]
        homes: dict[Blob, str] = {}
        for artifact in artifacts:
            for blob in artifact.blobs:
                homes.setdefault(blob, artifact.repository)
        wanted = {blob for artifact in missing for blob in artifact.blobs}
        ahead = sum(blob.size for blob in wanted) + sum(artifact.manifest.size for artifact in missing)
        self._total = sum(blob.size for blob in homes) + sum(artifact.manifest.size for artifact in artifacts)
        self._done = self._total - ahead
        self._moved(0, "")
        if missing:
            with self._connected(ahead):
                self._each(
                    lambda registry, blob: self._send(registry, homes[blob], blob),
                    sorted(wanted, key=lambda blob: (-blob.size, blob.digest)),
                )
                self._each(lambda registry, artifact: self._publish(registry, artifact, homes), missing)

    @contextmanager
    def _connected(self, size: int) -> Iterator[None]:
        """Connections for so many bytes."""
        with self._carrier(size) as carrier:
            self._streams = carrier.streams
            for _ in range(carrier.streams):
                self._pool.put(Registry(self._host, carrier.dial, self._credential))
            try:
                yield
            finally:
                while not self._pool.empty():
                    self._pool.get().close()

    def _each(self, act: Callable[[Registry, Any], Any], things: Sequence[Any]) -> list[Any]:
        """Act on each, as many at a time as there are connections; the first failure ends it."""

        def one(thing: Any) -> Any:
            registry = self._pool.get()
            try:
                return act(registry, thing)
            finally:
                self._pool.put(registry)

        with ThreadPoolExecutor(self._streams) as threads:
            try:
                return list(threads.map(one, things))
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise

    def _holds(self, registry: Registry, artifact: Artifact) -> bool:
        """Whether the registry has the artifact by its tag; it takes no manifest without its blobs, so that is all."""
        reply = registry.ask("HEAD", f"/v2/{artifact.repository}/manifests/{artifact.tag}", Accept=ACCEPT)
        registry.expect((200, 404), f"push {artifact.reference}", reply)
        return reply.status == 200 and reply.headers.get("docker-content-digest") == artifact.manifest.digest

    def _has(self, registry: Registry, repository: str, blob: Blob) -> bool:
        there = registry.ask("HEAD", f"/v2/{repository}/blobs/{blob.digest}")
        return registry.expect((200, 404), f"push {repository}", there).status == 200

    def _send(self, registry: Registry, repository: str, blob: Blob) -> None:
        """Bring one blob into its first repository."""
        if self._has(registry, repository, blob):
            self._moved(blob.size, repository)
            return
        for last in (False, True):
            upload = self._sent(registry, repository, blob)
            joint = "&" if "?" in upload.location else "?"
            reply = registry.ask("PUT", f"{upload.location}{joint}digest={quote(blob.digest)}")
            self._forget(blob)
            # It knows the upload no more where the connection broke after it had taken the blob.
            if reply.status == 404 and self._has(registry, repository, blob):
                return
            if reply.status == 400:
                demand_intact(self._source, blob.digest)
            # A refused digest after a resumed upload may be the resuming's fault: once more, from the start.
            if reply.status in (400, 404) and not last:
                self._moved(-blob.size, repository)
                continue
            registry.expect((201,), f"push {repository}", reply)
            return

    def _sent(self, registry: Registry, repository: str, blob: Blob) -> Upload:
        """Send what the registry lacks of a blob, however often the connection breaks."""
        upload = self._resumed(registry, blob) or self._started(registry, repository)
        self._moved(upload.offset, repository)
        barren = 0
        while upload.offset < blob.size:
            self._remember(blob, upload)
            before = upload.offset
            try:
                upload = self._patched(registry, upload, blob)
            except BROKEN as error:
                resumed = self._resumed(registry, blob) or self._started(registry, repository)
                self._moved(resumed.offset - before, repository)
                upload = resumed
                barren = 0 if upload.offset > before else barren + 1
                if barren == ATTEMPTS:
                    raise ConnectionLost(
                        host=self._host,
                        reason=Message("pushing {repository}: {reason}", repository=repository, reason=error),
                    ) from error
        return upload

    def _patched(self, registry: Registry, upload: Upload, blob: Blob) -> Upload:
        """Send the rest in one request; what was reported of it is taken back where it fails."""
        rest, moved = blob.size - upload.offset, 0

        def transfer(stream: Any) -> None:
            nonlocal moved
            with self._source.blob(blob.digest) as source:
                source.seek(upload.offset)
                buffer = memoryview(bytearray(SLICE))
                left = rest
                while left:
                    got = source.readinto(buffer[: min(left, SLICE)])
                    if not got:
                        raise altered(blob.digest)
                    stream.sendall(buffer[:got])
                    left -= got
                    moved += got
                    self._moved(got, upload.repository)

        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"{upload.offset}-{blob.size - 1}",
        }
        try:
            reply = registry.send("PATCH", upload.location, transfer, rest, headers)
            if reply.status in (
                404,
                416,
            ):  # it has something else of this upload than we believe: more, or nothing of use
                held = self._resumed(registry, blob)
                if held is None or held.offset == upload.offset:
                    self._forget(blob)
                raise http.client.HTTPException(reply.reason)
            registry.expect((202,), f"push {upload.repository}", reply)
        except (*BROKEN, CommandFailed):
            self._moved(-moved, upload.repository)
            raise
        return Upload(upload.repository, registry.location(reply), blob.size)

    def _started(self, registry: Registry, repository: str) -> Upload:
        reply = registry.ask("POST", f"/v2/{repository}/blobs/uploads/")
        registry.expect((202,), f"push {repository}", reply)
        return Upload(repository, registry.location(reply), 0)

    def _resumed(self, registry: Registry, blob: Blob) -> Upload | None:
        """The upload of this blob that an earlier connection or run left, as far as the registry has it."""
        saved = self._remembered(blob)
        if saved is None:
            return None
        held = self._held(registry, saved)
        for _ in range(SETTLING):
            if held is None:
                self._forget(blob)
                return None
            time.sleep(0.1)
            before, held = held, self._held(registry, saved)
            if held is not None and held.offset == before.offset:
                break
        return held

    def _held(self, registry: Registry, saved: Upload) -> Upload | None:
        """What the registry has of an upload right now; None where it no longer knows it."""
        reply = registry.ask("GET", saved.location)
        if reply.status != 204:
            return None
        # "0-0" is said of none as well as of one, and if it was one, PATCH is told so (416).
        last = registry.held(reply)
        location = registry.location(reply) if "location" in reply.headers else saved.location
        return Upload(saved.repository, location, last and last + 1)

    def _publish(self, registry: Registry, artifact: Artifact, homes: dict[Blob, str]) -> None:
        """Link the blobs that another repository got, then put the manifest."""
        for blob in artifact.blobs:
            home = homes[blob]
            if home != artifact.repository:
                query = f"mount={quote(blob.digest)}&from={quote(home)}"
                mounted = registry.ask("POST", f"/v2/{artifact.repository}/blobs/uploads/?{query}")
                registry.expect((201,), f"push {artifact.reference}: mount from {home}", mounted)
        with self._source.blob(artifact.manifest.digest) as source:
            body = source.read(artifact.manifest.size)
        if Blob.of(body) != artifact.manifest:  # the registry takes any by a tag
            raise altered(artifact.manifest.digest)
        kind = json.loads(body).get("mediaType", "application/vnd.oci.image.manifest.v1+json")
        path = f"/v2/{artifact.repository}/manifests/{artifact.tag}"
        registry.expect((201,), f"push {artifact.reference}", registry.ask("PUT", path, body, Content_Type=kind))
        self._moved(artifact.manifest.size, artifact.reference)

    def _moved(self, size: int, note: str) -> None:
        with self._guard:
            self._done += size
            self._report(self._done, self._total, "bytes", note)

    def _record(self, blob: Blob) -> Path:
        return self._uploads / f"{blob.digest.removeprefix('sha256:')}.json"

    def _remember(self, blob: Blob, upload: Upload) -> None:
        body = json.dumps({"version": 1, **asdict(upload)})
        whole_file.put(self._record(blob), body.encode(), lasting=False)  # lost, it costs that blob's bytes once more

    def _remembered(self, blob: Blob) -> Upload | None:
        with suppress(OSError, ValueError, KeyError, TypeError):  # no usable memory: the blob starts anew
            saved = json.loads(self._record(blob).read_text())
            if saved["version"] == 1:
                return Upload(str(saved["repository"]), str(saved["location"]), int(saved["offset"]))
        return None

    def _forget(self, blob: Blob) -> None:
        self._record(blob).unlink(missing_ok=True)
