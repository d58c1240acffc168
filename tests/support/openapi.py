"""Resolves references in an OpenAPI document, and validates values against it."""

from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS31Validator

Json = dict[str, Any]


def resolved(document: Json, described: Json) -> Json:
    """Return the schema or response that a reference in the document points to."""
    found = document
    if "$ref" not in described:
        return described
    for step in described["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def content(described: Json) -> Json:
    found: Json = described["content"]["application/json"]
    return found


def check(document: Json, schema: Json, value: Any) -> None:
    """Raise unless the value satisfies the schema, whose references are the document's."""
    whole = {**schema, "components": document["components"]}
    OAS31Validator(whole).validate(value)


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def error_codes(document: Json, operation: Json, status: str) -> set[str]:
    examples = content(operation["responses"][status]).get("examples", {})
    return {resolved(document, example)["value"]["code"] for example in examples.values()}


def check_answer(document: Json, path: str, method: str, status: int, body: Any) -> None:
    """Raise unless this operation documents such an answer."""
    operation = document["paths"][path][method]
    described = content(operation["responses"][str(status)])
    check(document, described["schema"], body)
    if status != 200:
        assert body["code"] in error_codes(document, operation, str(status)), (path, body)
