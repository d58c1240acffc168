"""The sockets that a server listens on: TCP, Unix, or passed by systemd."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from athena_auth.kernel.errors import Unavailable
from athena_auth.settings import UNIX_SOCKET

_BACKLOG = 2048
_FIRST_PASSED = 3
"""The first file descriptor after the standard streams (sd_listen_fds(3))."""
_GROUP_MAY_CONNECT = 0o660


@contextmanager
def listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Listen until the block ends. Sockets passed by systemd replace `host` and `port`.

    Raises:
        Unavailable: listening failed; the text says why.
    """
    passed = _passed_by_systemd()
    if passed:
        yield passed
        return
    if not host.startswith(UNIX_SOCKET):
        yield _listen_on_address(host, port)
        return
    path = Path(host.removeprefix(UNIX_SOCKET))
    listener = _listen_on_path(path)
    try:
        yield [listener]
    finally:
        with suppress(OSError):
            path.unlink()


def _passed_by_systemd() -> list[socket.socket]:
    """Return the sockets that systemd passed to this process, and hide them from its child processes."""
    pid, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdecimal():
        return []
    numbers = range(_FIRST_PASSED, _FIRST_PASSED + int(count))
    try:
        return [socket.socket(fileno=number) for number in numbers]
    except OSError as error:
        raise Unavailable(
            f"LISTEN_FDS names a file descriptor that is not a socket: {error.strerror}"
        ) from None


def _listen_on_address(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of the host: `localhost` is 127.0.0.1 to one client and ::1 to another."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else "it is not a host name"
        raise Unavailable(f"ATHENA_HOST {host} is not an address of this machine: {reason}") from None
    sockets: list[socket.socket] = []
    refused = "it has no usable address"
    for family, _, _, _, address in dict.fromkeys(found):
        # With port 0 the system chooses a port for the first address, and the others use the same one.
        chosen = sockets[0].getsockname()[1] if sockets and port == 0 else address[1]
        try:
            sockets.append(_bind(family, (address[0], chosen, *address[2:])))
        except OSError as error:
            refused = error.strerror or str(error)
            if error.errno == errno.EADDRINUSE:
                raise Unavailable(f"port {port} on {host} is in use; choose another with --port") from None
    if not sockets:
        raise Unavailable(f"cannot listen on {host} port {port}: {refused}")
    return sockets


def _bind(family: int, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _listen_on_path(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_left_behind(path):
            path.unlink()
        listener.bind(str(path))
        # Write permission allows a process to connect: the proxy's user gets it through the group.
        path.chmod(_GROUP_MAY_CONNECT)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(
                f"{path} already exists and is in use, or is not a socket; stop the process that uses it"
            ) from None
        if isinstance(error, FileNotFoundError):
            raise Unavailable(f"cannot listen on {path}: the folder {path.parent} does not exist") from None
        raise Unavailable(f"cannot listen on {path}: {error.strerror or error}") from None
    return listener


def _is_left_behind(path: Path) -> bool:
    """Return whether the path is a socket without a listener, as after a power failure."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
    return False
