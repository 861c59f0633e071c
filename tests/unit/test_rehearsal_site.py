"""Practice sites as they are planned: names, networks, commands and files, before anything runs."""

from __future__ import annotations

import io
import stat
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from installer.errors import PracticeImpossible
from installer.rehearsal import access, commands, image
from installer.rehearsal.site import PracticeHost, PracticeSite


def site(*addresses: str, name: str = "shop") -> PracticeSite:
    return PracticeSite(name, [PracticeHost(f"host-{at}", address) for at, address in enumerate(addresses)])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("addresses", "subnet", "gateway"),
    [
        (("10.89.10.11", "10.89.10.12"), "10.89.10.0/24", "10.89.10.1"),
        (("10.89.10.1", "10.89.10.2"), "10.89.10.0/24", "10.89.10.3"),
        (("10.0.1.9", "10.0.2.9"), "10.0.0.0/22", "10.0.0.1"),
        (("172.16.0.5", "172.16.255.5"), "172.16.0.0/16", "172.16.0.1"),
    ],
)
def test_the_network_holds_every_address_and_its_gateway_is_nobodys(
    addresses: tuple[str, ...], subnet: str, gateway: str
) -> None:
    assert (str(site(*addresses).subnet), site(*addresses).gateway) == (subnet, gateway)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: site(), "has no hosts"),
        (lambda: site("10.0.0.1", name="Shop"), "not a lower-case host name"),
        (lambda: site("10.0.0.1", name="a/../b"), "not a lower-case host name"),
        (lambda: PracticeSite("s", [PracticeHost("--rm", "10.0.0.1")]), "not a lower-case host name"),
        (lambda: site("10.0.0.1", "10.0.0.1"), "address 10.0.0.1 is used twice"),
        (lambda: PracticeSite("s", [PracticeHost("a", "10.0.0.1"), PracticeHost("a", "10.0.0.2")]), "name a is used"),
        (lambda: site("10.0.0.1", "192.168.0.1"), "do not fit into one /16"),
        (lambda: site("cp-1.example.org"), "cp-1.example.org"),
    ],
)
def test_what_containers_cannot_stand_in_for_is_refused(make: object, reason: str) -> None:
    assert callable(make)
    with pytest.raises(PracticeImpossible, match=reason):
        make()


def test_an_unknown_host_has_no_container() -> None:
    with pytest.raises(PracticeImpossible, match="has no host 'other'"):
        site("10.0.0.5").container("other")


def test_everything_a_site_makes_is_labelled_and_named_after_it() -> None:
    one = site("10.0.0.5")
    made = [
        commands.create_network(one),
        commands.create_volume(one, one.hosts[0]),
        commands.create_host(one, one.hosts[0], "image"),
    ]
    for argv in made:
        assert argv[argv.index("--label") + 1] == f"{commands.LABEL}=shop"
        assert any(word.startswith("sitewright-shop") for word in argv)


def test_the_network_is_internal() -> None:
    assert "--internal" in commands.create_network(site("10.0.0.5"))


def test_removal_names_only_what_was_found_and_in_the_order_of_use() -> None:
    assert [argv[1:2] + argv[-1:] for argv in commands.removal(["c"], ["v"], ["n"])] == [
        ("rm", "c"), ("volume", "v"), ("network", "n"),
    ]  # fmt: skip
    assert list(commands.removal([], [], [])) == []


def test_secrets_are_readable_by_their_owner_alone(home: Path) -> None:
    folder = access.make_folder(site("10.0.0.5"))
    assert folder == home / ".local/state/sitewright/practice/shop"
    public = {"known_hosts"} | {path.name for path in folder.rglob("*.pub")}
    for path in [folder, *folder.rglob("*")]:
        if path.name not in public:
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_what_was_made_once_stays(home: Path) -> None:
    folder = access.make_folder(site("10.0.0.5"))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    access.make_folder(site("10.0.0.5"))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    access.remove_folder(site("10.0.0.5"))
    assert not folder.exists()


def test_a_pair_broken_off_half_way_is_made_anew(home: Path) -> None:
    folder = access.make_folder(site("10.0.0.5"))
    (folder / "id_ed25519.pub").unlink()
    access.make_folder(site("10.0.0.5"))
    key = load_ssh_private_key((folder / "id_ed25519").read_bytes(), None)
    assert (folder / "id_ed25519.pub").read_text().split()[1] in _public(key)


def test_the_second_key_opens_with_its_passphrase_alone(home: Path) -> None:
    folder = access.make_folder(site("10.0.0.5"))
    locked, passphrase = (folder / "id_ed25519_passphrase").read_bytes(), (folder / "passphrase").read_bytes()
    load_ssh_private_key(locked, passphrase)
    with pytest.raises(TypeError, match="password-protected"):
        load_ssh_private_key(locked, None)


def test_a_host_gets_the_key_that_is_pinned_and_users_own_their_files(home: Path) -> None:
    one = site("10.0.0.5", "10.0.0.6")
    folder = access.make_folder(one)
    pins = dict(line.split(" ", 1) for line in (folder / "known_hosts").read_text().splitlines())
    with tarfile.open(fileobj=io.BytesIO(access.identity(one, one.hosts[1]))) as tar:
        entries = {entry.name: entry for entry in tar}
        stored = tar.extractfile("etc/ssh/ssh_host_ed25519_key")
        assert stored is not None
        key = load_ssh_private_key(stored.read(), None)
    assert pins["10.0.0.6"] in _public(key)
    assert entries["etc/ssh/ssh_host_ed25519_key"].mode == 0o600
    owners = {name: entries[f"{name}/.ssh/authorized_keys"].uid for name in ("root", "home/engineer", "home/deploy")}
    assert owners == {"root": 0, "home/engineer": 1000, "home/deploy": 1001}


def test_the_image_is_named_after_all_of_its_definition(tmp_path: Path) -> None:
    (tmp_path / "packages.txt").write_text("sudo\n")
    (tmp_path / "root").mkdir()
    digests = {image.digest(tmp_path)}
    (tmp_path / "packages.txt").write_text("sudo\ncurl\n")
    digests.add(image.digest(tmp_path))
    (tmp_path / "root/unit").write_text("x")
    digests.add(image.digest(tmp_path))
    (tmp_path / "root/unit").rename(tmp_path / "root/other")
    digests.add(image.digest(tmp_path))
    assert len(digests) == 4


def test_no_part_of_kubernetes_is_in_the_image() -> None:
    packages = set((image.DEFINITION / "packages.txt").read_text().split())
    assert not packages & {"containerd", "runc", "crun", "docker.io", "kubernetes-client", "etcd-server", "cri-tools"}


def _public(key: object) -> str:
    assert isinstance(key, Ed25519PrivateKey)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
