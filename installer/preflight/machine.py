"""Rules about the machine and its operating system."""

from __future__ import annotations

from collections.abc import Iterator

from installer.errors import HostTaken
from installer.hosts.facts import FOLDERS, LEFTOVERS, TOOLS, Facts
from installer.messages import Message
from installer.preflight.finding import Case, Check, Violation, control_planes, gib
from installer.preflight.short import CORES, MEMORY, short_of

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
        found = facts.os_name or f"{facts.os_id} {facts.os_version}".strip() or Message("an unknown operating system")
        yield Violation(
            Message("{system}, which no release was tried on", system=found),
            Message("{names}, which releases are tried on", names=names),
            Message("rehearse it first"),
            warning=True,
        )


def _architecture(case: Case, facts: Facts) -> Iterator[Violation]:
    found = ARCHITECTURES.get(facts.architecture, facts.architecture or Message("unknown"))
    if found != case.manifest.architecture:
        remedy = Message("take the bundle for {name}, or another machine", name=found)
        yield Violation(
            Message("a machine of architecture {name}", name=found),
            Message("{name}, as the bundle", name=case.manifest.architecture),
            remedy,
        )


def _cpu(case: Case, facts: Facts) -> Iterator[Violation]:
    if facts.cpus < CONTROL_PLANE_CPUS:
        wanted = Message("{count} or more on a control plane", count=CONTROL_PLANE_CPUS)
        yield Violation(Message("{count} core(s)", count=facts.cpus), wanted, Message("give the machine more cores"))
    yield from short_of(case, facts, CORES)


def _memory(case: Case, facts: Facts) -> Iterator[Violation]:
    plane = control_planes(case, facts)
    least, nominal = (CONTROL_PLANE_MEMORY, 2) if plane else (WORKER_MEMORY, 1)
    if facts.memory < least:
        wanted = (
            Message("{count} or more on a control plane", count=f"{nominal} GiB")
            if plane
            else Message("{size} or more on a worker", size=f"{nominal} GiB")
        )
        yield Violation(
            Message("{size} of memory", size=gib(facts.memory)), wanted, Message("give the machine more memory")
        )
    yield from short_of(case, facts, MEMORY)


def _shared_with(case: Case, facts: Facts, what: str) -> list[str]:
    own = getattr(facts, what)
    return [name for name, other in case.facts.items() if name != facts.host and own and getattr(other, what) == own]


def _hostname(case: Case, facts: Facts) -> Iterator[Violation]:
    if facts.hostname in ("", "localhost", "localhost.localdomain"):
        yield Violation(
            Message("host name {name}", name=f"{facts.hostname!r}"),
            Message("a name of its own"),
            Message("hostnamectl set-hostname {name}", name=facts.host),
        )
    for name in _shared_with(case, facts, "hostname"):
        found = Message("host name {name}, which {other} has as well", name=facts.hostname, other=name)
        yield Violation(
            found, Message("a name of its own"), Message("hostnamectl set-hostname {name}", name=facts.host)
        )


def _machine_id(case: Case, facts: Facts) -> Iterator[Violation]:
    remedy = Message("rm /etc/machine-id; systemd-machine-id-setup; then restart the host")
    if not facts.machine_id:
        yield Violation(Message("no /etc/machine-id"), Message("one of its own"), remedy)
    for name in _shared_with(case, facts, "machine_id"):
        yield Violation(
            Message("the machine-id of {name}: one was cloned from the other", name=name),
            Message("one of its own"),
            remedy,
        )


def _address(case: Case, facts: Facts) -> Iterator[Violation]:
    address = case.answers.host(facts.host).address
    if address not in facts.addresses:
        line = case.answers.lines.get(f"hosts.{[h.name for h in case.answers.hosts].index(facts.host)}.address")
        where = f"{case.answers.file}:{line}" if line else Message("the answers")
        others = tuple(sorted(a for a in facts.addresses if "." in a and not a.startswith("127.")))
        found = Message(
            "no interface with {address} (it has {others})", address=address, others=others or Message("none")
        )
        remedy = Message("correct the address in {place}; addresses behind translation do not do", place=where)
        yield Violation(found, Message("the address that other hosts reach"), remedy)


