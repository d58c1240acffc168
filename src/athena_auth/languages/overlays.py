"""The operator's own texts: a folder with a catalogue for each language, `de.po`, that replaces some sentences or all.

A file for a language that does not come with the server adds it, if the file translates every sentence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from athena_auth.kernel.log import Log
from athena_auth.languages.language import Direction, Language
from athena_auth.languages.languages import TextsError
from athena_auth.languages.placeholders import placeholders_differ

_log = Log(__name__)

_TAG = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
"""Without the encodings and modifiers of POSIX, `de_DE.utf8@euro`, which `lang` and `Content-Language` do not have."""
_SHOWN = 60
"""Characters of a sentence that an error quotes."""


def overlaid(languages: Iterable[Language], folder: Path) -> Iterator[Language]:
    """Return the languages with the texts of the folder, and those that it adds.

    A language that the folder adds and does not translate completely is left out, with a warning: its readers get English,
    as before. An update of the server brings new sentences, and they must not keep it from starting.

    Raises:
        TextsError: The folder or a file in it cannot be used, a sentence is none of the server's, or a translation does
            not have the placeholders of its sentence.
    """
    template = every_text()
    found: dict[str, Path] = {}
    for each in _files(folder):
        code = _code_of(each)
        if code in found:
            raise TextsError(f"{found[code].name} and {each.name} are both for {code}")
        found[code] = each
    for language in languages:
        file = found.pop(language.code, None)
        yield language if file is None else _overlay(language, _read(file, template))
    for code, file in sorted(found.items()):
        catalogue = _read(file, template)
        missing = [message for message in _messages(template) if not _is_translated(catalogue, message)]
        if missing:
            _log.warning(
                "texts.incomplete", language=code, missing=len(missing), first=_sentences(missing[0].id)[0]
            )
        else:
            yield _overlay(Language(code, _name(code), _direction(code)), catalogue)


def every_text() -> Catalog:
    """Return the catalogue of every sentence, without translations."""
    with files("athena_auth.languages").joinpath("catalogues", "messages.pot").open("rb") as template:
        return read_po(template)


def _files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.po"))
    if not found:
        raise TextsError(
            f"there is no .po file in {str(folder)!r}; name one after its language, such as de.po"
        )
    return found


def _code_of(file: Path) -> str:
    """Return the tag of the language that a file is named after, as BCP 47 writes it: `pt-BR` for `PT_br.po`."""
    unnamed = TextsError(f"{file.name} is not named after a language, such as de.po or pt-BR.po")
    if _TAG.fullmatch(file.stem) is None:
        raise unnamed
    try:
        locale = Locale.parse(file.stem.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        raise unnamed from None
    return "-".join(filter(None, (locale.language, locale.script, locale.territory, locale.variant)))


def _name(code: str) -> str:
    """Return what its speakers call a language, with a capital: many languages write their names without one."""
    name = Locale.parse(code, sep="-").display_name or code
    return name[0].upper() + name[1:]


def _direction(code: str) -> Direction:
    return "rtl" if Locale.parse(code, sep="-").text_direction == "rtl" else "ltr"


def _read(file: Path, template: Catalog) -> Catalog:
    """Return the catalogue of a file whose sentences and placeholders are the server's."""
    try:
        with file.open("rb") as content:
            catalogue = read_po(content, locale=_code_of(file).replace("-", "_"), abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError, ValueError) as error:
        raise TextsError(f"{file.name} cannot be read: {error}") from None
    for message in _messages(catalogue):
        if not message.fuzzy and any(_sentences(message.string)):
            _check(file, message, template)
    return catalogue


def _check(file: Path, message: Message, template: Catalog) -> None:
    known = template.get(message.id, message.context)
    if known is None or known.id != message.id:
        raise TextsError(f"{file.name} translates {_quoted(message)}, which the server does not use")
    if placeholders_differ(_sentences(known.id), [each for each in _sentences(message.string) if each]):
        raise TextsError(
            f"{file.name} translates {_quoted(message)} without its placeholders, or with others: copy what is in braces"
        )


def _quoted(message: Message) -> str:
    sentence = _sentences(message.id)[0]
    return repr(sentence if len(sentence) <= _SHOWN else f"{sentence[:_SHOWN]}…")


def _messages(catalogue: Catalog) -> Iterator[Message]:
    """Return the entries without the header."""
    return (message for message in catalogue if message.id)


def _sentences(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return a sentence, or its plural forms."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _is_translated(catalogue: Catalog, message: Message) -> bool:
    found = catalogue.get(message.id, message.context)
    return found is not None and not found.fuzzy and all(_sentences(found.string))


def _overlay(language: Language, catalogue: Catalog) -> Language:
    for message in _messages(catalogue):
        # `write_mo` leaves out what is not translated, but writes English for the empty forms of a plural.
        if not all(_sentences(message.string)):
            message.string = ""
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    translations = GNUTranslations(compiled)
    translations.add_fallback(language.translations)
    return Language(language.code, language.name, language.direction, translations)
