"""Preflight's probes as every World has them."""

from __future__ import annotations

from stages import Stage

TCP, UDP = 26443, 28472


def test_listening_is_reached_and_ends(stage: Stage) -> None:
    probes, target = stage.world.probing, (stage.address, TCP)
    assert probes.connect(stage.other, [target]) == ("refused",)
    assert probes.listen(stage.host, [TCP], [UDP])
    try:
        assert probes.connect(stage.other, [target, (stage.address, 22), (stage.address, TCP + 1)]) == (
            "open", "open", "refused",
        )  # fmt: skip
        assert probes.heard(stage.host) == frozenset()
        probes.call(stage.other, [(stage.address, UDP)])
        probes.call("node-2", [(stage.address, UDP), (stage.address, UDP + 1)])
        assert probes.heard(stage.host) == {(stage.other, UDP), ("node-2", UDP)}
        assert probes.connect(stage.other, [target]) == ("open",), "it listens on after a connection"
    finally:
        probes.hush(stage.host)
    assert probes.connect(stage.other, [target]) == ("refused",)
    assert probes.heard(stage.host) == frozenset()
    probes.hush(stage.host)


def test_what_a_killed_check_left_listening_is_taken_over(stage: Stage) -> None:
    probes = stage.world.probing
    assert probes.listen(stage.host, [TCP], [UDP])
    probes.call(stage.other, [(stage.address, UDP)])
    assert probes.listen(stage.host, [TCP + 1], [UDP])
    try:
        targets = [(stage.address, TCP), (stage.address, TCP + 1)]
        assert probes.connect(stage.other, targets) == ("refused", "open")
        assert probes.heard(stage.host) == frozenset(), "what was heard before it began to listen is another's"
    finally:
        probes.hush(stage.host)


def test_no_host_there_is_not_open(stage: Stage) -> None:
    nobody = stage.address.rpartition(".")[0] + ".250"
    assert stage.world.probing.connect(stage.other, [(nobody, TCP)])[0] in ("silent", "unreachable")


def test_many_targets_keep_their_order(stage: Stage) -> None:
    targets = [(stage.address, 22 if number % 3 == 0 else TCP) for number in range(70)]
    came = stage.world.probing.connect(stage.other, targets)
    assert came == tuple("open" if port == 22 else "refused" for _, port in targets)


def test_nothing_to_ask_is_answered(stage: Stage) -> None:
    assert stage.world.probing.connect(stage.other, []) == ()
    stage.world.probing.call(stage.other, [])


def test_measures_are_plausible(stage: Stage) -> None:
    probes = stage.world.probing
    assert 0 <= probes.fsync_latency(stage.host, "/var/lib/etcd/not/there/yet") < 60
    assert probes.disk_speed(stage.host, "/var/lib/containerd") > 1e5
    assert probes.link_speed(stage.host) > 1e5
