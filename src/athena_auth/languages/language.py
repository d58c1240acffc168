"""One language: its sentences, and in which direction it is written."""

from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Literal

from athena_auth.kernel.texts import Text

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True)
class Language:
    """A language that the server writes.

    Attributes:
        code: Its tag (BCP 47), such as `de` or `pt-BR`; also the value of `lang` in HTML.
        name: What its speakers call it.
        direction: The value of `dir` in HTML.
        translations: Its catalogue. A sentence that is missing from it stays English.
    """

    code: str
    name: str
    direction: Direction = "ltr"
    translations: NullTranslations = field(default_factory=NullTranslations, repr=False)

    def gettext(self, text: str) -> str:
        """Return the translation of an English sentence."""
        # The entry of the empty string is the catalogue's header.
        return self.translations.gettext(text) if text else ""

    def ngettext(self, one: str, many: str, n: int) -> str:
        """Return the translation for this number; the English of `one` is the id."""
        return self.translations.ngettext(one, many, n)

    def render(self, text: Text) -> str:
        """Return a text in this language, with its values."""
        return text.translated(self)


ENGLISH = Language("en", "English")
"""The language of the ids. It needs no catalogue."""


_NAMES = {"de": "Deutsch", "es": "Español", "fr": "Français"}


@cache
def built_in(code: str) -> Language:
    """Return a language that comes with the server. Its catalogue is read once for each process."""
    if code == ENGLISH.code:
        return ENGLISH
    catalogue = files("athena_auth.languages").joinpath("catalogues", f"{code}.mo")
    with catalogue.open("rb") as compiled:
        return Language(code, _NAMES[code], translations=GNUTranslations(compiled))
