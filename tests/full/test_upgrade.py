"""A real site goes to the next minor version of Kubernetes, is written to, goes back and there again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from clusters import awaited
from rehearsed import installed_and_proved, taken_down
from ship import Ended
from sites import SiteUnderTest

from installer.builder import build
from installer.cli.rehearse import NEXT, practice_key
from installer.cli.trusted_inputs import open_trusted
from installer.plan.inputs import Inputs
from installer.rehearsal import callers, hosts, outside, written
from installer.rehearsal.callers import Heard

pytestmark = pytest.mark.lab

FORMER, WANTED = "v1.36.3", "v1.37.2"
OWN = ("kube-apiserver-", "kube-controller-manager-", "kube-scheduler-", "kube-proxy-", "coredns-", "etcd-")
"""How the names of pods begin that an upgrade of Kubernetes itself exchanges, or restarts."""


@pytest.fixture(scope="module")
def following() -> Path:
    """The bundle of the next release."""
    return build.build(NEXT, practice_key()[0], lambda _: None)


@pytest.mark.parametrize("profile", ["minimal", "ha"])
def test_a_site_goes_to_the_next_release_is_written_to_and_goes_back(
    profile: str,
    raise_profile: Callable[[str], SiteUnderTest],
    following: Path,
    outages: list[tuple[str, list[Heard]]],
) -> None:
    raised = raise_profile(profile)
    site = installed_and_proved(raised)
    trusted = open_trusted(site.profile, following, site.signers)
    trusted.archive.close()
    folder = site.operator.state / "sites" / site.name
    asks = outside.calls(trusted.inputs, folder)

    def measured(*argv: object) -> Ended:
        with callers.calling(asks) as heard:
            ended = site.operator.run(*argv, "--yes", "--json")
        outages.append((f"{profile}: {argv[0]}", heard))
        return ended.expect()

    flags = ("--profile", site.profile, "--bundle", following, "--signers", site.signers)
    checked = site.operator.run("upgrade", "--check", *flags, "--json").expect()
    assert all(step["can_be_undone"] for step in checked.of("plan")[0]["steps"])
    assert standing(site) == {FORMER}

    plane = trusted.inputs.answers.environments[0].control_planes[0]
    before = pods(site, plane)
    said = measured("upgrade", *flags)
    assert all(probe["passed"] for probe in said.of("probe"))
    assert (standing(site), serving(folder, trusted.inputs)) == ({WANTED}, {(WANTED, "37", "36")})

    done = written.write(trusted.inputs, folder)
    measured("rollback")
    assert (standing(site), serving(folder, trusted.inputs)) == ({FORMER}, {(FORMER, "36", "35")})
    awaited("all that was written", lambda: not written.lost(trusted.inputs, folder, done))
    after = pods(site, plane)
    if len(trusted.inputs.answers.hosts) == 1:  # where nodes are not emptied, no pod but Kubernetes' own is touched
        assert {name: uid for name, uid in before.items() if name not in after or after[name] != uid} == {}

    measured("upgrade", *flags)
    assert standing(site) == {WANTED}
    assert written.lost(trusted.inputs, folder, done) == []
    taken_down(raised)


def standing(site: SiteUnderTest) -> set[str]:
    """The versions of Kubernetes that the hosts record."""
    records = site.operator.run("status", "--json").expect().of("status")[0]["hosts"]
    return {record["kubernetes"] for record in records.values()}


def serving(folder: Path, inputs: Inputs) -> set[tuple[str, str, str]]:
    """What each API server says it is: version, emulated minor, minimum compatible minor."""
    found = set()
    for environment in inputs.answers.environments:
        for plane in outside.planes(inputs, environment, folder):
            said = json.loads(outside.asked(plane(), "GET", "/version"))
            found.add((said["gitVersion"], said["emulationMinor"], said["minCompatibilityMinor"]))
    return found


def pods(site: SiteUnderTest, plane: str) -> dict[str, str]:
    """The UIDs of the pods that an upgrade of Kubernetes has no reason to touch, by namespace and name."""
    kubectl = ("kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf")
    argv = (*kubectl, "get", "pods", "-A", "-o", "json")
    listing = json.loads(hosts.console(site.practice.site, plane, *argv))
    return {
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": pod["metadata"]["uid"]
        for pod in listing["items"]
        if not pod["metadata"]["name"].startswith(OWN) and "probe" not in pod["metadata"]["namespace"]
    }
