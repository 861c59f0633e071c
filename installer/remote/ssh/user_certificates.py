"""Certificates by which users log in: OpenSSH finds one by its name beside the key, and so does this program."""

from __future__ import annotations

import base64
import copy
from datetime import UTC, datetime
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import SSHCertificateType
from paramiko.pkey import PublicBlob

from installer.formats import text_file
from installer.formats.private_keys import NoKey
from installer.formats.ssh_keys import PublicKey
from installer.messages import Message
from installer.remote.ssh.host_certificates import NoCertificate, loaded
from installer.remote.ssh.private_keys import LARGEST

BESIDE = "-cert.pub"
"""What OpenSSH puts behind the name of a private key for that of its certificate."""


def beside(key: Path) -> Path | None:
    """The file with the certificate of a private key; None where there is none."""
    path = key.with_name(key.name + BESIDE)
    return path if path.exists() else None


def shown_with(key: paramiko.PKey, path: Path) -> tuple[paramiko.PKey, PublicKey]:
    """A key that shows the certificate in a file, and that certificate.

    Raises:
        NoKey: there is no certificate in it, or one of another key.
        OSError: the file cannot be read.
    """
    try:
        kind, coded = text_file.decoded(text_file.read(path, LARGEST)).split()[:2]
        found = PublicKey(kind, base64.b64decode(coded, validate=True))
        certified = loaded(found)
    except text_file.Unfit as error:
        raise NoKey(Message("is {reason}", reason=error)) from error
    except (NoCertificate, ValueError) as error:
        raise NoKey(Message("holds no certificate")) from error
    public = certified.public_key()
    own = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).split()[1]
    if own.decode() != key.get_base64():
        raise NoKey(Message("is of another key than the one beside it"))
    showing = copy.copy(key)
    showing.public_blob = PublicBlob(found.type, found.blob)
    return showing, found


def flaw(certificate: PublicKey, user: str, now: datetime) -> str:
    """Why a server refuses a certificate, as far as that can be seen in it; empty where nothing is."""
    read = loaded(certificate)
    if read.type is not SSHCertificateType.USER:
        return Message("it is for hosts, not for users")
    begins, ends = (_day(moment) for moment in (read.valid_after, read.valid_before))
    if now.timestamp() < read.valid_after:
        return Message("it is valid from {begins} only", begins=begins)
    if now.timestamp() >= read.valid_before:
        return Message("it expired on {ends}", ends=ends)
    names = [name.decode("utf-8", "replace") for name in read.valid_principals]
    if user not in names:
        return Message("it is for {names}, not for {user}", names=", ".join(names[:5]) or "nobody", user=user)
    if b"source-address" in read.critical_options:
        allowed = read.critical_options[b"source-address"].decode("utf-8", "replace")
        return Message("it holds for logins from {allowed} alone", allowed=allowed)
    return ""


def _day(moment: int) -> str:
    try:
        return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return Message("another time")
