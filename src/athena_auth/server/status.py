"""`/ok`: the server is running."""

import msgspec

from athena_auth.wire.fields import Done
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody


class OkAnswer(msgspec.Struct, frozen=True):
    """The server is running."""

    ok: Done = True


_OK = Reply(OkAnswer())


class LivenessApi:
    """The route `/ok`."""

    @get("/ok", tag="server")
    async def ok(self, _call: Call[None, NoBody]) -> Reply[OkAnswer]:
        """Check that the server is running."""
        return _OK
