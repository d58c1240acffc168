"""The languages of pages, mails, text messages and error messages, and which of them a reader gets.

`catalogues` has a catalogue for each language (GNU gettext): `de.po` is edited, and `de.mo` is compiled from it by
`make texts`. English has none, because English sentences are the ids. `overlays` reads the operator's own texts.
"""

from athena_auth.languages.language import ENGLISH, Language
from athena_auth.languages.languages import BUILT_IN, DEFAULT, Languages, TextsError

__all__ = ["BUILT_IN", "DEFAULT", "ENGLISH", "Language", "Languages", "TextsError"]
