"""Pods are placed as a scheduler would: apart where they must be, evenly else, and with room for a lost machine."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.errors import SizingError
from sizing.hosts import Room, Shape, data_disk_gib, evenly, network_gbit_s, room, system_disk_gib
from sizing.machines import lay_out, share_out
from sizing.placement import PodSet, fleet, free_after_loss, place, placements, survives

SMALL = Room(4, 16, None, 110)


def pods(name: str, count: int, cpu: float = 1, memory: float = 1, disk: float = 0, **more: bool) -> PodSet:
    return PodSet(name, count, cpu, memory, disk, **more)


def holdings(placement):
    return sorted(dict(alike.holds).get("a", 0) for alike in placement.machines for _ in range(alike.count))


def test_copies_that_must_be_apart_are():
    placement = place([pods("a", 3)], [fleet("s", 5, SMALL)])
    assert placement.fits
    assert holdings(placement) == [0, 0, 1, 1, 1]


def test_more_copies_than_machines_do_not_fit():
    placement = place([pods("a", 3)], [fleet("s", 2, SMALL)])
    assert [entry.count for entry in placement.unplaced] == [1]


def test_others_are_spread_evenly():
    placement = place([pods("a", 7, spread=False)], [fleet("s", 3, SMALL)])
    assert holdings(placement) == [2, 2, 3]


def test_agents_are_on_every_machine_or_said_to_be_short():
    everywhere = pods("a", 1, cpu=0.5, every_host=True)
    assert holdings(place([everywhere], [fleet("s", 3, SMALL)])) == [1, 1, 1]
    short = place([everywhere], [fleet("s", 3, SMALL), fleet("tiny", 2, Room(0.1, 16, None, 110))])
    assert short.unplaced[0].count == 2


@pytest.mark.parametrize(
    "space", [Room(2, 16, None, 110), Room(4, 2, None, 110), Room(4, 16, 20, 110), Room(4, 16, None, 2)]
)
def test_each_resource_is_a_limit(space):
    placement = place([pods("a", 3, disk=10, spread=False)], [fleet("s", 1, space)])
    assert [entry.count for entry in placement.unplaced] == [1]


def test_volumes_go_to_the_emptiest_disks():
    placement = place([pods("big", 1, disk=100), pods("a", 1, disk=10)], [fleet("s", 2, SMALL)])
    assert sorted(alike.volumes_gib for alike in placement.machines) == [10, 100]


def test_nothing_is_lost_and_nothing_is_invented():
    sets = [pods("a", 17, cpu=0.3, spread=False), pods("b", 4, cpu=0.7), pods("c", 9, memory=2, spread=False)]
    placement = place(sets, [fleet("s", 6, SMALL)])
    placed: dict[str, int] = {}
    for alike in placement.machines:
        for name, each in alike.holds:
            placed[name] = placed.get(name, 0) + each * alike.count
    assert placed == {"a": 17, "b": 4, "c": 9}
    assert sum(alike.count for alike in placement.machines) == 6
    assert all(alike.left.cpu_cores >= -1e-6 for alike in placement.machines)


def test_a_thousand_machines_are_few_kinds():
    placement = place([pods("a", 3000, spread=False), pods("b", 7)], [fleet("s", 1000, SMALL)])
    assert placement.fits
    assert len(placement.machines) <= 4


def test_a_lost_machine_needs_room_elsewhere():
    sets = [pods("a", 8, spread=False)]
    tight = place(sets, [fleet("s", 2, SMALL)])
    assert tight.fits
    assert not survives(tight, sets, 1)
    roomy = place(sets, [fleet("s", 3, SMALL)])
    assert survives(roomy, sets, 1)
    assert free_after_loss(roomy, sets, 1)[0] == pytest.approx(0)


def test_of_copies_apart_one_may_be_lost_without_room_for_it():
    sets = [pods("a", 3, cpu=3)]
    assert survives(place(sets, [fleet("s", 3, SMALL)]), sets, 1)
    lone = [pods("a", 1, cpu=3)]
    assert not survives(place(lone, [fleet("s", 1, SMALL)]), lone, 1)


def test_the_reserve_of_a_node_is_kept_and_that_of_a_plain_machine_is_not():
    node, plain = room(Shape(8, 32), "worker"), room(Shape(8, 32), "git")
    assert plain == Room(8, 32, None, 1000)
    reserved = (255 + 11 * 110 + 100) / 1024
    assert node.memory_gib == pytest.approx(32 - reserved)
    assert node.cpu_cores == pytest.approx(8 - 0.09)
    assert (evenly("worker"), evenly("git")) == (0.85, 1)


def test_disks_stay_below_their_watermarks():
    assert data_disk_gib(85) == 100
    assert data_disk_gib(86) == 110
    assert data_disk_gib(0) == 0
    assert system_disk_gib("worker", 50) == 100
    assert system_disk_gib("git", 50) == 40


def test_links_are_loaded_to_half():
    assert network_gbit_s(60) == 1
    assert network_gbit_s(70) == 10
    assert network_gbit_s(10_000) == 200


def test_the_cheapest_shape_is_chosen():
    layout = lay_out("git", (pods("a", 1, cpu=8, memory=16),), 0)
    assert (layout.shape, layout.count) == (Shape(8, 16), 1)


def test_copies_apart_ask_for_as_many_machines():
    assert lay_out("worker", (pods("a", 5, cpu=0.1, memory=0.1),), 0).count == 5


def test_a_failure_to_survive_asks_for_more():
    sets = (pods("a", 40, cpu=0.5, memory=2, spread=False),)
    without, with_one = lay_out("worker", sets, 0), lay_out("worker", sets, 1)
    assert with_one.cpu_cores > without.cpu_cores
    assert survives(with_one.placement, sets, 1)


def test_the_fullest_machine_decides_the_disks():
    layout = lay_out("worker", (pods("a", 1, disk=400), pods("b", 3, disk=10)), 0)
    assert layout.data_disk_gib == 480
    assert layout.disk_to_order_gib == layout.count * (layout.system_disk_gib + 480)
    assert layout.disk_gib == pytest.approx(430 / 0.85)


def test_volumes_that_need_a_fast_disk_get_one_of_their_own():
    layout = lay_out("control-plane", (pods("etcd", 3, disk=8, fast=True), pods("b", 3, disk=17)), 0)
    assert layout.fast_disk_gib == 10
    assert layout.data_disk_gib == 20


def test_a_pod_larger_than_any_machine_is_refused():
    with pytest.raises(SizingError, match="huge asks most: 1 x 500 cores, 1 GiB"):
        lay_out("worker", (pods("huge", 1, cpu=500),), 0)


SETS = st.lists(
    st.builds(
        PodSet,
        name=st.uuids().map(str),
        count=st.integers(1, 40),
        cpu_cores=st.floats(0.01, 3),
        memory_gib=st.floats(0.01, 12),
        disk_gib=st.sampled_from([0.0, 5.0, 40.0]),
        spread=st.booleans(),
        every_host=st.just(False),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda entry: entry.name,
)
FLEETS = st.lists(st.tuples(st.integers(1, 30), st.floats(1, 32), st.floats(2, 128)), min_size=1, max_size=3)


@settings(max_examples=150, derandomize=True)
@given(sets=SETS, fleets=FLEETS)
def test_whatever_is_placed_is_accounted_for_and_never_overcommits(sets, fleets):
    machines = [fleet(f"{cores} {memory}", count, Room(cores, memory, 200, 110)) for count, cores, memory in fleets]
    placement = place(sets, machines)
    left_out = {entry.name: entry.count for entry in placement.unplaced}
    for entry in sets:
        held = [(alike.count, each) for alike in placement.machines for name, each in alike.holds if name == entry.name]
        assert sum(count * each for count, each in held) + left_out.get(entry.name, 0) == entry.count
        if entry.spread:
            assert all(each == 1 for _, each in held)
    assert sum(alike.count for alike in placement.machines) == sum(count for count, _, _ in fleets)
    for alike in placement.machines:
        assert alike.left.cpu_cores >= -1e-6
        assert alike.left.memory_gib >= -1e-6
        assert alike.left.disk_gib is not None
        assert alike.left.disk_gib >= -1e-6
        assert alike.left.pods >= 0


@settings(max_examples=60, derandomize=True)
@given(sets=SETS)
def test_a_layout_carries_its_pods_and_survives_what_it_must(sets):
    layout = lay_out("worker", tuple(sets), 1)
    assert layout.placement.fits
    assert survives(layout.placement, sets, 1)
    assert layout.count == sum(alike.count for alike in layout.placement.machines)
    volumes = sum(entry.count * entry.disk_gib for entry in sets)
    assert layout.disk_gib == pytest.approx(volumes / 0.85)
    assert layout.data_disk_gib * layout.count >= volumes


def test_what_does_not_fit_evenly_is_put_close_together():
    sets = [pods(name, count, cpu, memory, spread=False)
            for name, count, cpu, memory in (("a", 3, 0.5, 6), ("b", 3, 2, 6), ("c", 4, 1, 1))]  # fmt: skip
    evenly_placed = next(placements(sets, [fleet("s", 3, SMALL)]))
    assert not evenly_placed.fits
    assert place(sets, [fleet("s", 3, SMALL)]).fits


def test_machines_of_a_store_that_keeps_much_are_its_own():
    sets = (pods("web", 20, cpu=1, memory=2, spread=False), pods("db", 2, cpu=1, memory=40, disk=3000, store=True))
    found = share_out("worker", sets, 1)
    assert set(found) == {"", "db"}
    assert (found["db"].count, found["db"].data_disk_gib) == (2, 3530)
    assert found[""].data_disk_gib == 0
    little = tuple(replace(entry, disk_gib=entry.disk_gib / 100, memory_gib=2) for entry in sets)
    assert set(share_out("worker", little, 1)) == {""}
