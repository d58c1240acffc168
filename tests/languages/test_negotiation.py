"""Which language a reader gets for an `Accept-Language` header (RFC 9110 section 12.5.4)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from athena_auth.languages import BUILT_IN, Language, Languages

LANGUAGES = Languages.load()
WITH_BRAZIL = Languages([*LANGUAGES, Language("pt-BR", "Português")])

codes = st.sampled_from(BUILT_IN)
regions = st.sampled_from(["", "-AT", "-Latn-CH", "-419"])
qualities = st.integers(min_value=1, max_value=1000).map(lambda n: n / 1000)
header_text = st.text(st.sampled_from("abdeDEnN-*;=q0.19, \t\0ß\N{SNOWMAN}"), max_size=60)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("de-AT", "de"),
        ("de-Latn-AT-1996", "de"),
        ("nl, fr;q=0.8, de;q=0.9", "de"),
        ("fr;q=0.5,de;q=0.5", "fr"),
        ("es;q=0, *", "en"),
        ("en;q=0, *;q=0.1", "de"),
        ("*", "en"),
        ("de;q=0", "en"),
        ("de ; q=0.2 , fr ; q=0.3", "fr"),
        ("nl", "en"),
        ("", "en"),
        ("de;q=2, fr", "fr"),
        ("de;quality=1, fr;q=0.1", "fr"),
        ("d\N{CYRILLIC SMALL LETTER IE}, fr", "fr"),
    ],
)
def test_a_header_chooses_a_language(header: str, code: str) -> None:
    assert LANGUAGES.negotiate(header).code == code


@pytest.mark.parametrize("header", ["pt", "pt-PT", "pt-br", "pt-BR,en;q=0.9"])
def test_readers_of_a_language_get_the_only_variant_that_is_offered(header: str) -> None:
    assert WITH_BRAZIL.negotiate(header).code == "pt-BR"


@given(st.dictionaries(codes, qualities, min_size=1), st.data())
def test_the_offered_language_with_the_highest_quality_is_chosen(
    wanted: dict[str, float], data: st.DataObject
) -> None:
    parts = [f"{code}{data.draw(regions)};q={quality:.3f}" for code, quality in wanted.items()]

    chosen = LANGUAGES.negotiate(", ".join(parts)).code

    assert wanted[chosen] == max(wanted.values())


@given(codes, st.lists(st.sampled_from(["nl", "pl-PL", "zh-Hant", "i-klingon"]), max_size=10))
def test_languages_that_are_not_offered_change_nothing(code: str, others: list[str]) -> None:
    assert LANGUAGES.negotiate(",".join([*others, code])).code == code


@given(header_text)
@example("*;q=" + "9" * 5_000)
@example("de" + "-a" * 30_000)
@example("," * 60_000)
@example("a-" * 60_000)
def test_any_header_gets_an_offered_language(header: str) -> None:
    assert LANGUAGES.negotiate(header).code in BUILT_IN


def test_only_the_first_ranges_of_a_hostile_header_are_looked_at() -> None:
    assert LANGUAGES.negotiate("nl," * 15 + "de").code == "de"
    assert LANGUAGES.negotiate("nl," * 16 + "de").code == "en"
    assert LANGUAGES.negotiate(" " * 600 + "de").code == "en"
