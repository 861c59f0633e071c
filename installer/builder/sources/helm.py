"""Source kind `helm`: a chart of a chart repository, or of an OCI registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml

from installer.builder.recipe import Source
from installer.builder.sources import http, oci
from installer.errors import BuildFailed
from installer.formats import libyaml
from installer.messages import Message
from installer.workshop import Workshop, file_digest

LARGEST_INDEX = 64 << 20
"""Bytes of a chart repository's index; one of the largest there are has 20 MiB."""
NO_INDEX = (yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError, RecursionError, StopIteration)
"""What looking something up raises in a document of another form."""
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """The packed chart's address and digest; for an OCI registry the digest of its manifest."""
    spec = source.spec
    if spec["repository"].startswith("oci://"):
        return {"digest": oci.digest_of(source, workshop, f"{_place(source)}:{_tag(source)}")}
    with workshop.scratch() as folder:
        base = spec["repository"].rstrip("/") + "/"
        http.fetch(source.name, urljoin(base, "index.yaml"), folder / "index.yaml", LARGEST_INDEX)
        try:
            entries = libyaml.load((folder / "index.yaml").read_bytes())["entries"][spec["chart"]]
            url = urljoin(base, next(entry["urls"][0] for entry in entries if entry["version"] == spec["version"]))
        except NO_INDEX as error:
            wanted = f"{spec['chart']} {spec['version']}"
            raise BuildFailed(
                what=Message("source {name}", name=source.name),
                reason=Message("{base}index.yaml has no chart {wanted}", base=base, wanted=wanted),
            ) from error
        http.fetch(source.name, url, folder / "chart.tgz")
        return {"url": url, "sha256": file_digest(folder / "chart.tgz")}


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Fetch the chart and unpack it."""
    with workshop.scratch() as folder:
        chart = folder / "chart.tgz"
        if "digest" in locked:
            layout = folder / "layout"
            oci.fetch(source, workshop, f"{_place(source)}@{locked['digest']}", layout)
            chart = layout / "blobs/sha256" / _chart_layer(source, layout)
        else:
            http.fetch_locked(source.name, locked["url"], locked["sha256"], chart)
        unpacked = folder / "unpacked"
        unpacked.mkdir()
        http.unpack(source.name, chart, unpacked)
        # A packed chart is one folder of the chart's name.
        packed = next(unpacked.iterdir(), None)
        if packed is None or not packed.is_dir():
            raise BuildFailed(
                what=Message("source {name}", name=source.name),
                reason=Message("{name} is not a chart: it has no folder", name=chart.name),
            )
        for path in packed.iterdir():
            path.rename(into / path.name)


def _chart_layer(source: Source, layout: Path) -> str:
    def blob(descriptor: Mapping[str, Any]) -> str:
        return str(descriptor["digest"]).partition(":")[2]

    index = json.loads((layout / "index.json").read_text())
    with suppress(*NO_INDEX):
        manifest = json.loads((layout / "blobs/sha256" / blob(index["manifests"][0])).read_bytes())
        return next(blob(layer) for layer in manifest["layers"] if layer["mediaType"] == CHART_LAYER)
    raise BuildFailed(
        what=Message("source {name}", name=source.name),
        reason=Message("{source} is not a chart", source=_place(source)),
    )


def _place(source: Source) -> str:
    return f"{source.spec['repository'].removeprefix('oci://').rstrip('/')}/{source.spec['chart']}"


def _tag(source: Source) -> str:
    # Tags know no plus sign; helm writes it as an underscore.
    return str(source.spec["version"]).replace("+", "_")
