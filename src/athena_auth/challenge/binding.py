"""The challenge or live session in which a code is entered, and to which a sent code is bound."""

import msgspec

from athena_auth.kernel.ids import SessionId


class Binding(msgspec.Struct, frozen=True):
    """The challenge or session of an attempt. A sent code is valid only where it was requested."""

    key: bytes
    signed_in: bool
    """Whether this is a live session, in which a code may also confirm an enrolment."""
    recognized: bool = False
    """Whether this is a challenge that was issued to a recognized browser."""


def challenge_binding(token_digest: bytes, *, recognized: bool) -> Binding:
    """Return the binding to the challenge with this token digest."""
    return Binding(token_digest, signed_in=False, recognized=recognized)


def session_binding(session_id: SessionId) -> Binding:
    """Return the binding to a live session."""
    return Binding(b"session:" + session_id.encode(), signed_in=True)
