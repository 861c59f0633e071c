"""What the hosts say of themselves: read in a few round trips each, all hosts at once, changing nothing.

`gather` asks, `parse` in `installer.hosts.facts_parsing` understands; the checks see the `Facts` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from installer.answers.model import Answers
from installer.errors import ConnectionLost, HostAnswersOddly, SitewrightError
from installer.hosts import facts_parsing as reading
from installer.hosts import network_facts, unit_facts
from installer.hosts.facts_parsing import Disk, Listener, Owner, Unit
from installer.hosts.network_facts import Taken
from installer.hosts.unit_facts import DropIn
from installer.layout import HOME, POD_LINKS
from installer.messages import Message
from installer.ports import Output, Questions

GIB = 1 << 30
"""Bytes in a GiB."""
ODD = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What an answer of a form that nobody foresaw raises. It is that host's trouble, and hides none of the others."""
AT_ONCE = 4
"""Questions to one host at the same time; sshd allows ten sessions on a connection, and others work on it too."""
PATIENCE = 10
"""Seconds for one answer: a name server that cannot be reached keeps a look-up waiting longer than that."""

FILES = (
    "/etc/os-release", "/etc/machine-id", "/proc/sys/kernel/hostname", "/proc/sys/kernel/osrelease",
    "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/self/mounts", "/proc/net/route", "/proc/self/status",
    "/proc/cmdline", "/proc/cgroups",
    "/proc/sys/kernel/pid_max", "/proc/sys/fs/inotify/max_user_instances",
    "/proc/sys/fs/inotify/max_user_watches",
    "/sys/fs/cgroup/cgroup.controllers", "/sys/fs/selinux/enforce", reading.OWNER,
    reading.RECORD, network_facts.RESOLV, network_facts.RESOLVED, unit_facts.FSTAB,
)  # fmt: skip
PLACES = ("/", "/etc", "/opt", "/opt/cni", "/opt/cni/bin", "/usr/local", "/usr/local/bin", "/usr/local/sbin",
          "/var", "/var/lib", "/var/log", "/var/lib/containerd", "/var/lib/kubelet",
          "/var/lib/etcd", HOME, f"{HOME}/bin")  # fmt: skip
"""Where an installation writes; the disk of each is looked up, and of those not there yet the nearest parent's."""
TOOLS = ("conntrack", "curl", "findmnt", "ip", "iptables", "modprobe", "mount", "nsenter", "sha256sum", "ss", "sysctl",
         "systemctl", "systemd-run", "tar")  # fmt: skip
