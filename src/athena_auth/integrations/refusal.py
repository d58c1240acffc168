"""Refusals for frameworks that build their own responses."""

from athena_auth.host.errors import RefusedError
from athena_auth.server.response import refusal


def body_and_headers(error: RefusedError) -> tuple[bytes, dict[str, str]]:
    """Return this API's error response, `{"message": …, "code": …}` in JSON, and its headers."""
    answer = refusal(error.refused, language=error.language)
    fields = [
        (b"content-type", answer.content_type),
        (b"cache-control", answer.cache_control),
        *answer.headers,
    ]
    return answer.body, {name.decode(): value.decode() for name, value in fields}
