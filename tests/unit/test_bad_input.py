"""Files that are wrong, given to the command itself: its exit code, what it says, and that nothing was begun.

All of them are refused before a host is asked; tests/e2e/test_bad_files.py and test_bad_hosts.py have the hosts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_bundle import make_core_bundle
from core_manifest import ROOT
from tampering import entries, new_entry, rewrite, with_content

from installer import cli
from installer.bundle import layout, sshsig, writing
from installer.bundle.archive import Archive

Document = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """A folder with good answers, a good bundle and its signers; a test spoils one of them."""

    folder: Path

    @property
    def profile(self) -> Path:
        return self.folder / "answers.yaml"

    @property
    def bundle(self) -> Path:
        return self.folder / "core.sitewright"

    @property
    def signers(self) -> Path:
        return self.folder / "allowed_signers"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def begun(self) -> list[Path]:
        """Every run that was begun."""
        return list(self.state.rglob("run.json"))

    def type(self, verb: str) -> int:
        """Type a command about a simulated site; the exit code."""
        hosts = [{key: host[key] for key in ("name", "address")} for host in read("rehearsal")["hosts"]]
        site = self.folder / "site.yaml"
        site.write_text(yaml.safe_dump({"version": 1, "hosts": hosts}))
        files = ("--profile", self.profile, "--bundle", self.bundle, "--signers", self.signers)
        return cli.run([verb, *map(str, (*files, "--simulate", site, "--state", self.state))])


def read(profile: str) -> Document:
    return dict(yaml.safe_load((ROOT / f"profiles/{profile}.yaml").read_text()))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    make_core_bundle(folder)
    return folder


@pytest.fixture
def desk(shelf: Path, tmp_path: Path) -> Desk:
    for name in ("core.sitewright", "allowed_signers", "vendor"):
        shutil.copy(shelf / name, tmp_path)
    shutil.copy(ROOT / "profiles/rehearsal.yaml", tmp_path / "answers.yaml")
    return Desk(tmp_path)


@pytest.mark.parametrize("verb", ["check", "plan", "install"])
def test_all_is_good_before_it_is_spoilt(desk: Desk, verb: str) -> None:
    assert desk.type(verb) == 0


def document(change: Callable[[Document], object]) -> Callable[[Path], object]:
    """Spoils what the answers say, not how they are written."""

    def spoil(path: Path) -> None:
        answers = yaml.safe_load(path.read_text())
        change(answers)
        path.write_text(yaml.safe_dump(answers, sort_keys=False))

    return spoil


def production(answers: Document) -> Document:
    return dict(answers)["environments"][0]  # type: ignore[no-any-return]


def cut(path: Path, before: str) -> None:
    """Keep what a writer had written when it died."""
    text = path.read_text()
    path.write_text(text[: text.index(before)])


ANSWERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: path.unlink(), "no such file"),
    "empty": (lambda path: path.write_text(""), "found nothing"),
    "a directory": (lambda path: (path.unlink(), path.mkdir()), "a directory"),
    "binary": (lambda path: path.write_bytes(b"\x7fELF\x00"), "binary data"),
    "in another encoding": (lambda path: path.write_bytes(b"site: {name: \xe4}\n"), "not UTF-8"),
    "huge": (lambda path: path.write_bytes(b"# \n" * (1 << 20)), "more than 1 MiB"),
    "half-written, in a value": (lambda path: cut(path, "file: ~/.local"), "flow"),
    "half-written, between keys": (lambda path: cut(path, "environments:"), "environments: found nothing"),
    "an unknown key": (lambda path: path.write_text(path.read_text() + "hostz: []\n"), "`hosts`, perhaps"),
    "newer": (lambda path: path.write_text(path.read_text().replace("version: 1", "version: 2")), "newer sitewright"),
    "a host twice": (document(lambda d: d["hosts"][1].update(name="cp-1")), "which hosts.0.name is already"),
    "an address twice": (
        document(lambda d: d["hosts"][1].update(address=d["hosts"][0]["address"])), "which hosts.0.address is already",
    ),
    "services within pods": (
        document(lambda d: production(d).update(networks={"pods": "10.96.0.0/12"})), "overlapping 10.96.0.0/12",
    ),
    "a host within pods": (
        document(lambda d: d["hosts"][1].update(address="10.244.3.4")), "holding 10.244.3.4 of hosts.1.address",
    ),
    "a part that the bundle lacks": (
        document(lambda d: production(d)["components"].update(kafka={})), "components.kafka",
    ),
}  # fmt: skip


@pytest.mark.parametrize("verb", ["check", "install"])
@pytest.mark.parametrize(("spoil", "message"), ANSWERS.values(), ids=ANSWERS)
def test_bad_answers_exit_3(
    desk: Desk, capfd: pytest.CaptureFixture[str], verb: str, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(desk.profile)
    assert desk.type(verb) == 3
    said = capfd.readouterr()
    assert message in said.err
    assert "answers.yaml:" in said.err
    assert (said.out, desk.begun) == ("", [])


def test_all_problems_of_the_answers_at_once(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    def spoil(answers: Document) -> None:
        answers["hosts"].append(dict(answers["hosts"][0]))
        production(answers)["networks"] = {"pods": "10.96.0.0/12"}

    document(spoil)(desk.profile)
    assert desk.type("check") == 3
    said = capfd.readouterr().err
    assert [part for part in ("hosts.3.name", "hosts.3.address", "networks.services") if part not in said] == []


# Bundles.


def part(desk: Desk) -> str:
    """The digest of some layer."""
    with Archive.open(desk.bundle) as archive:
        return archive.manifest.components[0].artifacts[0].file.digest


def flip(desk: Desk, name: str) -> None:
    """Flip one bit in the middle of an entry."""
    content = entries(desk.bundle)
    data = bytearray(next(data for entry, data in content if entry.name == name))
    data[len(data) // 2] ^= 1
    rewrite(desk.bundle, with_content(content, name, bytes(data)))


def lose(desk: Desk) -> None:
    gone = layout.blob_name(part(desk))
    rewrite(desk.bundle, [pair for pair in entries(desk.bundle) if pair[0].name != gone])


def add(desk: Desk) -> None:
    content, first = entries(desk.bundle), len(layout.FIRST)
    more = new_entry(layout.blob_name("sha256:" + "0" * 64), b"more")
    rewrite(desk.bundle, content[:first] + more + content[first:])


def sign_anew(desk: Desk) -> None:
    sshsig.generate_key(desk.folder / "stranger")
    with Archive.open(desk.bundle) as archive:
        signature = sshsig.sign(archive.bundle_json, desk.folder / "stranger")
    writing.put_signature(desk.bundle, signature)


def expire(desk: Desk) -> None:
    desk.signers.write_text(desk.signers.read_text().replace(" ", ' valid-before="20260101Z",', 1))


def cut_at(desk: Desk, share: float) -> None:
    whole = desk.bundle.read_bytes()
    desk.bundle.write_bytes(whole[: int(len(whole) * share)])


BUNDLES: dict[str, tuple[Callable[[Desk], object], str]] = {
    "empty": (lambda desk: desk.bundle.write_bytes(b""), "is empty"),
    "something else": (lambda desk: desk.bundle.write_bytes(b"MZ" * 5000), "is not a bundle"),
    "cut within bundle.json": (lambda desk: cut_at(desk, 0.02), "ends too early"),
    "cut in its last part": (lambda desk: cut_at(desk, 0.999), "ends too early"),
    "a bit of bundle.json flipped": (lambda desk: flip(desk, layout.BUNDLE_JSON), "not of this content"),
    "a bit of a blob flipped": (lambda desk: flip(desk, layout.blob_name(part(desk))), "is altered"),
    "a blob missing": (lose, "is missing"),
    "a blob more": (add, "does not name"),
    "unsigned": (lambda desk: writing.put_signature(desk.bundle, sshsig.UNSIGNED), "is not signed"),
    "a stranger's": (sign_anew, "signed by a key that is not allowed to sign"),
    "of a signer whose time is over": (expire, "was valid only before 2026-01-01"),
    "nobody is trusted": (lambda desk: desk.signers.write_text(""), "signed by a key that is not allowed to sign"),
    "nobody is named": (lambda desk: desk.signers.unlink(), "No such file or directory"),
}


@pytest.mark.parametrize(("spoil", "reason"), BUNDLES.values(), ids=BUNDLES)
def test_bad_bundles_exit_5(
    desk: Desk, capfd: pytest.CaptureFixture[str], spoil: Callable[[Desk], object], reason: str
) -> None:
    spoil(desk)
    assert desk.type("install") == 5
    said = capfd.readouterr()
    assert str(desk.bundle) in said.err
    assert reason in " ".join(said.err.split())
    assert (said.out, desk.begun) == ("", [])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.unlink(), "there is no such file"),
        (lambda path: (path.unlink(), path.mkdir()), "is no file"),
    ],
)
def test_a_bundle_that_is_no_file_exits_2(
    desk: Desk, capfd: pytest.CaptureFixture[str], spoil: Callable[[Path], object], reason: str
) -> None:
    spoil(desk.bundle)
    assert desk.type("install") == 2
    assert f"{desk.bundle}: {reason}" in capfd.readouterr().err
