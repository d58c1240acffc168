"""Migration to one table of authenticators: every enrolled factor still verifies, and no code verifies twice."""

import asyncio
from pathlib import Path
from typing import Any, cast

import argon2
import pyotp
import pytest

from athena_auth.settings import Settings
from athena_auth.store.migrate import migrate
from athena_auth.wiring.resources import open_keyring
from support.clock import START
from support.dump import execute, fetch_all
from support.person import PASSWORD
from support.postgres import PostgresServer
from support.schema import migrate_to
from support.world import SECRET, World, world_over

BEFORE = "0006"
PHONE = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
NEW_PHONE = pyotp.TOTP("KRUGKIDROVUWG2ZAMJZG653OEBTG66BA")
USED_STEP = START // 30_000

ACCOUNT = """
    INSERT INTO athena_account (id, email, email_verified, name, password_hash, credential_version, two_factor_enabled,
                                created_at, updated_at)
    VALUES ('{name}', '{name}@example.com', true, '{name}', '{hash}', 1, true, {now}, {now})
"""
TOTP = """
    INSERT INTO athena_totp_authenticator (id, user_id, state, sealed_secret, issuer, algorithm, digits, period,
                                           last_step, created_at, confirmed_at)
    VALUES ('{id}', 'ada', '{state}', {sealed}, 'It''s "Athena"', 'SHA1', 6, 30, {step}, {now}, {confirmed})
"""
OTP = """
    INSERT INTO athena_otp_authenticator (user_id, created_at, confirmed_at, phone_number, pending_phone_number)
    VALUES ('{name}', {now}, {confirmed}, {number}, {pending})
"""
MOVED = """
    SELECT user_id, factor, state, details, counter FROM athena_authenticator
    WHERE factor = 'otp' ORDER BY user_id, state
"""


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'before.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.empty_database()


@pytest.fixture
async def before(empty_url: str) -> str:
    """Return a database of the version before, with an authenticator in every state."""
    await migrate_to(empty_url, BEFORE)
    for row in rows(empty_url):
        await execute(empty_url, row)
    return empty_url


def rows(url: str) -> list[str]:
    now = START
    keyring = open_keyring(
        Settings(**cast("dict[str, Any]", {"secret": SECRET, "database_url": url, "_env_file": None}))
    )
    written = "'\\x{}'::bytea" if url.startswith("postgres") else "X'{}'"

    def sealed(phone: pyotp.TOTP, authenticator: str) -> str:
        return written.format(keyring.seal(phone.byte_secret(), f"totp:ada:{authenticator}").hex())

    password = argon2.PasswordHasher().hash(PASSWORD)
    people = ("ada", "bob", "cyd", "dan", "eve")
    return [
        *(ACCOUNT.format(name=name, hash=password, now=now) for name in people),
        TOTP.format(id="a" * 32, state="active", sealed=sealed(PHONE, "a" * 32), step=USED_STEP, now=now, confirmed=now),
        TOTP.format(id="b" * 32, state="pending", sealed=sealed(NEW_PHONE, "b" * 32), step=-1, now=now, confirmed="NULL"),
        OTP.format(name="bob", now=now, confirmed=now, number="NULL", pending="NULL"),
        OTP.format(name="cyd", now=now, confirmed="NULL", number="NULL", pending="NULL"),
        OTP.format(name="dan", now=now, confirmed=now, number="'+4915112345678'", pending="'+4915187654321'"),
        OTP.format(name="eve", now=now, confirmed="NULL", number="NULL", pending="'+4915112345678'"),
    ]  # fmt: skip


async def verify(world: World, code: str) -> int:
    client = await world.browser()
    due = await client.post("/sign-in/email", json={"email": "ada@example.com", "password": PASSWORD})
    challenge = (
        await world.bearer(due.headers["set-auth-token"]) if "set-auth-token" in due.headers else client
    )
    return (await challenge.post("/two-factor/verify-totp", json={"code": code})).status_code


async def test_each_enrolment_is_a_row_in_its_state(before: str) -> None:
    assert await asyncio.to_thread(migrate, before) is True

    found = [(*row[:3], str(row[3]).replace(" ", ""), row[4]) for row in await fetch_all(before, MOVED)]
    assert found == [
        ("bob", "otp", "active", '{"phoneNumber":null}', 0),
        ("cyd", "otp", "pending", '{"phoneNumber":null}', -1),
        ("dan", "otp", "active", '{"phoneNumber":"+4915112345678"}', 0),
        ("dan", "otp", "pending", '{"phoneNumber":"+4915187654321"}', -1),
        ("eve", "otp", "pending", '{"phoneNumber":"+4915112345678"}', -1),
    ]


async def test_the_app_signs_in_as_before_and_a_used_code_stays_used(before: str) -> None:
    await asyncio.to_thread(migrate, before)

    async with world_over(before) as world:
        now = world.clock.now() // 1000
        assert await verify(world, PHONE.at(now)) == 401
        world.clock.advance(30)
        assert await verify(world, PHONE.at(now + 30)) == 200
        assert await verify(world, PHONE.at(now + 30)) == 401


async def test_a_server_of_the_version_before_finds_no_table_to_accept_codes_from(before: str) -> None:
    """It would consume a time step there, and this version would accept the same code once more."""
    await asyncio.to_thread(migrate, before)

    for table in ("athena_totp_authenticator", "athena_otp_authenticator"):
        with pytest.raises(Exception, match=r"no such table|does not exist"):
            await fetch_all(before, f"SELECT * FROM {table}")
