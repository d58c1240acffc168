"""The language of an account."""

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.languages import Languages


def offered_language(languages: Languages, code: str | None) -> str | Refused | None:
    """Return the code as the server writes it, or the refusal if the language is not offered."""
    if code is None:
        return None
    language = languages.find(code)
    if language is None:
        offered = ", ".join(each.code for each in languages)
        return Refused(
            ErrorCode.VALIDATION_ERROR,
            Text("This language is not offered. Choose one of: {codes}.", codes=offered),
        )
    return language.code
