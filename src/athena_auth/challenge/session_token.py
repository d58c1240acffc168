"""Rotating the token of a live session (ASVS 7.2.4)."""

from athena_auth.accounts.model import SignedIn
from athena_auth.crypto.tokens import TokenKind, digest, new_token


def next_token(signed_in: SignedIn, *, rotates: bool) -> tuple[str, bytes]:
    """Return the session's token and its digest: a new token if it rotates, otherwise the same.

    A copy of the old token, from a log or a stolen browser profile, must not benefit from the factor that the owner has
    just verified.
    """
    token = new_token(TokenKind.SESSION) if rotates else signed_in.token
    return token, digest(TokenKind.SESSION, token)
