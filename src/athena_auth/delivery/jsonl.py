"""Messages appended to a file, one JSON object a line, for tests and tooling."""

import os
import re
from pathlib import Path
from typing import Self
from urllib.parse import unquote

import msgspec

from athena_auth.delivery.model import Channel, DeliveryFailed, EventContext, Message, MessageKind

# RFC 8089 section 2, and its common relative form. file://outbox.jsonl is neither: there it names a host.
_FILE_URL = re.compile(r"file:(?://(?:localhost)?(?=/))?(?P<path>(?!//)[^?#]+)", re.IGNORECASE)

# The file is opened for every message, so that a rotated or removed file is created again.
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_OWNER_ONLY = 0o600
_END = 262_144
"""Bytes that are read of the end of the file: some hundred messages."""


class OutboxLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A message in the file. Fields that a message does not have are left out.

    Attributes:
        to: The address, or the phone number.
        kind: A `MessageKind`.
        code: The secret code.
        url: The secret link.
        expires_at: Unix milliseconds after which the message is useless.
        codes_left: How many backup codes are left.
        due_at: The deadline that the message is about, in Unix milliseconds.
        at: Unix milliseconds of the event that the message reports.
        ip_address: Where the request came from.
        user_agent: The request's `User-Agent` header.
        name: The recipient's name as they typed it: untrusted text.
        valid_for: Lifetime in seconds of the code or the link.
        channel: How it would be delivered, if not by mail.
        language: The recipient's language (BCP 47), if it is known.
    """

    to: str
    kind: MessageKind
    code: str | None = None
    url: str | None = None
    expires_at: int
    codes_left: int | None = None
    due_at: int | None = None
    at: int | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    name: str = ""
    valid_for: int | None = None
    channel: Channel = Channel.MAIL
    language: str | None = None


class JsonLinesTransport:
    """Appends each message as a `OutboxLine` to the file at `path`.

    A file that it creates is readable by the file's owner only.

    Raises:
        ValueError: The file cannot be created or written.
    """

    def __init__(self, path: str) -> None:
        # Absolute from the start: a later change of the working directory must not create a second file.
        self.path = Path(path).absolute()
        try:
            os.close(os.open(self.path, _APPEND, _OWNER_ONLY))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ValueError(f"the outbox file {str(self.path)!r} cannot be written: {reason}.") from None

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Open the file of a `file:` URL (RFC 8089).

        Raises:
            ValueError: The URL names a host or no path, or the file cannot be written.
        """
        found = _FILE_URL.fullmatch(url)
        if found is None:
            raise ValueError(
                "the URL of an outbox file must be file:///absolute/path.jsonl, with three slashes, "
                "or file:relative.jsonl."
            )
        return cls(unquote(found["path"]))

    async def send(self, message: Message) -> None:
        """Append the message as one line.

        Raises:
            DeliveryFailed: The file can no longer be written; temporary.
        """
        try:
            self._append(msgspec.json.encode(_line(message)) + b"\n")
        except OSError as error:
            raise DeliveryFailed(
                f"the outbox file cannot be written ({error.strerror})", permanent=False
            ) from None

    async def close(self) -> None:
        """Do nothing: the file is closed after every line."""

    def read_latest(self, app_name: str) -> list[Message]:
        """Return the messages at the end of the file, the oldest first. Lines that are not messages are left out.

        Args:
            app_name: The operator's name for the service; the file does not have it.
        """
        try:
            with self.path.open("rb") as file:
                start = max(0, file.seek(0, os.SEEK_END) - _END)
                file.seek(start)
                lines = file.read(_END).split(b"\n")
        except OSError:
            return []  # removed, or rotated: the next message creates it again
        # The first line may begin before what was read, and after the last line break no line is complete.
        decoded = (_decode(line) for line in lines[1 if start else 0 : -1])
        return [_message(line, app_name) for line in decoded if line is not None]

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self.path, _APPEND, _OWNER_ONLY)
        try:
            # One write with O_APPEND is atomic: lines of several processes never mix.
            written = os.write(descriptor, line)
        finally:
            os.close(descriptor)
        if written != len(line):
            raise DeliveryFailed(
                "only a part of the line was written to the outbox file (is the disk full?)", permanent=False
            )


def _line(message: Message) -> OutboxLine:
    context = message.context
    return OutboxLine(
        to=message.to,
        kind=message.kind,
        code=message.code,
        url=message.url,
        expires_at=message.expires_at,
        codes_left=message.codes_left,
        due_at=message.due_at,
        at=None if context is None else context.at,
        ip_address=None if context is None else context.address,
        user_agent=None if context is None else context.user_agent,
        name=message.name,
        valid_for=message.valid_for,
        channel=message.channel,
        language=message.language,
    )


def _decode(line: bytes) -> OutboxLine | None:
    try:
        return msgspec.json.decode(line, type=OutboxLine)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _message(line: OutboxLine, app_name: str) -> Message:
    context = None if line.at is None else EventContext(line.at, line.ip_address or "", line.user_agent or "")
    return Message(
        kind=line.kind,
        to=line.to,
        name=line.name,
        app_name=app_name,
        expires_at=line.expires_at,
        code=line.code,
        url=line.url,
        valid_for=line.valid_for,
        context=context,
        codes_left=line.codes_left,
        due_at=line.due_at,
        channel=line.channel,
        language=line.language,
    )
