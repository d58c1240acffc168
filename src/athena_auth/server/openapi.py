"""The OpenAPI document, generated from the route table and the types that the edge decodes with."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus

import msgspec

from athena_auth.kernel.errors import ErrorCode
from athena_auth.server.cookies import wire_names
from athena_auth.server.schemas import Json, Schemas
from athena_auth.server.security_schemes import SECURITY, security_schemes
from athena_auth.wire.handlers import alternatives_of
from athena_auth.wire.reply import DEFAULT_COOKIE_PREFIX
from athena_auth.wire.route import Access, NoBody, Route

_DESCRIPTION = """\
A self-hosted two-factor authentication server: passkeys, authenticator apps (TOTP), sent codes, backup codes and \
trusted devices, with the accounts and sessions they protect.

## Authentication

Authenticate with `Authorization: Bearer <token>` or a cookie; if both are sent, the header wins. \
There are four kinds of token, and none replaces another.

A session token is issued by signing up, signing in or completing the second step. It gives access to everything that \
the account owner may do. A challenge token begins with `2fa_`. Signing in with a password returns it when a second \
factor is required, and it gives access only to `send-otp`, `prompt-passkey`, the `verify-*` endpoints and `recovery/begin`. An \
enrolment token begins with `enrol_`. Signing in returns it when a second factor must be enrolled first, and it gives access \
to nothing else. A trusted-device token is a cookie, and replaces the second factor at sign-in.

A request that changes something and is authenticated by cookie must come from this site or from a trusted origin \
(`Origin`); a bearer request needs no `Origin`.

## Requests and errors

Bodies are JSON in UTF-8, at most 64 KiB. Fields that are not listed are ignored; fields of the wrong type are refused.

