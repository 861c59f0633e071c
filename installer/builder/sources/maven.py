"""Source kind `maven`: libraries of a Maven repository with all that they need, and Java sources compiled against them.

Maven itself resolves when locking: nobody else has its rules of which version wins. The lock then names each file with
its path in a repository, its length and its digest: a build asks no Maven, it fetches those files and no others.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any
from xml.sax.saxutils import escape

from installer.builder.recipe import Source
from installer.builder.sources import as_locked, http, maven_mirror, sandbox
from installer.errors import BuildFailed
from installer.formats import text_file
from installer.messages import Message
from installer.workshop import Workshop, file_digest, tree_digest, tree_files

PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:list"
"""What Maven resolves with. It chooses nothing by itself, and what it names is fetched and hashed by us."""
JARS = "jars"
"""Folder of all that is made."""
LONGEST = 4 << 20
"""Bytes of what Maven says that are read when it fails."""
OLDEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can give a file."""


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """Every file that is needed to run what the recipe names, each with its path, length and digest."""
    with workshop.scratch() as folder:
        found = [_artifact(source, line, workshop) for line in _lines(_listed(source, workshop, folder))]
    if not found:
        raise BuildFailed(
            what=Message("source {name}", name=source.name),
            reason=Message("Maven names no file for what the recipe asks"),
        )
    identity: dict[str, Any] = {"artifacts": sorted(found, key=lambda each: str(each["path"]))}
    return identity | ({"tree": tree_digest(source.inputs[0])} if source.inputs else {})


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Fetch the files, lay them into one folder, and compile the component's own sources against them."""
    jars = into / JARS
    jars.mkdir()
    for artifact, name in zip(locked["artifacts"], _names(locked["artifacts"]), strict=True):
        shutil.copyfile(_fetched(source, artifact, workshop), jars / name)
        workshop.pulse(0.0)
    if source.inputs:
        as_locked.check(source, {"tree": tree_digest(source.inputs[0])}, locked)
        _compile(source, workshop, jars)


def _listed(source: Source, workshop: Workshop, folder: Path) -> str:
    """What Maven lists for the recipe's artifacts, all of it fetched into its own repository."""
    (folder / "pom.xml").write_text(_project(source), encoding="utf-8")
    said, listed = folder / "said", folder / "files"
    try:
        workshop.run(
            source.name, "mvn", "--batch-mode", "--strict-checksums", "--log-file", str(said),
            f"-Dmaven.repo.local={_repository(workshop)}", *maven_mirror.settings(folder), PLUGIN,
            "-DincludeScope=runtime", "-DoutputAbsoluteArtifactFilename=true", f"-DoutputFile={listed}",
            cwd=folder, env=_environment(),
        )  # fmt: skip
    except BuildFailed as error:
        lines: list[str] = []
        with suppress(OSError, text_file.Unfit):
            lines = text_file.decoded(text_file.read(said, LONGEST)).splitlines()
        words = [line.removeprefix("[ERROR]").strip() for line in lines if line.startswith("[ERROR]")]
        reason = words[0] if words else error.facts["reason"]
        hint = "" if words else Message("Maven resolves for the lock: apt-get install maven")
        raise BuildFailed(what=Message("source {name}", name=source.name), reason=reason, hint=hint) from error
    return listed.read_text(encoding="utf-8")


def _project(source: Source) -> str:
    """A project that needs just what the recipe names."""
    without = "".join(
        f"<exclusion><groupId>{escape(group)}</groupId><artifactId>{escape(artifact)}</artifactId></exclusion>"
        for group, artifact in (each.split(":") for each in source.spec.get("without", ()))
    )
    wanted = ""
    for coordinates in source.spec["artifacts"]:
        group, artifact, *kind, version = coordinates.split(":")
        fields = {"groupId": group, "artifactId": artifact, "version": version}
        fields |= dict(zip(("type", "classifier"), kind, strict=False))
        said = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields.items())
        wanted += f"<dependency>{said}<exclusions>{without}</exclusions></dependency>"
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        f"<groupId>sitewright.invalid</groupId><artifactId>{source.name}</artifactId><version>1</version>"
        f"<packaging>pom</packaging><dependencies>{wanted}</dependencies></project>"
    )


