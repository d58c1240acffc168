"""Text messages by way of Apprise, which supports about a hundred gateways. Needs the extra `sms`."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote

from apprise import Apprise, NotifyFormat

from athena_auth.delivery.model import DeliveryFailed, Message
from athena_auth.delivery.text import render_text
from athena_auth.languages import Languages

_PLACEHOLDER = "{phone}"
_FICTIONAL_NUMBER = "+14155550100"
"""A number reserved for fiction, with which the URL is validated at the start."""
_TIMEOUT = 10.0
_THREADS = 4

_sending: ContextVar[bool] = ContextVar("sending", default=False)


class _Silence(logging.Filter):
    """Drops what the libraries log while sending: they quote phone numbers and the gateway's URL."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - its text does not matter
        return not _sending.get()


for _name in ("apprise", "urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_Silence())


class GatewayTransport:
    """Sends each text message to the gateway that an Apprise URL names.

    Apprise blocks, so it runs in a few threads of its own. A gateway that hangs delays text messages only.

    Args:
        url: An Apprise URL with the placeholder `{phone}` for the number, such as
            `twilio://SID:TOKEN@FROM/{phone}`. It is a secret.
        host: The host that codes are bound to; see `render_text`.
        languages: The languages of the messages.
        timeout: Seconds after which sending has failed. Apprise gives up earlier, after its own `cto` and `rto`
            (four seconds each), which the URL may set.

    Raises:
        ValueError: Apprise cannot use the URL, or the placeholder is missing.
    """

    def __init__(self, url: str, host: str, *, languages: Languages, timeout: float = _TIMEOUT) -> None:
        # Without the placeholder every code would go to the same phone.
        if _PLACEHOLDER not in url:
            raise ValueError(
                f"the URL of a text gateway must contain {_PLACEHOLDER} in place of the phone number."
            )
        self._url = url
        self._host = host
        self._languages = languages
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="athena-text")
        with _silence():
            if self._service(_FICTIONAL_NUMBER) is None:
                raise ValueError(
                    "Apprise does not support this URL, or a part of it is missing; Apprise's service pages list what "
                    "each gateway needs."
                )

    async def send(self, message: Message) -> None:
        """Return once the gateway has accepted the message.

        Raises:
            DeliveryFailed: Permanent if the gateway does not accept the number. Every other failure is temporary:
                Apprise gives no reason, and a typo in the settings must not empty the outbox.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                is_accepted = await loop.run_in_executor(self._threads, self._send, message)
        except TimeoutError:
            raise DeliveryFailed("the text gateway did not answer in time", permanent=False) from None
        if not is_accepted:
            raise DeliveryFailed("the text gateway did not accept the message", permanent=False)

    async def close(self) -> None:
        """Start no more; a message that is being sent ends by Apprise's own timeouts."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, message: Message) -> bool:
        text = render_text(message, self._host, self._languages.of(message.language))
        with _silence():
            service = self._service(message.to)
            if service is None:
                raise DeliveryFailed("the text gateway does not accept this phone number", permanent=True)
            return bool(service.notify(body=text, body_format=NotifyFormat.TEXT))

    def _service(self, number: str) -> Apprise | None:
        """Return the gateway for one recipient, who is part of the URL."""
        service = Apprise()
        return service if service.add(self._url.replace(_PLACEHOLDER, quote(number, safe=""))) else None


@contextmanager
def _silence() -> Iterator[None]:
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)
