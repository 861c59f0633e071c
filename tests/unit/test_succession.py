"""Which bundle may follow which on a site that stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from installer.bundle.manifest import Manifest
from installer.plan import succession
from installer.plan.succession import Standing

DIGESTS = {letter: "sha256:" + letter * 64 for letter in "abc"}


def bundle(version: str, kubernetes: str, digest: str = "b", name: str = "core") -> Manifest:
    return Manifest(name, version, "amd64", kubernetes, (), DIGESTS[digest])


def stands(version: str = "1.4.0", kubernetes: str = "v1.36.3", *hosts: str, **more: Any) -> Standing:
    return Standing("core", version, kubernetes, DIGESTS["a"], hosts or ("cp-1",), **more)


@pytest.mark.parametrize(
    ("wanted", "found", "remedy"),
    [
        (bundle("1.4.1", "v1.36.4"), "is a newer one: core 1.4.1 (v1.36.4)", succession.NO_UPGRADE),
        (bundle("1.5.0", "v1.36.3"), "is a newer one", succession.NO_UPGRADE),
        (bundle("1.5.0", "v1.37.0"), "is a newer one", succession.NO_UPGRADE),
        (bundle("1.6.0", "v1.38.0"), "several minor versions of Kubernetes ahead", succession.ONE_MINOR),
        (bundle("2.0.0", "v1.40.0"), "several minor versions of Kubernetes ahead", succession.ONE_MINOR),
        (bundle("2.0.0", "v2.0.0"), "several minor versions of Kubernetes ahead", succession.ONE_MINOR),
        (bundle("1.3.9", "v1.36.3"), "is an older one: core 1.3.9", succession.NOT_BACK),
        (bundle("1.4.0", "v1.36.2"), "is an older one", succession.NOT_BACK),
        (bundle("1.5.0", "v1.35.9"), "is an older one", succession.NOT_BACK),
        (bundle("0.9.10", "v1.30.0"), "is an older one", succession.NOT_BACK),
        (bundle("1.10.0", "v1.36.3"), "is a newer one: core 1.10.0", succession.NO_UPGRADE),
        (bundle("1.4.0", "v1.36.3"), "is another build of the same version: sha256:bbbbbbbbbbbb, not sha256:",
         succession.THE_SAME_FILE),
        (bundle("1.4.0", "v1.36.3", name="platform"), "is another one: platform 1.4.0", succession.ANOTHER),
        (bundle("spring", "v1.36.3"), "is a different version: core spring", succession.NO_UPGRADE),
    ],
)  # fmt: skip
def test_every_other_bundle_is_refused_by_name(wanted: Manifest, found: str, remedy: str) -> None:
    refusal = succession.refusal([stands()], wanted)
    assert refusal is not None
    assert refusal.found.startswith("core 1.4.0 (v1.36.3) stands on cp-1; this bundle ")
    assert found in refusal.found
    assert refusal.remedy == remedy


def test_the_bundle_that_stands_may_be_installed_again_and_any_where_none_stands() -> None:
    assert succession.refusal([stands()], bundle("1.4.0", "v1.36.3", "a")) is None
    assert succession.refusal([], bundle("1.4.0", "v1.36.3")) is None


def test_a_run_that_was_broken_off_goes_on_with_its_own_bundle_and_with_no_other() -> None:
    newer = bundle("1.5.0", "v1.37.0", "b")
    half = [stands(), Standing("core", "1.5.0", "v1.37.0", DIGESTS["b"], ("node-1",))]
    assert succession.refusal(half, newer) is not None
    assert succession.refusal(half, newer, DIGESTS["b"]) is None
    assert succession.refusal(half, newer, DIGESTS["c"]) is not None


def test_many_hosts_are_named_in_a_few_words() -> None:
    told = succession.gathered((f"node-{n}", stands()) for n in range(1, 401))
    refusal = succession.refusal(told, bundle("1.5.0", "v1.37.0"))
    assert refusal is not None
    assert "stands on node-1, node-2, node-3 and 397 more; this bundle" in refusal.found


def record(**changes: Any) -> dict[str, Any]:
    about = {"name": "core", "version": "1.4.0", "digest": DIGESTS["a"]}
    return {"format": 1, "site": "acme", "environment": "production", "host": "cp-1", "control_plane": True,
            "kubernetes": "v1.36.3", "bundle": about, "components": {}} | changes  # fmt: skip


def test_a_host_s_record_says_what_stands_there() -> None:
    told = succession.recorded("cp-1", json.dumps(record()).encode())
    assert told == Standing("core", "1.4.0", "v1.36.3", DIGESTS["a"])


def test_a_record_of_a_newer_program_is_refused_and_not_passed_over() -> None:
    told = succession.recorded("cp-1", b'{"format": 2, "wholly": "unknown"}')
    refusal = succession.refusal(succession.gathered([("cp-1", told)]), bundle("1.4.0", "v1.36.3", "a"))
    assert refusal is not None
    assert refusal.found == "the record on cp-1 has format 2; this sitewright reads up to 1"


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "null", "7", "[" * 100_000, json.dumps({"format": "1"}), json.dumps({"format": True}),
     json.dumps(record(bundle=None)), json.dumps(record(bundle=[1])), json.dumps(record(kubernetes=7)),
     json.dumps(record(bundle={"name": "core", "version": 1, "digest": "x"})),
     json.dumps(record(kubernetes="v" * 100_000)), json.dumps(record(host="node-1"))],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_record_says_nothing_and_harms_nobody(text: str) -> None:
    assert succession.recorded("cp-1", text.encode()) is None


@pytest.mark.parametrize(
    ("wanted", "found", "remedy"),
    [
        (bundle("1.4.1", "v1.36.4"), "", ""),
        (bundle("1.5.0", "v1.37.0"), "", ""),
        (bundle("1.6.0", "v1.38.0"), "several minor versions of Kubernetes ahead", succession.ONE_MINOR),
        (bundle("1.3.9", "v1.36.3"), "is an older one", succession.NOT_BACK),
        (bundle("1.5.0", "v1.35.9"), "is an older one", succession.NOT_BACK),
        (bundle("1.5.0", "v1.37.0", name="platform"), "is another one", succession.ANOTHER),
        (bundle("1.4.0", "v1.36.3"), "another build of the same version", succession.THE_SAME_FILE),
        (bundle("1.4.0", "v1.36.3", "a"), "stands already", succession.NOTHING_NEW),
    ],
)  # fmt: skip
def test_an_upgrade_goes_to_a_newer_bundle_of_the_same_name_by_one_minor_version(
    wanted: Manifest, found: str, remedy: str
) -> None:
    refusal = succession.upgrade_refusal([stands()], wanted)
    assert (refusal is not None) == bool(found)
    if refusal is not None:
        assert found in refusal.found
        assert refusal.remedy == remedy


def test_an_upgrade_wants_something_to_stand_and_all_hosts_in_step() -> None:
    newer = bundle("1.5.0", "v1.37.0")
    nothing = succession.upgrade_refusal([], newer)
    assert nothing is not None
    assert nothing.remedy == succession.NOTHING_STANDS
    half = [stands(), Standing("core", "1.3.0", "v1.36.1", DIGESTS["c"], ("node-1", "node-2"))]
    out_of_step = succession.upgrade_refusal(half, newer)
    assert out_of_step is not None
    assert out_of_step.found == ("hosts are out of step: core 1.4.0 (v1.36.3) stands on cp-1, "
                                 "and core 1.3.0 (v1.36.1) on node-1, node-2")  # fmt: skip
    record_of_newer = succession.upgrade_refusal([stands(format=2)], newer)
    assert record_of_newer is not None
    assert record_of_newer.remedy == succession.NEWER_PROGRAM


def test_an_upgrade_that_was_broken_off_goes_on_though_hosts_are_out_of_step() -> None:
    newer = bundle("1.5.0", "v1.37.0", "b")
    half = [stands(), Standing("core", "1.5.0", "v1.37.0", DIGESTS["b"], ("node-1",))]
    assert succession.upgrade_refusal(half, newer) is not None
    assert succession.upgrade_refusal(half, newer, DIGESTS["b"]) is None


def test_minor_versions() -> None:
    assert succession.minor("v1.36.3") == "1.36"
    assert succession.minor("v1.37.0-rc.1") == "1.37"
    assert succession.minor("spring") == ""
