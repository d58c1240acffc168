"""What a code is claimed in, and a sent code is bound to: a challenge or a live session."""

import msgspec

from athena_auth.kernel.ids import SessionId


class Binding(msgspec.Struct, frozen=True):
    """A sent code is good only where it was asked for."""

    key: bytes
    signed_in: bool
    """Whether it is a live session, where a code may also confirm an enrolment."""
    recognized: bool = False
    """Whether it is a challenge that was issued to a recognized browser."""


def challenge_binding(token_digest: bytes, *, recognized: bool) -> Binding:
    """Return the binding to the challenge whose token this is the digest of."""
    return Binding(token_digest, signed_in=False, recognized=recognized)


def session_binding(session_id: SessionId) -> Binding:
    """Return the binding to a live session."""
    return Binding(b"session:" + session_id.encode(), signed_in=True)
