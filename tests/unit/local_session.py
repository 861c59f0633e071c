"""Sessions like those of an SSH connection, whose commands run on this machine: real shells, no network."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from typing import Any

from paramiko.buffered_pipe import BufferedPipe, PipeTimeout
from paramiko.ssh_exception import ChannelException


class LocalSession:
    """The methods of a channel that `installer.remote.ssh.root` uses."""

    def __init__(self, connection: LocalConnection) -> None:
        self._connection = connection
        self._process: subprocess.Popen[bytes] | None = None
        self._streams = (BufferedPipe(), BufferedPipe())
        self._timeout: float | None = None
        self._writing = threading.Lock()
        self.closed = False
        self.eof_received = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def exec_command(self, command: str) -> None:
        self._connection.commands.append(command)
        self._process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"], stdin=-1, stdout=-1, stderr=-1, bufsize=0, env={**self._connection.env}
        )
        sources = (self._process.stdout, self._process.stderr)
        self._pumps = [
            threading.Thread(target=self._pump, args=pair, daemon=True)
            for pair in zip(sources, self._streams, strict=True)
        ]
        for pump in self._pumps:
            pump.start()

    def _pump(self, source: Any, into: BufferedPipe) -> None:
        with source:
            while data := source.read(65536):
                into.feed(data)
        self.eof_received = 1
        into.close()

    def settimeout(self, timeout: float) -> None:
        self._timeout = timeout

    def sendall(self, data: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        view = memoryview(data)
        with self._writing:
            while view:
                if self.closed:
                    raise OSError("Socket is closed")
                view = view[self._process.stdin.write(view) :]

    def shutdown_write(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()

    def recv(self, size: int) -> bytes:
        return self._read(0, size)

    def recv_stderr(self, size: int) -> bytes:
        return self._read(1, size)

    def _read(self, stream: int, size: int) -> bytes:
        try:
            return self._streams[stream].read(size, self._timeout)
        except PipeTimeout as error:
            raise TimeoutError from error

    def exit_status_ready(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def recv_exit_status(self) -> int:
        assert self._process is not None
        return self._process.wait()

    def get_transport(self) -> LocalConnection:
        return self._connection

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._connection.open -= 1
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            for pump in self._pumps:
                pump.join(10)
            self._process.wait(10)


@dataclass
class LocalConnection:
    """Opens sessions, at most `most` at a time as sshd does; `commands` are all that were begun."""

    most: int = 10
    env: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/bin:/bin"})
    open: int = 0
    peak: int = 0
    commands: list[str] = field(default_factory=list)
    sessions: list[LocalSession] = field(default_factory=list)
    hung_up: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def session(self) -> Any:
        with self.guard:
            if self.open >= self.most:
                raise ChannelException(1, "open failed")
            self.open += 1
            self.peak = max(self.peak, self.open)
            self.sessions.append(LocalSession(self))
            return self.sessions[-1]

    def close(self) -> None:
        self.hung_up += 1

    def is_active(self) -> bool:
        return True
