"""Notifies systemd of the service's state (sd_notify(3))."""

import os
import socket
from contextlib import suppress

_MICROSECONDS = 1_000_000
_OFTEN_ENOUGH = 3
"""How many keep-alive signals are sent within systemd's watchdog timeout."""
_RARELY = 30.0


def notify(state: str) -> None:
    """Send a state to systemd, such as `READY=1`. Without NOTIFY_SOCKET nothing is sent."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An address that begins with @ is an abstract socket, which has no file.
    name = f"\0{address[1:]}" if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
        messenger.sendto(state.encode(), name)


def seconds_between_signs() -> float:
    """Return the seconds between two `WATCHDOG=1` signals (WatchdogSec=)."""
    limit = os.environ.get("WATCHDOG_USEC", "")
    return int(limit) / _MICROSECONDS / _OFTEN_ENOUGH if limit.isdecimal() and int(limit) else _RARELY
