"""The keys and passwords of a practice site, made before its hosts are: host keys are pinned from the start."""

from __future__ import annotations

import io
import secrets
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from installer import whole_file
from installer.rehearsal.site import DEPLOY, ENGINEER, PracticeHost, PracticeSite

USERS: Mapping[str, tuple[str, int]] = {
    "root": ("root", 0),
    ENGINEER: (f"home/{ENGINEER}", 1000),
    DEPLOY: (f"home/{DEPLOY}", 1001),
}
"""Home and user id of everybody that can log in; the ids are those the image's build gives out."""


def make_folder(site: PracticeSite) -> Path:
    """Make the folder with keys, passwords and known_hosts; what is there stays, so pinned keys stay valid."""
    folder = site.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("password", "passphrase"):
        if not (folder / name).exists():
            whole_file.put(folder / name, secrets.token_urlsafe(18).encode(), 0o600)
    _key(folder / "id_ed25519", NoEncryption())
    _key(folder / "id_ed25519_passphrase", BestAvailableEncryption((folder / "passphrase").read_bytes()))
    (folder / "hosts").mkdir(mode=0o700, exist_ok=True)
    pins = []
    for host in site.hosts:
        public = _key(folder / "hosts" / host.name, NoEncryption())
        pins.append(f"{host.address} {public}\n")
    whole_file.put(folder / "known_hosts", "".join(pins).encode(), 0o644)
    return folder


def remove_folder(site: PracticeSite) -> None:
    """Forget the site's keys and passwords."""
    if site.folder.exists():
        shutil.rmtree(site.folder)


def identity(site: PracticeSite, host: PracticeHost) -> bytes:
    """A tar with the files that make a host this host: its name, its host key, and who may log in."""
    folder = site.folder
    key = (folder / "hosts" / host.name).read_bytes()
    authorized = b"".join((folder / f"{name}.pub").read_bytes() for name in ("id_ed25519", "id_ed25519_passphrase"))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        # The imported image leaves the mode of its top directory to chance.
        _add(tar, ".", None, mode=0o755)
        _add(tar, "etc/hostname", f"{host.name}\n".encode())
        _add(tar, "etc/hosts", f"127.0.0.1 localhost\n{host.address} {host.name}\n".encode())
        # A customer's hosts name a resolver; this one refuses at once, for nothing listens there.
        _add(tar, "etc/resolv.conf", f"nameserver {site.gateway}\n".encode())
        _add(tar, "etc/ssh/ssh_host_ed25519_key", key, mode=0o600)
        # A server has this, even where its kernel has no modules; the first pod that mounts it would make it.
        _add(tar, "usr/lib/modules", None, mode=0o755)
        for home, uid in USERS.values():
            _add(tar, f"{home}/.ssh", None, mode=0o700, uid=uid)
            _add(tar, f"{home}/.ssh/authorized_keys", authorized, mode=0o600, uid=uid)
    return buffer.getvalue()


def passwords(site: PracticeSite) -> bytes:
    """Input of chpasswd: only engineer has a password."""
    return f"{ENGINEER}:{(site.folder / 'password').read_text()}\n".encode()


def _add(tar: tarfile.TarFile, name: str, content: bytes | None, *, mode: int = 0o644, uid: int = 0) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.uid, entry.gid = mode, uid, uid
    if content is None:
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
    else:
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))


def _key(path: Path, encryption: KeySerializationEncryption) -> str:
    """Make the key pair unless it is there; return its public line."""
    public = path.with_name(path.name + ".pub")
    if not public.exists():
        key = Ed25519PrivateKey.generate()
        whole_file.put(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption), 0o600)
        line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        whole_file.put(public, line + b" sitewright-practice\n", 0o644)
    return " ".join(public.read_text().split()[:2])
