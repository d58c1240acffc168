"""A mail transport that stores messages, and can fail."""

import asyncio

from athena_auth import testing
from athena_auth.delivery.model import Message
from athena_auth.delivery.transport import DeliveryFailed
from support.process import PATIENCE


class Mailbox(testing.Mailbox):
    """The mailbox of all users."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[Message] = []
        self.out_of_order = False
        self.for_good = False
        self.broken = False
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        """Receive mail, but neither accept nor refuse it until `release`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def send(self, message: Message) -> None:
        await self._open.wait()
        if self.broken:
            raise UnicodeError("an unexpected error")
        if not self.out_of_order:
            await super().send(message)
            return
        self.refused.append(message)
        self._announce()
        raise DeliveryFailed("the mail server is down", permanent=self.for_good)

    async def refused_code(self) -> str:
        """Wait until a message with a code has been refused; return the code."""
        async with asyncio.timeout(PATIENCE):
            while not (codes := [mail.code for mail in self.refused if mail.code is not None]):
                await self._next_arrival()
        return codes[-1]
