"""An SMTP client that reports the dialogue with the server, for an operator who is debugging the mail settings."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiosmtplib import SMTP, SMTPResponse, SMTPResponseException

from athena_auth.delivery.one_line import one_line

Report = Callable[[str], None]
"""Receives one line of the dialogue: commands begin with `>`, replies with `<`."""

_MASK = "********"
_LONGEST_LINE = 1000
_CONTINUE_LOGIN = 334


class ReportingSmtp(SMTP):
    """Reports each command and reply, but neither credentials nor the text of the message."""

    def __init__(self, report: Report, **options: Any) -> None:
        super().__init__(**options)
        self._report = report
        self._is_logging_in = False

    async def connect(self, **options: Any) -> SMTPResponse:
        """Report the server's greeting."""
        return await self._reported(super().connect(**options))

    async def starttls(self, **options: Any) -> SMTPResponse:
        """Report the change to TLS."""
        self._report("> STARTTLS")
        return await self._reported(super().starttls(**options))

    async def execute_command(self, *words: bytes, **options: Any) -> SMTPResponse:
        """Report a command. Of a login only the mechanism is reported: the rest contains the password in base64."""
        if self._is_logging_in:
            shown = _MASK
        elif words[0] == b"AUTH":
            shown = " ".join(["AUTH", words[1].decode(), *[_MASK] * len(words[2:])])
        else:
            shown = b" ".join(words).decode()
        self._report(f"> {shown}")
        reply = await self._reported(super().execute_command(*words, **options))
        self._is_logging_in = reply.code == _CONTINUE_LOGIN
        return reply

    async def data(self, message: str | bytes, /, **options: Any) -> SMTPResponse:
        """Report that the message was sent, and its length."""
        self._report(f"> DATA, and a message of {len(message)} bytes")
        return await self._reported(super().data(message, **options))

    async def _reported(self, pending: Awaitable[SMTPResponse]) -> SMTPResponse:
        try:
            reply = await pending
        except SMTPResponseException as refused:
            self._report_reply(refused.code, refused.message)
            raise
        self._report_reply(reply.code, reply.message)
        return reply

    def _report_reply(self, code: int, text: str) -> None:
        *others, last = text.split("\n")
        for line in others:
            self._report(f"< {code}-{one_line(line, _LONGEST_LINE)}")
        self._report(f"< {code} {one_line(last, _LONGEST_LINE)}")
