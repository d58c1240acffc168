"""A mail transport that keeps what it is given."""

import asyncio

from athena_auth.delivery.model import Message


class Mailbox:
    """Everybody's mailbox."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._arrived = asyncio.Condition()

    async def send(self, message: Message) -> None:
        async with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    async def close(self) -> None:
        pass

    async def code_for(self, email: str, *, nth: int = 1) -> str:
        """Wait for the n-th mail to this address and return its code."""

        def mails() -> list[Message]:
            return [message for message in self.messages if message.to == email]

        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: len(mails()) >= nth), timeout=5)
        return mails()[nth - 1].code
