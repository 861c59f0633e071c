"""Simulated sites for tests: a machine for each host of a profile, and inputs whose signature is a real one."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from core_manifest import ROOT, manifest_for, manifest_of

from installer import operations
from installer.answers import file as answers_file
from installer.answers.model import Answers
from installer.bundle.manifest_json import decode, encode
from installer.bundle.sshsig import generate_key, sign
from installer.plan.inputs import Inputs
from installer.runs.store import Runs
from installer.simulated.machine import Machine
from installer.simulated.world import SimulatedWorld

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROFILES = sorted(path.stem for path in (ROOT / "profiles").glob("*.yaml"))


@cache
def answers_of(profile: str) -> Answers:
    return answers_file.load(ROOT / "profiles" / f"{profile}.yaml")


@cache
def _signed(bundle_json: bytes) -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        signers = generate_key(Path(folder) / "vendor")
        return sign(bundle_json, Path(folder) / "vendor"), signers.encode()


def inputs_of(profile: str) -> Inputs:
    manifest = manifest_for(answers_of(profile))
    bundle_json = encode(manifest)
    return Inputs(answers_of(profile), decode(bundle_json, manifest.name), bundle_json, *_signed(bundle_json))


def next_inputs_of(profile: str) -> Inputs:
    """The same answers with the release after: what a site is upgraded to."""
    bundle_json = encode(manifest_of("core-next"))
    return Inputs(answers_of(profile), decode(bundle_json, "core-next"), bundle_json, *_signed(bundle_json))


def machines_of(profile: str, **changed) -> list[Machine]:
    """A machine for each host, as the answers want it; `changed` applies to all."""
    return [replace(Machine(host.name, host.address), **changed) for host in answers_of(profile).hosts]


def world_of(profile: str, fate=None, **changed) -> SimulatedWorld:
    return SimulatedWorld(
        machines_of(profile, **changed), manifest_for(answers_of(profile)), fate=fate, now=lambda: NOW
    )


def site_of(world, state, profile="rehearsal", inputs=None) -> operations.Site:
    return operations.Site(inputs or inputs_of(profile), world, Runs(state), "tester", {})


@contextmanager
def unwatched(_plan):
    yield lambda _event: None


def install(site):
    return operations.install(site, operations.plan(site.inputs), unwatched, threading.Event())


def act(operation, site):
    """Resume, roll back or uninstall."""
    return operation(site, unwatched, threading.Event())


class At:
    """A fate that does something to the cluster just before each call of a verb."""

    def __init__(self, verb: str, act: Callable[[], object]) -> None:
        self.verb, self.act = verb, act

    def around(self, verb, _host, effect):
        if verb == self.verb:
            self.act()
        return effect()


def with_cluster(world: SimulatedWorld, host: str, name: str = "production") -> None:
    """Start a cluster whose only member is one host, by the simulated kubeadm itself."""
    on = world.site.hosts[host]
    for path in ("/usr/local/bin/kubelet", "/usr/local/bin/kubeadm"):
        on.tree.put(path, b"\x7fELF", 0o755)
    on.tree.put("/etc/systemd/system/kubelet.service", b"[Service]\nExecStart=/usr/local/bin/kubelet\n")
    on.active |= {"containerd.service", "api-proxy.service"}
    world.run(host, "modprobe", "--all", "br_netfilter")
    world.run(host, "sysctl", "-w", "net.ipv4.ip_forward=1")
    config = (
        f"kind: ClusterConfiguration\nclusterName: {name}\ncontrolPlaneEndpoint: 127.0.0.1:7443\n"
        "networking: {dnsDomain: cluster.local, podSubnet: 10.244.0.0/16}\n---\n"
        f"kind: InitConfiguration\nlocalAPIEndpoint: {{}}\nnodeRegistration: {{name: {host}}}\n"
    )
    world.write(host, "/etc/kubeadm.yaml", config.encode())
    ended = world.run(host, "kubeadm", "init", "--config", "/etc/kubeadm.yaml", "--skip-token-print")
    assert ended.ok, ended.err


def differences(before, after) -> list[str]:
    """What is not on each host as it was, line by line."""
    found = []
    for host, was in before.items():
        now = after[host]
        paths = sorted(set(was["files"]) | set(now["files"]))
        found += [f"{host}: {path}" for path in paths if was["files"].get(path) != now["files"].get(path)]
        for what in ("running", "uncollected"):
            found += [f"{host}: {what}: {unit}" for unit in sorted(was[what] ^ now[what])]
    return found
