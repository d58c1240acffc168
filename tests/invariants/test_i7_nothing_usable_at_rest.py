"""I7: neither the database nor the log contains anything with which an attacker can sign in."""

import base64
import contextlib
import logging
import re
import sqlite3

import httpx
import pyotp
import pytest

from athena_auth.testing.server import CheapHasher
from support.dump import dump, execute
from support.person import PASSWORD, Person, sign_up
from support.world import SECRET, World, world_over

COPY_EVES_SECRET_TO_ALL = """
    UPDATE athena_authenticator SET sealed_data =
        (SELECT t.sealed_data FROM athena_authenticator t JOIN athena_account a ON a.id = t.user_id
         WHERE a.email = 'eve@example.com')
"""


def mentions(text: str, secret: str) -> bool:
    """Tell whether a text contains a secret; a short number only where it stands alone."""
    if secret.isdecimal():
        return re.search(rf"(?<!\d){secret}(?!\d)", text) is not None
    return secret in text


def written(*phones: pyotp.TOTP) -> list[str]:
    """Return the phones' secrets in every way they may be written."""
    raw = [base64.b32decode(phone.secret) for phone in phones]
    return [phone.secret for phone in phones] + [r.decode("latin-1") for r in raw] + [r.hex() for r in raw]


async def use_everything(world: World, ada: Person) -> tuple[dict[str, str], list[httpx.Response]]:
    """Go through every use case; return each secret that existed, by name, and the answers to codes."""
    await ada.turn_on_totp()
    assert ada.phone is not None
    browser = await world.browser()
    challenged = await ada.sign_in(browser)
    sent = await browser.post("/two-factor/send-otp")
    code = await world.mailbox.code_for(ada.email)
    passed = await browser.post("/two-factor/verify-otp", json={"code": code, "trustDevice": True})
    trusted = await ada.sign_in(browser)
    wrong = await ada.post("/two-factor/verify-totp", code="000000")
    used = ada.code()
    await ada.post("/two-factor/verify-totp", code=used)
    active, codes = ada.phone, ada.backup_codes
    pending = await ada.enable()
    new = await ada.post("/change-password", currentPassword=PASSWORD, newPassword="tr0mbone & cello")
    secrets = {
        "password": PASSWORD,
        "new password": "tr0mbone & cello",
        "session token": ada.token,
        "second session token": passed.json()["token"],
        "third session token": trusted.json()["token"],
        "challenge token": challenged.json()["token"],
        "trust token": browser.cookies["athena-auth.trust_device"],
        "sent code": code,
        "TOTP code": used,
        **{f"TOTP secret {n}": secret for n, secret in enumerate(written(active, ada.phone))},
        "otpauth URI": pending.json()["totpURI"],
        "operator's secret": SECRET,
        **{f"backup code {n}": backup for n, backup in enumerate(codes + ada.backup_codes)},
        **{f"bare backup code {n}": b.replace("-", "") for n, b in enumerate(codes + ada.backup_codes)},
    }
    return secrets, [sent, passed, wrong, new]


async def test_the_database_holds_no_secret_in_the_clear(world: World, ada: Person) -> None:
    """CVE-2020-15105: a password lay readable in the session store between two steps."""
    secrets, _ = await use_everything(world, ada)

    stolen = await dump(world.database_url)

    assert ada.email in stolen
    assert [name for name, secret in secrets.items() if mentions(stolen, secret)] == []


async def test_the_log_of_a_host_holds_no_secret(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "athena_auth")
    async with world_over(sqlite_url) as world:
        ada = await sign_up(world)
        secrets, _ = await use_everything(world, ada)
        await (await world.client()).get(f"/{ada.token}?token={ada.token}")
        await (await world.client()).post("/sign-in/email", content=f'{{"password": "{PASSWORD}", ')

    # Ours alone: the test's own client logs the addresses it asks for.
    log = "\n".join(each.getMessage() for each in caplog.records if each.name.startswith("athena_auth"))
    assert "event=request method=POST path=/two-factor/verify-otp status=200" in log
    assert ada.email not in log
    assert [name for name, secret in secrets.items() if mentions(log, secret)] == []


async def test_no_answer_tells_the_code_it_waits_for(world: World, ada: Person) -> None:
    """CVE-2026-105211: the reply to "send me a code" contained the code."""
    secrets, answers = await use_everything(world, ada)

    for answer in answers:
        assert not mentions(f"{answer.text} {answer.headers}", secrets["sent code"])


async def test_a_code_waits_in_the_outbox_sealed(sqlite_url: str) -> None:
    """A mail that cannot be delivered yet lies in the database; its code must not be readable there."""
    async with world_over(sqlite_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        world.mailbox.out_of_order = True
        await ada.answer(await ada.challenge(), "send-otp")
        code = await world.mailbox.refused_code()

        stolen = await dump(world.database_url)

    assert not mentions(stolen, code)


async def test_a_sealed_data_opens_in_its_own_row_only(sqlite_url: str) -> None:
    """An attacker with write access to the database must not be able to enrol their phone elsewhere by copying a value."""
    async with world_over(sqlite_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        eve = await sign_up(world, "eve@example.com", "Eve")
        await eve.turn_on_totp()
        with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database, database:
            database.execute(COPY_EVES_SECRET_TO_ALL)

        answer = await ada.answer(await ada.challenge(), "verify-totp", code=eve.code())

    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert set(answer.json()) == {"message", "code"}


async def test_a_new_secret_in_front_seals_anew_what_is_used(database_url: str) -> None:
    """Rotation: the old secret reads what it wrote, and is no longer needed for what was used since."""
    old, new = "1:the-first-secret-of-more-than-thirty-two-bytes", "2:the-second-secret-of-more-than-32-bytes"
    async with world_over(database_url, secret=None, secrets=old) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
    for secrets, status in [(f"{new},{old}", 200), (new, 200)]:
        async with world_over(database_url, secret=None, secrets=secrets) as world:
            world.clock.advance(120 if secrets == new else 60)
            ada.world = world
            answer = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
            assert answer.status_code == status, answer.text
            # What cannot be made anew, because only its hash is stored, is replaced.
            ada.client = await world.bearer(ada.token)
            await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)


async def test_a_password_is_hashed_anew_when_the_parameters_change(database_url: str) -> None:
    async with world_over(database_url, hasher=None) as world:
        ada = await sign_up(world)
        cheap = CheapHasher().hash(PASSWORD)
        await execute(database_url, f"UPDATE athena_account SET password_hash = '{cheap}'")

        assert (await ada.sign_in()).status_code == 200

        stolen = await dump(database_url)
        assert cheap not in stolen
        assert "$argon2id$v=19$m=19456,t=2,p=1$" in stolen
        assert (await ada.sign_in()).status_code == 200
