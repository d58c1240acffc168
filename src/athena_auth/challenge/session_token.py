"""Replacing the token of a session that goes on (ASVS 7.2.4)."""

from athena_auth.accounts.model import SignedIn
from athena_auth.crypto.tokens import TokenKind, digest, new_token


def next_token(signed_in: SignedIn, *, rotates: bool) -> tuple[str, bytes]:
    """Return the token the session has from now on, and its digest: a new one if it rotates, else the same.

    A copy of the old token, from a log or a stolen browser profile, must not gain what the owner has just proven.
    """
    token = new_token(TokenKind.SESSION) if rotates else signed_in.token
    return token, digest(TokenKind.SESSION, token)
