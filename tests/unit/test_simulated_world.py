"""The simulated world itself: strict where it knows nothing, faithful where it does."""

from __future__ import annotations

import pytest
from core_manifest import core_manifest
from simulation import NOW, install, machines_of, site_of, with_cluster, world_of

from installer.errors import CommandFailed, ConnectionLost, HostUnreachable, UsageError
from installer.plan.steps.before_images import KEEP
from installer.simulated import file
from installer.simulated.faults import Faults
from installer.simulated.machine import Machine, Volume
from installer.simulated.state import Unscripted
from installer.simulated.tree import Tree
from installer.simulated.world import SimulatedWorld

SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "space"}}


@pytest.fixture
def world():
    return world_of("minimal")


@pytest.fixture
def running(world):
    """A world with a cluster in it."""
    with_cluster(world, "solo")
    return world


@pytest.mark.parametrize(
    "argv",
    [
        ("rsync", "-a", "/a", "/b"),
        ("systemctl", "mask", "kubelet"),
        ("systemctl", "list-units"),
        ("kubeadm", "upgrade", "node"),
        ("sh", "-c", "echo surprise"),
        ("sysctl", "--system"),
        ("ln", "-s", "a", "b"),
        ("ip", "route"),
    ],
    ids=" ".join,
)
def test_what_nobody_scripted_is_refused_by_name(world, argv):
    world.write("solo", "/usr/local/bin/kubeadm", b"", mode=0o755)
    with pytest.raises(Unscripted, match=argv[0]):
        world.run("solo", *argv)


def test_a_changed_script_is_noticed(world):
    assert world.run("solo", "sh", "-c", KEEP, "keep", "/kept", "/none").ok
    with pytest.raises(Unscripted):
        world.run("solo", "sh", "-c", KEEP + "\n", "keep", "/kept", "/none")


def test_a_program_that_is_not_installed_is_not_found(world):
    assert world.run("solo", "kubeadm", "reset").code == 127
    assert not world.query("solo", "which", "kubeadm").ok


def test_hosts_that_are_not_there_cannot_be_reached(world):
    with pytest.raises(HostUnreachable, match="no host of that name"):
        world.stat("other", "/")
    with pytest.raises(HostUnreachable, match="no answer"):
        SimulatedWorld([Machine("a", "192.0.2.1", reachable=False)], core_manifest()).stat("a", "/")


def test_long_work_that_was_not_collected_is_not_done_twice(world):
    world.fate = Faults({"work": "t"})
    with pytest.raises(ConnectionLost):
        world.work("solo", "ln", "ln", "/etc/machine-id", "/etc/second")
    assert world.query("solo", "systemctl", "is-active", "sitewright-ln.service").ok
    assert world.work("solo", "ln", "ln", "/etc/machine-id", "/etc/second").ok
    assert "File exists" in world.work("solo", "ln", "ln", "/etc/machine-id", "/etc/second").out


def test_faults_come_in_the_order_of_their_letters_and_then_no_more(world):
    world.fate = Faults({"write": "oEtTo", "write@other": "E"})
    outcomes = []
    for number in range(6):
        try:
            world.write("solo", f"/srv/{number}", b"")
            outcomes.append("fine")
        except (CommandFailed, ConnectionLost) as error:
            outcomes.append(type(error).__name__)
    assert outcomes == ["fine", "CommandFailed", "ConnectionLost", "ConnectionLost", "fine", "fine"]
    assert [s is not None for s in world.stat("solo", *(f"/srv/{n}" for n in range(6)))] == [
        True, False, True, False, True, True,
    ]  # fmt: skip


def test_nothing_is_written_below_a_read_only_mount():
    volumes = (Volume(), Volume("/usr/local", options=("ro",)))
    world = SimulatedWorld([Machine("a", "192.0.2.1", volumes=volumes)], core_manifest())
    world.write("a", "/usr/file", b"")
    for verb in (lambda: world.write("a", "/usr/local/bin/x", b""), lambda: world.remove("a", "/usr/local/sbin")):
        with pytest.raises(CommandFailed, match="Read-only file system"):
            verb()


def test_a_tree_copies_files_and_removes_whole_branches():
    tree = Tree()
    tree.put("/a/b/c", b"1")
    tree.put("/a/bc", b"2")
    tree.copy("/a/b/c", "/d/e/c")
    assert (tree.read("/d/e/c"), tree.read("/a/b/c"), tree.names("/d")) == (b"1", b"1", ["e"])
    tree.remove("/d")
    tree.remove("/a/b")
    assert sorted(tree) == ["/", "/a", "/a/bc"]
    with pytest.raises(NotADirectoryError):
        tree.put("/a/bc/d", b"")
    with pytest.raises(IsADirectoryError):
        tree.read("/a")


def test_kubeadm_refuses_what_the_real_one_refuses(world):
    world.write("solo", "/usr/local/bin/kubeadm", b"", mode=0o755)
    world.write("solo", "/c.yaml", b"kind: ClusterConfiguration\n---\nkind: InitConfiguration\n")
    ended = world.run("solo", "kubeadm", "init", "--config", "/c.yaml", "--skip-token-print")
    assert not ended.ok
    for named in ("ip_forward", "bridge-nf-call-iptables", "container runtime", "kubelet not found"):
        assert named in ended.err
    assert not world.site.clusters


def test_before_there_is_a_cluster_nobody_answers(world):
    with pytest.raises(ConnectionLost, match="no cluster is there yet"):
        world.get("production", "/api/v1/nodes")


def test_a_cluster_whose_kubelet_stops_answers_no_more(running):
    assert running.get("production", "/api/v1/nodes/solo") is not None
    running.run("solo", "systemctl", "stop", "kubelet")
    with pytest.raises(ConnectionLost):
        running.get("production", "/api/v1/nodes/solo")


