"""What one form hands to the next and neither the database nor a URL may contain: in a hidden field, encrypted."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from athena_auth.crypto.keys import Keyring, UnreadableError
from athena_auth.kernel.clock import Clock, Millis, after

S = TypeVar("S", bound=msgspec.Struct)

LIFETIME = 900
"""Seconds."""


class _Envelope(msgspec.Struct, Generic[S], array_like=True, frozen=True):
    expires_at: Millis
    state: S


@dataclass(frozen=True, slots=True)
class SealedState(Generic[S]):
    """Seals the state of one kind of form: the secret of an enrolment, or backup codes to confirm.

    A sealed value opens for 15 minutes, only in the session it was made for, and only for the same purpose: a copy in
    another account's form is refused. It is not single-use; the handlers that use what is in it see to that.

    Attributes:
        keyring: The keys.
        clock: The clock.
        purpose: The name of the form.
        kind: The type of the state.
    """

    keyring: Keyring
    clock: Clock
    purpose: str
    kind: type[S]

    def seal(self, state: S, session_id: str) -> str:
        """Return the value of the hidden field."""
        envelope = _Envelope(after(self.clock.now(), LIFETIME), state)
        sealed = self.keyring.seal(msgspec.json.encode(envelope), self._context(session_id))
        return urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, session_id: str) -> S | None:
        """Return the state; None if it has expired, was changed, or was made for another session or purpose."""
        try:
            opened = self.keyring.unseal(urlsafe_b64decode(sealed.encode()), self._context(session_id))
            envelope = msgspec.json.decode(opened, type=_Envelope[self.kind])  # type: ignore[name-defined]
        except (UnreadableError, ValueError, msgspec.MsgspecError):
            return None
        return envelope.state if self.clock.now() < envelope.expires_at else None

    def _context(self, session_id: str) -> str:
        return f"page-state:{self.purpose}:{session_id}"
