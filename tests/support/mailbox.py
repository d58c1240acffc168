"""A mail transport that keeps what it is given."""

import asyncio

from athena_auth.delivery.model import Message, MessageKind
from athena_auth.delivery.transport import DeliveryFailed
from support.process import PATIENCE


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
        """Wait for the n-th code that is sent to this address and return it."""
        code = (await self.message_for(email, MessageKind.TWO_FACTOR_OTP, nth=nth)).code
        assert code is not None
        return code

    async def message_for(self, email: str, kind: MessageKind, *, nth: int = 1) -> Message:
        """Wait for the n-th mail of this kind to this address and return it."""

        def mails() -> list[Message]:
            return [mail for mail in self.messages if mail.to == email and mail.kind is kind]

        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: len(mails()) >= nth), timeout=PATIENCE)
        return mails()[nth - 1]

    def kinds_for(self, email: str) -> list[MessageKind]:
        """Return the kinds of all mails that have reached this address, in the order they came."""
        return [mail.kind for mail in self.messages if mail.to == email]

    async def refused_code(self) -> str:
        """Wait for a code that was turned away and return it."""

        def codes() -> list[str]:
            return [mail.code for mail in self.refused if mail.code is not None]

        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: bool(codes())), timeout=PATIENCE)
        return codes()[-1]
