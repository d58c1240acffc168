"""The language of a page. There is one so far: the texts as they stand in the templates."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """A language that users read.

    Attributes:
        code: Its BCP 47 tag, for `lang`.
        direction: `ltr` or `rtl`, for `dir`.
    """

    code: str = "en"
    direction: str = "ltr"

    def gettext(self, text: str) -> str:
        """Return the translation of a text."""
        return text

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the translation of a text that depends on a number."""
        return one if number == 1 else many


class Languages:
    """The languages that the pages have."""

    def negotiate(self, accept_language: str) -> Language:  # noqa: ARG002 - there is no choice with one language
        """Return the best language for an `Accept-Language` header."""
        return Language()
