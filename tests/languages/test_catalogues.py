"""Every sentence is translated, and every translation can be shown."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import athena_auth
from athena_auth.delivery.model import Channel, MessageKind
from athena_auth.delivery.render import render
from athena_auth.delivery.text import render_text
from athena_auth.kernel.errors import ErrorCode
from athena_auth.languages import ENGLISH, Language, Languages
from support.messages import MESSAGES, SECRETS, message_of

ROOT = Path(__file__).parents[2]
SOURCE = Path(athena_auth.__file__).parent
TRANSLATED = [language for language in Languages.load() if language.code != ENGLISH.code]
# Sentences for operators and orchestrators, and for connections whose headers have not been read.
IN_ENGLISH = {"invitations.py", "metrics.py", "readiness.py", "recoveries.py", "protocol.py"}
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)

each_language = pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)


def test_no_translation_is_missing_fuzzy_obsolete_or_without_its_placeholders() -> None:
    command = [sys.executable, str(ROOT / "tools" / "texts.py"), "check"]
    checked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert (checked.returncode, checked.stdout) == (0, "Every text is translated.\n"), checked.stderr


def test_every_refusal_has_a_sentence_that_can_be_translated() -> None:
    """A plain string would be shown in English to everyone, because the catalogues would not have it."""
    plain = [
        f"{path.relative_to(SOURCE)}:{call.lineno}"
        for path in sorted(SOURCE.rglob("*.py"))
        if path.name not in IN_ENGLISH
        for call in _refusals(path)
        if isinstance(_value(call.args[1], path), ast.Constant | ast.JoinedStr)
    ]

    assert plain == []


def _refusals(path: Path) -> list[ast.Call]:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [call for call in calls if getattr(call.func, "id", "") == "Refused" and len(call.args) > 1]


def _value(node: ast.expr, path: Path) -> ast.expr:
    """Return the value of a constant of the file, or the expression itself."""
    assigned = {
        target.id: statement.value
        for statement in ast.parse(path.read_text()).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    return assigned.get(node.id, node) if isinstance(node, ast.Name) else node


@each_language
def test_every_error_code_has_a_sentence_of_its_own(language: Language) -> None:
    sentences = [language.gettext(code.message) for code in ErrorCode]

    assert len(set(sentences)) == len({code.message for code in ErrorCode})
    assert not set(sentences) & {code.message for code in ErrorCode}


@each_language
def test_a_text_message_is_one_part_in_every_language(language: Language) -> None:
    message = message_of(
        MessageKind.TWO_FACTOR_OTP,
        channel=Channel.TEXT,
        app_name="W" * 64,
        valid_for=600,
        language=language.code,
    )

    shown = render_text(message, "auth.example.com", language)

    assert len(shown) <= 160
    assert set(shown) <= GSM
    assert message.code is not None
    assert message.code in shown


@each_language
@pytest.mark.parametrize("kind", MessageKind)
def test_every_mail_is_complete_in_every_language(language: Language, kind: MessageKind) -> None:
    message = message_of(kind, language=language.code)
    english, rendered = render(message), render(message, language)

    assert f'<html lang="{language.code}" dir="ltr">' in rendered.html
    assert "Athena" in rendered.subject
    assert len(rendered.subject) < 80
    assert not any(secret in rendered.subject for secret in SECRETS)
    assert not set(_sentences(english.text)) & set(_sentences(rendered.text))
    assert "{" not in rendered.text
    assert [line for line in rendered.text.splitlines() if line in SECRETS] == [
        line for line in english.text.splitlines() if line in SECRETS
    ]


def _sentences(text: str) -> list[str]:
    """Return the parts of a mail that are sentences: more than one word, and no URL or address."""
    parts = [" ".join(part.split()) for part in text.split("\n\n")]
    return [part for part in parts if " " in part]


def test_every_kind_of_message_is_in_the_sample() -> None:
    assert {message.kind for message in MESSAGES} == set(MessageKind)


@pytest.mark.parametrize(
    ("code", "when", "left", "lifetime"),
    [
        ("de", "Wann: 15. Januar 2027, 08:00 UTC", "Sie haben noch 7 Codes.", "3 Minuten"),
        ("es", "Cuándo: 15 de enero de 2027, 08:00 UTC", "Le quedan 7 códigos.", "3 minutos"),
        (
            "fr",
            "Quand\N{NO-BREAK SPACE}: 15 janvier 2027, 08:00 UTC",
            "Il vous reste 7 codes.",
            "3 minutes",
        ),
    ],
)
def test_dates_numbers_and_lifetimes_are_those_of_the_language(
    code: str, when: str, left: str, lifetime: str
) -> None:
    language = Languages.load().of(code)
    used = render(message_of(MessageKind.BACKUP_CODE_USED), language).text
    sent = render(message_of(MessageKind.TWO_FACTOR_OTP), language).text

    assert when in used
    assert left in " ".join(used.split())
    assert lifetime in " ".join(sent.split())
