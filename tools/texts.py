"""Update the message catalogues from the code and the templates, and compile them.

`make texts` runs this without arguments. It writes `messages.pot`, which has every sentence, brings `de.po` and the others in line
with it, compiles them, and lists what has to be translated. `check` changes nothing and fails if anything is left to do.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from athena_auth.delivery.message_texts import MESSAGES, SIGNATURE, TEXT
from athena_auth.kernel.errors import ErrorCode
from athena_auth.languages import BUILT_IN, DEFAULT
from athena_auth.languages.placeholders import placeholders_differ

SOURCE = Path(__file__).parents[1] / "src" / "athena_auth"
CATALOGUES = SOURCE / "languages" / "catalogues"
TEMPLATE = CATALOGUES / "messages.pot"
TRANSLATED = tuple(code for code in BUILT_IN if code != DEFAULT)
KEYWORDS = {**DEFAULT_KEYWORDS, "Text": None, "PluralText": (1, 2)}
METHODS = [("**.py", "python"), ("pages/templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"pages/templates/**.html": {"newstyle_gettext": "true", "silent": "false", "trimmed": "true"}}
_NUMBERS = range(200)
"""Numbers that need every form of a plural."""
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Dates in the catalogues would change with each update."""


def extract() -> Catalog:
    """Return the catalogue of every sentence: in the code, in the templates, of error codes and of messages."""
    found = Catalog(fuzzy=False)
    for file, _line, sentence, comments, context in extract_from_dir(
        SOURCE, METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        found.add(sentence, locations=[(file, 0)], auto_comments=comments, context=context)
    for sentence, file, use in _declared():
        found.add(sentence, locations=[(file, 0)], auto_comments=[use])
    return found


def _declared() -> Iterator[tuple[str, str, str]]:
    """Return the sentences of error codes and messages, each with its file and what it is for."""
    for code in ErrorCode:
        yield code.message, "kernel/errors.py", code.value
    file = "delivery/message_texts.py"
    yield TEXT, file, "The text message. Use letters of the GSM alphabet, and not many of them."
    yield SIGNATURE, file, "The end of each mail."
    for kind, texts in MESSAGES.items():
        named = {"subject": texts.subject, "opening": texts.opening, "link": texts.action}
        for part, sentence in named.items():
            if sentence:
                yield sentence, file, f"Mail {kind.value}: {part}."
        for advice in texts.advice:
            yield advice.case, file, "A condition. What to do then follows it in the same sentence."
            yield advice.counsel, file, f"Mail {kind.value}: follows “{advice.case}”"
            if advice.help:
                yield advice.help, file, "The last sentence of a warning."


def read(file: Path, code: str | None = None) -> Catalog:
    """Return the catalogue of a file."""
    with file.open("rb") as content:
        return read_po(content, locale=code)


def written(catalogue: Catalog, code: str | None = None) -> bytes:
    """Return a catalogue as a `.po` file, sorted by its sentences, with a header that has no dates."""
    header = ["Content-Type: text/plain; charset=utf-8"]
    if code is not None:
        header += [f"Language: {code}", f"Plural-Forms: {catalogue.plural_forms}"]
    content = BytesIO()
    content.write(b'msgid ""\nmsgstr ""\n')
    content.writelines(f'"{line}\\n"\n'.encode() for line in header)
    content.write(b"\n")
    write_po(
        content,
        catalogue,
        width=0,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    return content.getvalue()


def update() -> None:
    """Write the template, bring the catalogues in line with it and compile them."""
    template = extract()
    TEMPLATE.write_bytes(written(template))
    for code in TRANSLATED:
        file = CATALOGUES / f"{code}.po"
        catalogue = read(file, code) if file.exists() else Catalog(locale=code)
        catalogue.update(template, no_fuzzy_matching=True)
        file.write_bytes(written(catalogue, code))
        catalogue.creation_date = catalogue.revision_date = _NO_DATE
        with file.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue)


def problems() -> Iterator[str]:
    """Return what is left to do, a sentence each."""
    template = extract()
    if TEMPLATE.read_bytes() != written(template):
        yield "messages.pot is not that of the code; run make texts"
    for code in TRANSLATED:
        catalogue = read(CATALOGUES / f"{code}.po", code)
        known = {_key(message) for message in _messages(template)}
        for message in _messages(template):
            yield from _faults(code, message, catalogue)
        gone = [message for message in _messages(catalogue) if _key(message) not in known]
        gone += catalogue.obsolete.values()
        for message in gone:
            yield f"{code}.po: no longer used: {_sentences(message.id)[0]!r}"
        if not _is_compiled(catalogue, CATALOGUES / f"{code}.mo"):
            yield f"{code}.mo is not compiled from {code}.po; run make texts"


def _faults(code: str, message: Message, catalogue: Catalog) -> Iterator[str]:
    found, quoted = catalogue.get(message.id, message.context), repr(_sentences(message.id)[0])
    if found is None or not all(_sentences(found.string)):
        yield f"{code}.po: not translated: {quoted}"
    elif found.fuzzy:
        yield f"{code}.po: the translation is marked as fuzzy: {quoted}"
    elif placeholders_differ(_sentences(message.id), _sentences(found.string)):
        yield f"{code}.po: other placeholders than in English: {quoted}"


def _is_compiled(catalogue: Catalog, file: Path) -> bool:
    with file.open("rb") as content:
        compiled = GNUTranslations(content)
    for message in _messages(catalogue):
        expected = _sentences(message.string)
        sentences = _sentences(message.id)
        if len(sentences) == 1 and compiled.gettext(sentences[0]) != expected[0]:
            return False
        if len(sentences) > 1 and not all(
            compiled.ngettext(*sentences, n) == expected[compiled.plural(n)] for n in _NUMBERS
        ):
            return False
    return True


def _messages(catalogue: Catalog) -> Iterator[Message]:
    """Return the entries without the header."""
    return (message for message in catalogue if message.id)


def _key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    return message.context, _sentences(message.id)


def _sentences(text: object) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)  # type: ignore[arg-type]


if __name__ == "__main__":
    if sys.argv[1:] != ["check"]:
        update()
    left = list(problems())
    sys.stdout.write("".join(f"{line}\n" for line in left) or "Every text is translated.\n")
    sys.exit(bool(left))
