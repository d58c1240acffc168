"""Renders the OpenAPI document as an HTML page: one file, without scripts or external resources."""

import json
import shlex
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

Json = dict[str, Any]

_TEMPLATE = Environment(
    loader=PackageLoader("athena_auth.server", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("reference.html")

_CALLERS = {
    (): "Anyone",
    ("", "bearerAuth", "cookieAuth"): "Anyone; a session is used if there is one",
    ("bearerAuth", "cookieAuth"): "A signed-in user",
    (
        "bearerAuth",
        "cookieAuth",
        "challengeCookieAuth",
        "enrolmentCookieAuth",
    ): "A signed-in user, or a pending sign-in",
    (
        "bearerAuth",
        "cookieAuth",
        "enrolmentCookieAuth",
    ): "A signed-in user, or a sign-in that must enrol a second factor",
}


class ReferencePage(NamedTuple):
    """The page, and the header that lets a browser apply its style and load nothing else."""

    html: bytes
    content_security_policy: str


class Field(NamedTuple):
    """A field of a request body."""

    name: str
    type: str
    limits: str
    required: bool
    description: str
    default: str
    example: str


class Refusal(NamedTuple):
    """One error of an endpoint."""

    status: str
    code: str
    message: str


class Answer(NamedTuple):
    """One form of a 200 answer, with an example in JSON."""

    summary: str
    example: str


class Endpoint(NamedTuple):
    """An endpoint as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    caller: str
    fields: list[Field]
    curl: str
    answers: list[Answer]
    opens_session: bool
    statuses: list[str]
    refusals: list[Refusal]


class Group(NamedTuple):
    """The endpoints of one tag."""

    name: str
    description: str
    endpoints: list[Endpoint]


def reference_page(document: Json) -> ReferencePage:
    """Return the page for a document of `openapi_document`, in that document's order."""
    reader = _Reader(document)
    groups = [reader.group(tag) for tag in document["tags"]]
    html = _TEMPLATE.render(
        info=document["info"],
        blocks=document["info"]["description"].strip().split("\n\n"),
        server=document["servers"][0]["url"],
        schemes=document["components"]["securitySchemes"].values(),
        groups=groups,
        refusals=_all_refusals(groups),
    )
    return ReferencePage(html.encode(), _policy(html))


def _policy(html: str) -> str:
    """Allow the one style element by its digest (CSP 3 section 8.3), so that an injected one is not applied."""
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _all_refusals(groups: list[Group]) -> list[Refusal]:
    found = {refusal for group in groups for endpoint in group.endpoints for refusal in endpoint.refusals}
    return sorted(found)


class _Reader:
    """Reads a document: resolves references, and describes schemas in words."""

    def __init__(self, document: Json) -> None:
        self._document = document

    def group(self, tag: Json) -> Group:
        """Return a tag with its endpoints."""
        endpoints = [
            self._endpoint(path, method, operation)
            for path, operations in self._document["paths"].items()
            for method, operation in operations.items()
            if tag["name"] in operation["tags"]
        ]
        return Group(tag["name"], tag.get("description", ""), endpoints)

    def _endpoint(self, path: str, method: str, operation: Json) -> Endpoint:
        success = operation["responses"]["200"]
        return Endpoint(
            anchor=operation["operationId"],
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            description=operation["description"],
            caller=_CALLERS[_schemes(operation)],
            fields=list(self._fields(self._taken(operation))),
            curl=_curl(path, method, operation),
            answers=list(self._answers(success)),
            opens_session="set-auth-token" in success["headers"],
            statuses=[status for status in operation["responses"] if status != "200"],
            refusals=list(self._refusals(operation)),
        )

    def _resolve(self, described: Json) -> Json:
        """Return the object itself, or the target of its reference."""
        found: Json = self._document
        if "$ref" not in described:
            return described
        for step in described["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found

    def _taken(self, operation: Json) -> Json:
        """Return the schema of the request: the body's, or one made of the query parameters."""
        parameters = operation.get("parameters")
        if parameters is None:
            return self._resolve(_content(operation.get("requestBody", {})).get("schema", {}))
        return {
            "properties": {each["name"]: each["schema"] for each in parameters},
            "required": [each["name"] for each in parameters if each["required"]],
        }

    def _fields(self, schema: Json) -> Iterator[Field]:
        for name, field in schema.get("properties", {}).items():
            default, example = field.get("default"), self._example(field)
            yield Field(
                name=name,
                type=" or ".join(dict.fromkeys(self._types(field))),
                limits=_limits(_nearest(field, "maxLength")),
                required=name in schema["required"],
                description=_nearest(field, "description").get("description", ""),
                default="" if default is None else json.dumps(default),
                example="" if example is None else json.dumps(example, ensure_ascii=False),
            )

    def _types(self, schema: Json) -> Iterator[str]:
        resolved = self._resolve(schema)
        if "anyOf" in resolved:
            for alternative in resolved["anyOf"]:
                yield from self._types(alternative)
        elif "enum" in resolved:
            yield from (json.dumps(value) for value in resolved["enum"])
        elif "items" in resolved:
            yield f"array of {' or '.join(self._types(resolved['items']))}"
        else:
            yield resolved["type"]

    def _example(self, field: Json) -> Any:
        enum = self._resolve(field).get("enum")
        values = _nearest(field, "examples").get("examples") or enum or [None]
        return values[0]

    def _answers(self, success: Json) -> Iterator[Answer]:
        for example in _content(success)["examples"].values():
            yield Answer(example.get("summary", ""), _pretty(example["value"]))

    def _refusals(self, operation: Json) -> Iterator[Refusal]:
        for status, response in operation["responses"].items():
            if status != "200":
                for example in _content(response).get("examples", {}).values():
                    value = self._resolve(example)["value"]
                    yield Refusal(status, value["code"], value["message"])


def _content(described: Json) -> Json:
    content: Json = described.get("content", {}).get("application/json", {})
    return content


def _schemes(operation: Json) -> tuple[str, ...]:
    return tuple("".join(requirement) for requirement in operation["security"])


def _nearest(schema: Json, key: str) -> Json:
    """Return this schema, or the first of its alternatives that has `key`."""
    candidates = [schema, *schema.get("anyOf", ())]
    return next((candidate for candidate in candidates if key in candidate), {})


def _limits(schema: Json) -> str:
    if "maxLength" not in schema:
        return ""
    least = schema.get("minLength", 0)
    return (
        f"{least} to {schema['maxLength']} characters" if least else f"up to {schema['maxLength']} characters"
    )


def _curl(path: str, method: str, operation: Json) -> str:
    """Return a curl command for a POSIX shell, in the style of the public reference page."""
    verb = "" if method == "get" else f"-X {method.upper()} "
    examples = {
        each["name"]: _nearest(each["schema"], "examples")["examples"][0]
        for each in operation.get("parameters", ())
        if each["required"]
    }
    query = f"?{urlencode(examples)}" if examples else ""
    lines = [f'curl {verb}"$ATHENA_AUTH_BASE_URL{path}{query}"']
    body = _content(operation.get("requestBody", {})).get("example")
    if body:
        lines.append('-H "content-type: application/json"')
    if operation["security"]:
        lines.append('-H "authorization: Bearer $ATHENA_AUTH_TOKEN"')
    if body:
        lines.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
