"""I9: a process that is killed at any point leaves either all of a use case or none of it."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pyotp
import pytest

from support.person import PASSWORD
from support.process import SECRET, Server, serving

PEOPLE = 24

# One row for each account: what the flag says, and what stands behind it.
STATE = """
    SELECT a.two_factor_enabled,
           (SELECT COUNT(*) FROM athena_authenticator t WHERE t.user_id = a.id AND t.state = 'active'),
           (SELECT COUNT(*) FROM athena_authenticator t WHERE t.user_id = a.id AND t.state = 'pending'),
           (SELECT COUNT(*) FROM athena_backup_code b WHERE b.user_id = a.id AND b.state = 'active'),
           (SELECT COUNT(*) FROM athena_backup_code b WHERE b.user_id = a.id AND b.state = 'pending'),
           (SELECT MAX(s.level) FROM athena_session s WHERE s.user_id = a.id),
           a.credential_version
    FROM athena_account a
"""
BEFORE = (False, 0, 1, 0, 10, 1, 0)
AFTER = (True, 1, 0, 10, 0, 2, 1)


async def states(database_url: str) -> list[tuple[Any, ...]]:
    rows: Iterable[Iterable[Any]]
    if database_url.startswith("postgres"):
        connection = await asyncpg.connect(database_url)
        rows = await connection.fetch(STATE)
        await connection.close()
    else:
        with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as database:
            rows = database.execute(STATE).fetchall()
    return [(bool(first), *rest) for first, *rest in rows]


async def enrolling(server: Server) -> list[tuple[str, str]]:
    """Sign people up and begin their enrolment; return each one's token and code."""

    async def begin(client: httpx.AsyncClient, number: int) -> tuple[str, str]:
        body = {"email": f"p{number}@example.com", "password": PASSWORD, "name": "P"}
        token: str = (await client.post("/sign-up/email", json=body)).json()["token"]
        headers = {"authorization": f"Bearer {token}"}
        answer = await client.post("/two-factor/enable", json={"password": PASSWORD}, headers=headers)
        phone = pyotp.parse_uri(answer.json()["totpURI"])
        assert isinstance(phone, pyotp.TOTP)
        return token, phone.now()

    async with httpx.AsyncClient(base_url=server.base_url, timeout=30) as client:
        return await asyncio.gather(*[begin(client, number) for number in range(PEOPLE)])


async def confirm_all_and_kill(server: Server, people: list[tuple[str, str]], after: int) -> int:
    """Confirm every enrolment at once and kill the server after so many answers; return how many came."""
    answered = 0

    async def confirm(client: httpx.AsyncClient, token: str, code: str) -> None:
        nonlocal answered
        headers = {"authorization": f"Bearer {token}"}
        with contextlib.suppress(httpx.TransportError):
            answer = await client.post("/two-factor/verify-totp", json={"code": code}, headers=headers)
            assert answer.status_code == 200, answer.text
            answered += 1
            if answered == after:
                server.kill()

    limits = httpx.Limits(max_connections=PEOPLE)
    async with httpx.AsyncClient(base_url=server.base_url, timeout=30, limits=limits) as client:
        await asyncio.gather(*[confirm(client, token, code) for token, code in people])
    return answered


@pytest.mark.parametrize("after", [1, PEOPLE // 2])
async def test_a_killed_server_leaves_no_half_enrolment(
    database_url: str, tmp_path: Path, after: int
) -> None:
    """Flag, secret, backup codes and session change together; otherwise users are locked out of their account."""
    folder = tmp_path / "server"
    folder.mkdir()
    with serving(folder, database_url=database_url, secret=SECRET) as server:
        people = await enrolling(server)
        answered = await confirm_all_and_kill(server, people, after)

    found = await states(database_url)

    assert set(found) <= {BEFORE, AFTER}, set(found)
    assert len(found) == PEOPLE
    # Whoever was told that it is done finds it done (durability).
    assert found.count(AFTER) >= answered >= after
