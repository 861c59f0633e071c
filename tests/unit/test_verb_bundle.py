"""The verbs `bundle ...`, from argument list to exit code, on a recipe that takes no compiler."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from build_sample import write_recipe

from installer import cli
from installer.bundle.sshsig import generate_key

PAGE: Mapping[str, Any] = {
    "name": "page",
    "sources": [{"name": "page", "path": {"path": "web"}}],
    "files": [{"name": "page", "from": "page", "file": "index.html"}],
    "beside": {"web/index.html": "hello\n"},
}
LARGE: Mapping[str, Any] = {
    **PAGE,
    "name": "large",
    "sources": [{"name": "large", "path": {"path": "web"}}],
    "files": [{"name": "large", "from": "large", "file": "index.html"}],
    "beside": {"web/index.html": "x" * 3_500_000},
}
NAME = "small-1.0.0-amd64.sitewright"


class Desk:
    """A folder to work in, and what the last command said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, argv: str, code: int = 0) -> str:
        """Type `bundle ...`; its standard output."""
        found = cli.run(["bundle", *argv.format(here=self.folder).split()])
        self.out, self.err = self._capsys.readouterr()
        assert found == code, self.out + self.err
        assert "Traceback" not in self.err
        return self.out

    def refused(self, argv: str, code: int, *said: str) -> None:
        self(argv, code)
        assert [text for text in said if text not in self.err] == []


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    desk = Desk(tmp_path, capsys)
    write_recipe(tmp_path / "small", PAGE)
    desk("lock {here}/small")
    (tmp_path / "signers").write_text(desk("keygen {here}/key"))
    return desk


def test_keygen_prints_the_line_for_customers_and_nothing_else(desk: Desk) -> None:
    assert desk("keygen {here}/another").startswith('vendor namespaces="sitewright-bundle" ssh-ed25519 ')
    assert desk.out.count("\n") == 1
    assert "keep it secret" in desk.err
    desk.refused("keygen {here}/another", 2, "cannot be made: File exists")


def test_a_bundle_is_built_verified_and_shown(desk: Desk) -> None:
    said = desk("build {here}/small --key {here}/key --out {here}/out")
    assert said.startswith("Bundle small 1.0.0 · Kubernetes v1.36.3 · amd64 · 0 images, 0 charts, 1 host file")
    assert "not signed" not in said
    assert desk(f"show {{here}}/out/{NAME}") == said
    assert "every byte as signed" in desk(f"verify {{here}}/out/{NAME} --signers {{here}}/signers")


def test_what_is_written_elsewhere_is_shown_to_whoever_verifies(desk: Desk) -> None:
    texts = [{"text": "x.conf", "path": "/srv/small/x.conf", "mode": "0644"}]
    part = {"name": "small", "host": {"texts": texts}, "beside": {"x.conf": ""}}
    exemption = {"component": "small", "path": "/srv/small/x.conf", "reason": "the customer's own folder"}
    write_recipe(desk.folder / "elsewhere", part, exemptions=[exemption])
    desk("lock {here}/elsewhere")
    desk("build {here}/elsewhere --key {here}/key --out {here}/out")
    verify = f"verify {{here}}/out/{NAME} --signers {{here}}/signers"
    assert "! outside its own places: small writes /srv/small/x.conf: the customer's own folder" in desk(verify)
    assert json.loads(desk(f"{verify} --json"))["exemptions"] == [
        "small writes /srv/small/x.conf: the customer's own folder"
    ]


def test_a_bundle_built_without_a_key_is_signed_later(desk: Desk) -> None:
    said = desk("build {here}/small --out {here}/out")
    assert f"Next:  sitewright bundle sign {desk.folder}/out/{NAME} --key FILE" in said
    assert json.loads(desk(f"show {{here}}/out/{NAME} --json"))["signed"] is False
    desk.refused(f"verify {{here}}/out/{NAME} --signers {{here}}/signers", 5, "is not signed")
    desk(f"sign {{here}}/out/{NAME} --key {{here}}/key")
    desk(f"verify {{here}}/out/{NAME} --signers {{here}}/signers")
    signed = (desk.folder / "out" / NAME).read_bytes()
    desk("build {here}/small --key {here}/key --out {here}/at-once")
    assert (desk.folder / "at-once" / NAME).read_bytes() == signed
    desk("build {here}/small --out {here}/out")
    assert json.loads(desk(f"show {{here}}/out/{NAME} --json"))["signed"] is False


