"""Running commands, keeping what they make, and asking apt."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from build_sample import source, workshop

from installer.builder.sources import deb, mirror
from installer.errors import BuildFailed
from installer.workshop import Workshop, cache_folder, remove_tree

APT = """#!/bin/sh
# Stands in for apt-get: keeps what it is asked, and prints what the real one printed on 2026-11-23.
for word; do
  case $word in
    Dir::State::status=*) cp "${word#*=}" "$KEPT/status" ;;
    Dir::Etc::sourcelist=*) cp "${word#*=}" "$KEPT/list" ;;
  esac
done
[ "$1" = indextargets ] || echo "$*" >> "$KEPT/asked"
if [ "$1" = indextargets ]; then
  echo "http://mirror.example/debian/ bookworm"
  echo "http://mirror.example/debian-security/ bookworm-security"
  exit
fi
case "$*" in *--print-uris*) cat <<'END'
'http://mirror.example/debian/conntrack_1.4.7-1%2bb2_amd64.deb' conntrack_1%3a1.4.7-1+b2_amd64.deb 35240 SHA256:AAA
'http://mirror.example/debian/pool/main/n/netbase/netbase_6.4_all.deb' netbase_6.4_all.deb 12800 SHA256:BBB
END
esac
"""


def test_a_commands_output_is_returned(tmp_path: Path) -> None:
    assert workshop(tmp_path).run("thing", "sh", "-c", "echo out; echo noise >&2") == "out\n"


def test_a_command_that_fails_is_told_with_its_last_lines(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"(?s)thing: `sh -c` ended with 3:.*line 30$") as failure:
        workshop(tmp_path).run("thing", "sh", "-c", "for n in $(seq 30); do echo line $n >&2; done; exit 3")
    assert "line 18\n" not in failure.value.message


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match="thing: no-such-command is not installed"):
        workshop(tmp_path).run("thing", "no-such-command", "x")


def test_a_long_command_pulses_and_does_not_outlive_its_caller(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def pulse(_: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        Workshop(tmp_path, "amd64", pulse=pulse).run("thing", "sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 600")
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_pulse_tells_what_was_spent_since_the_last(tmp_path: Path) -> None:
    told: list[float] = []
    shop = Workshop(tmp_path, "amd64", pulse=told.append)
    for _ in range(2):
        shop.run("thing", "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
    assert len(told) >= 2
    assert 0.02 < sum(told) < 30
    assert min(told) >= 0


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    shop = workshop(tmp_path)

    def broken(into: Path) -> None:
        (into / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        shop.keep(tmp_path / "kept", broken)
    assert not (tmp_path / "kept").exists()
    assert list((shop.cache / "work").iterdir()) == []
    shop.keep(tmp_path / "kept", lambda into: (into / "whole").touch())
    shop.keep(tmp_path / "kept", broken)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["whole"]


def test_two_builds_at_once_keep_one_of_the_same(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    both = threading.Barrier(2)
    kept: list[Path] = []

    def make(into: Path) -> None:
        (into / "same").write_text("same")
        both.wait()

    threads = [threading.Thread(target=lambda: kept.append(shop.keep(tmp_path / "kept", make))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept == [tmp_path / "kept"] * 2
    assert (tmp_path / "kept/same").read_text() == "same"


def test_a_read_only_tree_is_removed(tmp_path: Path) -> None:
    (tmp_path / "tree/below").mkdir(parents=True)
    (tmp_path / "tree/below/file").touch()
    (tmp_path / "tree/below").chmod(0o555)
    remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_the_cache_is_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/sitewright")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path.home() / ".cache/sitewright"


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where the stand-in of apt-get keeps what it was asked."""
    kept = tmp_path / "kept"
    kept.mkdir()
    program = tmp_path / "bin/apt-get"
    program.parent.mkdir()
    program.write_text(APT.replace("AAA", "a" * 64).replace("BBB", "b" * 64))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("KEPT", str(kept))
    return kept


def test_apt_resolves_in_a_world_of_its_own(tmp_path: Path, apt: Path) -> None:
    what = source("deb", {"packages": ["conntrack"], "without": ["perl-base"]})
    found = deb.resolve(what, workshop(tmp_path))["packages"]
    assert [(package["name"], package["version"]) for package in found] == [
        ("conntrack", "1:1.4.7-1+b2"),
        ("netbase", "6.4"),
    ]
    assert found[0]["url"] == "debian/conntrack_1.4.7-1%2bb2_amd64.deb"
    assert found[0]["sha256"] == "sha256:" + "a" * 64
    assert (apt / "list").read_text().count("signed-by=/usr/share/keyrings/debian-archive-keyring.gpg") == 3
    assert "bookworm-security main" in (apt / "list").read_text()
    assert "Package: perl-base\nStatus: install ok installed\n" in (apt / "status").read_text()
    asked = (apt / "asked").read_text().splitlines()
    assert asked[0].endswith(" update")
    assert asked[1].endswith(" --no-install-recommends conntrack")


def test_an_apt_that_names_nothing_is_an_error(tmp_path: Path, apt: Path) -> None:
    (tmp_path / "bin/apt-get").write_text('#!/bin/sh\n[ "$1" = indextargets ] && echo http://m/debian bookworm; true\n')
    with pytest.raises(BuildFailed, match="apt names no package"):
        deb.resolve(source("deb", {"packages": ["x"]}), workshop(tmp_path))


@pytest.mark.parametrize(
    ("sources", "place"),
    [
        ("http://m/ubuntu noble", "http://deb.debian.org"),
        ("http://m/x/debian/ trixie\nhttp://m/x/debian-security/ trixie-security", "http://m/x"),
        ("http://m/debian trixie\nhttp://other/debian bookworm", "http://other"),
        ("", "http://deb.debian.org"),
    ],
)
def test_a_machine_of_another_release_takes_its_mirror_or_debians(
    tmp_path: Path, apt: Path, sources: str, place: str
) -> None:
    (tmp_path / "bin/apt-get").write_text(f"#!/bin/sh\necho '{sources}'\n")
    found = mirror.bases("bookworm", workshop(tmp_path))
    assert found == {"debian": f"{place}/debian", "debian-security": f"{place}/debian-security"}


def test_a_mirror_that_is_named_serves_both_archives(
    tmp_path: Path, apt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITEWRIGHT_DEBIAN_MIRROR", "http://near.example/")
    name = "debian-security/pool/updates/x.deb"
    assert mirror.address(name, mirror.bases("bookworm", workshop(tmp_path))) == f"http://near.example/{name}"
    assert mirror.named(f"http://near.example/{name}", mirror.bases("bookworm", workshop(tmp_path))) == name
