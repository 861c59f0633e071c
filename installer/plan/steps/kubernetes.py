"""Steps that make hosts a cluster: kubeadm init, join, readiness, and the way back."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from installer import redaction
from installer.answers.model import Environment
from installer.bundle import known
from installer.errors import CommandFailed
from installer.formats.objects import condition
from installer.layout import CONFIG, POD_LINKS
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps import encryption
from installer.plan.steps.before_images import names as listed
from installer.plan.steps.commands import demand, demand_work, underway, wait_for
from installer.plan.steps.hosts import step_id
from installer.ports import ReadOnly, World
from installer.render import context, templates

SETTLED = 120
"""Seconds that a node which has joined may take to be seen, and to be ready, on a busy machine."""
ADMIN = "/etc/kubernetes/admin.conf"
KUBELET = "/etc/kubernetes/kubelet.conf"
KUBEADM = f"{CONFIG}/kubeadm.yaml"
LEAVINGS = (
    "/etc/kubernetes",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/etc/cni/net.d",
    "/var/lib/cni",
    "/run/flannel",
    "/usr/libexec/kubernetes",
    "/var/log/pods",
    "/var/log/containers",
)
"""What kubeadm, the kubelet and the network add-on leave on a host."""

SETTINGS = (
    "kernel.keys.root_maxbytes",
    "kernel.keys.root_maxkeys",
    "kernel.panic",
    "kernel.panic_on_oops",
    "net.ipv4.conf.all.route_localnet",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "vm.overcommit_memory",
    "vm.panic_on_oom",
)
"""Kernel settings that the kubelet and kube-proxy change by themselves."""

RESET = f"""set -u
command -v kubeadm >/dev/null && kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock
systemctl stop kubelet
for link in {" ".join(POD_LINKS)}; do ip link delete "$link" 2>/dev/null; done
for tool in iptables ip6tables; do
  command -v $tool-save >/dev/null || continue
  $tool-save | grep -vE 'KUBE-|FLANNEL|flannel|CNI-|cni0' | $tool-restore
done
find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {{}} + 2>/dev/null
exit 0
"""
"""Run on a host: take it out of its cluster and remove what networking and pods left in the kernel."""


def init(inputs: Planned, environment: Environment, after: tuple[str, ...]) -> Step:
    """The step that starts the cluster on its first control plane; where it stands on others, that one joins them."""
    host = environment.founder
    component = inputs.manifest.component(known.KUBERNETES)
    names = context.for_host(inputs.seen(environment, component), host)
    config = templates.render(component, "init.yaml", names)

    def apply(world: World) -> None:
        beside = standing(world, environment, host, inputs.answers.gone)
        if beside:
            _enter(world, inputs, environment, host, beside)
            return

        def prepare() -> None:
            _clear(world, host)
            encryption.found(world, host)
            world.write(host, KUBEADM, config.encode(), mode=0o600)

        argv = ("kubeadm", "init", "--config", KUBEADM, "--skip-token-print")
        demand_work(world, host, "sitewright-kubernetes-init", *argv, timeout=900, prepare=prepare)

    return _step(
        inputs,
        environment,
        "kubernetes.init",
        host,
        Message("start the control plane {kubernetes}", kubernetes=inputs.manifest.kubernetes),
        after=after,
        differs=lambda world: _stranger(world, environment, host, ADMIN),
        apply=apply,
        weight=25,
    )


def join(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step by which a host joins, as another control plane or as a worker."""
    control_plane = host in environment.control_planes

    def differs(world: ReadOnly) -> Differences:
        # The file holds a token: a join that died before taking it away is not over.
        if world.stat(host, KUBEADM) != (None,):
            return (Difference(KUBEADM, Message("nothing"), Message("a token to join by")),)
        return _stranger(world, environment, host, member)

    member = ADMIN if control_plane else KUBELET
    return _step(
        inputs,
        environment,
        "kubernetes.join",
        host,
        Message("join as control plane") if control_plane else Message("join as worker"),
        after=after,
        differs=differs,
        apply=lambda world: _enter(world, inputs, environment, host, environment.desk),
        weight=12,
    )


def _enter(world: World, inputs: Planned, environment: Environment, host: str, through: str) -> None:
    """Let a host join its cluster, with a token and, for a control plane, keys from the control plane `through`."""
    control_plane = host in environment.control_planes
    member = ADMIN if control_plane else KUBELET
    component = inputs.manifest.component(known.KUBERNETES)
    names = context.for_host(inputs.seen(environment, component), host)

    def prepare() -> None:
        _clear(world, host)
        if control_plane:
            encryption.share(world, through, host)
        admission = _admission(world, through, inputs.manifest.kubernetes if control_plane else "")
        text = templates.render(component, "join.yaml", {**names, "join": admission})
        world.write(host, KUBEADM, text.encode(), mode=0o600)

    unit = "sitewright-kubernetes-join"
    if not underway(world, host, unit) and not _stranger(world, environment, host, member):
        world.remove(host, KUBEADM)
        return
    try:
        demand_work(world, host, unit, "kubeadm", "join", "--config", KUBEADM, timeout=900, prepare=prepare)
    finally:
        world.remove(host, KUBEADM)
    # kubeadm is content when the kubelet may speak to the API; a busy host takes a while until it does.
    wait_for(SETTLED, lambda: not _stranger(world, environment, host, member))


def standing(world: ReadOnly, environment: Environment, host: str, gone: Collection[str] = ()) -> str:
    """Another control plane than `host` that is of the cluster already; empty where there is none.

    Raises:
        SitewrightError: one that is not said to be gone does not answer: nobody may found a second cluster beside it.
    """
    others = [each for each in environment.control_planes if each != host and each not in gone]
    return next((each for each in others if world.stat(each, ADMIN) != (None,)), "")


