"""The rules for callers, origins, cookies, request limits and languages, which the API and the pages share."""

import msgspec

from athena_auth.kernel.errors import Refused
from athena_auth.kernel.log import Log
from athena_auth.languages import Language, Languages
from athena_auth.server.cookies import CookieCodec
from athena_auth.server.limits import RequestLimits
from athena_auth.server.origin import OriginPolicy
from athena_auth.server.request import CallerReader, RawHeaders
from athena_auth.wire.caller import Caller
from athena_auth.wire.route import Route

_log = Log(__name__)

_MOST_LOGGED = 200
"""Characters of an `Origin` header."""
_ADVICE = (
    "set ATHENA_BASE_URL to the address in browsers, or name the front end's origin in ATHENA_TRUSTED_ORIGINS"
)


class Policy(msgspec.Struct, frozen=True):
    """The edge's rules for callers, origins, cookies, request limits and languages."""

    callers: CallerReader
    origins: OriginPolicy
    cookies: CookieCodec
    limits: RequestLimits | None
    languages: Languages

    def language_of(self, headers: RawHeaders) -> Language:
        """Return the language for the response. Of the API, refusals and the answers that have a `message` need it."""
        return self.languages.negotiate(headers.get(b"accept-language", ""))

    async def refuse_excess(self, route: Route, caller: Caller) -> Refused | None:
        """Count a request of this route, if its address is limited, and refuse what is above the limit."""
        if route.limit is None or self.limits is None:
            return None
        return await self.limits.refuse(route.limit, caller.client.address)

    def refuse_forged(self, caller: Caller, headers: RawHeaders) -> Refused | None:
        """Refuse a request with cookies that a page of another site may have made the browser send (CSRF)."""
        return self.refuse_foreign(headers) if caller.tokens.by_cookie else None

    def refuse_foreign(self, headers: RawHeaders) -> Refused | None:
        """Refuse a request that a page of another site may have made the browser send, with cookies or without."""
        code = self.origins.refuse(headers)
        if code is None:
            return None
        origin = headers.get(b"origin", "")
        received = origin[:_MOST_LOGGED] if origin.isprintable() else "(unprintable)"
        _log.warning("origin.refused", received=received, expected=self.origins.expected, advice=_ADVICE)
        return Refused(code)
