"""Reads a recipe from `bundles/<name>/`, with those that it includes.

Reading checks every file against its closed form, and that whatever one part names exists and lies where it may
(`installer.bundle.specification`); it neither resolves nor builds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from installer.builder.recipe import TOOLCHAINS, Included, Part, Recipe, Source, taken_from
from installer.builder.recipe_file import RecipeFile
from installer.bundle import known, specification, suitability
from installer.bundle.forms import Flaw
from installer.bundle.manifest import Exemption
from installer.bundle.specification import Subject
from installer.errors import RecipeInvalid
from installer.formats import text_file
from installer.messages import Message

LARGEST_TEXT = 16 << 20
"""Bytes of the largest text beside a component.yaml: the definitions of an operator have a MiB or two."""


def load(folder: Path) -> Recipe:
    """Read the recipe in a folder, and those that it includes.

    Raises:
        RecipeInvalid: a file is missing or malformed, names something that is not there, or asks for what no component
            may have.
    """
    return _Reader(folder.resolve().parent).recipe(folder)


@dataclass
class _Reader:
    """Reads recipes below `tree`, each once; `opened` are those that wait for what they include."""

    tree: Path
    known: dict[Path, Recipe] = field(default_factory=dict)
    opened: list[Path] = field(default_factory=list)

    def recipe(self, folder: Path) -> Recipe:
        """Read one, whatever it includes first."""
        file = RecipeFile.read(folder / "bundle.yaml", "bundle.yaml")
        head = file.data
        self.opened.append(folder)
        included = tuple(self._included(file, at) for at in range(len(head.get("include", ()))))
        self.opened.pop()
        agreed = _agreed(file, included)
        exemptions = tuple(Exemption(**each) for each in head.get("exemptions", ()))
        every = (*(each for one in included for each in one.recipe.exemptions), *exemptions)
        parts, files = _parts(self.tree, file, included, exemptions)
        subjects = [_subject(part, every) for part in parts]
        for name, flaw in specification.among(subjects):
            raise files.get(name, file).refused([flaw])
        file.demand(specification.exempted(exemptions, subjects))
        accepted = frozenset(head.get("accepted_licences", ())).union(*(
            each.recipe.accepted_licences for each in included))  # fmt: skip
        for part in parts:
            said_in = files.get(part.name, file)
            said_in.demand(suitability.unsuited(part.spec, agreed["kubernetes"]))
            said_in.demand(suitability.unaccepted(part.spec, accepted))
        sources = _sources(file, included, parts, files)
        if any(source.kind == "go" or "module" in source.spec for source in sources) and not agreed["go"]:
            raise file.refused([Flaw((), Message("a source is built with Go, but toolchain.go names no version"))])
        profiles = (*(path for each in included for path in each.recipe.profiles),
                    *(_profile(folder, name) for name in head.get("profiles", ())))  # fmt: skip
        found = Recipe(
            name=head["name"], release=head["release"], architecture=agreed["architecture"],
            kubernetes=agreed["kubernetes"], go=agreed["go"], folder=folder, parts=parts, sources=sources,
            profiles=tuple({path.resolve(): path for path in profiles}.values()), exemptions=every, included=included,
            accepted_licences=accepted,
        )  # fmt: skip
        return self.known.setdefault(folder.resolve(), found)

    def _included(self, file: RecipeFile, at: int) -> Included:
        """The recipe that an entry of `include` names."""
        folder = _beside(self.tree, file, "include", at)
        ways = [each.resolve() for each in self.opened]
        if folder.resolve() in ways:
            way = [str(each) for each in self.opened[ways.index(folder.resolve()) + 1 :]]
            itself = Message("{folder} includes itself", folder=folder)
            if way:
                itself = Message("{folder} includes itself, by way of {names}", folder=folder, names=tuple(way))
            raise file.refused([Flaw(("include", at), itself)])
        if not (folder / "bundle.yaml").is_file():
            none = Message("{folder} is no recipe: it has no bundle.yaml", folder=folder)
            raise file.refused([Flaw(("include", at), none)])
        found = self.known.get(folder.resolve()) or self.recipe(folder)
        return Included(found, file.place("include", at))


def _beside(tree: Path, file: RecipeFile, key: str, at: int) -> Path:
    """The folder that an entry names by its path from the recipe's folder."""
    folder = Path(os.path.normpath(file.path.parent / file.data[key][at]))
    if not folder.resolve().is_relative_to(tree):
        reason = Message(
            "{folder} leads out of {tree}, where recipes and their components lie", folder=file.data[key][at], tree=tree
        )
        raise file.refused([Flaw((key, at), reason)])
    return folder


