"""A mail transport that keeps what it is given."""

import asyncio

from athena_auth.delivery.model import Message, MessageKind

PATIENCE = 15.0
"""Seconds to wait for a message that takes a fraction of one when nothing is wrong."""


class Mailbox:
    """Keeps all mail, to any address, and all text messages instead of sending them.

    Attributes:
        messages: What has arrived, oldest first. A message has `to`, `kind`, and where it carries one a `code` or a `url`.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._arrival = asyncio.Event()

    async def send(self, message: Message) -> None:
        """Keep a message; the server calls this."""
        self.messages.append(message)
        self._announce()

    async def close(self) -> None:
        """Do nothing; the server calls this when it stops."""

    async def code_for(self, to: str, *, nth: int = 1) -> str:
        """Wait for the n-th code sent to this address or phone number and return it.

        Raises:
            TimeoutError: it did not arrive within 15 seconds.
        """
        code = (await self.message_for(to, MessageKind.TWO_FACTOR_OTP, nth=nth)).code
        assert code is not None, "every message of this kind has a code"  # noqa: S101 - see Message
        return code

    async def message_for(self, to: str, kind: str, *, nth: int = 1) -> Message:
        """Wait for the n-th message of this kind, such as `password-reset`, to this address and return it.

        Raises:
            TimeoutError: it did not arrive within 15 seconds.
        """

        def found() -> list[Message]:
            return [message for message in self.messages if (message.to, message.kind) == (to, kind)]

        async with asyncio.timeout(PATIENCE):
            while len(found()) < nth:
                await self._next_arrival()
        return found()[nth - 1]

    def kinds_for(self, to: str) -> list[str]:
        """Return the kinds of all messages that have reached this address, in the order they came."""
        return [message.kind.value for message in self.messages if message.to == to]

    async def _next_arrival(self) -> None:
        """Wait until the next message arrives."""
        await self._arrival.wait()

    def _announce(self) -> None:
        """Wake up who waits for a message."""
        # A new event each time: one that has been waited for belongs to its event loop, and the next test has another.
        self._arrival.set()
        self._arrival = asyncio.Event()
