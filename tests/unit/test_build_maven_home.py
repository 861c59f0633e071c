"""Files come from where this machine's Maven takes its own."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from installer.builder.sources import maven_mirror
from installer.errors import BuildFailed

# Where from -----------------------------------------------------------------------------------------------------------
SETTINGS = "<settings xmlns='http://maven.apache.org/SETTINGS/1.2.0'><mirrors>{}</mirrors></settings>"
MIRROR = "<mirror><id>m</id><mirrorOf>{}</mirrorOf><url>https://{}.example/maven/</url></mirror>"


@pytest.fixture
def maven_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Maven of which only the files are there that say where it takes things from."""
    home = tmp_path / "maven"
    (home / "bin").mkdir(parents=True)
    (home / "bin/mvn").write_text("#!/bin/sh\n")
    (home / "bin/mvn").chmod(0o755)
    (home / "conf").mkdir()
    (home / "lib").mkdir()
    with zipfile.ZipFile(home / "lib/maven-model-builder-3.x.jar", "w") as jar:
        jar.writestr(maven_mirror.OWN, "<project><repositories><repository><id>central</id>"
                     "<url>https://own.example/maven2</url></repository></repositories></project>")  # fmt: skip
    monkeypatch.setenv("PATH", str(home / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv(maven_mirror.VARIABLE, raising=False)
    return home


@pytest.mark.parametrize(
    ("users", "machines", "found"),
    [
        ("", "", "https://own.example/maven2"),
        (MIRROR.format("*", "near"), "", "https://near.example/maven"),
        ("", MIRROR.format("other", "far") + MIRROR.format("central", "near"), "https://near.example/maven"),
        (
            MIRROR.format("external:*,!central", "far"),
            MIRROR.format("external:*", "near"),
            "https://near.example/maven",
        ),
    ],
)
def test_files_come_from_where_this_machines_maven_takes_them(
    maven_home: Path, tmp_path: Path, users: str, machines: str, found: str
) -> None:
    (maven_home / "conf/settings.xml").write_text(SETTINGS.format(machines))
    if users:
        (tmp_path / "home/.m2").mkdir(parents=True)
        (tmp_path / "home/.m2/settings.xml").write_text(SETTINGS.format(users))
    assert maven_mirror.base() == found
    assert maven_mirror.settings(tmp_path) == []


def test_without_maven_the_way_on_is_said(maven_home: Path) -> None:
    (maven_home / "lib/maven-model-builder-3.x.jar").unlink()
    with pytest.raises(BuildFailed, match="does not say where it is") as failure:
        maven_mirror.base()
    assert maven_mirror.VARIABLE in failure.value.remedy
    (maven_home / "bin/mvn").unlink()
    with pytest.raises(BuildFailed, match="mvn is not installed") as failure:
        maven_mirror.base()
    assert "apt-get install maven" in failure.value.remedy
