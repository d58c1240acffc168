"""The latest messages that a developer's server has printed or written to a file, for the development outbox."""

from collections import deque
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from athena_auth.delivery.console import ConsoleTransport
from athena_auth.delivery.jsonl import JsonLinesTransport
from athena_auth.delivery.model import Message
from athena_auth.delivery.transport import Transport

MOST = 50
"""The most messages of one source that are kept and shown."""


class ShownMessages(NamedTuple):
    """Messages of one source, the newest first.

    Attributes:
        path: The file that they were written to; None if this process has printed them.
        messages: The messages.
    """

    path: Path | None
    messages: tuple[Message, ...]


class RecentMessages:
    """Knows the latest messages of the transports that it watches.

    Args:
        app_name: The operator's name for the service, which a file does not have.
    """

    def __init__(self, app_name: str) -> None:
        self._app_name = app_name
        self._printed: deque[Message] | None = None
        self._files: dict[Path, JsonLinesTransport] = {}

    def watch(self, transport: Transport) -> Transport:
        """Return the transport, with a memory if it prints. Real deliveries are not watched."""
        if isinstance(transport, JsonLinesTransport):
            self._files[transport.path] = transport
        elif isinstance(transport, ConsoleTransport):
            if self._printed is None:
                self._printed = deque(maxlen=MOST)
            return _WithMemory(transport, self._printed)
        return transport

    def load(self) -> list[ShownMessages]:
        """Return the latest messages of each source. Files are read, which may block."""
        printed = [] if self._printed is None else [ShownMessages(None, tuple(reversed(self._printed)))]
        written = (
            ShownMessages(path, tuple(islice(reversed(file.read_latest(self._app_name)), MOST)))
            for path, file in self._files.items()
        )
        return [*printed, *written]


class _WithMemory:
    """A transport that remembers what it has sent, in the memory of this process only."""

    def __init__(self, transport: Transport, sent: deque[Message]) -> None:
        self._transport = transport
        self._sent = sent

    async def send(self, message: Message) -> None:
        """Send the message, then remember it.

        Raises:
            DeliveryFailed: It was not sent.
        """
        await self._transport.send(message)
        self._sent.append(message)

    async def close(self) -> None:
        """Release the resources of the transport."""
        await self._transport.close()
