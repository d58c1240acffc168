"""The language of an account: from its sign-up, changed by its owner, and that of its mails."""

import asyncio
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd import smtp as smtpd

from athena_auth import Athena, load_settings
from athena_auth.host.standalone import standalone
from athena_auth.settings import BASE_PATH
from support.person import PASSWORD, Person, sign_up
from support.process import PATIENCE
from support.world import ORIGIN, SECRET, World

GERMAN = {"accept-language": "de-CH,de;q=0.9,en;q=0.8"}


async def sign_up_with(world: World, **headers: str) -> tuple[httpx.AsyncClient, dict[str, Any]]:
    client = await world.client(**headers)
    body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
    answer = await client.post("/sign-up/email", json=body)
    user: dict[str, Any] = answer.json()["user"]
    return await world.bearer(answer.json()["token"]), user


async def language_of(client: httpx.AsyncClient) -> str | None:
    user = (await client.get("/get-session")).json()["user"]
    language: str | None = user.get("language")
    return language


async def test_an_account_has_the_language_of_its_sign_up(world: World) -> None:
    client, user = await sign_up_with(world, **GERMAN)

    assert user["language"] == "de"
    assert await language_of(client) == "de"


@pytest.mark.parametrize("header", ["", "*", "nl", "nl,pl;q=0.5", "nl,*", "*;q=0"])
async def test_an_account_has_no_language_if_the_browser_names_none_that_is_offered(
    sqlite_world: World, header: str
) -> None:
    _, user = await sign_up_with(sqlite_world, **({"accept-language": header} if header else {}))

    assert "language" not in user


async def test_the_owner_changes_the_language_and_removes_it(ada: Person) -> None:
    assert await language_of(ada.client) is None

    changed = await ada.post("/update-user", language="FR")

    assert changed.json() == {"status": True}
    assert await language_of(ada.client) == "fr"
    await ada.post("/update-user", name="Countess")
    assert await language_of(ada.client) == "fr"
    await ada.post("/update-user", language=None)
    assert await language_of(ada.client) is None


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("nl", "This language is not offered. Choose one of: en, de, es, fr."),
        ("", "This language is not offered. Choose one of: en, de, es, fr."),
        (
            "d\x00",
            "The request body is not valid: A character or a value that is not allowed (field `language`).",
        ),
        (1, "The request body is not valid: Expected `str | null`, got `int` (field `language`)."),
    ],
)
async def test_a_language_that_is_not_offered_is_refused(
    sqlite_world: World, language: object, message: str
) -> None:
    ada = await sign_up(sqlite_world)

    refused = await ada.post("/update-user", language=language)

    assert (refused.status_code, refused.json()) == (400, {"code": "VALIDATION_ERROR", "message": message})
    assert await language_of(ada.client) is None


async def test_every_message_to_an_account_is_in_its_language(world: World) -> None:
    client, _ = await sign_up_with(world, **GERMAN)
    await client.post("/send-verification-email", json={"email": "ada@example.com"})
    await client.post("/request-password-reset", json={"email": "ada@example.com"})
    await client.post("/two-factor/enable", json={"password": PASSWORD, "method": "otp"})
    await client.post("/two-factor/send-otp")
    await client.post(
        "/change-password", json={"currentPassword": PASSWORD, "newPassword": "a wholly different one"}
    )

    for kind in ("email-verification", "password-reset", "two-factor-otp", "password-changed"):
        message = await world.mailbox.message_for("ada@example.com", kind)
        assert (kind, message.language) == (kind, "de")


class Handler:
    """Keeps the mails that a mail server accepts."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[EmailMessage] = asyncio.Queue()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - named by aiosmtpd
        mail = message_from_bytes(envelope.content, policy=SMTPUTF8)
        assert isinstance(mail, EmailMessage)
        self.arrived.put_nowait(mail)
        return "250 OK"


async def test_the_mail_that_arrives_is_in_the_language_of_the_account(tmp_path: Path) -> None:
    """The whole way: `Accept-Language`, the database, the outbox, SMTP."""
    handler = Handler()
    server = await asyncio.get_running_loop().create_server(
        lambda: smtpd.SMTP(handler, enable_SMTPUTF8=True, hostname="localhost"), "127.0.0.1", 0
    )
    settings = load_settings(
        secret=SECRET,
        database_url=f"sqlite:///{tmp_path / 'athena.db'}",
        mail_url=f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        mail_from="no-reply@example.org",
    )
    athena = Athena(settings)
    transport = httpx.ASGITransport(standalone(athena))
    url = ORIGIN + BASE_PATH
    async with server, athena.lifespan(), httpx.AsyncClient(transport=transport, base_url=url) as client:
        body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
        await client.post("/sign-up/email", json=body, headers=GERMAN)
        await client.post("/request-password-reset", json={"email": "ada@example.com"})
        async with asyncio.timeout(PATIENCE):
            # Signing up sends a mail of its own.
            mails = {mail["Subject"]: mail for mail in [await handler.arrived.get() for _ in range(2)]}

    mail = mails["Wählen Sie ein neues Passwort für Athena"]
    text, html = (part.get_content() for part in mail.iter_parts())
    assert mail["Content-Language"] == "de"
    assert text.startswith("Guten Tag!")
    assert "Der Link funktioniert einmal und ist ab der Anforderung 30 Minuten gültig." in " ".join(
        text.split()
    )
    assert '<html lang="de" dir="ltr">' in html
    assert "Neues Passwort wählen</a>" in html
