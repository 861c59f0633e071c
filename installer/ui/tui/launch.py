"""What a wizard is made from: the files its flags name, and what of the world it may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from installer.answers.model import Host
from installer.answers.secrets import Secrets
from installer.bundle.manifest import Manifest
from installer.hosts import connection_test


@dataclass(frozen=True)
class Files:
    """The files a wizard is started with, as its flags name them; `state` is where runs are kept."""

    state: Path
    profile: Path | None = None
    bundle: Path | None = None
    signers: Path | None = None
    simulate: Path | None = None


@dataclass(frozen=True)
class WorldAccess:
    """What of the world the wizard may use: how bundles are opened, and how hosts are asked."""

    manifest: Callable[[Path, Path | None, Path | None], Manifest]
    """Opens a bundle that is to be trusted: the file, that of its signers, and that of the keys that are revoked."""
    hosts: (
        Callable[[Sequence[Host], Secrets, Path | None], AbstractContextManager[connection_test.Connectors]] | None
    ) = None
    """Makes connectors to hosts, to simulated ones where a file of such is named; None: no host is asked."""