def _agreed(file: RecipeFile, included: tuple[Included, ...]) -> dict[str, str]:
    """What holds for a whole bundle: as the recipe says, or as those do that it includes; they may not differ."""
    head, found = file.data, {}
    # Who has another component in Kubernetes' place has another version of it.
    freed = {"kubernetes"} if known.KUBERNETES in head.get("instead", ()) and "kubernetes" in head else set()
    toolchain = head.get("toolchain", {})
    for key, path, own in (
        ("architecture", ("architecture",), head.get("architecture", "")),
        ("kubernetes", ("kubernetes",), head.get("kubernetes", "")),
        ("go", ("toolchain", "go"), toolchain.get("go", "")),
    ):
        said = [(each.recipe.folder, getattr(each.recipe, key)) for each in included
                if getattr(each.recipe, key) and key not in freed]  # fmt: skip
        first = own or next((value for _, value in said), "")
        for folder, value in said:
            if value != first:
                reason = Message(
                    "{key} is {here} here, but {there} in {folder}",
                    key=".".join(path),
                    here=first,
                    there=value,
                    folder=folder,
                )
                raise file.refused([Flaw(path if own else ("include",), reason)])
        found[key] = first
    return found


def _parts(
    tree: Path, file: RecipeFile, included: tuple[Included, ...], exemptions: tuple[Exemption, ...]
) -> tuple[tuple[Part, ...], dict[str, RecipeFile]]:
    """All components, those of included recipes and what stands in their place first, and the files of the own ones."""
    found: dict[str, tuple[Part, str]] = {}
    files: dict[str, RecipeFile] = {}
    vacant = {name: at for at, name in enumerate(file.data.get("instead", ()))}

    def add(part: Part, place: str, path: tuple[str | int, ...]) -> None:
        there, by = found.get(part.name, (part, ""))
        if there is not part:
            if path[0] == "include" or vacant.pop(part.name, None) is None:
                reason = Message("component {name} is in the bundle already, by {found}", name=part.name, found=by)
                raise file.refused([Flaw(path, reason)])
            found[part.name] = (part, place)
        found.setdefault(part.name, (part, place))

    for at, each in enumerate(included):
        for part in each.recipe.parts:
            add(part, each.place, ("include", at))
    for at, said in enumerate(file.data["components"]):
        name = said.rpartition("/")[2]
        folder = _beside(tree, file, "components", at) if "/" in said else file.path.parent / "components" / name
        if "/" in said and not folder.is_dir():
            raise file.refused([Flaw(("components", at), Message("there is no folder {folder}", folder=folder))])
        part, files[name] = _part(folder, name, exemptions)
        add(part, file.place("components", at), ("components", at))
    for name, at in vacant.items():
        reason = Message("{name} is no component both of an included recipe and of this one", name=name)
        raise file.refused([Flaw(("instead", at), reason)])
    return tuple(part for part, _ in found.values()), files


def _part(folder: Path, name: str, exemptions: tuple[Exemption, ...]) -> tuple[Part, RecipeFile]:
    file = RecipeFile.read(folder / "component.yaml", "component.yaml")
    spec = file.data
    if spec["name"] != name:
        reason = Message("is named {name}, wanted {wanted}", name=repr(spec["name"]), wanted=repr(name))
        raise file.refused([Flaw(("name",), reason)])
    beside = {path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}
    texts = {}
    for text in sorted((beside - {"component.yaml"}) | set(_texts_named(spec))):
        try:
            texts[text] = text_file.decoded(text_file.read(folder / text, LARGEST_TEXT))
        except (OSError, text_file.Unfit) as error:
            raise RecipeInvalid(
                place=f"{name}/component.yaml",
                reason=Message("its text {text} cannot be read: {reason}", text=text, reason=error),
            ) from error
    part = Part(name, spec["release"], folder, spec, texts)
    file.demand(specification.flaws(_subject(part, exemptions), "component.yaml"))
    return part, file


def _subject(part: Part, exemptions: tuple[Exemption, ...]) -> Subject:
    charts, files = ({entry["name"] for entry in part.listed(kind)} for kind in ("charts", "files"))
    exempt = frozenset(each.path for each in exemptions if each.component == part.name)
    return Subject(part.name, part.spec, charts, files, part.texts.keys(), exempt)


