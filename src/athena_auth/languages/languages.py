"""The languages that a server offers, and the choice among them for one reader."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from athena_auth.languages.language import ENGLISH, Language, built_in
from athena_auth.languages.negotiation import preferred

BUILT_IN = ("en", "de", "es", "fr")
"""The languages whose catalogues come with the server. The first is the default."""
DEFAULT = ENGLISH.code


class TextsError(ValueError):
    """The operator's texts cannot be used. The sentence names the file and says what to change."""


class Languages:
    """The languages of one server.

    Args:
        offered: The languages; English is among them.
    """

    def __init__(self, offered: Iterable[Language]) -> None:
        self._by_code = {language.code.lower(): language for language in offered}
        self._default = self._by_code[DEFAULT]

    @classmethod
    def load(cls, overlays: Path | None = None) -> Self:
        """Return the languages that come with the server, with the texts of an operator's folder.

        Raises:
            TextsError: The folder or a file in it cannot be used.
        """
        languages = [built_in(code) for code in BUILT_IN]
        if overlays is None:
            return cls(languages)
        # Babel is needed to read `.po` files only, and importing it takes a tenth of a second.
        from athena_auth.languages.overlays import overlaid  # noqa: PLC0415

        return cls(overlaid(languages, overlays))

    def __iter__(self) -> Iterator[Language]:
        return iter(self._by_code.values())

    def find(self, code: str) -> Language | None:
        """Return the language with this code, in any case, or None."""
        return self._by_code.get(code.lower())

    def of(self, code: str | None) -> Language:
        """Return the language with a stored code; English if there is none, or if it is no longer offered."""
        return (self.find(code) if code else None) or self._default

    def preferred(self, accept_language: str) -> Language | None:
        """Return the offered language that an `Accept-Language` header names first; None if it names none of them."""
        code = preferred(accept_language, self._by_code, any_counts=False)
        return None if code is None else self._by_code[code]

    def negotiate(self, accept_language: str) -> Language:
        """Return the offered language that an `Accept-Language` header prefers, or English."""
        code = preferred(accept_language, self._by_code)
        return self._default if code is None else self._by_code[code]
