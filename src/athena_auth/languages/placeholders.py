"""Compares the placeholders of a translation with those of its English: a wrong one would fail when a mail is sent."""

import re
from collections.abc import Sequence
from string import Formatter

_NUMBER = "{n}"
_PERCENT = re.compile(r"%(?:\([a-z_]+\)s|%)|%")
"""As templates use them: `%(name)s`, and `%%` for a percent sign."""


def placeholders_differ(english: Sequence[str], translations: Sequence[str]) -> bool:
    """Return whether a translation has other placeholders than its English.

    Args:
        english: The sentence, or its singular and its plural.
        translations: The translation, or that of each plural form. Any of them may leave the number out.
    """
    expected = frozenset().union(*map(_placeholders, english))
    without_number = {_NUMBER, "%(num)s"} if len(english) > 1 else frozenset[str]()
    try:
        found = [_placeholders(each) for each in translations]
    except ValueError:  # an unbalanced brace
        return True
    return any(not expected - without_number <= each <= expected for each in found)


def _placeholders(text: str) -> frozenset[str]:
    braces = {
        f"{{{name}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}}}"
        for _, name, spec, conversion in Formatter().parse(text)
        if name is not None
    }
    return frozenset(braces) | frozenset(_PERCENT.findall(text))
