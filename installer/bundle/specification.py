"""What a component's specification has to be, beyond its form: consistent, and within the places it may write to.

Held against a recipe at the build, and once more against the signed bundle.json wherever one is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from installer.bundle import claims, forms, places, roles, sized
from installer.bundle.forms import Flaw, Form
from installer.bundle.manifest import Exemption
from installer.messages import Message

COMPONENTS = 300
"""Of one bundle."""
TEXTS = 400
"""Templates of a whole bundle that may be rendered for one host and environment."""


@dataclass(frozen=True)
class Subject:
    """A component whose specification is looked at, and what there is beside it.

    `charts` and `files` are the names of its artifacts, `texts` those of its texts; `exempt` are the paths outside its
    own places that bundle.yaml gives it.
    """

    name: str
    spec: Mapping[str, Any]
    charts: Collection[str]
    files: Collection[str]
    texts: Collection[str]
    exempt: frozenset[str] = frozenset()


def flaws(subject: Subject, form: Form) -> Iterator[Flaw]:
    """Everything wrong with a specification; what lies behind its form is looked at only where the form is right."""
    formal = False
    for flaw in forms.flaws(subject.spec, form):
        formal = True
        yield flaw
    if not formal:
        yield from _loose_ends(subject)
        yield from _places(subject)
        yield from sized.flaws(subject.spec)


def written(spec: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each path of a host that a component writes, or leaves to be removed with it, and where it says so."""
    host = spec.get("host", {})
    for key in ("files", "texts"):
        yield from ((("host", key, at, "path"), each["path"]) for at, each in enumerate(host.get(key, ())))
    yield from ((("host", "leaves", at), path) for at, path in enumerate(host.get("leaves", ())))


def _loose_ends(subject: Subject) -> Iterator[Flaw]:
    """Names of things that are not there."""
    host, chart = subject.spec.get("host", {}), subject.spec.get("chart", {})
    for at, entry in enumerate(host.get("files", ())):
        if entry["file"] not in subject.files:
            yield Flaw(
                ("host", "files", at, "file"), Message("the component has no file {file}", file=repr(entry["file"]))
            )
    for at, entry in enumerate(host.get("texts", ())):
        if entry["text"] not in subject.texts:
            yield Flaw(
                ("host", "texts", at, "text"), Message("the component has no text {text}", text=repr(entry["text"]))
            )
        if ("each" in entry) != (places.EACH in entry["path"]):
            yield Flaw(
                ("host", "texts", at, "path"),
                Message("`each` and {each} in the path belong together", each=places.EACH),
            )
    if chart and chart["name"] not in subject.charts:
        yield Flaw(("chart", "name"), Message("the component has no chart {name}", name=repr(chart["name"])))
    if chart.get("values", "") not in ("", *subject.texts):
        yield Flaw(("chart", "values"), Message("the component has no text {text}", text=repr(chart["values"])))
    for key in ("crds", "before", "objects"):
        for at, text in enumerate(subject.spec.get(key, ())):
            if text not in subject.texts:
                yield Flaw((key, at), Message("the component has no text {text}", text=repr(text)))
        if key in subject.spec and not {"chart", "objects"} & subject.spec.keys():
            yield Flaw((key,), Message("is applied before a chart or objects, and the component has neither"))
    for at, probe in enumerate(subject.spec.get("probes", ())):
        if probe.get("object", "") not in ("", *subject.texts):
            yield Flaw(
                ("probes", at, "object"), Message("the component has no text {text}", text=repr(probe["object"]))
            )
    for at, unit in enumerate(host.get("enable-only", ())):
        if unit not in host.get("units", ()):
            yield Flaw(("host", "enable-only", at), Message("{unit} is none of the component's units", unit=unit))


def _places(subject: Subject) -> Iterator[Flaw]:
    host = subject.spec.get("host", {})
    owner = places.Owner(subject.name, frozenset(subject.files), subject.exempt)
    for path, place in written(subject.spec):
        flaw = places.leaf_flaw if path[1] == "leaves" else places.file_flaw
        if reason := flaw(owner, place):
            yield Flaw(path, reason)
    for key in ("files", "texts"):
        for at, entry in enumerate(host.get(key, ())):
            if reason := places.mode_flaw(entry["mode"]):
                yield Flaw(("host", key, at, "mode"), reason)
    brought = [entry["path"] for entry in host.get("texts", ())]
    for at, unit in enumerate(host.get("units", ())):
        if reason := places.unit_flaw(unit, brought):
            yield Flaw(("host", "units", at), reason)


def among(subjects: Collection[Subject]) -> Iterator[tuple[str, Flaw]]:
    """What is wrong between components, with the name of one of them.

    Needs that nothing meets or that go in a circle, places and ports that are taken twice, and more than there may be.
    """
    names = [subject.name for subject in subjects]
    if len(names) > COMPONENTS:
        yield (
            "",
            Flaw(
                (),
                Message(
                    "the bundle has {count} components, at most {most} are allowed", count=len(names), most=COMPONENTS
                ),
            ),
        )
        return
    wrote: dict[str, str] = {}
    for subject in subjects:
        for path, place in written(subject.spec):
            if place in wrote:
                yield (
                    subject.name,
                    Flaw(
                        path, Message("{place} is named by component {wrote} already", place=place, wrote=wrote[place])
                    ),
                )
            wrote.setdefault(place, subject.name)
    texts = sum(map(_rendered, subjects))
    if texts > TEXTS:
        yield (
            "",
            Flaw(
                (),
                Message(
                    "the bundle has {count} templates to render, at most {most} are allowed", count=texts, most=TEXTS
                ),
            ),
        )
    specs = {subject.name: subject.spec for subject in subjects}
    yield from roles.flaws(specs)
    yield from claims.flaws(specs)


def exempted(exemptions: Collection[Exemption], subjects: Collection[Subject]) -> Iterator[Flaw]:
    """What is wrong with exemptions: of places that are never given, or that nothing writes."""
    wrote = {(subject.name, place) for subject in subjects for _, place in written(subject.spec)}
    for at, each in enumerate(exemptions):
        if reason := places.exemption_flaw(each.path):
            yield Flaw(("exemptions", at, "path"), reason)
        elif (each.component, each.path) not in wrote:
            yield Flaw(
                ("exemptions", at, "path"),
                Message("component {component} does not write {path}", component=each.component, path=each.path),
            )


def _rendered(subject: Subject) -> int:
    """Templates of a component: texts for hosts, objects, a chart's values, and those in its specification itself."""
    spec, host = subject.spec, subject.spec.get("host", {})
    commands = (each.get("command", ()) for each in spec.get("probes", ()))
    tried = [each["object"] for each in spec.get("probes", ()) if "object" in each]
    lists = (host.get("texts", ()), spec.get("before", ()), spec.get("objects", ()), spec.get("probes", ()), *commands,
             tried, spec.get("publishes", ()), *spec.get("secrets", {}).values())  # fmt: skip
    return sum(map(len, lists)) + ("values" in spec.get("chart", {}))
