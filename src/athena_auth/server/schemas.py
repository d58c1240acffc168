"""JSON Schemas of request and response bodies, generated from their types, with examples."""

from collections.abc import Iterable, Sequence
from typing import Any, get_type_hints

import msgspec

from athena_auth.wire.fields import PasswordIfAny
from athena_auth.wire.handlers import alternatives_of
from athena_auth.wire.route import Route

Json = dict[str, Any]

_PLAIN_EXAMPLES: Json = {"string": "string", "boolean": True, "integer": 0, "number": 0, "null": None}


class Schemas:
    """The JSON Schemas of all request and response bodies, by type, and their components.

    The two are generated separately: a field with a default is optional in a request, and always sent in a response.

    Raises:
        ValueError: one type is used for both, so it would need two schemas with one name.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        # msgspec cannot describe a union of untagged structs, so each of its members is described by itself.
        answers = [answer for route in routes for answer in alternatives_of(route.answer)]
        self._by_type, self.components = _generated(
            each for route in routes for each in (route.body, route.query) if each is not None
        )
        for body in {route.body for route in routes}:
            _require_the_password(body, self.resolve(self._by_type[body]))
        answer_schemas, answer_components = _generated(answers)
        for name, schema in answer_components.items():
            _require_what_is_always_sent(schema)
            if self.components.setdefault(name, schema) != schema:
                raise ValueError(f"{name} is the type of a request and of a response body; make it two types")
        self._by_type.update(answer_schemas)

    def schema_of(self, described: Any) -> Json:
        """Return the schema of a request body, or of one alternative of a response body."""
        return self._by_type[described]

    def resolve(self, schema: Json) -> Json:
        """Return the schema, or the component that it references."""
        reference = schema.get("$ref")
        return schema if reference is None else self.components[reference.rpartition("/")[2]]

    def example(self, schema: Json) -> Any:
        """Return an example value, made of the fields' own examples if they have any."""
        if "examples" in schema:
            return schema["examples"][0]
        schema = self.resolve(schema)
        if "properties" in schema:
            return {name: self.example(field) for name, field in schema["properties"].items()}
        if "items" in schema:
            items = self.resolve(schema["items"])
            return items.get("enum") or [self.example(items)]
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0])
        return schema["enum"][0] if "enum" in schema else _PLAIN_EXAMPLES[schema["type"]]

    def body_example(self, body: type[msgspec.Struct]) -> Json:
        """Return an example of the required fields, or of all fields if none is required."""
        schema = self.resolve(self.schema_of(body))
        fields = schema["properties"]
        names = schema["required"] or [name for name in fields if not fields[name].get("readOnly")]
        return {name: self.example(fields[name]) for name in names}


def _generated(types: Iterable[Any]) -> tuple[dict[Any, Json], dict[str, Json]]:
    unique = tuple(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(unique, ref_template="#/components/schemas/{name}")
    return dict(zip(unique, schemas, strict=True)), components


def _require_the_password(body: type[msgspec.Struct], schema: Json) -> None:
    """Make a password required that only an account without one may leave out.

    A schema cannot say that, and most accounts have one: the description of the field names the exception.
    """
    for name, hint in get_type_hints(body, include_extras=True).items():
        if hint == PasswordIfAny | None:
            field = schema["properties"][name]
            described = next(each for each in field.pop("anyOf") if each["type"] != "null")
            del field["default"]
            field.update(described)
            schema["required"].append(name)


def _require_what_is_always_sent(schema: Json) -> None:
    """Make the fields of a response that have defaults required, with the default as their example.

    A field that may be omitted (`UNSET`) has no default in the schema, and stays optional.
    """
    for name, field in schema.get("properties", {}).items():
        if "default" in field:
            field.setdefault("examples", [field.pop("default")])
            schema["required"].append(name)
