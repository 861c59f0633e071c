"""Source kind `oci`: an image of any registry as it is there, taken by digest with skopeo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.builder.recipe import Source
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """The digest that the tag names now."""
    return {"digest": digest_of(source, workshop, f"{source.spec['image']}:{source.spec['tag']}")}


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Copy the image of the bundle's architecture into an OCI layout."""
    fetch(source, workshop, f"{source.spec['image']}@{locked['digest']}", into)


def digest_of(source: Source, workshop: Workshop, reference: str) -> str:
    """The digest of what a reference names: of the index, where there is one image per architecture."""
    said = workshop.run(source.name, "skopeo", "inspect", "--no-tags", "--raw", f"docker://{reference}")
    with workshop.scratch() as folder:
        (folder / "manifest").write_text(said)
        return workshop.run(source.name, "skopeo", "manifest-digest", str(folder / "manifest")).strip()


def fetch(source: Source, workshop: Workshop, reference: str, into: Path) -> None:
    """Copy one artifact into an OCI layout in a folder."""
    try:
        workshop.run(
            source.name, "skopeo", "--override-os", "linux", "--override-arch", workshop.architecture, "copy",
            "--quiet", f"docker://{reference}", f"oci:{into}",
        )  # fmt: skip
    except BuildFailed as error:
        raise BuildFailed(
            what=Message("source {name}", name=source.name),
            reason=Message(
                "{reference} cannot be fetched: {reason}", reference=reference, reason=error.facts["reason"]
            ),
        ) from error