BINARIES = tuple(f"{folder}/{tool}" for tool in TOOLS for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"))
LEFTOVERS = (
    "/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf", "/var/lib/etcd/member",
    "/var/lib/kubelet/config.yaml", "/etc/containerd/config.toml", *(f"/sys/class/net/{link}" for link in POD_LINKS),
)  # fmt: skip
FOLDERS = ("/etc/kubernetes/manifests", "/etc/cni/net.d", "/etc/rancher", "/var/lib/rancher", "/var/lib/cni")
"""Left-overs as well, where anything is in them: packages of container programs make them and leave them empty."""
FILLED = ("/usr/local/bin", "/var/lib/containerd", "/var/lib/etcd", HOME, "/var/log/pods")
"""What an installation fills; looked into where one was begun."""
MODULE_SIGNS = {
    "overlay": "/sys/module/overlay", "br_netfilter": "/proc/sys/net/bridge", "vxlan": "/sys/module/vxlan",
    "nf_conntrack": "/proc/sys/net/netfilter",
}  # fmt: skip
UNITS = ("containerd", "kubelet", "docker", "crio", "k3s", "rke2-server", "rke2-agent", "firewalld", "ufw", "nftables",
         "chronyd", "chrony", "systemd-timesyncd", "ntpsec", "ntpd", "systemd-resolved",
         *unit_facts.SWAPPERS)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """One host. Sizes are bytes; a text is empty and a set without members where the host does not say."""

    host: str
    os_id: str = ""
    os_version: str = ""
    os_name: str = ""
    architecture: str = ""
    kernel: str = ""
    hostname: str = ""
    machine_id: str = ""
    cpus: int = 0
    memory: int = 0
    swap: int = 0
    capabilities: int = 0
    cgroup: int = 0
    lacking_controllers: tuple[str, ...] = ()
    """Of those of cgroup v2 that kubelet needs."""
    kernel_switches: tuple[str, ...] = ()
    """Words of the kernel's command line about cgroups."""
    selinux: bool = False
    systemd: int = 0
    disks: Mapping[str, Disk] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
    addresses: frozenset[str] = frozenset()
    default_route: bool = False
    networks: tuple[Taken, ...] = ()
    """What it reaches: its own networks, its routes and its name servers."""
    name_servers: tuple[str, ...] | None = None
    """Those that its pods are given; None where nobody looked."""
    drop_ins: tuple[DropIn, ...] = ()
    returning_swap: tuple[str, ...] = ()
    """Where it is written that swap is turned on at boot."""
    clock_ahead: float = 0.0
    clock_doubt: float = 0.0
    clock_synchronised: bool = False
    units: Mapping[str, Unit] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    leftovers: tuple[str, ...] = ()
    modules: frozenset[str] = frozenset()
    resolves_itself: bool = False
    unresolved: frozenset[str] = frozenset()
    """Of the names that it was asked to look up, those that it does not find."""
    settings: Mapping[str, int] = field(default_factory=dict)
    owner: Owner | None = None
    """Whose installation ended or at least began here."""
    record: str = ""
    """What the host's site record says, as it is."""
    filled: Mapping[str, int] = field(default_factory=dict)
    """Bytes that each place of `FILLED` holds; told only where an installation began."""


@dataclass(frozen=True)
class Gathered:
    """The hosts that answered, and why the others did not."""

    facts: Mapping[str, Facts]
    refused: Mapping[str, SitewrightError]


def gather(world: Questions, answers: Answers, report: Callable[[int, int, str, str], None]) -> Gathered:
    """Ask every host, as many at once as the answers allow; a host that cannot be asked is told with its reason."""
    facts: dict[str, Facts] = {}
    refused: dict[str, SitewrightError] = {}
    names = [host.name for host in answers.hosts]
    with ThreadPoolExecutor(max_workers=answers.parallel_hosts) as pool:
        asked = {pool.submit(ask, world, name, *_looked_up(answers, name)): name for name in names}
        for done, answer in enumerate(as_completed(asked), start=1):
            name = asked[answer]
            try:
                facts[name] = answer.result()
            except SitewrightError as error:
                refused[name] = error
            except ODD as error:
                refused[name] = odd(name, error)
            report(done, len(names), "items", name)
    return Gathered({n: facts[n] for n in names if n in facts}, {n: refused[n] for n in names if n in refused})


def odd(host: str, error: Exception) -> HostAnswersOddly:
    """What an answer that cannot be understood is told as."""
    return HostAnswersOddly(host=host, reason=Message("it gave {reason}", reason=error))


def _looked_up(answers: Answers, host: str) -> tuple[str, ...]:
    """The names that a host has to find for the installation to go on."""
    endpoint = answers.environment_of(host).endpoint
    return (endpoint.rpartition(":")[0],) if endpoint else ()


def ask(world: Questions, host: str, *names: str) -> Facts:
    """The facts of one host; `names` are looked up there.

    Raises:
        PreflightFailed: the host cannot be reached or logged in to, or runs nothing as root.
        ConnectionLost: the connection broke meanwhile.
        HostAnswersOddly: it said something that is no answer.
    """
    files = reading.files(world.query(host, "head", "-v", "-c", "262144", *FILES, timeout=PATIENCE).out)
    hostname = reading.host_name(files.get("/proc/sys/kernel/hostname", ""))
    ahead, doubt = _clock(world, host)
    identity = reading.identity(files)
    questions = _questions(hostname, names, begun=bool(identity["owner"]))
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        asked = [pool.submit(world.query, host, *argv, timeout=PATIENCE) for argv in questions.values()]
        try:
            said = {name: answer.result().out for name, answer in zip(questions, asked, strict=True)}
        except BaseException as error:
            pool.shutdown(cancel_futures=True)  # who fails one question is not asked the rest
            cause = _cause(error, asked)
            raise cause from cause.__cause__
    there = frozenset(said["existing"].splitlines())
    units = reading.units(said["units"])
    servers = network_facts.name_servers(files, resolved=_active(units, "systemd-resolved"))
    reached = (*network_facts.attached(said["address"]), *network_facts.routed(said["routes"]))
    enabled = frozenset(name for name, unit in units.items() if unit.enabled)
    return Facts(
        host=host,
        **identity,
        **reading.machine(files),
        architecture=reading.line(said["uname"]),
        systemd=reading.number(said["systemd"]),
        disks=reading.disks(said["df"], files.get("/proc/self/mounts", ""), PLACES),
        listeners=reading.listeners(said["ports"]),
        addresses=reading.addresses(said["address"]),
        clock_ahead=ahead,
        clock_doubt=doubt,
        clock_synchronised="NTPSynchronized=yes" in said["time"],
        units=units,
        networks=(*reached, *network_facts.asked(servers)),
        name_servers=servers,
        drop_ins=unit_facts.drop_ins(said["settings"]),
        returning_swap=unit_facts.returning_swap(said["settings"], files.get(unit_facts.FSTAB, ""), enabled),
        tools=frozenset(path.rpartition("/")[2] for path in BINARIES if path in there),
        leftovers=(*(path for path in LEFTOVERS if path in there), *reading.filled(said["within"])),
        modules=_modules(world, host, there, files),
        resolves_itself=bool(hostname and said["resolved"].strip()),
        unresolved=frozenset(name for name in names if not said[name].strip()),
        filled=reading.sizes(said.get("filled", "")),
    )


def _cause(error: BaseException, asked: Iterable[Future[Output]]) -> BaseException:
    """Why questions failed: the connection that all share is hung up where one answer is none, and breaks the others.

    Which of them is noticed first is chance.
    """
    if not isinstance(error, ConnectionLost):
        return error
    failed = (each.exception() for each in asked if not each.cancelled())
    return next((each for each in failed if each is not None and not isinstance(each, ConnectionLost)), error)


def _questions(hostname: str, names: Iterable[str], *, begun: bool) -> dict[str, tuple[str, ...]]:
    """What a host is asked, each by what its answer is called; `begun` where an installation was begun there."""
    questions: dict[str, tuple[str, ...]] = {
        "address": ("ip", "-json", "address"),
        "settings": unit_facts.QUESTION,
        "routes": ("ip", "-json", "route", "show", "table", "all"),
        "df": ("df", "-B1", "--output=file,size,avail,target,fstype", *PLACES),
        "existing": ("ls", "-d", *BINARIES, *LEFTOVERS, *MODULE_SIGNS.values()),
        "within": ("ls", "-A", *FOLDERS),
        "ports": ("ss", "-H", "-ltunp"),
        "resolved": ("getent", "ahostsv4", hostname or "localhost"),
        "systemd": ("systemctl", "show", "--property=Version"),
        "time": ("timedatectl", "show"),
        "uname": ("uname", "-m"),
        "units": ("systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState", *UNITS),
    }
    questions |= {name: ("getent", "ahostsv4", name) for name in names}
    if begun:
        questions["filled"] = ("du", "-sxB1", *FILLED)
    return questions


def _active(units: Mapping[str, Unit], name: str) -> bool:
    return name in units and units[name].active


def _clock(world: Questions, host: str) -> tuple[float, float]:
    """Seconds that the host's clock is ahead of ours, and how far that may be off: half the round trip."""
    before = world.now()
    clock = world.query(host, "date", "+%s.%N", timeout=PATIENCE).out
    after = world.now()
    doubt = (after - before).total_seconds() / 2
    try:
        return reading.seconds(clock) - before.timestamp() - doubt, doubt
    except ValueError as error:
        raise odd(host, error) from error


def _modules(world: Questions, host: str, there: frozenset[str], files: Mapping[str, str]) -> frozenset[str]:
    """Kernel modules that are at work already, or that modprobe would find."""
    at_work = {name for name, sign in MODULE_SIGNS.items() if sign in there}
    if "\toverlay\n" in files.get("/proc/filesystems", ""):
        at_work.add("overlay")
    asleep = [name for name in MODULE_SIGNS if name not in at_work]
    return frozenset(
        at_work | {name for name in asleep if world.query(host, "modprobe", "--dry-run", name, timeout=PATIENCE).ok}
    )
