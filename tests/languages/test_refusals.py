"""Refusals in the caller's language, and in English for callers that name none."""

import pytest

from support.person import sign_up
from support.world import World

FRENCH = {"accept-language": "fr-CA,fr;q=0.9,en;q=0.5"}


async def test_a_refusal_is_in_the_language_of_the_caller(sqlite_world: World) -> None:
    client = await sqlite_world.client(**FRENCH)

    refused = await client.post("/sign-in/email", json={"email": "ada@example.com", "password": "wrong"})

    assert refused.status_code == 401
    assert refused.json() == {
        "code": "INVALID_EMAIL_OR_PASSWORD",
        "message": "L’adresse e-mail ou le mot de passe est erroné. Vérifiez les deux et réessayez.",
    }
    assert refused.headers["content-language"] == "fr"
    assert refused.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize("headers", [{}, {"accept-language": "en-US"}, {"accept-language": "nl"}])
async def test_other_callers_get_the_refusal_in_english(sqlite_world: World, headers: dict[str, str]) -> None:
    client = await sqlite_world.client(**headers)

    refused = await client.get("/nowhere")

    assert refused.json()["message"] == "There is nothing at this path."
    assert "content-language" not in refused.headers
    assert "vary" not in refused.headers


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("GET", "/nowhere", None, "Unter diesem Pfad gibt es nichts."),
        ("DELETE", "/sign-in/email", None, "Dieser Pfad unterstützt diese Methode nicht."),
        ("GET", "/list-sessions", None, "Sie sind nicht angemeldet. Melden Sie sich zuerst an."),
        ("POST", "/sign-in/email", "{", "Der Inhalt der Anfrage ist kein gültiges JSON in UTF-8."),
        (
            "POST",
            "/sign-in/email",
            '{"email": "a@b.example"}',
            "Der Inhalt der Anfrage ist ungültig: Das Pflichtfeld `password` fehlt.",
        ),
        (
            "POST",
            "/sign-in/email",
            '{"email": 1, "password": "x"}',
            "Der Inhalt der Anfrage ist ungültig: Erwartet wurde `str`, erhalten wurde `int` (Feld `email`).",
        ),
        (
            "POST",
            "/update-user",
            '{"name": ""}',
            "Sie sind nicht angemeldet. Melden Sie sich zuerst an.",
        ),
        (
            "GET",
            "/verify-email?token=" + "x" * 129,
            None,
            "Die Parameterliste ist ungültig: Erwartet wurde `str` mit einer Länge <= 128 (Feld `token`).",
        ),
        (
            "POST",
            "/sign-up/email",
            '{"name": "Ada\\u0000", "email": "ada@example.com", "password": "correct horse"}',
            "Der Inhalt der Anfrage ist ungültig: Ein Zeichen oder ein Wert, der nicht erlaubt ist (Feld `name`).",
        ),
    ],
)
async def test_every_step_of_a_request_refuses_in_german(
    sqlite_world: World, method: str, path: str, body: str | None, message: str
) -> None:
    client = await sqlite_world.client(**{"accept-language": "de", "content-type": "application/json"})

    refused = await client.request(method, path, content=body)

    assert refused.json()["message"] == message
    assert refused.headers["content-language"] == "de"


async def test_a_refusal_that_counts_is_in_the_plural_of_the_language(sqlite_world: World) -> None:
    ada = await sign_up(sqlite_world)
    await ada.enable()
    client = await sqlite_world.client(**{"authorization": f"Bearer {ada.token}", "accept-language": "es"})

    refused = await client.post("/two-factor/verify-totp", json={"code": ada.code(-10)})

    assert "va atrasado aproximadamente 5 minutos." in refused.json()["message"]


async def test_an_answer_with_a_sentence_is_in_the_language_of_the_caller(sqlite_world: World) -> None:
    client = await sqlite_world.client(**FRENCH)

    asked = await client.post("/request-password-reset", json={"email": "nobody@example.com"})

    assert asked.json()["message"] == (
        "S’il existe un compte avec cette adresse, nous y avons envoyé un lien. Consultez vos e-mails."
    )
