"""Source kind `maven`: Maven itself resolves from a repository of this process, and a build fetches what is locked."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from build_sample import source, web, workshop, write_recipe

from installer.builder import reading
from installer.builder.sbom_sources import _maven
from installer.builder.sources import http, maven, maven_mirror
from installer.errors import BuildFailed
from installer.workshop import Workshop, cache_folder

GROUP = "example.invalid"
PLUGIN = "org/apache/maven/plugins/maven-dependency-plugin"


def publish(repository: Path, name: str, version: str, *needs: str, content: bytes = b"", kind: str = "jar") -> Path:
    """Put an artifact into a repository as its publisher would; what it needs is "name:version[:scope[:optional]]"."""
    folder = repository / "example/invalid" / name / version
    folder.mkdir(parents=True, exist_ok=True)
    said = ""
    for need in needs:
        other, wanted, scope, optional = (
            [*need.split(":"), "compile", "false"][:4] if need.count(":") < 3 else need.split(":")
        )
        said += (f"<dependency><groupId>{GROUP}</groupId><artifactId>{other}</artifactId><version>{wanted}</version>"
                 f"<scope>{scope}</scope><optional>{optional}</optional></dependency>")  # fmt: skip
    (folder / f"{name}-{version}.pom").write_text(
        f"<project><modelVersion>4.0.0</modelVersion><groupId>{GROUP}</groupId><artifactId>{name}</artifactId>"
        f"<version>{version}</version><dependencies>{said}</dependencies></project>"
    )
    path = folder / f"{name}-{version}.{kind}"
    path.write_bytes(content or f"{name} {version}".encode())
    for each in tuple(folder.iterdir()):
        if not each.name.endswith(".sha1"):
            digest = hashlib.sha1(each.read_bytes(), usedforsecurity=False).hexdigest()
            each.with_name(f"{each.name}.sha1").write_text(digest)
    return path


@pytest.fixture
def equipped(tmp_path: Path) -> Workshop:
    """A workshop whose Maven has its plug-in already: that alone comes from where this machine's Maven takes it."""
    if shutil.which("mvn") is None:
        pytest.skip("Maven is not installed")
    if not (cache_folder() / "maven" / PLUGIN).is_dir():
        maven.resolve(
            source("maven", {"artifacts": ["org.jspecify:jspecify:1.0.0"]}), Workshop(cache_folder(), "amd64")
        )
    shop = workshop(tmp_path)
    shutil.copytree(cache_folder() / "maven", shop.cache / "maven", copy_function=os.link)
    return shop


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A repository of this process, which everything is taken from."""
    (tmp_path / "repository").mkdir()
    with web(tmp_path / "repository") as address:
        monkeypatch.setenv(maven_mirror.VARIABLE, address + "/")
        yield tmp_path / "repository"


def test_maven_resolves_and_the_lock_names_each_file(equipped: Workshop, served: Path, tmp_path: Path) -> None:
    publish(served, "app", "1", "lib:1", "other:1", "tests:1:test:false", "maybe:1:compile:true", "unwanted:1")
    publish(served, "other", "1", "lib:2")
    for name, version in (("lib", "1"), ("lib", "2"), ("tests", "1"), ("maybe", "1"), ("unwanted", "1")):
        publish(served, name, version)
    what = source("maven", {"artifacts": [f"{GROUP}:app:1"], "without": [f"{GROUP}:unwanted"]})
    identity = maven.resolve(what, equipped)
    assert [each["path"] for each in identity["artifacts"]] == [
        f"example/invalid/{name}/1/{name}-1.jar" for name in ("app", "lib", "other")
    ], "of two versions the nearer one, nothing that is only for tests, optional or left out"
    assert identity["artifacts"][0] == {
        "name": f"{GROUP}:app", "version": "1", "path": "example/invalid/app/1/app-1.jar", "size": 5,
        "sha256": "sha256:" + hashlib.sha256(b"app 1").hexdigest(),
    }  # fmt: skip
    into = tmp_path / "made"
    into.mkdir()
    maven.make(what, identity, workshop(tmp_path / "another"), into)  # with an empty cache: from the repository
    assert {path.name: path.read_text() for path in (into / "jars").iterdir()} == {
        "app-1.jar": "app 1", "lib-1.jar": "lib 1", "other-1.jar": "other 1",
    }  # fmt: skip


def test_what_nobody_has_is_told_in_mavens_words(equipped: Workshop, served: Path) -> None:
    with pytest.raises(BuildFailed, match=r"source thing: .*example.invalid:ghost:jar:1"):
        maven.resolve(source("maven", {"artifacts": [f"{GROUP}:ghost:1"]}), equipped)


def test_a_file_that_lies_on_its_way_is_refused_by_maven(equipped: Workshop, served: Path) -> None:
    path = publish(served, "app", "1")
    path.with_name(f"{path.name}.sha1").write_text("0" * 40)
    with pytest.raises(BuildFailed, match=r"(?i)checksum"):
        maven.resolve(source("maven", {"artifacts": [f"{GROUP}:app:1"]}), equipped)


def entry(content: bytes, name: str = "app", **more: Any) -> dict[str, Any]:
    """What the lock says of a file."""
    path = f"example/invalid/{name}/1/{name}-1.jar"
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    return {"name": f"{GROUP}:{name}", "version": "1", "path": path, "size": len(content), "sha256": digest, **more}


def made(tmp_path: Path, *artifacts: Mapping[str, Any]) -> Path:
    into = tmp_path / "made"
    into.mkdir()
    maven.make(source("maven", {"artifacts": ["unused"]}), {"artifacts": list(artifacts)}, workshop(tmp_path), into)
    return into / "jars"


@pytest.mark.parametrize(
    ("sent", "locked", "said"),
    [
        (b"changed", entry(b"lockedd"), "app-1.jar is sha256:.*, but sha256:.* is locked"),
        (b"locked and more", entry(b"locked"), "cannot be fetched: it is longer than 6 bytes"),
        (b"lock", entry(b"locked"), "is locked"),
    ],
)
def test_another_file_than_the_locked_one_is_refused(
    served: Path, tmp_path: Path, sent: bytes, locked: Mapping[str, Any], said: str
) -> None:
    publish(served, "app", "1", content=sent)
    with pytest.raises(BuildFailed, match=said):
        made(tmp_path, locked)
    assert not list((tmp_path / "cache/jars").iterdir())


def test_a_file_that_is_gone_is_named(served: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"example/invalid/app/1/app-1.jar cannot be fetched: .*404"):
        made(tmp_path, entry(b"x"))


def answering(answer: Callable[[SimpleHTTPRequestHandler], None]) -> type[SimpleHTTPRequestHandler]:
    class Said(SimpleHTTPRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            answer(self)

    return Said


def _slowly(asked: SimpleHTTPRequestHandler) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    with contextlib.suppress(OSError):
        while True:
            asked.wfile.write(b"x")
            time.sleep(0.02)


def _short(asked: SimpleHTTPRequestHandler) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")


def _away(asked: SimpleHTTPRequestHandler) -> None:
    asked.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "said"),
    [(_slowly, "more slowly than"), (_short, "it broke off 6 bytes before its end"), (_away, "not allowed")],
)
def test_a_repository_that_sends_no_file_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[SimpleHTTPRequestHandler], None], said: str
) -> None:
    monkeypatch.setattr(http, "_SECONDS", 0.2)
    with web(tmp_path, answering(answer)) as address:
        monkeypatch.setenv(maven_mirror.VARIABLE, address)
        with pytest.raises(BuildFailed, match=said):
            made(tmp_path, entry(b"x" * 1000000))


def test_a_redirection_to_another_file_is_refused(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(served, "app", "1", content=b"other!")
    elsewhere = os.environ[maven_mirror.VARIABLE] + "example/invalid/app/1/app-1.jar"

    def away(asked: SimpleHTTPRequestHandler) -> None:
        asked.wfile.write(f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\n\r\n".encode())

    with web(tmp_path, answering(away)) as address:
        monkeypatch.setenv(maven_mirror.VARIABLE, address)
        with pytest.raises(BuildFailed, match="is locked"):
            made(tmp_path, entry(b"locked"))


def test_a_file_that_was_changed_in_the_cache_is_fetched_again(served: Path, tmp_path: Path) -> None:
    publish(served, "app", "1", content=b"locked")
    kept = tmp_path / "cache/jars" / entry(b"locked")["sha256"][7:]
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"evil")
    assert (made(tmp_path, entry(b"locked")) / "app-1.jar").read_bytes() == b"locked"


def test_files_of_one_name_keep_apart(served: Path, tmp_path: Path) -> None:
    publish(served, "app", "1", content=b"one")
    other = served / "org/other/app/1/app-1.jar"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"two!")
    found = made(tmp_path, entry(b"one"), entry(b"two!", path="org/other/app/1/app-1.jar", name="org.other:app")
                 | {"name": "org.other:app", "path": "org/other/app/1/app-1.jar"})  # fmt: skip
    assert sorted(path.name for path in found.iterdir()) == ["example.invalid-app-1.jar", "org.other-app-1.jar"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"artifacts": []}, "artifacts: .*wanted a list of artifacts"),
        ({"artifacts": ["a:b"]}, "artifacts.0: .*group:artifact:version"),
        ({"artifacts": ["a:b:LATEST"]}, "artifacts.0: .*group:artifact:version"),
        ({"artifacts": ["a:b:[1,2)"]}, "artifacts.0: .*group:artifact:version"),
        ({"artifacts": ["a:b:1"], "without": ["a"]}, "without.0: .*group:artifact"),
        ({"artifacts": ["a:b:1"], "exclude": []}, "exclude: unknown key; known here: artifacts, path"),
        ({"artifacts": ["a:b:1"], "path": "../x"}, "path: .*does not match"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, spec: Mapping[str, Any], said: str) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "x", "sources": [{"name": "x", "maven": spec}]})
    with pytest.raises(BuildFailed, match=rf"component.yaml:\d+: sources.0.maven.{said}"):
        reading.load(folder)


@pytest.mark.parametrize(
    ("path", "purl"),
    [
        ("a/b/1/b-1.jar", "pkg:maven/a/b@1"),
        ("a/b/1/b-1-exec.jar", "pkg:maven/a/b@1?classifier=exec"),
        ("a/b/1/b-1-linux.tar", "pkg:maven/a/b@1?classifier=linux&type=tar"),
    ],
)
def test_the_bill_of_materials_names_what_a_file_is(path: str, purl: str) -> None:
    assert _maven({"name": "a:b", "version": "1", "path": path, "sha256": "sha256:ab"}) == (purl, "ab")
