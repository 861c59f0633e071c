"""A plan in which producers come before their consumers, over all environments."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from test_wiring import SHIPPER, STORE
from wired_bundle import answers, beside_core, bundle, part

from installer.bundle import roles
from installer.bundle.manifest import Component, Manifest
from installer.errors import AnswersInvalid
from installer.plan import install, wiring
from installer.plan.inputs import Inputs
from installer.plan.stages import stages


def test_a_consumer_waits_in_the_plan_for_producers_of_other_environments() -> None:
    chosen: dict[str, Any] = {"production": ["beats", "queue"], "pre": ["elastic", "piper"]}
    queue = part("queue", "x", role="queue")
    piper = part("piper", "x", consumes=["queue"])
    plan = install.plan(inputs(beside_core(STORE, SHIPPER, queue, piper), **chosen))
    ids = [step.id for step in plan]
    after = {step.id: step.after for step in plan}
    assert "pre/elastic.release@pre-1" in after["production/beats.release@production-1"]
    assert "production/queue.release@production-1" in after["pre/piper.release@pre-1"]
    assert ids.index("pre/elastic.release@pre-1") < ids.index("production/beats.release@production-1")


def test_what_is_put_on_hosts_waits_for_another_cluster() -> None:
    agent = part("agent", "{{ consumes['log-store'].url }}", on="all", consumes=["log-store"])
    plan = install.plan(inputs(beside_core(STORE, agent), production=["agent"], pre=["elastic"]))
    after = {step.id: step.after for step in plan}
    assert "pre/elastic.release@pre-1" in after["production/agent.install@production-1"]


def inputs(manifest: Manifest, **components: Any) -> Inputs:
    return Inputs(answers(**components), manifest, b"{}", b"sig", b"signers")


NAMES, ROLES = ("a", "b", "c", "d", "e", "f"), {"a": "r1", "b": "r1", "c": "r2", "d": "r2", "e": "r3"}


@st.composite
def components(draw: st.DrawFn, name: str) -> Component:
    """One that requires no later one by its name; what it needs by role may go in circles."""
    others = sorted({role for each, role in ROLES.items() if role != ROLES.get(name) and (each != "e" or name == "f")})
    spec: dict[str, Any] = {
        "requires": draw(
            st.lists(st.sampled_from((*NAMES[: NAMES.index(name)], *others)), max_size=int(name in "bdf"))
        ),
        "consumes": draw(st.lists(st.sampled_from(others), max_size=1)),
        "placed": draw(st.sampled_from(("each",) * 7 + ("once",))),
    }
    if name in ROLES:
        spec |= {"role": ROLES[name], "publishes": {"url": "{{ environment }}"}}
    kind = draw(st.sampled_from(("host", "release", "release", "network", "nothing")))
    if kind == "host":
        spec["on"] = draw(st.sampled_from(("all", "worker")))
    if kind == "network":
        spec["network"] = True
    return part(name, "" if kind == "nothing" else "{{ consumes | length }}", **spec)


@st.composite
def sites(draw: st.DrawFn) -> tuple[tuple[Component, ...], dict[str, list[str]]]:
    parts = tuple(draw(components(name)) for name in NAMES)
    kinds = [st.sampled_from(each) for each in (("a", "b", ""), ("c", "d", ""), ("e", ""), ("f", ""))]
    some = st.tuples(*kinds).map(lambda names: [name for name in names if name]) | st.lists(
        st.sampled_from(NAMES), unique=True, max_size=3
    )
    return parts, {"one": draw(some), "two": draw(some), "three": draw(some)}


@settings(max_examples=300, deadline=None)
@given(sites())
def test_producers_come_first_or_the_site_is_refused(site: tuple[tuple[Component, ...], dict[str, list[str]]]) -> None:
    parts, chosen = site
    try:
        found = wiring.solve(answers(**chosen), bundle(*parts))
    except AnswersInvalid as error:
        assert error.message
        return
    except KeyError:
        assert any(roles.flaws({each.name: each.spec for each in parts})), "a bundle that is verified has no such needs"
        return
    at = {stage: position for position, stage in enumerate(found.order)}
    named = {each.name: each for each in parts}
    for edge in found.edges:
        for consumer in stages(edge.consumer.environment, named[edge.consumer.component]):
            for provider in stages(edge.provider.environment, named[edge.provider.component]):
                assert at[provider] < at[consumer]
    for environment, there in found.parts.items():
        assert {each.component for each in found.order if each.environment == environment} - {""} == {
            each.name for each in there
        }


@settings(max_examples=50, deadline=None)
@given(sites())
def test_a_wired_site_has_a_plan_in_which_producers_come_first(
    site: tuple[tuple[Component, ...], dict[str, list[str]]],
) -> None:
    parts, chosen = site
    if any(roles.flaws({each.name: each.spec for each in parts})):
        return
    given_ = inputs(beside_core(*parts), **chosen)
    try:
        plan = install.plan(given_)
    except AnswersInvalid:
        return
    earlier: dict[str, set[str]] = {}
    for step in plan:
        earlier[step.id] = set(step.after).union(*(earlier[name] for name in step.after))
    for edge in given_.wiring.edges:
        producers = [
            each for each in earlier if each.startswith(f"{edge.provider.environment}/{edge.provider.component}.")
        ]
        consumers = [
            each for each in earlier if each.startswith(f"{edge.consumer.environment}/{edge.consumer.component}.")
        ]
        assert all(producer in earlier[consumer] for consumer in consumers for producer in producers)
