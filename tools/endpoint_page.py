"""Generates the page of the endpoints from the OpenAPI document, for `tools/reference.py`."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tables import table

from athena_auth.settings import BASE_PATH

Json = dict[str, Any]

_WHO = {
    (): "anyone",
    ("", "bearerAuth", "cookieAuth"): "anyone; a session is used if its bearer token or cookie is sent",
    ("bearerAuth", "cookieAuth"): "a signed-in user, by bearer token or cookie",
    (
        "bearerAuth",
        "cookieAuth",
        "challengeCookieAuth",
        "enrolmentCookieAuth",
    ): "a signed-in user, or a pending sign-in with its challenge or enrolment token, by bearer token or cookie",
    (
        "bearerAuth",
        "cookieAuth",
        "enrolmentCookieAuth",
    ): "a signed-in user, or a sign-in with its enrolment token, by bearer token or cookie",
}
_WITHOUT_SCHEMA = (
    "There are also pages and files, each with GET: `/reference` (the API as a page), `/openapi.json` (for programs), "
    "`/client.js` (the module for browsers, with its parts below `/auth-client/`), `/reset-password`, "
    "`/recognize-browser`, `/change-email/undo`, `/open-recovery`, `/cancel-recovery` and `/finish-recovery` (for links in "
    "mails) and, with `ATHENA_METRICS_TOKEN`, `/metrics`."
)


def endpoint_page(document: Json) -> str:
    """Return the page: each operation with its parameters, responses and errors, then the values that they contain."""
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    anywhere = _common(operation for _, _, operation in operations)
    with_body = _common(operation for _, _, operation in operations if "requestBody" in operation)
    of_bodies = [code for code in with_body if code not in anywhere]
    introduction = (
        f"# Endpoints\n\nAll paths are below `{BASE_PATH}`. {_WITHOUT_SCHEMA}\n\nAny endpoint may refuse with {_listed(anywhere)}, and an endpoint "
        f"with a body with {_listed(of_bodies)}. Other errors are listed with each endpoint.\n"
    )
    parts = [introduction]
    for method, path, operation in operations:
        parts.append("\n".join(_endpoint(method, path, operation, document, listed={*anywhere, *with_body})))
    text, described = "\n".join(parts), set[str]()
    values = document["components"]["schemas"]
    # Values may contain others, which are described after them.
    while missing := set(re.findall(r"\[(\w+)\]\(#", text)) - described:
        for name in sorted(missing):
            text += f"\n## {name}\n\n" + "\n".join(_shape("Fields", values[name], document))
        described |= missing
    return text


def refusals(operation: Json) -> list[str]:
    """Return the error codes of an operation, by status."""
    return [
        code
        for status, response in sorted(operation["responses"].items())
        if status.startswith(("4", "5"))
        for code in response["content"]["application/json"].get("examples", {})
    ]


def _endpoint(method: str, path: str, operation: Json, document: Json, listed: set[str]) -> Iterator[str]:
    yield f"## {method} {path}\n"
    yield f"{operation['summary'].rstrip('.')}. {operation['description']}".rstrip() + "\n"
    yield f"Who: {_WHO[tuple(''.join(choice) for choice in operation['security'])]}.\n"
    for parameter in operation.get("parameters", []):
        yield f"- `{parameter['name']}` (query): {_meaning(parameter['schema'], document)}\n"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        yield from _shape("Body", body, document)
    for content in operation["responses"]["200"]["content"].values():
        yield from _shape("Answer", content["schema"], document)
    own = [code for code in refusals(operation) if code not in listed]
    if own:
        yield f"Refusals: {_listed(own)}\n"


def _common(operations: Iterable[Json]) -> list[str]:
    """Return the error codes that all of these operations have."""
    first, *others = map(refusals, operations)
    return [code for code in first if all(code in codes for codes in others)]


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(f"[`{code}`](errors.md)" for code in codes)


def _shape(title: str, schema: Json, document: Json) -> Iterator[str]:
    """Describe a request or response body: each form that it may have, with the fields of its objects."""
    for number, choice in enumerate(_choices(schema, document)):
        lead = f"{title}:" if number == 0 else "Or:"
        if choice.get("type") == "array":
            yield from _shape(f"{lead} an array of", choice["items"], document)
        elif choice.get("properties"):
            yield f"{lead} {choice.get('description', '')}".rstrip() + "\n"
            yield table(("Field", "Type", "Meaning"), _rows(choice, document))
        else:
            yield f"{lead} {_meaning(choice, document) or f'`{_type(choice, document)}`.'}\n"


def _rows(schema: Json, document: Json) -> Iterator[tuple[str, str, str]]:
    for name, field in schema["properties"].items():
        optional = "" if name in schema.get("required", []) else "?"
        yield f"`{name}`{optional}", _type(field, document), _meaning(field, document)


def _choices(schema: Json, document: Json) -> Iterator[Json]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives is None:
        yield schema
    else:
        for choice in alternatives:
            yield from _choices(choice, document)


def _type(schema: Json, document: Json) -> str:
    names = []
    for choice in _choices(schema, document):
        if "enum" in choice:
            names += [
                f"`{value if isinstance(value, str) else json.dumps(value)}`" for value in choice["enum"]
            ]
        elif "properties" in choice:
            names.append(f"[{choice['title']}](#{choice['title'].lower()})")
        elif choice.get("type") == "array":
            names.append(f"array of {_type(choice['items'], document)}")
        else:
            names.append(str(choice.get("title") or choice.get("type", "any")))
    return " or ".join(dict.fromkeys(names))


def _meaning(schema: Json, document: Json) -> str:
    if "description" in schema:
        return str(schema["description"])
    if "$ref" in schema:
        return _meaning(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    parts = [*schema.get("anyOf", ()), *filter(None, [schema.get("items")])]
    return next(filter(None, (_meaning(part, document) for part in parts)), "")
