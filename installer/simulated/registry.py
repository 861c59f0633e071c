"""The site registry of a simulated host, as its unit and configuration say; content lies in the host's files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import bcrypt
import yaml

from installer import certificates
from installer.bundle.manifest import Artifact, Blob
from installer.errors import CommandFailed, ConnectionLost
from installer.formats import libyaml
from installer.messages import Message
from installer.ports import Output, Report
from installer.simulated.state import Call, SimulatedHost, SimulatedSite, failed, said
from installer.simulated.systemd import unit_text

PROGRAM = "/usr/local/bin/sitewright-registry"


@dataclass(frozen=True, slots=True)
class Side:
    """A running registry process: TLS and read-only where it has a `certificate`, else writable with `passwords`."""

    host: SimulatedHost
    port: int
    root: str
    certificate: str
    passwords: str

    def has(self, artifact: Artifact) -> bool:
        """Whether it serves an artifact's manifest."""
        return self.find(artifact.repository, artifact.manifest.digest)

    def find(self, repository: str, digest: str) -> bool:
        """Whether it serves a manifest by that digest."""
        hexadecimal = digest.partition(":")[2]
        return f"{self._repository(repository)}/_manifests/revisions/sha256/{hexadecimal}/link" in self.host.tree

    def tagged(self, repository: str, tag: str) -> bool:
        """Whether it serves a manifest by that tag."""
        return f"{self._repository(repository)}/_manifests/tags/{tag}/current/link" in self.host.tree

    def blob(self, repository: str, hexadecimal: str) -> Blob | None:
        """A blob of a repository, None where it is not there."""
        place = self._repository(repository)
        linked = any(f"{place}/{of}/sha256/{hexadecimal}/link" in self.host.tree
                     for of in ("_layers", "_manifests/revisions"))  # fmt: skip
        entry = self.host.tree.entry(self._data(hexadecimal)) if linked else None
        return entry.content if entry is not None and isinstance(entry.content, Blob) else None

    def keep(self, artifact: Artifact) -> Iterator[Blob]:
        """Store an artifact where the real registry does; gives what was not there yet."""
        place, top = self._repository(artifact.repository), artifact.manifest.digest
        hexadecimal = top.partition(":")[2]
        for blob in (*artifact.blobs, artifact.manifest):
            data = self._data(blob.digest.partition(":")[2])
            if data not in self.host.tree:
                self.host.tree.put(data, blob)
                yield blob
            if blob is not artifact.manifest:
                link = f"{place}/_layers/sha256/{blob.digest.partition(':')[2]}/link"
                self.host.tree.put(link, blob.digest.encode())
        tag = f"{place}/_manifests/tags/{artifact.tag}"
        for link in (f"{place}/_manifests/revisions/sha256/{hexadecimal}/link",
                     f"{tag}/index/sha256/{hexadecimal}/link", f"{tag}/current/link"):  # fmt: skip
            self.host.tree.put(link, top.encode())

    def lets_in(self, credential: tuple[str, str]) -> bool:
        """Whether a user and password may write."""
        for line in self.host.tree.text(self.passwords).splitlines():
            user, _, known = line.partition(":")
            if user == credential[0] and bcrypt.checkpw(credential[1].encode(), known.encode()):
                return True
        return False

    def _repository(self, name: str) -> str:
        return f"{self.root}/docker/registry/v2/repositories/{name}"

    def _data(self, hexadecimal: str) -> str:
        return f"{self.root}/docker/registry/v2/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data"


def sides(host: SimulatedHost) -> Iterator[Side]:
    """The registry processes that run on a host.

    Raises:
        CommandFailed: one is configured as none can be.
    """
    for unit in sorted(host.active):
        for line in unit_text(host, unit).splitlines():
            if line.startswith(f"ExecStart={PROGRAM} serve "):
                yield _side(host, line.split()[-1])


