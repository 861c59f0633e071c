"""What the services of a product say they need, as spots of their files; pure, from texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from installer.answers.schema import violations
from installer.formats import schemas, strict_yaml
from installer.formats.spots import Spot, spots
from installer.formats.values import shown
from installer.messages import Message
from installer.product.files import Text

Refuse = Callable[[str, Message, Message, int, str], None]
"""Takes file, found, wanted, line and dotted path of what is wrong."""

FORMAT = 1


@dataclass(frozen=True)
class Service:
    """A service by its name; `said` is its statement, `owner` the spot that names its team, if any does."""

    name: str
    said: Spot
    owner: Spot

    @property
    def secrets(self) -> Mapping[str, Spot]:
        """What is said of each Secret, by the Secret's name."""
        return {each.at("name").text: each for each in self.said.at("secrets").items()}

    @property
    def variables(self) -> Mapping[str, Spot]:
        """What is said of each variable, those that come out of secrets included."""
        found: dict[str, Spot] = {}
        for secret in self.said.at("secrets").items():
            found.update(secret.at("variables").entries())
        return {**found, **self.said.at("variables").entries()}


@dataclass(frozen=True)
class Product:
    """All statements. `manifests` are the paths by environment, under "" those for every environment alike."""

    name: str
    services: tuple[Service, ...]
    manifests: Mapping[str, tuple[str, ...]]


@cache
def schema() -> dict[str, Any]:
    """The schema of statements."""
    return schemas.packaged("installer.product", "product")


@cache
def _validator() -> Any:
    return schemas.validator(schema())


def product(texts: Sequence[Text], refuse: Refuse) -> Product:
    """What the texts state; whatever is wrong in one is refused, and left out."""
    sound = [(each, spot) for each in texts if (spot := _sound(each, refuse)) is not None]
    names = [(text, spot.at("product")) for text, spot in sound if spot.at("product")]
    whole = len(sound) == len(texts)  # what stands in a file that was refused is not missed as well
    if whole and not names:
        refuse(texts[0].name, Message("nothing"), Message("the product's name"), 1, "product")
    for text, again in names[1:]:
        refuse(text.name, shown(again.text), Message("the product's name once, in product.yaml"), again.line, "product")
    owner = next((spot.at("owner") for _, spot in sound if spot.at("owner")), Spot("", 0, None))
    services: dict[str, Service] = {}
    for text, spot in sound:
        for name, said in spot.at("services").entries().items():
            if name in services:
                first = services[name].said
                refuse(text.name, Message("a service that {place} states already", place=f"{first.file}:{first.line}"),
                       Message("each service once"), said.line, f"services.{name}")  # fmt: skip
            services.setdefault(name, Service(name, said, said.at("owner") or owner))
    if whole and not services:
        refuse(texts[0].name, Message("no service"), Message("what each service needs"), 1, "services")
    return Product(names[0][1].text if names else "", tuple(services.values()), _manifests(spot for _, spot in sound))


def _sound(text: Text, refuse: Refuse) -> Spot | None:
    """The one document of a text that keeps to the schema."""
    read = strict_yaml.read(text.text)
    flaws = [(line, path, found, wanted) for line, path, found, wanted in read.flaws]
    if not flaws and read.data is None:
        flaws = [(1, (), Message("nothing"), Message("what each service needs"))]
    elif not flaws:
        version = read.data.get("version") if isinstance(read.data, dict) else None
        if isinstance(version, int) and version > FORMAT:
            flaws = [(read.line(("version",)), ("version",),
                      Message("version {version}, of a newer sitewright", version=version),
                      Message("version {target} or older, or a newer sitewright", target=FORMAT))]  # fmt: skip
        else:
            flaws = [(read.line(path), path, found, wanted)
                     for path, found, wanted, _ in violations(read.data, _validator())]  # fmt: skip
    for line, path, found, wanted in flaws:
        refuse(text.name, found, wanted, line, ".".join(map(str, path)))
    return None if flaws else spots(text.text, text.name)[0]


def _manifests(roots: Iterator[Spot]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for root in roots:
        said = root.at("manifests")
        for name, paths in {"": said, **said.entries()}.items():
            if paths.items():
                found[name] = (*found.get(name, ()), *(each.text for each in paths.items()))
    return found or {"": ("manifests",)}
