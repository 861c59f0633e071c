"""Packs what `by_hand.sh` carries: the bundle's own files, images and charts, with the same settings on each host."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import yaml
from practice import Practice

from installer.answers import file as answers_file
from installer.bundle import layout
from installer.bundle.archive import Archive
from installer.bundle.manifest import Artifact, Blob
from installer.plan.inputs import Inputs
from installer.plan.steps import host_components
from installer.plan.steps.hosts import MODULES, SETTINGS
from installer.render import charts, context, templates

ADMISSION = {"token": "TOKEN", "ca_hash": "HASH", "certificate_key": ""}


def pack(trunk: Path, practice: Practice, profile: Path, bundle: Path) -> None:
    """Fill the folder `trunk`."""
    with Archive.open(bundle) as archive:
        answers = answers_file.load(profile)
        inputs = Inputs(answers, archive.manifest, archive.bundle_json, archive.signature, b"")
        images = list(archive.manifest.artifacts("image"))
        _images(trunk / "images.tar", archive, [image for image in images if image.name != "haproxy"])
        _images(trunk / "proxy.tar", archive, [image for image in images if image.name == "haproxy"])
        for host in answers.hosts:
            _host(trunk / f"{host.name}.tar", inputs, archive, host.name)
    sums = [f"{_sum(path)}  {path.name}\n" for path in sorted(trunk.glob("*.tar"))]
    (trunk / "SHA256SUMS").write_text("".join(sums))
    (trunk / "password").write_text(practice.password + "\n")
    (trunk / "shop").write_text(f"shop.{answers.environments[0].domain}")
    options = iter(practice.ssh_options()[3::2])
    names = "".join(f"Host {host.name}\n  HostName {host.address}\n" for host in practice.site.hosts)
    (trunk / "ssh_config").write_text(names + "Host *\n" + "".join(f"  {option}\n" for option in options))


def _images(path: Path, archive: Archive, images: list[Artifact]) -> None:
    """Images as one OCI layout."""
    entries = [
        {"mediaType": layout.OCI_MANIFEST, "digest": image.manifest.digest, "size": image.manifest.size,
         "annotations": {"io.containerd.image.name": image.reference}} for image in images
    ]  # fmt: skip
    with tarfile.open(path, "w") as tar:
        _add(tar, layout.OCI_LAYOUT, layout.OCI_LAYOUT_BYTES)
        _add(tar, layout.INDEX, json.dumps({"schemaVersion": 2, "manifests": entries}).encode())
        for blob in sorted({blob for image in images for blob in (image.manifest, *image.blobs)}):
            _add(tar, layout.blob_name(blob.digest), _bytes(archive, blob))


def _host(path: Path, inputs: Inputs, archive: Archive, host: str) -> None:
    """The files of one host, where they belong."""
    environment = inputs.answers.environment_of(host)
    with tarfile.open(path, "w") as tar:
        _add(tar, "etc/modules-load.d/by-hand.conf", "\n".join(MODULES).encode())
        _add(tar, "etc/sysctl.d/90-by-hand.conf", "".join(f"{k} = {v}\n" for k, v in SETTINGS.items()).encode())
        for part in inputs.components(environment):
            spec = part.spec.get("host")
            if spec and part.name != "registry" and host_components.belongs(spec, inputs, environment, host):
                for file in host_components.wanted_files(inputs, environment, part, host):
                    content = _bytes(archive, file.pull.file) if file.pull else file.text
                    _add(tar, file.path.lstrip("/"), content, file.mode)
        kubernetes = inputs.manifest.component("kubernetes")
        names = context.for_host(context.for_component(inputs.names(environment), environment, kubernetes), host)
        if host in environment.control_planes:
            _add(tar, "etc/by-hand/init.yaml", templates.render(kubernetes, "init.yaml", names).encode())
            _releases(tar, inputs, archive)
        else:
            text = templates.render(kubernetes, "join.yaml", {**names, "join": ADMISSION})
            _add(tar, "etc/by-hand/join.yaml", text.encode())


def _releases(tar: tarfile.TarFile, inputs: Inputs, archive: Archive) -> None:
    environment = inputs.answers.environments[0]
    for part in inputs.components(environment):
        if "chart" in part.spec or "objects" in part.spec:
            names = context.for_component(inputs.names(environment), environment, part)
            release = charts.wanted_release(part, names)
            if release.chart:
                _add(tar, f"etc/by-hand/charts/{part.name}.tgz", _bytes(archive, release.chart.file))
                _add(tar, f"etc/by-hand/values/{part.name}.yaml", release.values)
            else:
                _add(tar, "etc/by-hand/authority.yaml", yaml.safe_dump_all(release.objects).encode())


def _bytes(archive: Archive, blob: Blob) -> bytes:
    with archive.blob(blob.digest) as stream:
        return stream.read(blob.size)


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
