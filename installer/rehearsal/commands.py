"""The podman commands that make, change and remove practice hosts, as argument lists; nothing here runs one.

Facts behind the options, all measured:
* runc, because crun refuses the hybrid cgroups that build machines still have.
* `--systemd=false`: podman's own preparation mounts the systemd hierarchy twice, and runc inside then fails.
* /var is a volume: containerd's overlays cannot lie on the overlay that is the container's root.
* `--no-hosts`, `--dns none`: podman would bind files of its own there, which cannot be replaced atomically.
"""

from __future__ import annotations

from collections.abc import Iterator

from installer.rehearsal.site import PracticeHost, PracticeSite

Argv = tuple[str, ...]

LABEL = "org.sitewright.practice"
"""On every container, volume and network of a site, with the site's name; nothing without it is touched."""

BOOT = "/sbin/init"


def create_network(site: PracticeSite) -> Argv:
    """A network on which hosts and this machine reach each other, and that leads nowhere else."""
    return (
        "podman", "network", "create", "--internal", "--disable-dns", "--label", f"{LABEL}={site.name}",
        "--subnet", str(site.subnet), "--gateway", site.gateway, site.network,
    )  # fmt: skip


def create_volume(site: PracticeSite, host: PracticeHost) -> Argv:
    """The host's /var."""
    return ("podman", "volume", "create", "--label", f"{LABEL}={site.name}", site.volume(host.name))


def create_host(site: PracticeSite, host: PracticeHost, image: str) -> Argv:
    """The host, switched off."""
    return (
        "podman", "create", "--runtime", "runc", "--privileged", "--cgroupns=private", "--systemd=false",
        "--name", site.container(host.name), "--hostname", host.name, "--label", f"{LABEL}={site.name}",
        "--network", site.network, "--ip", host.address, "--mac-address", host.mac, "--no-hosts", "--dns", "none",
        "--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec",  # noqa: S108 - the host's own
        "--env", "container=podman", "--stop-signal", "SIGRTMIN+3", "--stop-timeout", "20",
        "--ulimit", "nofile=20000:20000", "--ulimit", "nproc=8192:8192",
        "--volume", f"{site.volume(host.name)}:/var:dev,suid,exec", image, BOOT,
    )  # fmt: skip


def unpack(site: PracticeSite, host: str) -> Argv:
    """Unpack the tar on standard input over the host's root, owners as the tar has them."""
    return ("podman", "cp", "--archive=false", "-", f"{site.container(host)}:/")


def start(site: PracticeSite, host: str) -> Argv:
    """Switch the host on."""
    return ("podman", "start", site.container(host))


def kill(site: PracticeSite, host: str) -> Argv:
    """Cut the host's power."""
    return ("podman", "kill", "--signal", "KILL", site.container(host))


def stop(site: PracticeSite, host: str) -> Argv:
    """Shut the host down in order."""
    return ("podman", "stop", site.container(host))


def pause(site: PracticeSite, host: str) -> Argv:
    """Freeze the host: connections to it hang, as with a pulled cable."""
    return ("podman", "pause", site.container(host))


def unpause(site: PracticeSite, host: str) -> Argv:
    """Let a frozen host go on."""
    return ("podman", "unpause", site.container(host))


def inside(site: PracticeSite, host: str, *argv: str) -> Argv:
    """Run a command in the host as root with our standard input: its console, which needs no login."""
    return ("podman", "exec", "--interactive", site.container(host), *argv)


def list_containers(site: str) -> Argv:
    """Every container of a site, as JSON."""
    return ("podman", "ps", "--all", "--filter", f"label={LABEL}={site}", "--format", "json")


def list_networks(site: str) -> Argv:
    """Names of a site's networks, one a line."""
    return ("podman", "network", "ls", "--filter", f"label={LABEL}={site}", "--format", "{{.Name}}")


def list_volumes(site: str) -> Argv:
    """Names of a site's volumes, one a line."""
    return ("podman", "volume", "ls", "--filter", f"label={LABEL}={site}", "--format", "{{.Name}}")


def removal(containers: list[str], volumes: list[str], networks: list[str]) -> Iterator[Argv]:
    """Remove what the lists named, in the order in which nothing is still in use."""
    if containers:
        yield ("podman", "rm", "--force", "--time", "0", *containers)
    if volumes:
        yield ("podman", "volume", "rm", *volumes)
    if networks:
        yield ("podman", "network", "rm", *networks)
