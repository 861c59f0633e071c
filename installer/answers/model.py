"""What the customer said, as frozen values; `installer.answers.file` reads and writes them.

`answers.schema.json` is the authority on fields, meanings and defaults; these types mirror it. Everything in here is
safe to print: a secret is a `SecretRef`, which says where the secret is and never what it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from installer.layout import PUSH_PORT, REGISTRY_PORT

FORMAT = 1
"""Version of the answers file (its `version` key)."""

BUILD_POOL = "build"
"""The pool of the one host on which images are built. Nothing else is put there."""


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is: an environment variable, a file, a command's standard output, or a prompt at the terminal."""

    kind: Literal["env", "file", "command", "prompt"]
    value: str | tuple[str, ...]

    def __str__(self) -> str:
        shown = self.value if isinstance(self.value, str) else " ".join(self.value)
        return f"{self.kind}:{shown}"


@dataclass(frozen=True, slots=True)
class Bastion:
    """A host to hop over. Fields as in `Access`; `host_key` as in `Host`."""

    address: str
    user: str
    port: int = 22
    host_key: str = ""
    private_key: str = ""
    passphrase: SecretRef | None = None
    password: SecretRef | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How hosts are logged in to. `private_key` and `known_hosts` are paths on this machine; empty: not used."""

    user: str = "root"
    port: int = 22
    private_key: str = ""
    passphrase: SecretRef | None = None
    password: SecretRef | None = None
    agent: bool = False
    sudo_password: SecretRef | None = None
    known_hosts: str = ""
    bastion: Bastion | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A machine of the customer.

    `host_key` is "SHA256:..." as `ssh-keygen -l` shows it; `access` is already merged with the site's own; `pool` is
    the group of hosts that it is in, empty for none.
    """

    name: str
    address: str
    access: Access
    host_key: str = ""
    pool: str = ""


@dataclass(frozen=True, slots=True)
class Networks:
    """A cluster's own networks in CIDR notation."""

    pods: str = "10.244.0.0/16"
    services: str = "10.96.0.0/16"

    @property
    def domain(self) -> str:
        """The cluster's DNS domain."""
        return "cluster.local"


@dataclass(frozen=True, slots=True)
class Pool:
    """Hosts of an environment on which `components` stand; where it is `reserved`, nothing else of pods does."""

    components: tuple[str, ...] = ()
    reserved: bool = False


def present(hosts: Sequence[str], absent: Collection[str]) -> str:
    """The first of some hosts that is not absent; the first of all where none is there."""
    return next((host for host in hosts if host not in absent), hosts[0])


@dataclass(frozen=True, slots=True)
class Environment:
    """One cluster: production, pre-release, testing ...

    `components` maps each chosen component's name to values laid over its own; components that others require are
    taken along by the planner. `endpoint` is the customer's own "name:port" for the API, empty for the local proxy.
    `domain` is the suffix of the names that services get ("shop.<domain>").
    """

    name: str
    control_planes: tuple[str, ...]
    workers: tuple[str, ...] = ()
    networks: Networks = Networks()
    endpoint: str = ""
    domain: str = "site.internal"
    components: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    """Hosts that are seen not to be members now: silent ones, and ones yet to join a cluster that stands."""

    def pool_of(self, component: str) -> str:
        """The pool in which a component stands; empty: in none."""
        return next((name for name, pool in self.pools.items() if component in pool.components), "")

    def reserved(self, pool: str) -> bool:
        """Whether the hosts of a pool take nothing that is not placed there."""
        return pool == BUILD_POOL or (pool in self.pools and self.pools[pool].reserved)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Control planes, then workers."""
        return self.control_planes + self.workers

    @property
    def founder(self) -> str:
        """The control plane by which steps of the cluster as a whole are called, whether it stands or not."""
        return self.control_planes[0]

    @property
    def desk(self) -> str:
        """The control plane on which work on the cluster is done: the first that stands."""
        return present(self.control_planes, self.absent)


@dataclass(frozen=True, slots=True)
class Registry:
    """The site registry: a replica on each of `hosts`, serving TLS on `port`, writing on loopback `push_port`."""

    hosts: tuple[str, ...]
    port: int = REGISTRY_PORT
    push_port: int = PUSH_PORT


@dataclass(frozen=True, slots=True)
class OwnAuthority:
    """The customer's own authority. `certificate` is a path on this machine; `signing_key` says where its key is."""

    certificate: str
    signing_key: SecretRef


