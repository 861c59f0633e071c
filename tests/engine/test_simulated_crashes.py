"""The real plan, dying at every 17th thing it does: resumed it ends as a clean run, taken back where it began."""

from __future__ import annotations

import pytest
from shelf import Crash, Fuse, Heard, StoppedClock
from simulation import differences, inputs_of, world_of

from installer import engine
from installer.engine.journal import Journal
from installer.plan import install
from installer.ports import Output
from installer.simulated.faults import VERBS, Faults
from installer.simulated.machine import KERNEL_MODULES
from installer.simulated.state import Ended

WRITES = VERBS - {"stat", "read", "query", "stored", "get"}
WORK = frozenset({"work"})
EVERY = 17
"""A step without a common divisor with anything that comes in rows: over hosts, each kind of write is hit."""


class Dying:
    """A fate that ends the process at the call of one of these verbs that the fuse says."""

    def __init__(self, fuse: Fuse, verbs: frozenset[str]) -> None:
        self.fuse, self.verbs = fuse, verbs

    def around(self, verb, host, effect):
        if verb not in self.verbs:
            if self.fuse.dead and verb in WRITES:
                raise Crash
            return effect()
        results = []
        self.fuse.around(lambda: results.append(effect()))
        return results[0]


def go(plan, path, world, fuse=None, verbs=WRITES) -> bool:
    """One process' life; whether it reached the end."""
    world.fate = Dying(fuse, verbs) if fuse else Faults({})
    journal = Journal(path)
    try:
        engine.run(plan, journal, world, Heard(), clock=StoppedClock())
    except Crash:
        return False
    finally:
        journal.close()
    return True


def shape(world):
    """A site without what is made up anew each time: keys, certificates, and the logs of what was tried."""
    made_up = (
        "/etc/kubernetes/admin.conf",
        "/etc/kubernetes/pki/encryption.yaml",
        "/etc/sitewright/pki/",
        "/var/lib/kubelet/pki/",
        "/var/lib/sitewright/log/",
    )
    hosts = {}
    for name, state in world.snapshot().items():
        files = {path: (entry.kind, entry.mode, "" if path.startswith(made_up) else entry.content)
                 for path, entry in state["files"].items() if not path.startswith(made_up[-1])}  # fmt: skip
        hosts[name] = {**state, "files": files}
    return hosts


def clusters(world):
    return {name: (set(c.objects), c.members, c.planes, set(c.releases)) for name, c in world.site.clusters.items()}


@pytest.fixture(scope="module")
def plan():
    return install.plan(inputs_of("rehearsal"))


def fresh():
    return world_of("rehearsal", loaded=KERNEL_MODULES)


@pytest.fixture(scope="module")
def clean(plan, tmp_path_factory):
    """The site after a clean run, and how many writes that took."""
    world, fuse = fresh(), Fuse()
    assert go(plan, tmp_path_factory.mktemp("clean") / "journal", world, fuse)
    return world, fuse.ticks


def moments(clean):
    return range(1, clean[1] + 1, EVERY)


@pytest.mark.parametrize("when", ["before", "after"])
def test_resumed_it_ends_as_a_clean_run_and_sends_nothing_twice(plan, clean, when, tmp_path):
    for at in moments(clean):
        world, path = fresh(), tmp_path / f"{at}" / "journal"
        path.parent.mkdir()
        assert not go(plan, path, world, Fuse(at, when))
        assert go(plan, path, world)
        left = differences(shape(clean[0]), shape(world))
        # The result of long work whose end the process did not live to see; it goes with an uninstall or a reboot.
        assert (at, [line for line in left if "uncollected: sitewright-" not in line]) == (at, [])
        assert (at, clusters(world), world.site.sent) == (at, clusters(clean[0]), clean[0].site.sent)


@pytest.mark.parametrize("nth", [1, 2, 6])
def test_what_a_dead_run_left_unfetched_does_not_fool_the_next_installation(plan, clean, nth, tmp_path):
    world = fresh()
    assert not go(plan, tmp_path / "run", world, Fuse(nth, "after"), WORK)
    assert go(plan, tmp_path / "run", world)
    assert go(engine.inverse(plan, Journal(tmp_path / "run")), tmp_path / "back", world)
    assert go(plan, tmp_path / "again", world)
    assert differences(shape(clean[0]), shape(world)) == []


def test_clearing_up_that_was_not_fetched_does_not_pass_for_the_way_back(tmp_path):
    plan = install.plan(inputs_of("minimal"))
    world = world_of("minimal", loaded=KERNEL_MODULES, files={"/etc/kubernetes/pki/ca.crt": "of a broken-off kubeadm"})
    assert not go(plan, tmp_path / "run", world, Fuse(1, "after"), WORK)
    assert world.snapshot()["solo"]["uncollected"] == {"sitewright-kubernetes-clear.service"}
    assert go(plan, tmp_path / "run", world)
    assert go(engine.inverse(plan, Journal(tmp_path / "run")), tmp_path / "back", world)
    assert not world.site.clusters
    assert world.stat("solo", "/etc/kubernetes/admin.conf") == (None,)


@pytest.mark.parametrize("unit", ["registry-replicate", "kubernetes-clear", "kubernetes-init", "kubernetes-join"])
def test_what_failed_under_a_dead_run_is_begun_anew(unit, tmp_path):
    plan = install.plan(inputs_of("ha"))
    world = world_of("ha", files={"/etc/kubernetes/pki/ca.crt": "of a broken-off kubeadm"})
    for host in world.site.hosts.values():
        host.ended[f"sitewright-{unit}.service"] = Ended(Output(1, "it failed, and nobody saw it", ""))
    assert go(plan, tmp_path / "run", world)
    assert all(engine.preview(plan, world).values())


def test_taken_back_it_is_where_it_began(plan, clean, tmp_path):
    start = shape(fresh())
    for at in moments(clean):
        world, path = fresh(), tmp_path / f"{at}" / "journal"
        path.parent.mkdir()
        assert not go(plan, path, world, Fuse(at, "after"))
        assert go(engine.inverse(plan, Journal(path)), path.with_name("back"), world)
        assert (at, differences(start, shape(world)), world.site.clusters) == (at, [], {})
