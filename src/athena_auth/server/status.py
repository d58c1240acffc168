"""`/ok`: the server is running."""

import msgspec

from athena_auth.wire.fields import Done
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Access, Call, NoBody, Route


class OkAnswer(msgspec.Struct, frozen=True):
    """The server is running."""

    ok: Done = True


_OK = Reply(OkAnswer())


async def _ok(_call: Call[None, NoBody]) -> Reply:
    return _OK


def status_routes() -> tuple[Route, ...]:
    """Return `/ok`."""
    return (
        Route(
            method="GET",
            path="/ok",
            handler=_ok,
            access=Access.PUBLIC,
            answer=OkAnswer,
            summary="Check that the server is running",
            tag="server",
        ),
    )
