"""What is wrong with the value of a setting, as a part of a sentence. The value itself is never repeated."""

from pydantic_core import ErrorDetails

_NOT_WHOLE = frozenset({"int_parsing", "int_parsing_size", "int_from_float", "int_type"})
_IN_SECONDS = ("_ttl", "_period")


def explain(error: ErrorDetails, name: str, example: object) -> str:
    """Return the text for an error of the field `name`; `example` is a value that would be accepted."""
    limits = error.get("ctx", {})
    if error["type"] == "less_than_equal":
        return f"the largest value accepted is {limits['le']}"
    if error["type"] == "greater_than_equal":
        return f"the smallest value accepted is {limits['ge']}"
    if error["type"] in _NOT_WHOLE:
        return (
            f"{'whole seconds' if name.endswith(_IN_SECONDS) else 'a whole number'}, for instance {example}"
        )
    text = error["msg"].removeprefix("Value error, ")
    return f"{text[0].lower()}{text[1:]}"
