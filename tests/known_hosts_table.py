"""known_hosts files of every form, and what the system's ssh and this program make of each, on one real SSH server."""

from __future__ import annotations

import hmac
import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from installer.errors import HostKeyMismatch, HostKeyRevoked, HostKeyUnknown, KnownHostsUnreadable, LoginRefused
from installer.remote.ssh.host_keys import pins
from installer.remote.ssh.link import Link
from installer.remote.ssh.login import Login

REFUSED = (HostKeyMismatch, HostKeyRevoked, HostKeyUnknown, KnownHostsUnreadable)


@dataclass(frozen=True)
class Server:
    """An SSH server with the key `key` ("ssh-ed25519 AAAA..."), certified by `authority`; `other` is a stranger's."""

    address: str
    port: int
    key: str
    authority: str
    other: str

    @property
    def name(self) -> str:
        """As known_hosts files call it."""
        return self.address if self.port == 22 else f"[{self.address}]:{self.port}"


def hashed(name: str) -> str:
    """A name as `ssh-keygen -H` writes it."""
    salt = b"0123456789abcdefghij"
    return f"|1|{b64encode(salt).decode()}|{b64encode(hmac.digest(salt, name.encode(), 'sha1')).decode()}"


def wide(pattern: str) -> Callable[[Server], str]:
    return lambda s: f"{pattern} {s.key}\n"


PLAIN: dict[str, Callable[[Server], str]] = {
    "its key": lambda s: f"{s.name} {s.key}\n",
    "without a line end": lambda s: f"{s.name} {s.key}",
    "CR LF": lambda s: f"{s.name} {s.key}\r\n",
    "CR LF and a comment": lambda s: f"{s.name} {s.key} me@laptop\r\n",
    "tabs": lambda s: f"\t{s.name}\t{s.key.replace(' ', chr(9))}\t\n",
    "a form feed in the key": lambda s: f"{s.name} {s.key[:40]}\f{s.key[40:]}\n",
    "behind U+2028": lambda s: f"# \u2028{s.name} {s.key}\n",
    "behind a form feed": lambda s: f"x\f{s.name} {s.key}\n",
    "behind a lone CR": lambda s: f"# \r{s.name} {s.key}\n",
    "behind a NUL": lambda s: f"x \0 y\n{s.name} {s.key}\n",
    "cut by a NUL": lambda s: f"{s.name} \0{s.key}\n",
    "another's key": lambda s: f"{s.name} {s.other}\n",
    "another's and its own": lambda s: f"{s.name} {s.other}\n{s.name} {s.key}\n",
    "nothing": lambda s: "",
    "another name": lambda s: f"10.0.0.9 {s.key}\n",
    "a list": lambda s: f"a,{s.name},b {s.key}\n",
    "a list with a blank": lambda s: f"a, {s.name} {s.key}\n",
    "a star": wide("*"),
    "a star in it": lambda s: f"{s.name.replace('.', '.*', 1)} {s.key}\n",
    "a question mark": lambda s: f"{s.name.replace('.', '?', 1)} {s.key}\n",
    "a question mark too many": lambda s: f"{s.name}? {s.key}\n",
    "negated": lambda s: f"*,!{s.name} {s.key}\n",
    "negated first": lambda s: f"!{s.name},* {s.key}\n",
    "negated alone": lambda s: f"!10.0.0.9 {s.key}\n",
    "negated another": lambda s: f"*,!10.0.0.9 {s.key}\n",
    "an empty name in a list": lambda s: f",,{s.name} {s.key}\n",
    "the bare address": lambda s: f"{s.address} {s.key}\n",
    "the address in brackets without a port": lambda s: f"[{s.address}] {s.key}\n",
    "another port": lambda s: f"[{s.address}]:9 {s.key}\n",
    "hashed": lambda s: f"{hashed(s.name)} {s.key}\n",
    "hashed bare address": lambda s: f"{hashed(s.address)} {s.key}\n",
    "hashed in a list": lambda s: f"a,{hashed(s.name)} {s.key}\n",
    "hashed and damaged": lambda s: f"{hashed(s.name)[:-4]} {s.key}\n",
    "a comment": lambda s: f"#{s.name} {s.key}\n",
    "the key cut off": lambda s: f"{s.name} {s.key[:-8]}\n",
    "the key under another type": lambda s: f"{s.name} ssh-rsa {s.key.split()[1]}\n",
    "a damaged line before": lambda s: f"{s.name}\n{s.name} x y\n{s.name} {s.key}\n",
    "options of authorized_keys": lambda s: f"{s.name} no-pty {s.key}\n",
    "revoked": lambda s: f"{s.name} {s.key}\n@revoked {s.name} {s.key}\n",
    "revoked first": lambda s: f"@revoked * {s.key}\n{s.name} {s.key}\n",
    "revoked alone": lambda s: f"@revoked * {s.key}\n",
    "revoked for another host": lambda s: f"{s.name} {s.key}\n@revoked 10.0.0.9 {s.key}\n",
    "revoked is another key": lambda s: f"{s.name} {s.key}\n@revoked * {s.other}\n",
    "revoked, hashed": lambda s: f"{s.name} {s.key}\n@revoked {hashed(s.name)} {s.key}\n",
    "an unknown marker": lambda s: f"@trusted {s.name} {s.key}\n",
    "two markers": lambda s: f"@revoked @cert-authority {s.name} {s.key}\n{s.name} {s.key}\n",
    "a marker without a blank": lambda s: f"@revoked{s.name} {s.key}\n{s.name} {s.key}\n",
    "its key as an authority": lambda s: f"@cert-authority {s.name} {s.key}\n",
    "another authority": lambda s: f"@cert-authority * {s.other}\n",
    "another authority and its key": lambda s: f"@cert-authority * {s.other}\n{s.name} {s.key}\n",
}
"""Files that mean the same for a server with a certificate and for one without."""
UNCERTIFIED: dict[str, Callable[[Server], str]] = {
    "the bare address beside a stranger's key with the port": lambda s: f"{s.name} {s.other}\n{s.address} {s.key}\n",
}
"""Files that mean this for a server without a certificate alone: with one, ssh takes the bare address here as well."""
CERTIFIED: dict[str, Callable[[Server], str]] = {
    "the authority": lambda s: f"@cert-authority {s.name} {s.authority}\n",
    "the authority of all": lambda s: f"@cert-authority * {s.authority}\n",
    "the authority of another host": lambda s: f"@cert-authority 10.0.0.9 {s.authority}\n",
    "the authority, negated": lambda s: f"@cert-authority *,!{s.name} {s.authority}\n",
    "the authority, hashed": lambda s: f"@cert-authority {hashed(s.name)} {s.authority}\n",
    "the authority of the bare address": lambda s: f"@cert-authority {s.address} {s.authority}\n",
    "the authority without a marker": lambda s: f"{s.name} {s.authority}\n",
    "the authority, revoked": lambda s: f"@cert-authority * {s.authority}\n@revoked * {s.authority}\n",
    "the authority, and the key revoked": lambda s: f"@cert-authority * {s.authority}\n@revoked * {s.key}\n",
    "the key, and the authority revoked": lambda s: f"{s.name} {s.key}\n@revoked * {s.authority}\n",
    "the authority beside a stranger's key": lambda s: f"@cert-authority * {s.authority}\n{s.name} {s.other}\n",
}
"""Files in which the certificate of a server decides."""