def _texts_named(spec: Mapping[str, Any]) -> Iterator[str]:
    """Texts in the places docs/components.md gives them; those may stand in a folder of the component."""
    for entry in (spec.get("host") or {}).get("texts", ()):
        yield entry["text"]
    if values := (spec.get("chart") or {}).get("values"):
        yield values
    for key in ("crds", "before", "objects"):
        yield from spec.get(key, ())
    yield from (probe["object"] for probe in spec.get("probes") or () if "object" in probe)


def _sources(
    file: RecipeFile, included: tuple[Included, ...], parts: tuple[Part, ...], files: Mapping[str, RecipeFile]
) -> tuple[Source, ...]:
    """All sources, each named once in the whole bundle; `files` are those of the recipe's own components."""
    found: dict[str, Source] = {}

    def add(source: Source, said_in: RecipeFile, *path: str | int) -> None:
        if found.setdefault(source.name, source) is not source:
            raise said_in.refused([Flaw(path, Message("source {name} is named twice in the bundle", name=source.name))])

    for at, each in enumerate(included):
        for source in each.recipe.sources:
            add(source, file, "include", at)
    for key, name in TOOLCHAINS.items():
        if packages := file.data.get("toolchain", {}).get(key):
            add(Source(name, "deb", packages, file.path.parent), file, "toolchain", key)
    trees = _trees(parts)
    for part in parts:
        for at, entry in enumerate(part.listed("sources") if part.name in files else ()):
            name = entry["name"]
            kind = next(key for key in entry if key != "name")
            source = Source(name, kind, entry[kind], part.folder, tuple(sorted(trees.get(name, ()))))
            add(source, files[part.name], "sources", at, "name")
            for path in source.inputs:
                if not path.is_dir():
                    reason = Message("source {source}: no folder {name}", source=name, name=path.name)
                    raise files[part.name].refused([Flaw(("sources", at, kind), reason)])
    for name, said_in in files.items():
        part = next(part for part in parts if part.name == name)
        said_in.demand(_loose_ends(part, found, trees))
    # What follows comes after what leads, else as the components have it.
    return tuple(sorted(found.values(), key=lambda source: "follows" in source.spec))


def _trees(parts: tuple[Part, ...]) -> dict[str, set[str]]:
    """Of each source, the folders and files that charts are taken from."""
    trees: dict[str, set[str]] = {}
    for part in parts:
        for chart in part.listed("charts"):
            if "from" in chart:
                trees.setdefault(chart["from"], set()).add(chart.get("path", "."))
            for added in chart.get("adds", ()):
                trees.setdefault(added["from"], set()).update(added["files"])
    return trees


def _loose_ends(part: Part, found: Mapping[str, Source], trees: Mapping[str, set[str]]) -> Iterator[Flaw]:
    """What a part takes from sources that cannot be taken from them."""
    for wanted in taken_from(part):
        if wanted not in found:
            yield Flaw((), Message("takes from source {wanted}, which nothing names", wanted=wanted))
        elif set(found[wanted].trees) != trees.get(wanted, set()):
            yield Flaw(
                (),
                Message(
                    "takes a chart from source {wanted}, which an included recipe locked without it", wanted=wanted
                ),
            )
    for at, entry in enumerate(part.listed("sources")):
        source = found[entry["name"]]
        kind = source.kind
        if source.sandbox and source.sandbox not in found:
            wanted = next(key for key, name in TOOLCHAINS.items() if name == source.sandbox)
            yield Flaw(
                ("sources", at, kind),
                Message("is compiled in a file system, but bundle.yaml names no toolchain.{wanted}", wanted=wanted),
            )
        if name := entry[kind].get("follows"):
            leader = found.get(name)
            if leader is None or leader.kind != "go" or "follows" in leader.spec:
                reason = Message(
                    "source {source} follows {leader}, which is no Go source with versions of its own",
                    source=entry["name"],
                    leader=name,
                )
                yield Flaw(("sources", at, kind, "follows"), reason)


def _profile(folder: Path, name: str) -> Path:
    """A profile by its path from the recipe's folder, or by its name among the repository's own profiles."""
    for path in (folder / name, folder.parent.parent / "profiles" / f"{name}.yaml"):
        if path.is_file():
            return path
    raise RecipeInvalid(place=str(folder / "bundle.yaml"), reason=Message("there is no profile {name}", name=name))
