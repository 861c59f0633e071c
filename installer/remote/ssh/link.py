"""One SSH connection to one host: pinned, logged in, shared by threads, and made again where it was lost while idle."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import paramiko
from paramiko.packet import Packetizer
from paramiko.ssh_exception import ChannelException, IncompatiblePeer, SSHException

from installer.answers.model import SecretRef
from installer.errors import ConnectionLost, HostUnreachable, SitewrightError
from installer.messages import Message
from installer.remote.ssh import algorithms, authentication, program
from installer.remote.ssh.algorithms import Apart
from installer.remote.ssh.authentication import Connection
from installer.remote.ssh.commands import Ended
from installer.remote.ssh.hearing import START, NotAsAsked, NotBegun, Patience, Stream, began, new_mark
from installer.remote.ssh.host_keys import ALGORITHMS, KEYS, type_of
from installer.remote.ssh.login import Login, Resolve, reason_of
from installer.remote.ssh.root import Root
from installer.remote.ssh.root_shell import MOST

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds for reaching a host and for its greeting."""
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
TURNED_AWAY = (0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds to wait before knocking again at an SSH server that hung up without a greeting; it does so by chance while
many others are logging in (MaxStartups of sshd_config), and while it restarts."""
WINDOW, PACKET = 2**25, 2**18 - 1
"""Bytes that a channel takes in before anybody has to read, on both its streams together, and bytes of a packet. The
window holds whatever a command may print (`installer.remote.ssh.root_shell.MOST`), and is all that a host which sends
without end can make us keep."""
GREETING = 8192
"""Bytes of a line in a server's greeting, as OpenSSH has it (SSH_MAX_BANNER_LEN)."""
LONGEST = 2 * PACKET
"""Bytes of a packet with all that is around it; whoever announces more speaks no SSH that we asked for."""

# Its tracebacks are for its authors; what a user must know is in our errors.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class _Packets(Packetizer):
    """Reads packets of a length that one may have; paramiko takes any, and 2 GiB of memory for it."""

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        """So many bytes."""
        if not 0 <= n <= LONGEST:
            raise SSHException(Message("it announces a packet of {n} bytes", n=n))
        return super().read_all(n, check_rekey)

    def readline(self, timeout: float) -> str:
        """A line of the greeting; how long all of it may take is seen to by `_exchange_keys`."""
        line = bytearray()
        while not line.endswith(b"\n"):
            if len(line) > GREETING:
                raise SSHException(Message("a line without end"))
            line += self.read_all(1)
        return line.decode("utf-8", "replace").rstrip("\r\n")


class Link:
    """The connection to a host, made when first needed. `bastion` is the link it goes through, if any."""

    def __init__(
        self,
        login: Login,
        resolve: Resolve,
        bastion: Link | None = None,
        sudo_password: SecretRef | None = None,
    ) -> None:
        self.login = login
        self._resolve = resolve
        self.bastion = bastion
        self._transport: paramiko.Transport | None = None
        self.entered = 0.0
        """Seconds that the last login took, from the first packet on."""
        self._connecting = threading.Lock()
        self._opening = threading.Lock()
        self._root = Root(login, resolve, sudo_password, self.session)

    def execute(
        self, argv: tuple[str, ...], payload: Iterable[bytes] = (), timeout: float = 60, most: int = MOST
    ) -> Ended:
        """Run a command as root to its end; `payload` is its standard input, `most` the bytes of each stream.

        Raises:
            ConnectionLost: the link broke before the exit code was known; what the command did is unknown.
            HostAnswersOddly: what came is no answer to a command, or too long; what the command did is unknown.
            HostUnreachable, LoginRefused, HostKeyMismatch, HostKeyUnknown, NoCommands, SudoRefused: as they say.
        """
        return self._root.execute(argv, payload, timeout, most)

    def dial(self, port: int, address: str = "127.0.0.1") -> paramiko.Channel:
        """A byte stream to a TCP port as the host itself sees it.

        Raises:
            ChannelException: the server forbids it (code 1) or nothing listens there (code 2).
        """
        return self._open(
            lambda transport: transport.open_channel(
                "direct-tcpip", (address, port), ("127.0.0.1", 0), WINDOW, PACKET, timeout=PATIENCE
            )
        )

    def stream(self, port: int) -> paramiko.Channel:
        """A byte stream to a TCP port of the host through bash, which the login user runs.

        Raises:
            ConnectionLost: there is none to be had.
        """
        mark = new_mark()
        channel = self.session()
        try:
            began(channel, program.stream_line(port, mark.decode()))
            channel.sendall(program.opening(program.STREAM))
            Stream(channel.recv).line(mark, Patience(channel, START))
        except (NotBegun, NotAsAsked, SSHException, EOFError, OSError) as error:
            channel.close()
            reason = Message("no way through bash to port {port} there: {reason}", port=port, reason=reason_of(error))
            raise ConnectionLost(host=self.login.name, reason=reason) from error
        return channel

    def session(self) -> paramiko.Channel:
        """A session in which nothing runs yet.

        Raises:
            ConnectionLost: none can be opened; nothing was begun.
            ChannelException: the server refuses one more.
        """
        return self._open(self._session)

    def verified_key(self) -> paramiko.PKey:
        """The host's key, once it has been compared with the pinned one."""
        return self._connected().get_remote_server_key()

    def close(self) -> None:
        """Hang up; the next use connects again."""
        with self._connecting:
            if self._transport is not None:
                self._transport.close()
            self._transport = None

    def _session(self, transport: paramiko.Transport) -> paramiko.Channel:
        # Of several that are refused at the same time paramiko gives the reason to one alone.
        with self._opening:
            return transport.open_session(WINDOW, PACKET, timeout=PATIENCE)

    def _open(self, opener: Callable[[paramiko.Transport], T]) -> T:
        """Open a channel; where the connection turns out lost, connect once more, for nothing has been begun."""
        for last in (False, True):
            transport = self._connected()
            try:
                return opener(transport)
            except ChannelException:
                raise
            except (SSHException, EOFError, OSError) as error:
                transport.close()
                if last:
                    raise ConnectionLost(host=self.login.name, reason=reason_of(error)) from error
        raise AssertionError("unreachable")

    def _connected(self) -> paramiko.Transport:
        with self._connecting:
            if self._transport is None or not self._transport.is_active():
                self._transport = self._connect()
            return self._transport

    def _connect(self) -> Connection:
        """Connect and log in; how long the server took for it is kept."""
        began = time.monotonic()
        transport = authentication.authenticate(self._recognised, self.login, self._resolve)
        self.entered = time.monotonic() - began
        return transport

    def _recognised(self) -> Connection:
        """Connect, offering one type of host key after another until one is shown that is pinned."""
        types = list(self.login.pins.types)
        shown: paramiko.PKey | None = None
        apart = Apart("", Message("it has no host key of a pinned type"), Message("pin a key that it has"))
        while types:
            transport = self._handshake(types)
            if isinstance(transport, Apart):
                apart = transport
                break
            key = transport.get_remote_server_key()
            if self.login.pins.accept(key):
                return transport
            transport.close()
            shown = shown or key
            if self.login.pins.revokes(key):
                raise self.login.pins.refusal(key)
            types = [name for name in types if name != type_of(key)] if self.login.pins.typeless else []
        if shown is None:
            pinned = self.login.pins.types if set(self.login.pins.types) < set(KEYS) else ()
            raise self._unreachable(*algorithms.told(apart, pinned))
        raise self.login.pins.refusal(shown)

    def _handshake(self, types: list[str]) -> Connection | Apart:
        """Connect as far as the host's key, or tell what the two sides do not have in common, keys of `types` say.

        What a server that means no SSH makes paramiko raise is of many kinds (struct.error, ValueError); it is told as
        the host's fault whatever it is.
        """
        try:
            return self._greeted(types)
        except SitewrightError:
            raise
        except Exception as error:
            raise self._unreachable(reason_of(error)) from error

    def _greeted(self, types: list[str]) -> Connection | Apart:
        """A connection whose keys are exchanged; knocks again where the server hung up before its greeting."""
        for wait in (*TURNED_AWAY, None):
            transport = Connection(self._reach(), WINDOW, PACKET, packetizer_class=_Packets)
            transport.banner_timeout = transport.handshake_timeout = PATIENCE
            transport.auth_timeout = authentication.PATIENCE
            options = transport.get_security_options()
            options.ciphers = CIPHERS
            options.key_types = tuple(name for kind in types for name in ALGORITHMS[kind])
            transport.set_keepalive(15)
            try:
                _exchange_keys(transport)
                return transport
            except IncompatiblePeer as error:
                transport.close()
                return algorithms.apart(transport) or Apart("", Message.verbatim(str(error)), algorithms.ALLOW_ANOTHER)
            except SSHException as error:
                transport.close()
                if wait is None or not isinstance(error.__context__, ConnectionError | EOFError):
                    raise
                time.sleep(wait)
            except BaseException:
                transport.close()
                raise
        raise AssertionError("unreachable")

    def _reach(self) -> socket.socket | paramiko.Channel:
        if self.bastion is not None:
            try:
                return self.bastion.dial(self.login.port, self.login.address)
            except ChannelException as error:
                raise self._unreachable(
                    Message("{name} cannot reach it: {reason}", name=self.bastion.login.name, reason=error.text)
                ) from error
        sock = socket.create_connection((self.login.address, self.login.port), PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # a peer that went away without a word is given up after a minute
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)
        return sock

    def _unreachable(self, reason: str, hint: str = "") -> HostUnreachable:
        at = f"{self.login.address}:{self.login.port}"
        return HostUnreachable(host=self.login.name, address=at, reason=reason, **({"hint": hint} if hint else {}))


def _exchange_keys(transport: paramiko.Transport) -> None:
    """Begin to speak SSH and exchange keys.

    Raises:
        Exception: of any kind, by what the other side did; TimeoutError where it took too long.
    """
    done = threading.Event()
    transport.start_client(event=done)
    if not done.wait(PATIENCE):
        raise TimeoutError if transport.remote_version else SSHException(Message("no banner"))
    if not transport.is_active():
        raise transport.get_exception() or SSHException(Message("it hung up while keys were exchanged"))
