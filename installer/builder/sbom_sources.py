"""What a bundle's components were made of, for the bill of materials: Go modules, Debian packages, upstream artifacts.

The modules are those that the compiler wrote into the programs, not those that a go.sum merely mentions. Every program
has Go's standard library in it, and one that is made with cgo has static C libraries: those come from the C toolchain's
packages for development alone (`libc6-dev`, `libseccomp-dev`), all of which are listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from installer.builder.lock import Lock
from installer.builder.recipe import C_TOOLCHAIN, Recipe, Source, taken_from
from installer.builder.sbom import Ingredient
from installer.builder.sources import golang, npm
from installer.workshop import Workshop


def ingredients(recipe: Recipe, held: Lock, made: Mapping[str, Path], workshop: Workshop) -> Iterator[Ingredient]:
    """Everything that went into each component from outside."""
    for part in recipe.parts:
        for name in sorted(set(taken_from(part))):
            source = recipe.source(name)
            for purl, digest in _of(source, held, made[name], workshop):
                yield Ingredient(part.name, purl, digest)


def _of(source: Source, held: Lock, folder: Path, workshop: Workshop) -> Iterator[tuple[str, str]]:
    identity, spec = held.of(source).identity, source.spec
    if source.kind == "deb":
        yield from _packages(identity, workshop)
    elif source.kind == "go":
        if "module" in spec:
            yield f"pkg:golang/{spec['module']}@{_quoted(spec['version'])}", ""
        programs = [str(folder / command) for command in spec.get("commands", {})]
        if programs:
            go = held.toolchain["go"]
            yield f"pkg:golang/stdlib@{_quoted(go['version'])}", _hex(go["sha256"])
            if spec.get("cgo"):
                yield from _packages(held.sources[C_TOOLCHAIN].identity, workshop, "-dev")
            said = workshop.run(source.name, "go", "version", "-m", *programs, env=golang.environment(source, workshop))
            yield from ((f"pkg:golang/{module}@{_quoted(version)}", "") for module, version in modules(said))
    elif source.kind == "maven":
        for each in identity["artifacts"]:
            yield _maven(each)
    elif source.kind == "npm":
        for name, version in npm.packages(identity[npm.LOCK]):
            yield f"pkg:npm/{name.replace('@', '%40')}@{_quoted(version)}", ""
    elif source.kind == "pypi":
        yield f"pkg:pypi/{spec['package']}@{_quoted(spec['version'])}", _hex(identity["sha256"])
    elif source.kind == "oci":
        image, digest = spec["image"], identity["digest"]
        yield f"pkg:oci/{image.rsplit('/', 1)[-1]}@{_quoted(digest)}?repository_url={_quoted(image)}", _hex(digest)
    elif source.kind == "helm":
        digest = identity.get("sha256") or identity["digest"]
        place = f"repository_url={_quoted(spec['repository'])}"
        yield f"pkg:helm/{spec['chart']}@{_quoted(spec['version'])}?{place}", _hex(digest)
    elif source.kind == "http":
        yield f"pkg:generic/{source.name}?download_url={_quoted(spec['url'])}", _hex(identity["sha256"])


def _packages(identity: Mapping[str, Any], workshop: Workshop, ending: str = "") -> Iterator[tuple[str, str]]:
    """The Debian packages of a source, those whose names end so."""
    for package in identity["packages"]:
        if package["name"].endswith(ending):
            purl = f"pkg:deb/debian/{package['name']}@{_quoted(package['version'])}?arch={workshop.architecture}"
            yield purl, _hex(package["sha256"])


def _maven(artifact: Mapping[str, Any]) -> tuple[str, str]:
    """A file of a Maven repository; what is not its artifact's plain jar says what it is."""
    (group, name), version = artifact["name"].split(":"), artifact["version"]
    ending, _, kind = artifact["path"].rpartition("/")[2].removeprefix(f"{name}-{version}").rpartition(".")
    more = [f"classifier={_quoted(ending[1:])}"] if ending else []
    more += [f"type={_quoted(kind)}"] if kind != "jar" else []
    purl = f"pkg:maven/{group}/{name}@{_quoted(version)}" + ("?" if more else "") + "&".join(more)
    return purl, _hex(artifact["sha256"])


def modules(said: str) -> list[tuple[str, str]]:
    """The modules that `go version -m` names, each with the version that was really used."""
    found: list[tuple[str, str]] = []
    for line in said.splitlines():
        match line.split():
            case ["dep", module, version, *_]:
                found.append((module, version))
            case ["=>", module, version, *_]:
                found[-1] = (module, version)
    return sorted(set(found))


def _hex(digest: str) -> str:
    return digest.partition(":")[2]


def _quoted(text: str) -> str:
    return quote(text, safe="")