def test_a_node_without_a_network_is_not_ready(running):
    (condition,) = running.get("production", "/api/v1/nodes/solo")["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("Ready", "False")


def test_objects_are_applied_listed_selected_and_deleted(running):
    def settings(name, **labels):
        return {"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": name, "namespace": "space", "labels": labels}, "data": {"a": "1"}}  # fmt: skip

    with pytest.raises(CommandFailed, match='namespaces "space" not found'):
        running.apply("production", settings("one"))
    running.apply("production", SPACE, settings("one", app="x"), settings("two"))
    folder = "/api/v1/namespaces/space/configmaps"
    first = running.get("production", f"{folder}/one")
    running.apply("production", {**settings("one", app="x"), "data": {"a": "2"}})
    again = running.get("production", f"{folder}/one")
    assert (again["data"], again["metadata"]["uid"]) == ({"a": "2"}, first["metadata"]["uid"])
    for path in (folder, "/api/v1/configmaps"):
        listed = [t["metadata"] for t in running.get("production", path)["items"]]
        assert [each["name"] for each in listed if each["namespace"] == "space"] == ["one", "two"]
    chosen = running.get("production", f"{folder}?labelSelector=app%3Dx")["items"]
    assert [thing["metadata"]["name"] for thing in chosen] == ["one"]
    running.delete("production", "/api/v1/namespaces/space")
    assert running.get("production", f"{folder}/one") is None
    running.delete("production", "/api/v1/namespaces/space")


def test_a_kind_that_no_definition_serves_is_refused(running):
    issuer = {"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": {"name": "a"}, "spec": {}}
    with pytest.raises(CommandFailed, match="no kind ClusterIssuer"):
        running.apply("production", issuer)


def test_a_push_wants_a_registry_that_listens_and_its_password(world):
    artifacts = tuple(core_manifest().artifacts("image"))
    with pytest.raises(ConnectionLost, match="nothing listens"):
        world.push("solo", 5001, ("push", "secret"), artifacts)
    assert set(world.stored("solo", artifacts)) == {False}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"{}", "it has no 'http'"),
        (b"http: {addr: ':5000'}", "it has no 'storage'"),
        (b"http: {addr: here}", "it is none of a registry: invalid literal"),
        (b"http: []", "it is none of a registry"),
        (b"", "it is none of a registry"),
        (b"{", "it is none of a registry"),
    ],
)
def test_a_registry_that_is_configured_as_none_can_be_is_told_by_its_file(world, tmp_path, text, told):
    install(site_of(world, tmp_path, "minimal"))
    world.write("solo", "/etc/sitewright/registry/registry.yml", text)
    with pytest.raises(CommandFailed, match=rf"serve /etc/sitewright/registry/registry.yml` ended with 1: {told}"):
        world.stored("solo", ())


def write(tmp_path, text):
    path = tmp_path / "site.yaml"
    path.write_text(text)
    return path


def test_a_site_is_read_with_its_units(tmp_path):
    text = """
version: 1
hosts:
  - name: a
    address: 192.0.2.1
    os: ubuntu 24.04
    memory_gib: 1.5
    fsync_ms: 12
    volumes: [{mount: /, free_gib: 2, options: [rw, noexec]}]
    port_users: [{port: 5000, program: nginx}]
    firewall: [6443]
    files: {/etc/motd: hello}
"""
    world = file.load(write(tmp_path, text), core_manifest())
    machine = world.site.hosts["a"].machine
    assert (machine.os_id, machine.os_version, machine.memory, machine.fsync) == ("ubuntu", "24.04", 3 << 29, 0.012)
    assert (machine.volumes[0].free, machine.volumes[0].options) == (2 << 30, ("rw", "noexec"))
    assert 'nginx"' in world.query("a", "ss", "-H", "-ltunp").out
    assert world.read("a", "/etc/motd") == b"hello"
    assert world.probing.connect("a", [("192.0.2.1", 6443), ("192.0.2.1", 5000), ("192.0.2.1", 1)]) == (
        "silent", "open", "refused",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 2\nhosts: [{name: a, address: 192.0.2.1}]\n", "site.yaml:1: version"),
        ("version: 1\nhosts: []\n", "site.yaml:2: hosts"),
        ("version: 1\nhosts:\n  - {name: a}\n", "site.yaml:3: hosts.0.address"),
        ("version: 1\nhosts:\n  - {name: a, address: 192.0.2.1, os: Debian}\n", 'like "debian 12"'),
        ("version: 1\nhosts:\n  - {name: a, address: here}\n", "site.yaml:3: hosts.0.address"),
        ("version: 1\nhosts: [{name: a, address: 192.0.2.1}]\nfaults: {write: ox}\n", "letters o, E, T and t"),
        ("version: 1\n\tx", "site.yaml:2"),
        ("", "site.yaml:1"),
    ],
)
def test_a_bad_site_is_told_with_file_and_line(tmp_path, text, told):
    with pytest.raises(UsageError) as refused:
        file.load(write(tmp_path, text), core_manifest())
    assert told in refused.value.message
    assert "docs/simulate.md" in refused.value.remedy


def test_a_site_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        file.load(tmp_path / "none.yaml", core_manifest())


def test_time_is_the_operators(world):
    assert world.now() == NOW
    ahead = SimulatedWorld([Machine("a", "192.0.2.1", clock_ahead=5)], core_manifest(), now=lambda: NOW)
    assert float(ahead.query("a", "date", "+%s.%N").out) == NOW.timestamp() + 5


def test_every_profile_has_its_machines():
    assert [machine.name for machine in machines_of("ha")] == ["cp-1", "cp-2", "cp-3"]
