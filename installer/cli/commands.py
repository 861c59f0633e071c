"""What was typed, as frozen values: made once, by `installer.cli.arguments.parsed`, and never changed afterwards."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self


def default_state() -> Path:
    """Where runs are kept unless --state says otherwise: the XDG state directory."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "sitewright"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What every command has: its last word, whether it speaks JSON lines, and where runs are kept.

    It is this itself where nothing but the program's name was typed.
    """

    verb: str = ""
    json: bool = False
    state: Path = field(default_factory=default_state)

    @classmethod
    def from_typed(cls, typed: Mapping[str, Any]) -> Self:
        """The command with these flags, each by the name of its field; flags given several times are tuples."""
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in typed.items()}
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCommand(Command):
    """check, plan, install, upgrade, resume, rollback, uninstall or status. What has no flag in a verb was not given.

    `site` is empty where it is not named; `only` has the checks that alone are wanted; `wiring` asks, in the place of
    a plan, who needs whom; `prove` is off where the result of a run is not to be proved, `look_only` on where an
    upgrade is only to be judged, `without` names hosts that are gone, `probe` on where `status` is to try the probes.
    """

    profile: Path | None = None
    bundle: Path | None = None
    signers: Path | None = None
    simulate: Path | None = None
    site: str = ""
    secrets_from_stdin: bool = False
    detached: bool = False
    allow_commands: bool = False
    yes: bool = False
    ports: bool = False
    only: tuple[str, ...] = ()
    dry_run: bool = False
    wiring: bool = False
    prove: bool = True
    look_only: bool = False
    probe: bool = False
    delete_volumes: bool = False
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsCommand(SiteCommand):
    """secrets list, show or rotate; `secret` names the one that is meant: "[environment/]component/secret"."""

    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessCommand(SiteCommand):
    """access: who may work in the clusters; with a `person`, one more who may, or with `revoke` one who no longer may.

    `clusters` are names of environments, none of them meaning all; `lasting` says for how long.
    """

    person: str = ""
    clusters: tuple[str, ...] = ()
    role: str = "admin"
    lasting: timedelta = timedelta(hours=8)
    revoke: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WizardCommand(Command):
    """wizard; `language` is None for that of the terminal."""

    profile: Path | None = None
    bundle: Path | None = None
    signers: Path | None = None
    simulate: Path | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeCommand(Command):
    """size: of a `profile`, of a file of `needs`, or of one `component` alone; `settings` are answers given otherwise.

    `offered` is a file of machines, `HOSTS` for the hosts of the answers, or None.
    """

    profile: Path | None = None
    needs: Path | None = None
    component: str | None = None
    settings: tuple[str, ...] = ()
    inputs: bool = False
    offered: Path | None = None
    explain: tuple[str, ...] = ()
    allow_commands: bool = False
    bundle: Path | None = None
    signers: Path | None = None


HOSTS = Path("-")
"""What --offered means without a file: the hosts of the answers are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCommand(Command):
    """report; `run` is the name of a run, `LAST` for the last one, or None for a plan."""

    profile: Path
    out: Path
    language: str | None = None
    bundle: Path | None = None
    signers: Path | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersCommand(Command):
    """answers import: a workbook's answers into the file; `dry_run` where nothing is to be written."""

    workbook: Path
    profile: Path
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCommand(Command):
    """product check; `manifests` are "[environment=]path" in the place of those that product.yaml names."""

    folder: Path
    profile: Path | None = None
    bundle: Path | None = None
    signers: Path | None = None
    manifests: tuple[str, ...] = ()
    out: Path | None = None
    language: str = "en"


LAST = "last"
"""What --run means without a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearseCommand(Command):
    """rehearse; without a bundle that of this source checkout is built, and without `to` that of the next release."""

    profile: Path
    bundle: Path | None = None
    signers: Path | None = None
    upgrade: bool = False
    to: Path | None = None
    hosts_only: bool = False
    down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleCommand(Command):
    """bundle, and what is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCommand(BundleCommand):
    """bundle lock; `update` names the one source to move."""

    recipe: Path
    update: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildCommand(BundleCommand):
    """bundle build; `passphrase` says where that of the key comes from, `split` how big parts may be."""

    recipe: Path
    out: Path
    key: Path | None = None
    passphrase: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignCommand(BundleCommand):
    """bundle sign."""

    bundle: Path
    key: Path
    passphrase: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCommand(BundleCommand):
    """bundle verify; `revoked` is a file of keys that may sign nothing."""

    bundle: Path
    signers: Path
    revoked: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCommand(BundleCommand):
    """bundle show."""

    bundle: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffCommand(BundleCommand):
    """bundle diff."""

    old: Path
    new: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class KeygenCommand(BundleCommand):
    """bundle keygen."""

    key: Path
    passphrase: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaCommand(Command):
    """schema: that of the answers, of the output, or of what a product states."""

    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionCommand(Command):
    """completion for a shell."""

    shell: str