def test_verify_says_who_signed(desk: Desk) -> None:
    desk("build {here}/small --key {here}/key --out {here}/out")
    said = desk(f"verify {{here}}/out/{NAME} --signers {{here}}/signers")
    shown = subprocess.run(["ssh-keygen", "-lf", desk.folder / "key.pub"], capture_output=True, text=True, check=True)
    fingerprint = shown.stdout.split()[1]
    assert f"signed by vendor with the key {fingerprint} (line 1 of the signers)" in said
    told = json.loads(desk(f"verify {{here}}/out/{NAME} --signers {{here}}/signers --json").splitlines()[-1])
    assert told["signer"] == {"principals": "vendor", "key": fingerprint, "line": 1}


def test_a_revoked_key_signed_nothing(desk: Desk) -> None:
    desk("build {here}/small --key {here}/key --out {here}/out")
    verify = f"verify {{here}}/out/{NAME} --signers {{here}}/signers --revoked {{here}}/"
    desk(f"{verify}signers", 5)
    assert "line 1 of the revoked keys cannot be understood" in desk.err
    desk.refused(f"{verify}key.pub", 5, "signed by a key that is revoked (SHA256:")
    desk.refused(f"{verify}nowhere", 5, "revoked keys", "No such file")
    (desk.folder / "krl").write_bytes(b"SSHKRL\n\0\0\0\0\1")
    desk.refused(f"{verify}krl", 5, "a binary list (KRL)", "public keys, one a line")


def test_an_altered_bundle_is_not_signed(desk: Desk) -> None:
    desk("build {here}/small --out {here}/out")
    bundle = desk.folder / "out" / NAME
    content = bundle.read_bytes()
    bundle.write_bytes(content.replace(b"hello", b"hullo"))
    if bundle.read_bytes() == content:  # the layer is packed: alter it where it lies
        at = content.rindex(b"\x1f\x8b") + 30
        bundle.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    altered = bundle.read_bytes()
    desk.refused(f"sign {{here}}/out/{NAME} --key {{here}}/key", 5, "is altered")
    assert bundle.read_bytes() == altered


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xef\xbb\xbfvendor x", "a byte order mark"),
        ("vendor ssh-ed25519".encode("utf-16"), "text in UTF-16"),
        (b"\0" * 100, "binary data"),
        (b"#" * (2 << 20), "more than 1 MiB"),
    ],
)
def test_a_file_of_signers_that_ssh_keygen_cannot_read_is_told_as_such(desk: Desk, content: bytes, said: str) -> None:
    desk("build {here}/small --key {here}/key --out {here}/out")
    (desk.folder / "signers").write_bytes(content)
    desk.refused(f"verify {{here}}/out/{NAME} --signers {{here}}/signers", 5, "allowed signers", said)


def test_a_pipe_of_signers_is_not_waited_for(desk: Desk) -> None:
    desk("build {here}/small --key {here}/key --out {here}/out")
    os.mkfifo(desk.folder / "pipe")
    desk.refused(f"verify {{here}}/out/{NAME} --signers {{here}}/pipe", 5, "a pipe")
    desk.refused(f"sign {{here}}/out/{NAME} --key {{here}}/pipe", 2, "a pipe")


def test_parts_are_of_the_size_that_was_asked_for(desk: Desk) -> None:
    write_recipe(desk.folder / "small", LARGE)
    desk("lock {here}/small")
    sizes = {}
    for asked in ("1.5MB", "1.5MiB", "1500000"):
        said = desk(f"build {{here}}/small --key {{here}}/key --out {{here}}/{asked} --split {asked}")
        parts = sorted((desk.folder / asked).iterdir())
        assert [path.name for path in parts] == [f"{NAME}.{number:03d}" for number in (1, 2, 3)]
        assert str(parts[0]) in said
        sizes[asked] = parts[0].stat().st_size
        desk(f"verify {{here}}/{asked}/{NAME} --signers {{here}}/signers")
    assert sizes == {"1.5MB": 1_500_000, "1.5MiB": 1_572_864, "1500000": 1_500_000}
    desk("build {here}/small --key {here}/key --out {here}/1.5MB")
    assert [path.name for path in (desk.folder / "1.5MB").iterdir()] == [NAME]


@pytest.mark.parametrize("size", ["4", "999999", "0", "much", "-1MB", "4iB", "0.9MB"])
def test_a_size_that_makes_no_parts_is_refused_before_the_build(desk: Desk, size: str) -> None:
    desk.refused(f"build {{here}}/small --key {{here}}/key --out {{here}}/out --split={size}", 2, f"--split {size}: ")
    assert not (desk.folder / "cache/packed").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--key {here}/none --out {here}/out", "the key cannot be read"),
        ("--key {here}/signers --out {here}/out", "not an OpenSSH private key"),
        ("--key {here}/key --out {here}/signers", "is no folder"),
    ],
)
def test_what_cannot_be_delivered_is_told_before_the_build(desk: Desk, flags: str, said: str) -> None:
    desk.refused(f"build {{here}}/small {flags}", 2, said)
    assert not (desk.folder / "cache/packed").exists()


