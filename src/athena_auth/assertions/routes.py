"""HTTP for signed assertions, at the paths of Better Auth's `jwt` plugin."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from athena_auth.accounts.model import SignedIn
from athena_auth.assertions import rules
from athena_auth.assertions.rules import TokenIssuer
from athena_auth.assertions.service import SigningKeys
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.ids import new_id
from athena_auth.wire.handlers import get, post
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody

_CACHE_CONTROL = b"public, max-age=%d" % rules.MAX_AGE


class TokenAnswer(msgspec.Struct, frozen=True):
    """A signed assertion."""

    token: Annotated[
        str,
        Meta(
            description="A JSON Web Token (RFC 7519) with the claims iss, sub, aud, exp, iat, jti, sid, auth_time, acr and amr.",
            examples=[
                "eyJhbGciOiJFZERTQSIsImtpZCI6IjAxOTI3ZjJhIn0.eyJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl"
            ],
        ),
    ]


class KeySetAnswer(msgspec.Struct, frozen=True):
    """A JSON Web Key Set (RFC 7517 section 5)."""

    keys: Annotated[
        list[dict[str, Any]],
        Meta(
            description="The public keys. A token names its key by `kid`, and a key its algorithm by `alg`.",
            examples=[[{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]],
        ),
    ]


class TokenApi:
    """The routes."""

    def __init__(self, keys: SigningKeys, clock: Clock, issuer: TokenIssuer) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer = issuer

    @get("/token", tag="tokens")
    async def token(self, call: Call[SignedIn, NoBody]) -> Reply[TokenAnswer]:
        """Get a signed assertion of this session.

        A JSON Web Token for other services, which verify it with the keys of `/jwks` and without a call. `acr` is the
        level of the session (`level-1`, `level-2`), `amr` how its owner authenticated, and `auth_time` when a factor was
        last verified. It is valid for ATHENA_TOKEN_TTL seconds, five minutes by default, even if the session ends before.
        """
        return await self._reply(call.principal)

    @post("/token", tag="tokens")
    async def token_by_post(self, call: Call[SignedIn, NoBody]) -> Reply[TokenAnswer]:
        """Get a signed assertion of this session, by POST.

        Like GET, for clients that keep GET free of side effects.
        """
        return await self._reply(call.principal)

    @get("/jwks", tag="tokens")
    async def key_set(self, _call: Call[None, NoBody]) -> Reply[KeySetAnswer]:
        """Get the public keys that verify signed assertions.

        A JSON Web Key Set. A new key is published an hour before it signs, and an old one stays until the last token that it
        has signed has expired. Caches may keep the response for five minutes.
        """
        return Reply(KeySetAnswer(await self._keys.public_keys()), cache_control=_CACHE_CONTROL)

    @get("/.well-known/jwks.json", tag="tokens")
    async def well_known_key_set(self, call: Call[None, NoBody]) -> Reply[KeySetAnswer]:
        """Get the public keys that verify signed assertions, at their usual path.

        The same as `/jwks`. The standalone server also serves it at the root: `/.well-known/jwks.json`.
        """
        return await self.key_set(call)

    async def _reply(self, signed_in: SignedIn) -> Reply[TokenAnswer]:
        now = self._clock.now()
        signer = await self._keys.signer()
        claims = rules.claims(signed_in.session, self._issuer, new_id(now), now)
        return Reply(TokenAnswer(signer.sign(claims)))
