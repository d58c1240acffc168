"""Which passwords the server accepts, wherever a new one is set."""

import pytest

from athena_auth.crypto.passwords import DEFAULT_COST, PasswordHasher
from support.dump import dump, execute
from support.person import PASSWORD, Person, sign_up
from support.world import World

ADA = "ada.lovelace@example.com"
REFUSED = {
    "too short": ("s3cr3t!", "PASSWORD_TOO_SHORT"),
    "too long": ("x" * 129, "PASSWORD_TOO_LONG"),
    "what everybody chooses": ("Password1", "PASSWORD_TOO_COMMON"),
    "what everybody chooses, on an Asian keyboard": (
        "\N{FULLWIDTH LATIN SMALL LETTER P}assword1",
        "PASSWORD_TOO_COMMON",
    ),
    "the address": (f"{ADA} rules", "PASSWORD_CONTAINS_EMAIL"),
    "the address as its owner typed it": ("Ada.Lovelace@Example.com", "PASSWORD_CONTAINS_EMAIL"),
    "what stands before the @": ("I am ADA.LOVELACE", "PASSWORD_CONTAINS_EMAIL"),
}
TAKEN = ["correct horse battery staple", "        ", "x" * 128, "пароль длинный", "ada lovelace 1843"]


@pytest.mark.parametrize(("password", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_common_password_is_refused_at_sign_up(sqlite_world: World, password: str, code: str) -> None:
    before = await dump(sqlite_world.database_url)
    client = await sqlite_world.client()
    body = {"name": "Ada", "email": "Ada.Lovelace@Example.com", "password": password}

    answer = await client.post("/sign-up/email", json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert password not in answer.text
    assert await dump(sqlite_world.database_url) == before


@pytest.mark.parametrize(("password", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_common_password_is_refused_at_a_change(
    sqlite_world: World, password: str, code: str
) -> None:
    ada = await sign_up(sqlite_world, ADA)

    answer = await ada.post("/change-password", currentPassword=PASSWORD, newPassword=password)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (await ada.sign_in()).status_code == 200


@pytest.mark.parametrize("password", TAKEN)
async def test_a_password_needs_to_be_no_more_than_hard_to_guess(world: World, password: str) -> None:
    client = await world.client()
    body = {"name": "Ada", "email": ADA, "password": password}

    assert (await client.post("/sign-up/email", json=body)).status_code == 200
    assert (await client.post("/sign-in/email", json=body)).status_code == 200


async def test_a_poor_password_from_before_the_rules_still_opens_its_account(
    world: World, ada: Person
) -> None:
    """The rules apply to new passwords: users with a weak one must be able to sign in to change it."""
    poor = "Password1"
    encoded = PasswordHasher(DEFAULT_COST).hash(poor)
    await execute(world.database_url, f"UPDATE athena_account SET password_hash = '{encoded}'")

    assert (await ada.sign_in(password=poor)).status_code == 200
    changed = await ada.post("/change-password", currentPassword=poor, newPassword=PASSWORD)
    assert changed.status_code == 200
