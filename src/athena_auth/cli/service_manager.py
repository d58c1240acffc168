"""Telling systemd how the service is doing (sd_notify(3)), where it asks for that."""

import os
import socket
from contextlib import suppress

_MICROSECONDS = 1_000_000
_OFTEN_ENOUGH = 3
"""How many signs of life are due within the time after which systemd takes the service for hung."""
_RARELY = 30.0


def notify(state: str) -> None:
    """Tell systemd a state, such as `READY=1`; nothing happens where NOTIFY_SOCKET is not set."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An address that begins with @ is an abstract one, which no file stands for.
    name = f"\0{address[1:]}" if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
        messenger.sendto(state.encode(), name)


def seconds_between_signs() -> float:
    """Return how often `WATCHDOG=1` is due (WatchdogSec=)."""
    limit = os.environ.get("WATCHDOG_USEC", "")
    return int(limit) / _MICROSECONDS / _OFTEN_ENOUGH if limit.isdecimal() and int(limit) else _RARELY