def _tools(_: Case, facts: Facts) -> Iterator[Violation]:
    missing = [tool for tool in TOOLS if tool not in facts.tools]
    if missing:
        packages = ", ".join(dict.fromkeys(PACKAGES.get(tool, tool) for tool in missing))
        yield Violation(
            Message("no {names}", names=", ".join(missing)),
            Message("the tools that Kubernetes calls on hosts"),
            Message("install {packages} there", packages=packages),
        )


def _systemd(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.systemd < SYSTEMD:
        found = Message("systemd {version}", version=facts.systemd) if facts.systemd else Message("no systemd")
        yield Violation(
            found, Message("systemd {version} or newer", version=SYSTEMD), Message("upgrade the operating system")
        )


def _leftovers(case: Case, facts: Facts) -> Iterator[Violation]:
    if case.begun(facts):
        return
    if facts.owner:
        wanted = Message(
            "a host of {site}, {environment}, or of nobody",
            site=case.answers.site,
            environment=case.answers.environment_of(facts.host).name,
        )
        yield Violation(Message("the host belongs to {owner}", owner=facts.owner), wanted, Message(HostTaken.hint))
    elif facts.leftovers:
        shown = ", ".join(path.replace("/sys/class/net/", "interface ") for path in facts.leftovers)
        yield Violation(
            Message("left-overs of an earlier cluster: {names}", names=shown),
            Message("none"),
            Message(
                "kubeadm reset --force there and remove the rest (looked at: {count} places), or take a fresh host",
                count=len(LEFTOVERS) + len(FOLDERS),
            ),
        )


def _services(case: Case, facts: Facts) -> Iterator[Violation]:
    running = [name for name in RUNTIMES if name in facts.units and facts.units[name].active]
    if running and not case.begun(facts):
        names = " ".join(running)
        yield Violation(
            Message("{names} already running", names=", ".join(running)),
            Message("none: the bundle brings its own"),
            Message("systemctl disable --now {names}, and remove what they left", names=names),
        )


def _swap(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.returning_swap:
        where = ", ".join(facts.returning_swap)
        yield Violation(
            Message("swap is turned on at the next start, by {place}", place=where),
            Message("none: kubelet does not start beside it"),
            Message("take it out of {place}, or systemctl mask swap.target; systemctl daemon-reload", place=where),
        )
    if facts.swap:
        remedy = Message("swapoff --all, and take the swap lines out of /etc/fstab")
        yield Violation(
            Message("{size} of swap in use", size=gib(facts.swap)),
            Message("none: kubelet does not start beside it"),
            remedy,
        )


def _probes(case: Case, facts: Facts) -> Iterator[Violation]:
    reason = case.tried.refused.get(facts.host)
    if reason:
        yield Violation(
            Message("a probe could not be made: {reason}", reason=reason),
            Message("disks, links and ports that can be tried"),
            Message("mend what it says, and check again"),
        )


CHECKS = (
    Check("host.probes", Message("probes can be made"), _probes, tries=True),
    Check("host.os", Message("operating system"), _system),
    Check("host.architecture", Message("architecture"), _architecture),
    Check("host.cpu", Message("cores"), _cpu, control_planes),
    Check("host.memory", Message("memory"), _memory),
    Check("host.hostname", Message("unique host name"), _hostname),
    Check("host.machine-id", Message("unique machine-id"), _machine_id),
    Check("host.address", Message("the address is its own"), _address),
    Check("host.tools", Message("tools"), _tools),
    Check("host.systemd", Message("systemd"), _systemd),
    Check("host.leftovers", Message("no left-overs of an earlier cluster"), _leftovers),
    Check("host.services", Message("no container runtime of somebody else"), _services),
    Check("memory.swap", Message("no swap"), _swap),
)
