"""Byte streams to a port on a host's loopback: by the system's ssh where the answers allow it, for it is faster."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, Self

from paramiko.ssh_exception import ChannelException, SSHException

from installer import whole_file
from installer.answers.model import Access, Bastion, Host
from installer.errors import ConnectionLost
from installer.messages import Message
from installer.remote.ssh.host_keys import ALGORITHMS
from installer.remote.ssh.link import PATIENCE, Link

BASTION = "_bastion"
"""What the bastion is called for the system's ssh; no host's name begins like that."""
READ_OTHERWISE = frozenset('"\\%$\r\n')
"""Signs in the path of a key that mean something else in a configuration of ssh."""
WORTH = 32 * 1024 * 1024
"""Bytes for which starting the system's ssh pays."""


class Carrier(Protocol):
    """Opens byte streams to one port of one host; `streams` is how many at a time are fastest."""

    streams: int

    def dial(self) -> Any:
        """A new stream with the methods of a socket.

        Raises:
            ConnectionLost: the way there is broken.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Channels:
    """Streams inside our own SSH connection; where the host forbids forwarding, through bash on the host."""

    streams = 2

    def __init__(self, link: Link, port: int) -> None:
        self._link = link
        self._port = port
        self._forbidden = False

    def dial(self) -> Any:
        """A new channel."""
        if not self._forbidden:
            try:
                channel = self._link.dial(self._port)
                channel.settimeout(300)
                return channel
            except ChannelException as error:
                if error.code != 1:
                    reason = Message("nothing listens on port {port} there", port=self._port)
                    raise ConnectionLost(host=self._link.login.name, reason=reason) from error
                self._forbidden = True
        return self._link.stream(self._port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to give back: the connection belongs to the site."""


class Processes:
    """Streams through processes `ssh -W`, each with a connection and so a core of its own."""

    streams = 2

    def __init__(self, config: Path, host: str, port: int) -> None:
        # ssh works in the folder of its configuration, so that no path of ours is read by it, or by the shell that it
        # gives ProxyCommand to: a state folder may be called anything, "$(reboot)" as well.
        self._folder = config.parent
        self._argv = ("ssh", "-F", config.name, "-W", f"127.0.0.1:{port}", host)
        self._host = host
        self._running: list[tuple[subprocess.Popen[bytes], socket.socket]] = []
        self._guard = threading.Lock()

    def dial(self) -> Any:
        """The near end of a socket pair whose far end is a new ssh's standard input and output."""
        near, far = socket.socketpair()
        for end in (near, far):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        with far:
            # Its complaints are not ours to show: a failure is met again, and explained, by our own SSH.
            process = subprocess.Popen(
                self._argv, stdin=far.fileno(), stdout=far.fileno(), stderr=subprocess.DEVNULL, cwd=self._folder,
                start_new_session=True,
            )  # fmt: skip
        near.settimeout(300)
        with self._guard:
            self._running.append((process, near))
        return near

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process, near in self._running:
            near.close()
            process.terminate()
            process.wait()


class Carriers:
    """Chooses the carrier to a host; `host` and `link` give, by its name, how it is reached and the connection."""

    def __init__(self, host: Callable[[str], Host], link: Callable[[str], Link], state: Path) -> None:
        self._host = host
        self._link = link
        self._folder = state / "ssh"

    def to(self, host: str, port: int, size: int) -> Carrier:
        """The fastest carrier that works, for something of `size` bytes."""
        link = self._link(host)
        if size >= WORTH and willing(self._host(host)):
            processes = Processes(self._configured(self._host(host), link), host, port)
            if _answers(processes):
                return processes
            processes.__exit__()
        return Channels(link, port)

    def _configured(self, host: Host, link: Link) -> Path:
        """Write the configuration for the system's ssh, pinning the very keys that our own connection has verified."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        known, config = self._folder / f"{host.name}.known", self._folder / f"{host.name}.config"
        agent, bastion = host.access.agent, host.access.bastion
        pinned = [(host.name, link.verified_key())]
        text = _section(host.name, host.address, host.access, agent, known.name, pinned[0][1].get_name())
        if bastion is not None and link.bastion is not None:
            pinned.append((BASTION, link.bastion.verified_key()))
            text += f"  ProxyCommand ssh -F {config.name} -W %h:%p {BASTION}\n"
            text += _section(BASTION, bastion.address, bastion, agent, known.name, pinned[1][1].get_name())
        for path, content in (
            (known, "".join(f"{name} {key.get_name()} {key.get_base64()}\n" for name, key in pinned)),
            (config, text),
        ):
            whole_file.put(path, content.encode(), lasting=False)
        return config


def willing(host: Host) -> bool:
    """Whether the system's ssh can log in by itself: no password to type, no passphrase but the agent's.

    A key whose path holds signs that ssh_config(5) expands or that end a quotation is left to our own SSH.
    """
    logins: list[Access | Bastion] = [host.access, *([host.access.bastion] if host.access.bastion else [])]
    return shutil.which("ssh") is not None and all(
        login.password is None
        and login.passphrase is None
        and (login.private_key or host.access.agent)
        and not READ_OTHERWISE.intersection(str(Path(login.private_key).absolute()))
        for login in logins
    )


def _section(alias: str, address: str, login: Access | Bastion, agent: bool, known: str, key_type: str) -> str:
    settings = {
        "HostName": address,
        "HostKeyAlias": alias,
        "Port": str(login.port),
        "User": login.user,
        "UserKnownHostsFile": known,
        "GlobalKnownHostsFile": "none",
        "StrictHostKeyChecking": "yes",
        "HostKeyAlgorithms": ",".join(ALGORITHMS[key_type]),
        "BatchMode": "yes",
        "ControlMaster": "no",
        "ControlPath": "none",
        "Ciphers": "aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr",
        "Compression": "no",
        "ConnectTimeout": f"{PATIENCE:g}",
        "ServerAliveInterval": "15",
        "LogLevel": "QUIET",
    }
    if login.private_key:
        settings |= {"IdentityFile": f'"{Path(login.private_key).absolute()}"', "IdentitiesOnly": "yes"}
    if not agent:
        settings["IdentityAgent"] = "none"
    return f"Host {alias}\n" + "".join(f"  {name} {value}\n" for name, value in settings.items())


def _answers(carrier: Carrier) -> bool:
    """Whether an HTTP server speaks at the other end."""
    with suppress(OSError, SSHException, ConnectionLost):
        stream = carrier.dial()
        stream.settimeout(PATIENCE)
        stream.sendall(b"GET /v2/ HTTP/1.0\r\n\r\n")
        return bool(stream.recv(5) == b"HTTP/")
    return False
