"""Source kind `path`: files of the component's own folder, as they are in the repository."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.builder.recipe import Source
from installer.workshop import Workshop, tree_digest, tree_files


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """The digest of the folder."""
    return {"tree": tree_digest(source.inputs[0])}


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Copy the folder."""
    copy_tree(source.inputs[0], into)


def copy_tree(origin: Path, into: Path) -> None:
    """Copy what `tree_files` sees of a folder, over what is already there; the copies can be written to."""
    for path in tree_files(origin):
        target = into / path.relative_to(origin)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(path.readlink())
            continue
        target.unlink(missing_ok=True)
        shutil.copyfile(path, target)
        target.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