def ready(environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step that waits until a node is Ready."""

    def differs(world: ReadOnly) -> Differences:
        node = world.get(environment.name, f"/api/v1/nodes/{host}")
        is_ready = node is not None and condition(node, "Ready")
        return (
            ()
            if is_ready
            else (
                Difference(
                    Message("node {host}", host=host), "Ready", Message("not ready") if node else Message("nothing")
                ),
            )
        )

    def apply(world: World) -> None:
        wait_for(SETTLED, lambda: not differs(world))

    return Step(
        id=step_id(environment, "kubernetes.ready", host),
        title=Message("wait until the node is ready"),
        phase="kubernetes",
        host=host,
        environment=environment.name,
        after=after,
        differs=differs,
        apply=apply,
        undo=lambda world, _: None,
        weight=5,
    )


def _step(inputs: Planned, environment: Environment, name: str, host: str, title: Message, **rest: Any) -> Step:
    gone = inputs.answers.gone
    founding = step_id(environment, "kubernetes.init", environment.founder)

    def capture(world: ReadOnly) -> Before:
        states = world.stat(host, *LEAVINGS)
        there = [path for path, state in zip(LEAVINGS, states, strict=True) if state is not None]
        values = {key: world.read(host, f"/proc/sys/{key.replace('.', '/')}") for key in SETTINGS}
        return {
            "there": there,
            "settings": {key: raw.decode("utf-8", "replace").strip() for key, raw in values.items() if raw},
            "_within": {path: listed(world, host, path) for path in there},
        }

    def keep(world: World, image: Image) -> None:
        # What a broken-off kubeadm of this run left may be cleared; what stood before the run is somebody's cluster.
        if "member" in image.seen["_within"].get("/var/lib/etcd", ()):
            reason = Message("/var/lib/etcd holds a cluster's data that is not of this run; nothing was done to it")
            hint = Message("find out whose it is; to bring this site's own back, restore its etcd")
            raise CommandFailed(host=host, command="kubeadm", code=1, reason=reason, hint=hint)

    def undo(world: World, image: Image) -> None:
        demand_work(world, host, "sitewright-kubernetes-reset", "/bin/sh", "-c", RESET, timeout=300)
        came = [f"{path}/{name}" for path, within in image.seen["_within"].items()
                for name in listed(world, host, path) if name not in within]  # fmt: skip
        world.remove(host, KUBEADM, *came, *(path for path in LEAVINGS if path not in image.seen["there"]))
        if image.seen["settings"]:
            demand(world, host, "sysctl", "-w", *(f"{key}={value}" for key, value in image.seen["settings"].items()))
        # Where the cluster stays, it would wait for this node for ever.
        if founding not in image.together or (host == environment.founder and standing(world, environment, host, gone)):
            world.delete(environment.name, f"/api/v1/nodes/{host}")

    return Step(
        id=step_id(environment, name, host), title=title, phase="kubernetes", host=host, capture=capture, keep=keep,
        environment=environment.name, undo=undo, **rest,
    )  # fmt: skip


def _stranger(world: ReadOnly, environment: Environment, host: str, file: str) -> Differences:
    """Why a host is no member of its cluster; nothing where it is one."""
    # Without the file there may be no API server yet: do not ask one.
    for on, path in ((host, file), (environment.desk, ADMIN)):
        if world.stat(on, path) == (None,):
            return (Difference(Message("{path} on {on}", path=path, on=on), Message("there"), Message("nothing")),)
    node = world.get(environment.name, f"/api/v1/nodes/{host}")
    return (
        ()
        if node is not None
        else (Difference(Message("node {host}", host=host), Message("there"), Message("nothing")),)
    )


def _clear(world: World, host: str) -> None:
    """Take away whatever a broken-off kubeadm left."""
    if world.stat(host, "/etc/kubernetes/pki", KUBELET) != (None, None):
        # Not the unit of the way back: that one must not take an unfetched result of this one for its own.
        demand_work(world, host, "sitewright-kubernetes-clear", "/bin/sh", "-c", RESET, timeout=300)


def _admission(world: World, through: str, control_plane_version: str) -> dict[str, str]:
    """A fresh token, the CA's hash and, for a control plane, the key of the uploaded certificates."""
    kubeconfig = ("--kubeconfig", ADMIN)
    line = demand(world, through, "kubeadm", "token", "create", "--ttl", "20m", "--print-join-command", *kubeconfig)
    words = line.split()
    try:
        token = words[words.index("--token") + 1]
        ca_hash = words[words.index("--discovery-token-ca-cert-hash") + 1]
    except (ValueError, IndexError) as error:
        raise CommandFailed(
            host=through, command="kubeadm token create", code=0, reason=Message("no join command in its output")
        ) from error
    redaction.learn(token)
    if not control_plane_version:
        return {"token": token, "ca_hash": ca_hash, "certificate_key": ""}
    key = secrets.token_hex(32)
    redaction.learn(key)
    # The version is named because kubeadm would otherwise ask the internet for the newest one.
    config = (
        f'apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\ncertificateKey: "{key}"\n---\n'
        f"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: {control_plane_version}\n"
    )
    path = f"{CONFIG}/upload-certs.yaml"
    world.write(through, path, config.encode(), mode=0o600)
    try:
        demand(world, through, "kubeadm", "init", "phase", "upload-certs", "--upload-certs", "--config", path)
    finally:
        world.remove(through, path)
    return {"token": token, "ca_hash": ca_hash, "certificate_key": key}
