"""Who stands outside a site: a mail server, and a program that takes what others post.

    python mailbox.py ADDRESS FOLDER

FOLDER has `tls.crt` and `tls.key`. SMTP at port 2525, with STARTTLS and the name and password `alerts`, without which
no mail is taken; HTTPS at 8443. Each mail becomes a file `mail-N` there, each post to /NAME a file `NAME-N`; both are
whole as soon as they are there. It ends when its standard input does.
"""

from __future__ import annotations

import itertools
import logging
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

NUMBERS = itertools.count(1)


def keep(folder: Path, name: str, content: bytes) -> None:
    """Write a file of its own, whole or not at all."""
    part = folder / f".{name}-{next(NUMBERS):06}"
    part.write_bytes(content)
    part.rename(folder / part.name[1:])


class Mails:
    """What the mail server does with a mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        keep(self._folder, "mail", bytes(envelope.content or b""))
        return "250 kept"


def knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, said: object) -> AuthResult:
    """Whether somebody is who he says."""
    right = isinstance(said, LoginPassword) and (said.login, said.password) == (b"alerts", b"alerts")
    return AuthResult(success=right)


def posts(folder: Path) -> type[BaseHTTPRequestHandler]:
    """What the web server does with a post."""

    class Posts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            keep(folder, self.path.strip("/"), content)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Posts


def main() -> None:
    address, folder = sys.argv[1], Path(sys.argv[2])
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # it warns of its own older names at every login
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    Controller(Mails(folder), address, 2525, tls_context=tls, require_starttls=True,
               auth_required=True, authenticator=knows,
               auth_exclude_mechanism=["LOGIN"]).start()  # fmt: skip
    web = ThreadingHTTPServer((address, 8443), posts(folder))
    web.socket = tls.wrap_socket(web.socket, server_side=True)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    (folder / "ready").touch()
    sys.stdin.read()


if __name__ == "__main__":
    main()
