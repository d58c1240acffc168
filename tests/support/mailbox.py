"""A mail transport that keeps what it is given."""

import asyncio

from athena_auth.delivery.model import Message
from athena_auth.delivery.transport import DeliveryFailed


class Mailbox:
    """Everybody's mailbox."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.refused: list[Message] = []
        self.out_of_order = False
        self.for_good = False
        self.broken = False
        self._open = asyncio.Event()
        self._open.set()
        self._arrived = asyncio.Condition()

    def hold(self) -> None:
        """Take mail in, and neither accept nor refuse it until `release`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def send(self, message: Message) -> None:
        await self._open.wait()
        if self.broken:
            raise UnicodeError("nobody foresaw this")
        async with self._arrived:
            (self.refused if self.out_of_order else self.messages).append(message)
            self._arrived.notify_all()
        if self.out_of_order:
            raise DeliveryFailed("the mail server is down", permanent=self.for_good)

    async def close(self) -> None:
        pass

    async def code_for(self, email: str, *, nth: int = 1) -> str:
        """Wait for the n-th mail to this address and return its code."""

        def mails() -> list[Message]:
            return [message for message in self.messages if message.to == email]

        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: len(mails()) >= nth), timeout=5)
        return mails()[nth - 1].code

    async def refused_code(self) -> str:
        """Wait for a mail that was turned away and return its code."""
        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: bool(self.refused)), timeout=5)
        return self.refused[-1].code
