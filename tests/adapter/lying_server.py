"""SSH servers on loopback that are no honest host: some speak no SSH, some let one in and then lie."""

from __future__ import annotations

import shlex
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import paramiko

from installer.answers.model import Access, Host, SecretRef
from installer.remote.ssh import program

Raw = Callable[[socket.socket], None]
Started = Callable[[paramiko.Channel, str], None]
Lie = Callable[[paramiko.Channel, bytes], None]
KEY = paramiko.ECDSAKey.generate()


class _Open(paramiko.ServerInterface):
    """Lets everybody in; `started` is given each channel and the line that it is to run."""

    def __init__(self, started: Started | None) -> None:
        self._started = started

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        if self._started is None:
            return False
        threading.Thread(target=self._run, args=(channel, command.decode()), daemon=True).start()
        return True

    def _run(self, channel: paramiko.Channel, line: str) -> None:
        assert self._started is not None
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._started(channel, line)


@contextmanager
def serving(act: Raw) -> Iterator[int]:
    """The port of a server that does this with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def one(link: socket.socket) -> None:
            with link, suppress(OSError):
                act(link)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=one, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def ssh(started: Started | None) -> Raw:
    """Speaks SSH."""

    def act(link: socket.socket) -> None:
        transport = paramiko.Transport(link)
        transport.add_server_key(KEY)
        with suppress(paramiko.SSHException, EOFError):
            transport.start_server(server=_Open(started))
            transport.join()

    return act


def ending(out: bytes = b"", err: bytes = b"", code: int | None = 1) -> Started:
    """Runs nothing, says this and ends; without an exit code where that is None."""

    def started(channel: paramiko.Channel, _: str) -> None:
        channel.sendall(out)
        channel.sendall_stderr(err)
        if code is not None:
            channel.send_exit_status(code)
        channel.close()

    return started


@dataclass
class Loop:
    """Does what `program.LOOP` does, as root for all that it says, until a command that `lies` names has its answer."""

    lie: Lie | None = None
    about: str = ""
    user: bytes = b"0"
    altered: bool = False

    def __call__(self, channel: paramiko.Channel, line: str) -> None:
        stream = channel.makefile("rb")
        _line(stream)
        length = int(shlex.split(_line(stream).decode())[4])
        stream.read(length)
        while header := _line(stream).split():
            mark, length, size = header[0], int(header[1]), header[2]
            argv = shlex.split(stream.read(length).decode())[3:] or ["true"]
            payload = b"" if size == b"0" else stream.read() if size == b"rest" else stream.read(int(size))
            if program.PROOF in argv:
                given = argv[-1].encode()
                out, err, code = self.user + b"\n" + given + payload[: -1 if self.altered else None], b"", 0
            elif self.lie and self.about in " ".join(argv):
                self.lie(channel, mark)
                continue
            else:
                # By `env`, which tells a program that is not there by its exit code.
                done = subprocess.run(["env", *argv], input=payload, capture_output=True, check=False)
                out, err, code = done.stdout, done.stderr, done.returncode
            channel.sendall(b"%s%s %d\n" % (out, mark, code))
            channel.sendall_stderr(b"%s%s %d\n" % (err, mark, code))


def _line(stream: paramiko.BufferedFile[bytes]) -> bytes:
    """A line that is whole: whoever hangs up may do so before he has said all, also before he has said anything.

    Raises:
        EOFError: there is none.
    """
    line: bytes = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line


def host(name: str, port: int) -> Host:
    """How such a server stands in the answers."""
    access = Access("root", port=port, private_key="", password=SecretRef("env", "ANY"))
    return Host(name, "127.0.0.1", access, host_key=KEY.fingerprint)