@dataclass(frozen=True, slots=True)
class Waiver:
    """One preflight check set aside. `check` is the check's name; `hosts` empty: on every host."""

    check: str
    reason: str
    person: str
    until: date
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call: `side` is who sends them, `duty` what they answer for, `reach` a telephone or mail address."""

    name: str
    side: Literal["customer", "vendor"]
    duty: str = ""
    reach: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A question that somebody has to answer by a day."""

    question: str
    person: str
    until: date


@dataclass(frozen=True, slots=True)
class Planning:
    """What the report's timeline and checklist go by. `start` None: the day after the report; `mail` empty: none."""

    start: date | None = None
    holidays: tuple[date, ...] = ()
    delivery_days: int = 20
    copy_mb_per_s: float = 50
    mail: str = ""
    contacts: tuple[Contact, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything the customer said.

    `digests` maps each top-level section ("answers.hosts" ...) to the sha256 of its canonical JSON; `lines` maps a
    dotted path ("hosts.0.address") to its line in `file`, for messages; `text` is the file as it was read.
    """

    site: str
    hosts: tuple[Host, ...]
    environments: tuple[Environment, ...]
    registry: Registry
    signers: str
    """Path on this machine of the allowed-signers file that the bundle is verified against; empty: given by flag."""
    revoked: str = ""
    """Path on this machine of the list of keys that may sign no bundle any more; empty: there is none."""
    authority: OwnAuthority | None = None
    """In whose name environments sign; None: an authority is made for the site."""
    ntp: tuple[str, ...] = ()
    language: str = "en"
    customer: str = ""
    waivers: tuple[Waiver, ...] = ()
    parallel_hosts: int = 10
    plan: Planning = Planning()
    needs: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    text: str = field(default="", repr=False)
    lines: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    """Hosts that a person said to be gone, or that were removed: nothing is done on them."""

    @property
    def absent(self) -> frozenset[str]:
        """Hosts of all environments that are seen not to be members now."""
        return frozenset(name for each in self.environments for name in each.absent)

    def host(self, name: str) -> Host:
        """The host of that name.

        Raises:
            KeyError: there is none.
        """
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(f"no host {name!r} in the answers")

    def environment(self, name: str) -> Environment:
        """The environment of that name.

        Raises:
            KeyError: there is none.
        """
        for environment in self.environments:
            if environment.name == name:
                return environment
        raise KeyError(f"no environment {name!r} in the answers")

    def environment_of(self, host: str) -> Environment:
        """The environment a host belongs to (a host is in exactly one).

        Raises:
            KeyError: the host is in none.
        """
        for environment in self.environments:
            if host in environment.hosts:
                return environment
        raise KeyError(f"host {host!r} is in no environment")

    def secret_refs(self) -> Iterator[SecretRef]:
        """Every secret reference, once."""
        refs = [*self.login_refs(), *([self.authority.signing_key] if self.authority else [])]
        yield from dict.fromkeys(refs)

    def login_refs(self) -> Iterator[SecretRef]:
        """Every reference to a secret by which hosts are reached, once."""
        seen: set[SecretRef] = set()
        for host in self.hosts:
            access = host.access
            bastion = access.bastion
            refs = [access.passphrase, access.password, access.sudo_password]
            refs += [bastion.passphrase, bastion.password] if bastion else []
            for ref in refs:
                if ref is not None and ref not in seen:
                    seen.add(ref)
                    yield ref

    def waiver(self, check: str, host: str) -> Waiver | None:
        """The waiver of a check on a host, of several the one that ends last; None where there is none."""
        found = (each for each in self.waivers if each.check == check and (not each.hosts or host in each.hosts))
        return max(found, key=lambda each: each.until, default=None)
