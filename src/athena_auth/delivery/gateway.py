"""Text messages handed to a gateway by Apprise, which speaks to a hundred of them. Needs the extra `sms`."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote

from apprise import Apprise, NotifyFormat

from athena_auth.delivery.failure import DeliveryFailed
from athena_auth.delivery.model import Message
from athena_auth.delivery.text import render_text

_PLACEHOLDER = "{phone}"
_NOBODY = "+14155550100"
"""A number that is kept for fiction: whether the URL can be read is found out with it, before a person's."""
_TIMEOUT = 10.0
_THREADS = 4

_handing_over: ContextVar[bool] = ContextVar("handing_over", default=False)


class _Silence(logging.Filter):
    """Drops what the libraries log of a hand-over: they quote phone numbers and the gateway's URL."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - its text does not matter
        return not _handing_over.get()


for _name in ("apprise", "urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_Silence())


class GatewayTransport:
    """Hands each text message to the gateway that a URL of Apprise names.

    Apprise blocks, so it runs in threads of its own, few of them: a gateway that hangs holds up none but texts.

    Args:
        url: An address of Apprise with `{phone}` where the number goes, such as
            `twilio://SID:TOKEN@FROM/{phone}`. It is a secret.
        host: The host that codes are bound to; see `render_text`.
        timeout: Seconds until a hand-over is taken for failed. Apprise gives up before, by its own `cto` and
            `rto` (four seconds each), which the URL may set.

    Raises:
        ValueError: Apprise cannot use the URL, or it does not say where the number goes.
    """

    def __init__(self, url: str, host: str, *, timeout: float = _TIMEOUT) -> None:
        # With no place for the number every code would go to the same phone.
        if _PLACEHOLDER not in url:
            raise ValueError(f"the address of a text gateway has {_PLACEHOLDER} where the number goes.")
        self._url = url
        self._host = host
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="athena-text")
        with _silence():
            if self._service(_NOBODY) is None:
                raise ValueError(
                    "Apprise knows no such address, or misses something in it; its service pages say what "
                    "each gateway needs."
                )

    async def send(self, message: Message) -> None:
        """Return once the gateway has taken the message.

        Raises:
            DeliveryFailed: Permanent when the gateway's rules exclude the number. All else is temporary: Apprise
                does not tell why, and until the operator has repaired it a typo must not empty the outbox.
        """
        text = render_text(message, self._host)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                is_taken = await loop.run_in_executor(self._threads, self._hand_over, message.to, text)
        except TimeoutError:
            raise DeliveryFailed("the text gateway did not answer in time", permanent=False) from None
        if not is_taken:
            raise DeliveryFailed("the text gateway did not take the message", permanent=False)

    async def close(self) -> None:
        """Begin nothing more; a hand-over under way ends by its own patience."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hand_over(self, number: str, text: str) -> bool:
        with _silence():
            service = self._service(number)
            if service is None:
                raise DeliveryFailed("the text gateway takes no such number", permanent=True)
            return bool(service.notify(body=text, body_format=NotifyFormat.TEXT))

    def _service(self, number: str) -> Apprise | None:
        """Return the gateway, made anew for each message: its recipient is a part of its URL."""
        service = Apprise()
        return service if service.add(self._url.replace(_PLACEHOLDER, quote(number, safe=""))) else None


@contextmanager
def _silence() -> Iterator[None]:
    token = _handing_over.set(True)
    try:
        yield
    finally:
        _handing_over.reset(token)
