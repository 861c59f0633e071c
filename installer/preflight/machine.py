"""Rules about the machine and its operating system."""

from __future__ import annotations

from collections.abc import Iterator

from installer.errors import HostTaken
from installer.hosts.facts import LEFTOVERS, TOOLS, Facts
from installer.preflight.finding import Case, Check, Violation, control_planes, gib

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
TRIED = {"debian": ("12",)}
"""Operating systems that a release is tried on, by their ID and VERSION_ID in os-release (README.md); of any other the
check warns, for nobody has seen how it does there."""
SYSTEMD = 247
"""systemd-run and socket units behave as the installer needs since this version (Debian 11, RHEL 9)."""
CONTROL_PLANE_CPUS = 2
CONTROL_PLANE_MEMORY = 1700 << 20
"""kubeadm's own minimum: what the kernel leaves of 2 GiB."""
WORKER_MEMORY = 850 << 20
PACKAGES = {"conntrack": "conntrack (conntrack-tools)", "iptables": "iptables", "ip": "iproute2 (iproute)",
            "ss": "iproute2 (iproute)", "modprobe": "kmod", "sysctl": "procps (procps-ng)",
            "nsenter": "util-linux", "findmnt": "util-linux", "sha256sum": "coreutils"}  # fmt: skip
"""Where a tool comes from, for Debian (for RHEL where it differs)."""
RUNTIMES = ("containerd", "kubelet", "docker", "crio", "k3s", "rke2-server", "rke2-agent")


