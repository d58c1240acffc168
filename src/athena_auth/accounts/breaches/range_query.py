"""A range query over HTTP: five digits of a hash are sent, and all hashes that begin with them come back (k-anonymity).

The request asks for padding, so that the size of the encrypted response does not reveal the five digits. One request for each connection,
on the event loop: a connection that hangs is dropped with the task that waits for it, and occupies no thread.
"""

import asyncio
import re
import ssl
from http import HTTPStatus
from urllib.parse import urlsplit

import httptools

from athena_auth.accounts.breaches.model import SourceFailed

_PREFIX = 5
_LINE = re.compile(r"([0-9A-Fa-f]{35}):([0-9]{1,12})")
_MOST = 1_048_576
"""Bytes of a response; real ones have about 50,000."""
_PIECE = 65_536


class RangeQuerySource:
    """Asks the range query at this URL, to which the first five digits are appended."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._netloc, self._path = parts.hostname or "", parts.netloc, parts.path
        is_https = parts.scheme == "https"
        self._port = parts.port or (443 if is_https else 80)
        self._tls = ssl.create_default_context() if is_https else None

    async def contains(self, sha1: str) -> bool:
        """Tell whether a hash is in the response. The caller limits the time."""
        lines = (await self._get(sha1[:_PREFIX])).split()
        counts: dict[str, int] = {}
        for line in lines:
            found = _LINE.fullmatch(line)
            if found is None:
                raise SourceFailed("the response is not that of a range query")
            counts[found[1].upper()] = int(found[2])
        # Padding has the count 0.
        return counts.get(sha1[_PREFIX:], 0) > 0

    def close(self) -> None:
        """Nothing is kept open."""

    async def _get(self, prefix: str) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        try:
            writer.write(
                f"GET {self._path}{prefix} HTTP/1.1\r\nHost: {self._netloc}\r\nUser-Agent: athena-auth\r\n"
                "Add-Padding: true\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n".encode()
            )
            return await _read_response(reader)
        finally:
            writer.transport.abort()  # a closing handshake could hang as well


class _Response:
    """Receives what the parser finds."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.is_complete = False

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = True


async def _read_response(reader: asyncio.StreamReader) -> str:
    response = _Response()
    parser = httptools.HttpResponseParser(response)
    received = 0
    while not response.is_complete:
        piece = await reader.read(_PIECE)
        received += len(piece)
        if not piece or received > _MOST:
            raise SourceFailed("the response was cut short" if not piece else "the response is too large")
        try:
            parser.feed_data(piece)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            raise SourceFailed("the response is not HTTP") from None
    # A redirect is not followed: it could lead to a host that the operator has not chosen.
    status = parser.get_status_code()
    if status != HTTPStatus.OK:
        raise SourceFailed(f"the response has the status {status}")
    return response.body.decode("ascii", "replace")
