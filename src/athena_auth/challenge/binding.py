"""What a sent code is bound to: a challenge, by its token's digest, or a live session."""

from athena_auth.kernel.ids import SessionId

_SESSION = b"session:"


def session_binding(session_id: SessionId) -> bytes:
    """Return what a code sent in a live session is bound to."""
    return _SESSION + session_id.encode()


def is_session(binding: bytes) -> bool:
    """Tell whether this is a live session's. A digest is 32 bytes long, a session's binding is longer."""
    return binding.startswith(_SESSION) and len(binding) > 32  # noqa: PLR2004 - SHA-256
