"""A mail server and a program that takes posts, on a practice host: who is told of alerts."""

from __future__ import annotations

import datetime
import email
import email.policy
import ipaddress
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from clusters import Cluster, awaited
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from installer.rehearsal import podman

PROGRAM = Path(__file__).with_name("mailbox.py")


@dataclass(frozen=True)
class Outside:
    """What has come, and what the answers of a site say for it to come."""

    folder: Path
    address: str

    @property
    def authority(self) -> str:
        return (self.folder / "tls.crt").read_text()

    @property
    def answers(self) -> dict[str, Any]:
        """The answers for the part `alertmanager`."""
        web = f"https://{self.address}:8443"
        return {
            "mail": {
                "smtp": f"{self.address}:2525", "from": "site@practice.internal", "to": ["people@practice.internal"],
                "tls": "starttls", "username": "alerts", "existingSecret": "mail", "ca": self.authority,
            },
            "webhook": {"url": f"{web}/alerts", "ca": self.authority},
            "watchdog": {"url": f"{web}/watchdog", "every": "1m"},
        }  # fmt: skip

    @property
    def mails(self) -> list[EmailMessage]:
        found = sorted(self.folder.glob("mail-*"))
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]  # type: ignore[misc]

    def mail(self, *words: str) -> EmailMessage | None:
        """The first mail with all of these words."""
        return next((mail for mail in self.mails if all(word in text_of(mail) for word in words)), None)

    def posts(self, name: str) -> list[dict[str, Any]]:
        """What came to a path, the oldest first."""
        return [json.loads(path.read_bytes()) for path in sorted(self.folder.glob(f"{name}-*"))]

    def post(self, name: str, alert: str, status: str = "firing") -> dict[str, Any] | None:
        """The first alert of that name that was posted."""
        alerts = (each for post in self.posts(name) for each in post["alerts"])
        return next(
            (each for each in alerts if each["labels"]["alertname"] == alert and each["status"] == status), None
        )


def text_of(mail: EmailMessage) -> str:
    """A mail's subject and text."""
    body = mail.get_body(("plain",))
    return f"{mail['Subject']}\n{body.get_content() if body else ''}"


@contextmanager
def outside(host: Cluster, container: str, folder: Path) -> Iterator[Outside]:
    """Run both in the network of a practice host, at its own address, for as long as this lasts."""
    certify(folder, host.address)
    number = podman.run("podman", "inspect", "--format", "{{.State.Pid}}", container).strip()
    argv = ["nsenter", f"--net=/proc/{number}/ns/net", sys.executable, str(PROGRAM), host.address, str(folder)]
    running = subprocess.Popen(argv, stdin=subprocess.PIPE)
    try:
        awaited("the mail server", lambda: (folder / "ready").exists() or running.poll() is not None, pause=0.1)
        assert running.poll() is None, "the mail server did not start"
        yield Outside(folder, host.address)
    finally:
        assert running.stdin is not None
        running.stdin.close()
        running.wait()


def certify(folder: Path, address: str) -> None:
    """Write a certificate for an address, which vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "outside")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
