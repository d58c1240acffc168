"""Catalogues as an operator writes them, and a language from right to left that says nothing."""

from collections.abc import Callable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from athena_auth.languages.overlays import every_text

Translator = Callable[[str], str]


def write_catalogue(folder: Path, code: str, texts: dict[str, str]) -> Path:
    """Write a catalogue with these sentences and return its folder."""
    catalogue = Catalog(locale=code.replace("-", "_"))
    for sentence, translation in texts.items():
        catalogue.add(sentence, translation)
    return _write(folder, code, catalogue)


def write_complete_catalogue(folder: Path, code: str, translate: Translator, without: str = "") -> Path:
    """Write a catalogue with every sentence of the server but one, and return its folder."""
    catalogue = Catalog(locale=code.replace("-", "_"))
    for message in every_text():
        if isinstance(message.id, str):
            if message.id and message.id != without:
                catalogue.add(message.id, translate(message.id))
        else:
            forms = (translate(message.id[0]), *[translate(message.id[1])] * (catalogue.num_plurals - 1))
            catalogue.add(message.id, forms)
    return _write(folder, code, catalogue)


def from_right_to_left(sentence: str) -> str:
    """Mark a sentence as the pseudo-locale's, in Arabic letters, which browsers lay out from right to left."""
    return f"نص {sentence} نهاية"


def _write(folder: Path, code: str, catalogue: Catalog) -> Path:
    with (folder / f"{code}.po").open("wb") as file:
        write_po(file, catalogue)
    return folder