def _side(host: SimulatedHost, configuration: str) -> Side:
    try:
        config = libyaml.load(host.tree.read(configuration))
        http = config["http"]
        return Side(
            host,
            int(http["addr"].rpartition(":")[2]),
            config["storage"]["filesystem"]["rootdirectory"],
            http.get("tls", {}).get("certificate", ""),
            config.get("auth", {}).get("htpasswd", {}).get("path", ""),
        )
    except (yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else f"it is none of a registry: {error}"
        raise CommandFailed(
            host=host.name, command=f"{PROGRAM} serve {configuration}", code=1, reason=reason
        ) from error


def at(site: SimulatedSite, endpoint: str, ca: bytes) -> Side | None:
    """The registry at "address:port", if it runs and shows a certificate of that CA for its address."""
    address, _, port = endpoint.rpartition(":")
    host = site.at(address)
    for side in sides(host) if host else ():
        if side.port == int(port) and side.certificate:
            shown = side.host.tree.text(side.certificate).encode()
            return side if certificates.is_good(shown, ca, (address,), site.now()) else None
    return None


def stored(host: SimulatedHost, artifacts: Sequence[Artifact]) -> tuple[bool, ...]:
    """For each artifact, whether the host's registry serves it."""
    serving = [side for side in sides(host) if side.certificate]
    return tuple(any(side.has(artifact) for side in serving) for artifact in artifacts)


def pulls(site: SimulatedSite, image: str) -> bool:
    """Whether an image, named by digest or by its tag, can be pulled from the site."""
    repository, named, digest = image.partition("@")
    every = [side for host in site.hosts.values() for side in sides(host)]
    if named:
        return any(side.find(repository, digest) for side in every)
    repository, _, tag = repository.rpartition(":")
    return any(side.tagged(repository, tag) for side in every)


def push(
    site: SimulatedSite,
    host: SimulatedHost,
    port: int,
    credential: tuple[str, str],
    artifacts: Sequence[Artifact],
    report: Report,
) -> list[Blob]:
    """Store artifacts through the writing side; returns what had to be sent.

    Raises:
        BundleNotTrusted: a blob of the bundle is altered.
        ConnectionLost: nothing listens on that port.
        CommandFailed: the password is refused.
    """
    side = _writable(host, port)
    if side is None:
        raise ConnectionLost(host=host.name, reason=Message("nothing listens on 127.0.0.1:{port}", port=port))
    if not side.lets_in(credential):
        raise CommandFailed(
            host=host.name, command="push", code=401, reason=Message("the registry refuses the password")
        )
    total = sum({blob.digest: blob.size for a in artifacts for blob in (a.manifest, *a.blobs)}.values())
    sent: list[Blob] = []
    for artifact in artifacts:
        for blob in () if side.has(artifact) else (*artifact.blobs, artifact.manifest):
            site.demand_intact(blob)
        for blob in side.keep(artifact):
            sent.append(blob)
            report(sum(each.size for each in sent), total, "bytes", artifact.name)
    report(total, total, "bytes", "")
    return sent


def replicate(call: Call) -> Output:
    """`sh replicate FOLDER ORIGIN LOCAL CA`: fill this registry from another one."""
    folder, origin, local, ca = call.argv[2:6]
    source = at(call.site, origin, call.tree.read(ca))
    target = _writable(call.host, int(local.rpartition(":")[2]))
    user, _, password = call.tree.text(f"{folder}/curlrc").partition('"')[2].partition('"')[0].partition(":")
    if source is None:
        return failed(f"curl: (7) Failed to connect to {origin}", 7)
    if target is None or not target.lets_in((user, password)):
        return failed("curl: (22) The requested URL returned error: 401", 22)
    for line in call.tree.text(f"{folder}/artifacts").splitlines():
        repository, tag, manifest, *blobs = line.split()
        found = [source.blob(repository, digest.partition(":")[2]) for digest in (*blobs, manifest)]
        if None in found:
            return failed("curl: (22) The requested URL returned error: 404", 22)
        *parts, top = [blob for blob in found if blob is not None]
        list(target.keep(Artifact("image", repository, tag, top, tuple(parts))))
    return said()


def _writable(host: SimulatedHost, port: int) -> Side | None:
    return next((side for side in sides(host) if side.port == port and side.passwords), None)