CERTIFICATES: dict[str, tuple[str, ...]] = {
    "for the address": ("-h", "-n", "{address}"),
    "for several": ("-h", "-n", "a,{address}"),
    "for all": ("-h",),
    "for a pattern": ("-h", "-n", "*"),
    "for another": ("-h", "-n", "10.0.0.9"),
    "for the address with its port": ("-h", "-n", "[{address}]:{port}"),
    "expired": ("-h", "-n", "{address}", "-V", "-2d:-1d"),
    "not valid yet": ("-h", "-n", "{address}", "-V", "+1d:+2d"),
    "for a user": ("-n", "{address}"),
    "for a host with a critical option": ("-h", "-n", "{address}", "-O", "critical:x@example.org=y"),
    "for a host with an extension": ("-h", "-n", "{address}", "-O", "extension:x@example.org=y"),
}
"""What `ssh-keygen -s` is told to certify the server's key with."""


def certified(folder: Path, server: Server, told: tuple[str, ...]) -> bytes:
    """A certificate of `folder`/key by `folder`/authority."""
    words = [each.format(address=server.address, port=server.port) for each in told]
    argv = ["ssh-keygen", "-q", "-s", folder / "authority", "-I", "cp-1", *words, folder / "key.pub"]
    subprocess.run(argv, check=True, capture_output=True)
    return (folder / "key-cert.pub").read_bytes()


def ssh_accepts(server: Server, file: Path) -> bool:
    """Whether the system's ssh goes on to log in; nobody is let in, so it is a login that is refused then."""
    options = {
        "BatchMode": "yes", "StrictHostKeyChecking": "yes", "UserKnownHostsFile": str(file),
        "GlobalKnownHostsFile": "none", "IdentitiesOnly": "yes", "IdentityFile": "none", "IdentityAgent": "none",
        "PasswordAuthentication": "no", "ConnectTimeout": "30",
    }  # fmt: skip
    argv = ["ssh", "-F", "none", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]
    argv += ["-p", str(server.port), f"nobody-here@{server.address}", "true"]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False).stderr
    assert ("Host key verification failed" in said) != ("Permission denied" in said), said
    return "Permission denied" in said


def we_accept(server: Server, file: Path, host_key: str = "") -> bool:
    """Whether this program goes on to log in."""
    try:
        pinned = pins("cp-1", server.address, server.port, host_key, str(file))
        login = Login("cp-1", server.address, server.port, "nobody-here", "", None, None, False, pinned)
        Link(login, lambda _: "").verified_key()
    except REFUSED:
        return False
    except LoginRefused:
        return True
    raise AssertionError("nobody is let in")