def _system(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.os_version not in TRIED.get(facts.os_id, ()):
        names = ", ".join(f"{name} {version}" for name, versions in TRIED.items() for version in versions)
        found = facts.os_name or f"{facts.os_id} {facts.os_version}".strip() or "an unknown operating system"
        yield Violation(f"{found}, which no release was tried on", f"{names}, which releases are tried on",
                      "rehearse it first", warning=True)  # fmt: skip


def _architecture(case: Case, facts: Facts) -> Iterator[Violation]:
    found = ARCHITECTURES.get(facts.architecture, facts.architecture or "unknown")
    if found != case.manifest.architecture:
        remedy = f"take the bundle for {found}, or another machine"
        yield Violation(f"a machine of architecture {found}", f"{case.manifest.architecture}, as the bundle", remedy)


def _cpu(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.cpus < CONTROL_PLANE_CPUS:
        wanted = f"{CONTROL_PLANE_CPUS} or more on a control plane"
        yield Violation(f"{facts.cpus} core(s)", wanted, "give the machine more cores")


def _memory(case: Case, facts: Facts) -> Iterator[Violation]:
    plane = control_planes(case, facts)
    least, nominal = (CONTROL_PLANE_MEMORY, 2) if plane else (WORKER_MEMORY, 1)
    if facts.memory < least:
        wanted = f"{nominal} GiB or more on a {'control plane' if plane else 'worker'}"
        yield Violation(f"{gib(facts.memory)} of memory", wanted, "give the machine more memory")


def _shared_with(case: Case, facts: Facts, what: str) -> list[str]:
    own = getattr(facts, what)
    return [name for name, other in case.facts.items() if name != facts.host and own and getattr(other, what) == own]


def _hostname(case: Case, facts: Facts) -> Iterator[Violation]:
    if facts.hostname in ("", "localhost", "localhost.localdomain"):
        yield Violation(f"host name {facts.hostname!r}", "a name of its own", f"hostnamectl set-hostname {facts.host}")
    for name in _shared_with(case, facts, "hostname"):
        found = f"host name {facts.hostname}, which {name} has as well"
        yield Violation(found, "a name of its own", f"hostnamectl set-hostname {facts.host}")


def _machine_id(case: Case, facts: Facts) -> Iterator[Violation]:
    remedy = "rm /etc/machine-id; systemd-machine-id-setup; then restart the host"
    if not facts.machine_id:
        yield Violation("no /etc/machine-id", "one of its own", remedy)
    for name in _shared_with(case, facts, "machine_id"):
        yield Violation(f"the machine-id of {name}: one was cloned from the other", "one of its own", remedy)


def _address(case: Case, facts: Facts) -> Iterator[Violation]:
    address = case.answers.host(facts.host).address
    if address not in facts.addresses:
        line = case.answers.lines.get(f"hosts.{[h.name for h in case.answers.hosts].index(facts.host)}.address")
        where = f"{case.answers.file}:{line}" if line else "the answers"
        others = ", ".join(sorted(a for a in facts.addresses if "." in a and not a.startswith("127.")))
        found = f"no interface with {address} (it has {others or 'none'})"
        remedy = f"correct the address in {where}; addresses behind translation do not do"
        yield Violation(found, "the address that other hosts reach", remedy)


def _tools(_: Case, facts: Facts) -> Iterator[Violation]:
    missing = [tool for tool in TOOLS if tool not in facts.tools]
    if missing:
        packages = ", ".join(dict.fromkeys(PACKAGES.get(tool, tool) for tool in missing))
        yield Violation(
            f"no {', '.join(missing)}", "the tools that Kubernetes calls on hosts", f"install {packages} there"
        )


def _systemd(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.systemd < SYSTEMD:
        found = f"systemd {facts.systemd}" if facts.systemd else "no systemd"
        yield Violation(found, f"systemd {SYSTEMD} or newer", "upgrade the operating system")


def _leftovers(case: Case, facts: Facts) -> Iterator[Violation]:
    if case.begun(facts):
        return
    if facts.owner:
        wanted = f"a host of {case.answers.site}, {case.answers.environment_of(facts.host).name}, or of nobody"
        yield Violation(f"the host belongs to {facts.owner}", wanted, HostTaken.hint)
    elif facts.leftovers:
        shown = ", ".join(path.replace("/sys/class/net/", "interface ") for path in facts.leftovers)
        yield Violation(f"left-overs of an earlier cluster: {shown}", "none",
                      f"kubeadm reset --force there and remove the rest (looked at: {len(LEFTOVERS)} places),"
                      " or take a fresh host")  # fmt: skip


def _services(case: Case, facts: Facts) -> Iterator[Violation]:
    running = [name for name in RUNTIMES if name in facts.units and facts.units[name].active]
    if running and not case.begun(facts):
        names = " ".join(running)
        yield Violation(f"{', '.join(running)} already running", "none: the bundle brings its own",
                      f"systemctl disable --now {names}, and remove what they left")  # fmt: skip


def _swap(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.swap:
        remedy = "swapoff --all, and take the swap lines out of /etc/fstab"
        yield Violation(f"{gib(facts.swap)} of swap in use", "none: kubelet does not start beside it", remedy)


def _probes(case: Case, facts: Facts) -> Iterator[Violation]:
    reason = case.tried.refused.get(facts.host)
    if reason:
        yield Violation(f"a probe could not be made: {reason}", "disks, links and ports that can be tried",
                      "mend what it says, and check again")  # fmt: skip


CHECKS = (
    Check("host.probes", "probes can be made", _probes, tries=True),
    Check("host.os", "operating system", _system),
    Check("host.architecture", "architecture", _architecture),
    Check("host.cpu", "cores", _cpu, control_planes),
    Check("host.memory", "memory", _memory),
    Check("host.hostname", "unique host name", _hostname),
    Check("host.machine-id", "unique machine-id", _machine_id),
    Check("host.address", "the address is its own", _address),
    Check("host.tools", "tools", _tools),
    Check("host.systemd", "systemd", _systemd),
    Check("host.leftovers", "no left-overs of an earlier cluster", _leftovers),
    Check("host.services", "no container runtime of somebody else", _services),
    Check("memory.swap", "no swap", _swap),
)