def _lines(said: str) -> Iterator[tuple[list[str], Path]]:
    """What Maven lists: coordinates with the scope behind them, and the file in its own repository."""
    for line in said.splitlines():
        words, _, path = line.strip().partition(":/")
        if path:
            # Of a module with a name of its own, that follows the path.
            yield words.split(":")[:-1], Path("/" + path.split(" -- ")[0].strip())


def _artifact(source: Source, listed: tuple[list[str], Path], workshop: Workshop) -> dict[str, Any]:
    """What the lock says of a file."""
    coordinates, file = listed
    group, artifact, *_, version = coordinates
    home = _repository(workshop)
    if not file.is_relative_to(home / group.replace(".", "/") / artifact):
        raise BuildFailed(
            what=Message("source {name}", name=source.name),
            reason=Message("Maven gives {file} for {names}", file=file, names=":".join(coordinates)),
        )
    path = file.relative_to(home).as_posix()
    digest = file_digest(file)
    kept = _place(digest, workshop)
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with workshop.scratch() as folder:
            shutil.copyfile(file, folder / "file")
            (folder / "file").replace(kept)
    size = file.stat().st_size
    return {"name": f"{group}:{artifact}", "version": version, "path": path, "size": size, "sha256": digest}


def _fetched(source: Source, artifact: Mapping[str, Any], workshop: Workshop) -> Path:
    """A file of the lock in the cache, fetched if it is not there.

    Raises:
        BuildFailed: it cannot be fetched, or is another one than is locked.
    """
    kept = _place(artifact["sha256"], workshop)
    if kept.is_file() and file_digest(kept) == artifact["sha256"]:
        os.utime(kept)
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with workshop.scratch() as folder:
        address = f"{maven_mirror.base()}/{artifact['path']}"
        http.fetch_locked(source.name, address, artifact["sha256"], folder / "file", artifact["size"])
        (folder / "file").replace(kept)
    return kept


def _names(artifacts: list[Mapping[str, Any]]) -> list[str]:
    """The file name of each; of two that are called the same, their group stands before it."""
    plain = [PurePosixPath(each["path"]).name for each in artifacts]
    groups = [each["name"].partition(":")[0] for each in artifacts]
    return [f"{group}-{name}" if plain.count(name) > 1 else name for group, name in zip(groups, plain, strict=True)]


def _compile(source: Source, workshop: Workshop, jars: Path) -> None:
    """Compile the component's sources into a jar of the source's name; other files among them go in as they are."""
    with workshop.scratch() as folder:
        origin, classes = source.inputs[0], folder / "classes"
        classes.mkdir()
        sources = [path.relative_to(origin).as_posix() for path in tree_files(origin) if path.suffix == ".java"]
        sandbox.run(
            source, workshop, {"/jars": jars, "/sources": origin, "/work": folder}, {},
            ["javac", "-encoding", "UTF-8", "-proc:none", "-nowarn", "--release", str(source.spec.get("release", 17)),
             "-classpath", "/jars/*", "-d", "/work/classes", *(f"/sources/{path}" for path in sources)],
        )  # fmt: skip
        packed = {path.relative_to(classes).as_posix(): path for path in tree_files(classes)}
        packed |= {path.relative_to(origin).as_posix(): path for path in tree_files(origin) if path.suffix != ".java"}
        with zipfile.ZipFile(jars / f"{source.name}.jar", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in sorted(packed.items()):
                archive.writestr(zipfile.ZipInfo(name, OLDEST), path.read_bytes(), zipfile.ZIP_DEFLATED)


def _environment() -> dict[str, str]:
    """Maven's environment: nothing that gives it options of the user's own."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("MAVEN_", "MVN_", "JDK_", "JAVA_"))}


def _repository(workshop: Workshop) -> Path:
    """Where Maven keeps what it fetches."""
    return workshop.cache / "maven"


def _place(digest: str, workshop: Workshop) -> Path:
    return workshop.cache / "jars" / digest.partition(":")[2]
