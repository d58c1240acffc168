"""The second factor that an owner wants to be offered first."""

from typing import Any

import pytest

from support.links import reset_token, verify_address
from support.person import Person
from support.world import World

METHODS = ["totp", "otp", "backup-code"]


async def prefer(person: Person, method: str | None) -> tuple[int, str | None]:
    answer = await person.post("/two-factor/set-preferred-method", method=method)
    return answer.status_code, answer.json().get("code")


async def offered(person: Person) -> tuple[list[str], Any]:
    due = (await person.sign_in()).json()
    status = (await person.client.get("/two-factor/status")).json()
    assert status["preferredMethod"] == due["preferredMethod"]
    return due["twoFactorMethods"], due["preferredMethod"]


async def test_it_is_offered_first_and_the_order_stays(ada: Person) -> None:
    await ada.turn_on_totp()
    assert await offered(ada) == (METHODS, "totp")

    assert await prefer(ada, "otp") == (200, None)
    assert await offered(ada) == (METHODS, "otp")

    assert await prefer(ada, None) == (200, None)
    assert await offered(ada) == (METHODS, "totp")


async def test_one_that_is_no_longer_available_is_ignored(world: World, ada: Person) -> None:
    await ada.enable(method="otp")
    await ada.post("/two-factor/verify-otp", code=await world.mailbox.code_for(ada.email))
    app = await ada.post("/two-factor/add-authenticator", password=ada.password)
    assert app.status_code == 200
    assert await prefer(ada, "totp") == (400, "METHOD_NOT_AVAILABLE")
    await ada.turn_on_totp()
    assert await prefer(ada, "totp") == (200, None)

    suspended = await ada.post("/two-factor/suspend-authenticator", id=(await totp(ada)))

    assert suspended.status_code == 200, suspended.text
    assert await offered(ada) == (["otp", "backup-code"], "otp")


async def totp(person: Person) -> str:
    found = (await person.client.get("/two-factor/list-authenticators")).json()
    return next(str(each["id"]) for each in found if each["factor"] == "totp")


@pytest.mark.parametrize("method", ["backup-code", "passkey", "", "x" * 1000])
async def test_what_cannot_be_preferred_is_refused(ada: Person, method: str) -> None:
    await ada.turn_on_totp()
    assert await prefer(ada, "otp") == (200, None)

    assert await prefer(ada, method) == (400, "METHOD_NOT_AVAILABLE")

    assert await offered(ada) == (METHODS, "otp")


async def test_without_a_second_factor_there_is_nothing_to_prefer(ada: Person) -> None:
    assert await prefer(ada, "totp") == (400, "METHOD_NOT_AVAILABLE")
    assert await prefer(ada, None) == (200, None)


async def test_a_password_reset_offers_it_too(world: World, ada: Person) -> None:
    await verify_address(ada)
    await ada.turn_on_totp()
    assert await prefer(ada, "otp") == (200, None)
    token = await reset_token(world, ada.email)

    reset = await (await world.client()).post(
        "/reset-password", json={"token": token, "newPassword": "another horse battery"}
    )

    # The mailbox was just used in place of the password, so it is not offered as the second factor.
    assert reset.json()["preferredMethod"] == "totp"
