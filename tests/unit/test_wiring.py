"""Wiring: who fills which role for whom, in what order, and what is refused before anything is rendered."""

from __future__ import annotations

from typing import Any

import pytest
from wired_bundle import answers, bundle, part

from installer.bundle import roles
from installer.bundle.manifest import Component, Manifest
from installer.errors import AnswersInvalid, BundleNotTrusted
from installer.plan import wiring
from installer.plan.card import WiringCard
from installer.plan.inputs import Planned
from installer.plan.stages import Place, stages

STORE = part("elastic", "x", role="log-store", placed="once", publishes={"url": "https://{{ entrance }}:9200"})
SHIPPER = part("beats", "{{ consumes['log-store'].url }}", role="log-shipper", consumes=["log-store"])


def refused(manifest: Manifest, **components: Any) -> list[str]:
    with pytest.raises(AnswersInvalid) as caught:
        wiring.solve(answers(**components), manifest)
    assert caught.value.facts["count"] == len(caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


def line(part_: str, environment: str, **components: Any) -> str:
    """Where the answers choose a component, as messages show it."""
    found = answers(**components)
    at = [each.name for each in found.environments].index(environment)
    path = f"environments.{at}.components.{part_}"
    return f"site.yaml:{found.lines[path]}: {path}: found "


def test_a_role_is_found_in_the_only_place_where_it_is_filled() -> None:
    found = wiring.solve(answers(production=["beats"], testing=["beats", "elastic"]), bundle(STORE, SHIPPER))
    assert [(str(each.consumer), each.role, str(each.provider)) for each in found.edges] == [
        ("production/beats", "log-store", "testing/elastic"),
        ("testing/beats", "log-store", "testing/elastic"),
    ]
    assert found.order.index(stages("testing", STORE)[0]) < found.order.index(stages("production", SHIPPER)[0])


def test_a_role_that_is_filled_nearby_is_not_looked_for_elsewhere() -> None:
    queue = part("kafka", "x", role="queue", publishes={"at": "{{ entrance }}:30092"})
    user = part("user", "x", consumes=["queue"])
    found = wiring.solve(answers(a=["kafka", "user"], b=["kafka", "user"]), bundle(queue, user))
    assert [each.provider for each in found.edges] == [Place("a", "kafka"), Place("b", "kafka")]


def test_a_role_that_nobody_fills_is_refused_with_its_line() -> None:
    chosen: dict[str, Any] = {"production": ["beats"], "testing": []}
    assert refused(bundle(STORE, SHIPPER), **chosen) == [
        line("beats", "production", **chosen)
        + "production/beats needs log-store, which nothing fills, wanted one of: elastic"
    ]


def test_two_parts_for_one_role_are_refused_where_one_is_needed() -> None:
    second = part("loki", "x", role="log-store", publishes={"url": "https://{{ entrance }}:3100"})
    chosen: dict[str, Any] = {"a": ["elastic"], "b": ["loki"], "c": ["beats"]}
    assert refused(bundle(STORE, second, SHIPPER), **chosen) == [
        line("beats", "c", **chosen) + "c/beats needs one log-store, but there are a/elastic, b/loki, "
        "wanted one of them alone"
    ]
    assert len(wiring.solve(answers(a=["elastic", "beats"], b=["loki", "beats"]), bundle(STORE, second, SHIPPER)).edges)


def test_a_part_may_fill_its_role_for_its_own_environment_alone() -> None:
    gate = part("gate", "x", role="gateway", serves="environment", publishes={"name": "entrance"})
    shop, strict = part("shop", "x", wants=["gateway"]), part("strict", "x", consumes=["gateway"])
    site = answers(a=["gate", "shop"], b=["gate", "shop"], c=["shop"])
    assert [(str(edge.consumer), str(edge.provider)) for edge in wiring.solve(site, bundle(gate, shop)).edges] == [
        ("a/shop", "a/gate"),
        ("b/shop", "b/gate"),
    ]
    chosen: dict[str, Any] = {"a": ["gate"], "b": ["strict"]}
    (said,) = refused(bundle(gate, strict), **chosen)
    assert said.startswith(line("strict", "b", **chosen) + "b/strict needs gateway, which nothing fills")


def test_a_part_that_is_placed_once_is_refused_a_second_time() -> None:
    chosen: dict[str, Any] = {"a": ["elastic"], "b": ["elastic"]}
    assert refused(bundle(STORE), **chosen) == [
        line("elastic", "b", **chosen) + "b/elastic, which a has already, wanted it in one environment of the site"
    ]


def test_a_name_that_two_parts_publish_for_one_role_is_refused() -> None:
    other = part("loki", "x", role="log-store", publishes={"url": "y"})
    chosen: dict[str, Any] = {"a": ["elastic", "loki"]}
    (said,) = refused(bundle(STORE, other), **chosen)
    assert said == (
        line("loki", "a", **chosen) + "a/loki publishes url of role log-store, which a/elastic does already, "
        "wanted one part for this role in an environment"
    )


def test_a_circle_across_environments_is_refused_with_all_that_are_in_it() -> None:
    left = [part("left", "x", role="one", consumes=["two"]), part("also", "x", role="one")]
    right = [part("right", "x", role="two", consumes=["one"]), part("too", "x", role="two")]
    chosen: dict[str, Any] = {"a": ["left"], "b": ["right"]}
    (said,) = refused(bundle(*left, *right), **chosen)
    assert said == (
        line("left", "a", **chosen) + "a circle, in which each waits for the next: a/left, b/right, "
        "wanted parts that do not wait for themselves"
    )
    assert wiring.solve(answers(a=["left"], b=["too"]), bundle(*left, *right)).edges


def test_what_is_put_on_hosts_cannot_wait_for_what_comes_into_the_same_cluster() -> None:
    agent = part("agent", "{{ consumes['log-store'].url }}", on="all", consumes=["log-store"])
    (said,) = refused(bundle(STORE, agent), a=["agent", "elastic"])
    assert "a circle" in said
    assert {"a/agent", "a/elastic", "a/kubernetes"} <= set(said.split("next: ")[1].split(", wanted")[0].split(", "))
    assert wiring.solve(answers(a=["agent"], b=["elastic"]), bundle(STORE, agent)).edges


def test_a_required_role_is_taken_along_where_one_part_alone_can_fill_it() -> None:
    disk = part("paths", "x", role="storage")
    user = part("user", "x", requires=["storage"])
    found = wiring.solve(answers(a=["user"]), bundle(user, disk))
    assert [each.name for each in found.parts["a"]] == ["paths", "user"]
    assert found.required("a", user) == ("paths",)


def test_a_required_role_that_several_can_fill_is_chosen_by_the_answers() -> None:
    disks = [part("paths", "x", role="storage"), part("blocks", "x", role="storage")]
    user = part("user", "x", requires=["storage"])
    found = wiring.solve(answers(a=["user", "blocks"]), bundle(user, *disks))
    assert [each.name for each in found.parts["a"]] == ["blocks", "user"]
    assert (
        "needs storage, which nothing fills, wanted one of: paths, blocks"
        in refused(bundle(user, *disks), a=["user"])[0]
    )
    assert "needs one storage, but there are" in refused(bundle(user, *disks), a=["user", "paths", "blocks"])[0]
    assert "nothing fills" in refused(bundle(user, *disks), a=["user"], b=["blocks"])[0], "elsewhere does not count"


def test_every_problem_is_told_at_once_in_the_order_of_its_lines() -> None:
    said = refused(bundle(STORE, SHIPPER), a=["elastic"], b=["elastic"], c=["elastic"])
    assert len(said) == 2
    assert said == sorted(said, key=lambda each: int(each.split(":")[1]))


def test_templates_see_what_others_publish_and_that_in_turn() -> None:
    view = part("kibana", "x", role="log-view", consumes=["log-store"],
                publishes={"page": "{{ domain }} of {{ consumes['log-store'].url }}"})  # fmt: skip
    user = part("user", "{{ consumes['log-view'].page }}", consumes=["log-view"])
    given_ = Planned(answers(a=["user"], b=["kibana"], c=["elastic"]), bundle(STORE, view, user))
    names = given_.seen(given_.answers.environments[0], user)
    assert names["consumes"] == {"log-view": {"page": "b.internal of https://10.0.2.1:9200"}}
    card = WiringCard.of(given_)
    assert [(each.component, each.role, each.placed) for each in card.parts] == [
        ("user", "", "each"),
        ("kibana", "log-view", "each"),
        ("elastic", "log-store", "once"),
    ]
    assert [(each.consumer, each.provider) for each in card.wires] == [
        ("a/user", "b/kibana"),
        ("b/kibana", "c/elastic"),
    ]


def test_a_part_that_only_wants_is_listed_too() -> None:
    agent = part("agent", wants=["log-store"])
    card = WiringCard.of(Planned(answers(a=["agent"]), bundle(STORE, agent)))
    assert [(each.component, each.published) for each in card.parts] == [("agent", {})]
    assert card.wires == ()


def test_what_the_bundle_has_not_is_told_with_all_else_and_what_it_may_have_meant() -> None:
    chosen = {"a": ["beats", "elastik"], "b": ["casino"]}
    assert refused(bundle(STORE, SHIPPER), **chosen) == [
        line("beats", "a", **chosen) + "a/beats needs log-store, which nothing fills, wanted one of: elastic",
        line("elastik", "a", **chosen) + "a/elastik, which is not in the bundle, wanted `elastic`, perhaps",
        line("casino", "b", **chosen)
        + "b/casino, which is not in the bundle, wanted a component of the bundle (sitewright bundle show FILE)",
    ]


def test_what_is_published_wrongly_is_the_bundles_fault() -> None:
    broken = part("elastic", "x", role="log-store", publishes={"url": "{{ nowhere }}"})
    with pytest.raises(BundleNotTrusted, match="elastic"):
        WiringCard.of(Planned(answers(a=["elastic"]), bundle(broken)))


CHARTED: dict[str, Any] = {"chart": {"name": "a", "namespace": "a"}}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([part("a", publishes={"url": "x"})], "publishes: publishes, but has no role"),
        ([part("a", placed="once", always=True)], "placed: cannot be once"),
        ([part("a", consumes=["queue"])], "consumes.0: consumes queue: no component of the bundle has that role"),
        ([part("a", requires=["queue"])], "requires.0: requires queue: not in the bundle"),
        ([part("a", role="q", consumes=["q"])], "consumes.0: consumes the role that it fills itself"),
        ([part("a", role="q", wants=["q"])], "wants.0: wants the role that it fills itself"),
        (
            [part("a", wants=["q"], consumes=["q"]), part("b", role="q")],
            "wants.0: wants q, which it consumes anyway",
        ),
        ([part("a", role="x", wants=["y"]), part("b", role="y", consumes=["x"])], "requires itself, by way of"),
        (
            [part("a", role="q", publishes={"secret": "users"}, **CHARTED, secrets={"others": {"x": "y"}})],
            "publishes.secret: the component has no secret 'users'",
        ),
        ([part("a", secrets={"users": {"x": "y"}})], "secrets: are made in the namespace of the component's chart"),
        (
            [part("a", **CHARTED, secrets={"q": {"x": "y"}}, wants=["q"]), part("b", role="q")],
            "secrets.q: is the name of the copy that comes with",
        ),
        ([part("a", probes=[{"with": "q"}]), part("b", role="q")], "probes.0.with: the component neither consumes nor"),
        ([part("a", role="b"), part("b")], "role: b is the name of a component, too"),
        (
            [part("a", role="q", publishes={"url": "x"}), part("b", role="q")],
            "publishes: is no stand-in for a: of role q one alone publishes url",
        ),
        ([part("a", role="x", consumes=["y"]), part("b", role="y", requires=["x"])], "requires itself, by way of"),
    ],
)
def test_what_no_site_could_wire_is_refused_with_the_bundle(parts: list[Component], said: str) -> None:
    assert said in " ".join(str(flaw) for _, flaw in roles.flaws({each.name: each.spec for each in parts}))