def test_a_cache_that_is_a_file_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(desk.folder / "signers"))
    desk.refused("build {here}/small --key {here}/key --out {here}/out", 2, "signers/sitewright", "refuses it")


def test_a_key_with_a_passphrase(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    signers = generate_key(desk.folder / "locked", passphrase="correct horse")
    (desk.folder / "signers").write_text(signers)
    monkeypatch.setenv("PHRASE", "correct horse")
    (desk.folder / "phrase").write_text("wrong horse\n")
    (desk.folder / "phrase").chmod(0o600)
    build = "build {here}/small --key {here}/locked --out {here}/out"
    desk.refused(f"{build} --passphrase file:{{here}}/phrase", 2, "its passphrase is wrong")
    desk.refused(f"{build} --passphrase env:NO_SUCH", 4, "the variable is not set")
    desk.refused(f"{build} --passphrase PHRASE", 2, "env:NAME, file:PATH or prompt")
    desk.refused(build, 4, "nobody is there to be asked: no terminal, or --json")
    assert not (desk.folder / "cache/packed").exists()
    desk(f"{build} --passphrase env:PHRASE")
    desk(f"verify {{here}}/out/{NAME} --signers {{here}}/signers")
    (desk.folder / "signers").write_text(desk("keygen {here}/own --passphrase env:PHRASE"))
    desk(f"sign {{here}}/out/{NAME} --key {{here}}/own --passphrase env:PHRASE")
    desk(f"verify {{here}}/out/{NAME} --signers {{here}}/signers")


def test_diff_says_what_differs_and_only_that(desk: Desk) -> None:
    desk("build {here}/small --key {here}/key --out {here}/old")
    assert desk(f"diff {{here}}/old/{NAME} {{here}}/old/{NAME}") == "The same components for the same machines.\n"
    folder = desk.folder / "small"
    (folder / "components/page/page.service").write_text("[Unit]\n")
    desk("build {here}/small --key {here}/key --out {here}/set")
    said = desk(f"diff {{here}}/old/{NAME} {{here}}/set/{NAME}")
    assert said.splitlines()[0] == "~ page v1: settings"
    (folder / "components/page/web/index.html").write_text("other\n")
    shutil.rmtree(folder / "components/page")
    write_recipe(folder, {**PAGE, "release": "v2", "beside": {"web/index.html": "other\n"}}, architecture="arm64",
                 kubernetes="v1.37.2")  # fmt: skip
    desk("lock {here}/small")
    desk("build {here}/small --key {here}/key --out {here}/new")
    said = desk(f"diff {{here}}/old/{NAME} {{here}}/new/{NAME.replace('amd64', 'arm64')}")
    assert said.splitlines()[:3] == [
        "Kubernetes v1.36.3 -> v1.37.2",
        "Architecture amd64 -> arm64",
        "~ page v1 -> v2: 1 artifact new or other (495 B), 1 artifact dropped, settings",
    ]


@pytest.mark.parametrize("verb", ["lock", "build"])
def test_a_recipe_at_fault_is_told_with_its_line_and_is_no_failed_build(desk: Desk, verb: str) -> None:
    path = desk.folder / "small/components/page/component.yaml"
    path.write_text(f"{path.read_text()}alwys: true\n")
    line = len(path.read_text().splitlines())
    desk.refused(f"{verb} {{here}}/small", 2, f"component.yaml:{line}: alwys: unknown key; did you mean 'always'")


def test_a_changed_lock_is_told(desk: Desk) -> None:
    (desk.folder / "small/components/page/web/index.html").write_text("other\n")
    desk.refused("build {here}/small --out {here}/out", 1, "was changed in the recipe after it was locked")


@pytest.mark.skipif(os.geteuid() != 0, reason="drops root's rights")
def test_a_folder_that_nobody_may_write_to_is_told(desk: Desk) -> None:
    shut = desk.folder / "shut"
    shut.mkdir(mode=0o555)
    for path in (desk.folder, *desk.folder.rglob("*")):
        os.chown(path, 65534, 65534)
    os.chown(shut, 0, 0)
    os.seteuid(65534)
    try:
        desk("build {here}/small --out {here}/shut", 2)
    finally:
        os.seteuid(0)
    assert "Permission denied" in desk.err
