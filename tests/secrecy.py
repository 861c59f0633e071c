"""Secrets, looked for where they must not be: in what a run leaves here, and in what anybody can read on a host."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import bcrypt
from practice import Practice
from ship import texts
from sites import SiteUnderTest

from installer.bundle.archive import Archive
from installer.rehearsal import commands, hosts, podman

JOIN_TOKEN = re.compile(r"(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])")
AS_LONG_AS_A_REGISTRY_PASSWORD = re.compile(r"(?<![\w-])[\w-]{32}(?![\w-])")
AS_LONG_AS_A_CERTIFICATE_KEY = re.compile(r"(?<![\w:/-])[0-9a-f]{64}(?![\w-])")
PRIVATE_KEY = re.compile("PRIVATE KEY|" + base64.b64encode(b"-----BEGIN RSA PRIVATE").decode()[:28])
OPENS_REGISTRY = "/run/sitewright/registry.htpasswd"
"""Where a host has the bcrypt digest of the password that opens its registry for writing, while it is open."""
WATCH = f"until [ -s {OPENS_REGISTRY} ]; do read -rt 0.2 || [ $? -gt 128 ] || exit 0; done; cat {OPENS_REGISTRY}"
"""Shows that digest as soon as it is there, or ends with its standard input; costs a host next to nothing."""
ON_A_HOST = r"PRIVATE KEY-----|client-key-data|\$2[aby]\$[0-9]{2}\$"


def registry_password(practice: Practice, host: str) -> str:
    """The bcrypt digest of the password that opens a host's registry now; empty while it is closed."""
    script = f"cat {OPENS_REGISTRY} 2>/dev/null || true"
    return hosts.console(practice.site, host, "sh", "-c", script).strip().removeprefix("push:")


def registry_passwords(site: SiteUnderTest, running: subprocess.Popen[bytes]) -> dict[str, str]:
    """The same for every host whose registry is filled while a command runs; each host looks until the command ends."""
    watch = partial(subprocess.Popen, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    names = [host.name for host in site.practice.site.hosts]
    watches = {
        name: watch(podman.as_root(commands.inside(site.practice.site, name, "bash", "-c", WATCH))) for name in names
    }
    running.wait()
    found = {name: each.communicate()[0].strip().removeprefix("push:") for name, each in watches.items()}
    return {name: digest for name, digest in found.items() if digest}


def leaks(site: SiteUnderTest, registry_passwords: Iterable[str]) -> list[str]:
    """Each file of the state directory, and of what was said, that holds a secret; and which kind."""
    operator, practice = site.operator, site.practice
    said = [(operator.said, operator.said.read_text())] if operator.said.exists() else []
    digests = tuple(word.encode() for word in registry_passwords)
    with Archive.open(site.bundle) as archive:
        public = {digest.removeprefix("sha256:") for digest in archive.digests}
    return [f"{path}: {kind}" for path, text in (*texts(operator.state), *said) if not _is_one_of(public, path)
            for kind in _kinds(path, text, practice, digests, public)]  # fmt: skip


def _is_one_of(public: set[str], path: Path) -> bool:
    """Whether a file is a part of the bundle, kept as it is: programs have words for all that is looked for."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() in public


def _kinds(path: Path, text: str, practice: Practice, digests: tuple[bytes, ...], public: set[str]) -> Iterator[str]:
    for name in ("password", "passphrase", "id_ed25519"):
        secret = (practice.folder / name).read_text()
        if (secret.splitlines()[2] if name == "id_ed25519" else secret) in text:
            yield name
    if JOIN_TOKEN.search(text):
        yield "join token"
    if set(AS_LONG_AS_A_CERTIFICATE_KEY.findall(text)) - public:
        yield "certificate key"
    # A kubeconfig is made to be used: it holds the administrator's key and is the owner's alone.
    if path.suffix != ".kubeconfig" and PRIVATE_KEY.search(text):
        yield "private key"
    words = {word.encode() for word in AS_LONG_AS_A_REGISTRY_PASSWORD.findall(text)}
    if any(bcrypt.checkpw(word, digest) for word in words for digest in digests):
        yield "registry password"


def read_by_anybody(practice: Practice) -> list[str]:
    """Files with a secret that a user without any right can read on a host."""
    wanted = f"{ON_A_HOST}|{re.escape(practice.password)}"
    found = []
    for host in practice.site.hosts:
        grep = f"grep -rlsIE {shlex.quote(wanted)} /etc /var /run /tmp /home /root /opt /usr/local || true"
        script = f"cd /; setpriv --reuid=65534 --regid=65534 --clear-groups sh -c {shlex.quote(grep)}"
        found += [
            f"{host.name}: {path}" for path in hosts.console(practice.site, host.name, "sh", "-c", script).split()
        ]
    return found
