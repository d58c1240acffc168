"""Says in a sentence what is invalid about a body or a query, without patterns and without the caller's values."""

import re
from collections.abc import Callable

import msgspec

from athena_auth.kernel.texts import Text

_REQUEST_BODY = Text("request body")
"""What is invalid, unless it is the query or an argument of the host application."""

# msgspec's sentences, which have no other form. One that is not here is shown in English.
_FAULTS: tuple[tuple[re.Pattern[str], Callable[..., Text]], ...] = (
    (
        re.compile(r".*matching regex.*", re.DOTALL),
        lambda: Text("A character or a value that is not allowed"),
    ),
    (
        re.compile(r"Invalid enum value.*", re.DOTALL),
        lambda: Text("A value that is not one of those allowed"),
    ),
    (
        re.compile(r"Object missing required field `(.+)`"),
        lambda field: Text("Object missing required field `{field}`", field=field),
    ),
    (
        re.compile(r"Expected `(.+)`, got `(.+)`"),
        lambda expected, found: Text("Expected `{expected}`, got `{found}`", expected=expected, found=found),
    ),
    (
        re.compile(r"Expected `(.+)` of length >= (\d+)"),
        lambda kind, least: Text("Expected `{type}` of length >= {number}", type=kind, number=least),
    ),
    (
        re.compile(r"Expected `(.+)` of length <= (\d+)"),
        lambda kind, most: Text("Expected `{type}` of length <= {number}", type=kind, number=most),
    ),
    (
        re.compile(r"Expected `(.+)` (>=|<=) (\S+)"),
        lambda kind, sign, number: Text(
            "Expected `{type}` {sign} {number}", type=kind, sign=sign, number=number
        ),
    ),
)


def explain(error: msgspec.ValidationError, what: Text = _REQUEST_BODY) -> Text:
    """Return msgspec's error as a sentence; `what` is invalid."""
    text, _, context = str(error).partition(" - at `$")
    field = context.rstrip("`").lstrip(".")
    fault = _fault(text)
    if field:
        return Text(
            "The {what} is not valid: {fault} (field `{field}`).", what=what, fault=fault, field=field
        )
    return Text("The {what} is not valid: {fault}.", what=what, fault=fault)


def _fault(text: str) -> Text | str:
    for pattern, sentence in _FAULTS:
        found = pattern.fullmatch(text)
        if found is not None:
            return sentence(*found.groups())
    return text
