"""Sentences for users, which are translated where they leave the server.

A sentence is written in English where it is used. That English is its id in the message catalogues of `languages`, so
what raises a refusal needs no language. `tools/texts.py` finds every `Text("…")`, `PluralText("…", "…")` and `_("…")`.
"""

from typing import Protocol


class Translations(Protocol):
    """The sentences of one language."""

    def gettext(self, text: str) -> str:
        """Return the translation of a sentence, or the sentence itself if there is none."""
        ...

    def ngettext(self, one: str, many: str, n: int) -> str:
        """Return the translation for this number."""
        ...


class _English:
    def gettext(self, text: str) -> str:
        return text

    def ngettext(self, one: str, many: str, n: int) -> str:
        return one if n == 1 else many


_ENGLISH = _English()


class Text:
    """A sentence in English, with the values of its placeholders. A value may be a text that is translated itself.

    Args:
        sentence: The English, with placeholders such as `{field}`. Without values, it is shown as it is.
    """

    __slots__ = ("sentence", "values")

    def __init__(self, sentence: str, /, **values: "Text | str | int") -> None:
        self.sentence = sentence
        self.values = values

    def __str__(self) -> str:
        """Return the English."""
        return self.translated(_ENGLISH)

    def translated(self, translations: Translations) -> str:
        """Return the sentence in another language."""
        template = self._template(translations)
        if not self.values:
            return template
        return template.format_map(
            {
                name: value.translated(translations) if isinstance(value, Text) else value
                for name, value in self.values.items()
            }
        )

    def _template(self, translations: Translations) -> str:
        return translations.gettext(self.sentence)


class PluralText(Text):
    """A sentence about a number of things: `{n}`."""

    __slots__ = ("n", "plural")

    def __init__(self, sentence: str, plural: str, /, *, n: int, **values: Text | str | int) -> None:
        super().__init__(sentence, n=n, **values)
        self.plural = plural
        self.n = n

    def _template(self, translations: Translations) -> str:
        return translations.ngettext(self.sentence, self.plural, self.n)
