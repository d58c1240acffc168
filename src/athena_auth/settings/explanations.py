"""Error messages for invalid settings, as a part of a sentence. The value itself is never repeated."""

from pydantic_core import ErrorDetails

_NOT_WHOLE = frozenset({"int_parsing", "int_parsing_size", "int_from_float", "int_type"})
_IN_SECONDS = ("_ttl", "_period", "_timeout")


def explain(error: ErrorDetails, name: str, example: object) -> str:
    """Return the message for an error of the field `name`; `example` is an accepted value."""
    context = error.get("ctx", {})
    match error["type"]:
        case "less_than_equal":
            return f"the largest value accepted is {context['le']}"
        case "greater_than_equal":
            return f"the smallest value accepted is {context['ge']}"
        case kind if kind in _NOT_WHOLE:
            what = "whole seconds" if name.endswith(_IN_SECONDS) else "a whole number"
            return f"{what}, for instance {example}"
        case "literal_error" | "enum":
            return f"one of {context['expected']}"
        case _:
            text = error["msg"].removeprefix("Value error, ")
            return f"{text[0].lower()}{text[1:]}"