Every error has the same form: `message` is a sentence for users, and may be more exact than the one shown here; \
`code` is stable, for programs. A 429 or 503 may have `Retry-After` in seconds. A 500 has `requestId`, by which the \
error is found in the server's log. A wrong method is refused with 405.
"""

_TAGS = {
    "two-factor": "Turn the second factor on and off, and verify it.",
    "sign-in": "The first factor: sign up, and sign in with a password.",
    "passkey": "Sign in with a passkey; add, name and remove passkeys.",
    "recovery": "Emailed links: verify an address, reset a password, recognize a browser.",
    "sessions": "List, check and end sessions.",
    "accounts": "Change an account.",
    "tokens": "Signed assertions, with which other services verify a session without a call.",
    "server": "The server itself.",
}

_FIRST_PATHS = (
    "/two-factor/get-totp-uri",
    "/two-factor/verify-totp",
    "/two-factor/send-otp",
    "/two-factor/verify-otp",
    "/two-factor/verify-backup-code",
    "/two-factor/generate-backup-codes",
    "/two-factor/enable",
    "/two-factor/disable",
)

_ANYWHERE = (ErrorCode.NOT_FOUND, ErrorCode.INTERNAL_SERVER_ERROR, ErrorCode.SERVICE_UNAVAILABLE)
_WHERE_A_BODY_IS_READ = (
    ErrorCode.VALIDATION_ERROR,
    ErrorCode.PAYLOAD_TOO_LARGE,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
)
_RETRIABLE = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})

_ERROR: Json = {
    "title": "Error",
    "description": "An error: a sentence for users, and a stable code for programs.",
    "type": "object",
    "properties": {
        "message": {"type": "string", "description": "A sentence for users."},
        "code": {
            "type": "string",
            "description": "Stable, for programs.",
            "enum": [code.value for code in ErrorCode],
        },
        "requestId": {
            "type": "string",
            "description": "With status 500 only: the request's id in the server's log.",
        },
    },
    "required": ["message", "code"],
}

_HEADERS: Json = {
    "RequestId": {
        "description": "The request's id in the server's log: the caller's own when it is well formed, else a new one.",
        "schema": {"type": "string"},
    },
    "RetryAfter": {
        "description": "Seconds to wait before trying again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "AuthToken": {
        "description": "The token of the session that was created or reissued.",
        "schema": {"type": "string"},
    },
}


def openapi_document(
    routes: Iterable[Route],
    *,
    version: str,
    server_url: str,
    cookie_prefix: str = DEFAULT_COOKIE_PREFIX,
    has_cookie_domain: bool = False,
) -> Json:
    """Return the OpenAPI 3.1 document of these routes, ready to be encoded as JSON.

    It is ordered for readers: by tag as in `_TAGS`, then by path as in `_FIRST_PATHS`, then as in the route table.

    Args:
        routes: The route table.
        version: The version of this package.
        server_url: The base URL of the routes, such as `https://host/api/auth`.
        cookie_prefix: The beginning of the cookies' names.
        has_cookie_domain: Whether the session cookie has a domain, and so another name.
    """
    names = wire_names(cookie_prefix, https=server_url.startswith("https:"), has_domain=has_cookie_domain)
    ordered = sorted(routes, key=_reading_order)
    schemas = Schemas(ordered)
    paths: dict[str, Json] = {}
    for route in ordered:
        methods = paths.setdefault(route.path, {})
        methods[route.method.lower()] = _operation(route, schemas, is_second=bool(methods))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Athena Auth", "version": version, "description": _DESCRIPTION},
        "servers": [{"url": server_url}],
        "tags": [_tag(name) for name in dict.fromkeys(route.tag for route in ordered)],
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR, **schemas.components},
            "headers": _HEADERS,
            "examples": {code.value: _refusal_example(code) for code in _all_refusals(ordered)},
            "securitySchemes": security_schemes(names),
        },
    }


def _reading_order(route: Route) -> tuple[int, int]:
    tags, paths = [*_TAGS, route.tag], [*_FIRST_PATHS, route.path]
    return tags.index(route.tag), paths.index(route.path)


def _tag(name: str) -> Json:
    return {"name": name, "description": _TAGS[name]} if name in _TAGS else {"name": name}


def _operation(route: Route, schemas: Schemas, *, is_second: bool) -> Json:
    name = _operation_id(route.path)
    operation: Json = {
        # Operation ids are unique; the first method of a path gets the plain one.
        "operationId": f"{name}By{route.method.capitalize()}" if is_second else name,
        "tags": [route.tag],
        "summary": route.summary,
        "description": route.description,
        "security": SECURITY[route.access],
        "responses": {"200": _success(route, schemas), **_refusals(route)},
    }
    if route.method == "POST":
        operation["requestBody"] = _request_body(route.body, schemas)
    query = route.body if route.method == "GET" else route.query
    if query is not None and query is not NoBody:
        operation["parameters"] = _parameters(route.path, query, schemas)
    return operation


def _parameters(path: str, query: type[msgspec.Struct], schemas: Schemas) -> list[Json]:
    schema = schemas.resolve(schemas.schema_of(query))
    return [
        {
            "name": name,
            "in": "path" if f"{{{name}}}" in path else "query",
            "required": name in schema["required"],
            "schema": described,
        }
        for name, described in schema["properties"].items()
    ]


def _operation_id(path: str) -> str:
    words: list[str] = re.findall(r"[A-Za-z0-9]+", path)
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _request_body(body: type[msgspec.Struct], schemas: Schemas) -> Json:
    schema = schemas.schema_of(body)
    content: Json = {"schema": schema, "example": schemas.body_example(body)}
    request: Json = {
        "required": bool(schemas.resolve(schema)["required"]),
        "content": {"application/json": content},
    }
    if body is NoBody:
        request["description"] = "Nothing, or `{}`."
    return request


def _success(route: Route, schemas: Schemas) -> Json:
    alternatives = [schemas.schema_of(answer) for answer in alternatives_of(route.answer)]
    resolved = [schemas.resolve(schema) for schema in alternatives]
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    # A token next to `user` is a session token; any other is a challenge token.
    if any({"token", "user"} <= schema.get("properties", {}).keys() for schema in resolved):
        headers["set-auth-token"] = {"$ref": "#/components/headers/AuthToken"}
    content = {
        "schema": alternatives[0] if len(alternatives) == 1 else {"oneOf": alternatives},
        "examples": {
            schema.get("title", schema["type"]): _success_example(schema, schemas) for schema in resolved
        },
    }
    return {"description": "OK", "headers": headers, "content": {"application/json": content}}


def _success_example(schema: Json, schemas: Schemas) -> Json:
    summary = {"summary": schema["description"]} if "description" in schema else {}
    return {**summary, "value": schemas.example(schema)}


def _refusal_codes(route: Route) -> tuple[ErrorCode, ...]:
    """Return the error codes of this route and of the edge, each once, by status."""
    codes = [*_ANYWHERE, *route.errors]
    if route.limit is not None:
        codes.append(ErrorCode.TOO_MANY_REQUESTS)
    if route.method == "POST":
        codes += _WHERE_A_BODY_IS_READ
        if route.access is not Access.PUBLIC:
            codes += (ErrorCode.INVALID_ORIGIN, ErrorCode.MISSING_OR_NULL_ORIGIN)
    if route.access in {Access.SESSION, Access.SESSION_OR_CHALLENGE, Access.SESSION_OR_ENROLMENT}:
        codes.append(ErrorCode.UNAUTHORIZED)
    if route.access in {Access.SESSION_OR_CHALLENGE, Access.SESSION_OR_ENROLMENT}:
        codes.append(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
    return tuple(sorted(dict.fromkeys(codes), key=lambda code: code.status))


def _all_refusals(routes: Iterable[Route]) -> tuple[ErrorCode, ...]:
    return tuple(dict.fromkeys(code for route in routes for code in _refusal_codes(route)))


def _refusals(route: Route) -> dict[str, Json]:
    # Every endpoint documents a 429, even if the route itself never answers with one.
    by_status: dict[HTTPStatus, list[ErrorCode]] = {HTTPStatus.TOO_MANY_REQUESTS: []}
    here = dict(route.statuses)
    for code in _refusal_codes(route):
        by_status.setdefault(here.get(code, code.status), []).append(code)
    return {str(status.value): _refusal(status, by_status[status]) for status in sorted(by_status)}


def _refusal(status: HTTPStatus, codes: Sequence[ErrorCode]) -> Json:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status in _RETRIABLE:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    content: Json = {"schema": {"$ref": "#/components/schemas/Error"}}
    if codes:
        content["examples"] = {code.value: {"$ref": f"#/components/examples/{code.value}"} for code in codes}
    return {"description": status.phrase, "headers": headers, "content": {"application/json": content}}


def _refusal_example(code: ErrorCode) -> Json:
    value = {"message": code.message, "code": code.value}
    if code is ErrorCode.INTERNAL_SERVER_ERROR:
        value["requestId"] = "5f2b9c04e1a7d386"
    return {"value": value}
