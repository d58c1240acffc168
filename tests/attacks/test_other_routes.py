"""Ways to bypass the second factor: other routes, other sessions, other combinations of factors."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.otp.factor import Otp
from athena_auth.factors.totp.factor import Totp
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.factor import Attempt, Used, Verified
from athena_auth.store.transaction import Tx
from support.links import reset_token, token_in, verify_address
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

NEW_PASSWORD = "a wholly different password"


async def test_a_reset_of_the_password_ends_in_a_challenge(world: World, ada: Person) -> None:
    """gumroad PR 4065, WCA 8432: the link in the mail signed in, and the second factor was never asked for."""
    await verify_address(ada)
    await ada.turn_on_totp()
    browser = await world.browser()
    body = {"token": await reset_token(world, ada.email), "newPassword": NEW_PASSWORD}

    reset = await browser.post("/reset-password", json=body)

    assert (reset.status_code, reset.json()["twoFactorRedirect"]) == (200, True)
    assert "set-auth-token" not in reset.headers
    assert (await browser.get("/get-session")).json() is None
    passed = await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
    assert passed.status_code == 200
    assert (await browser.get("/get-session")).json()["session"]["level"] == 2


async def test_a_mailbox_is_not_both_factors(world: World, ada: Person) -> None:
    """gumroad PR 4065: an attacker with the mailbox resets the password, and must not complete the challenge by email."""
    await verify_address(ada)
    await ada.turn_on_totp()
    client = await world.client()
    body = {"token": await reset_token(world, ada.email), "newPassword": NEW_PASSWORD}
    ada.password = NEW_PASSWORD
    after_reset = (await client.post("/reset-password", json=body)).json()
    after_sign_in = (await ada.sign_in()).json()

    for due in (after_reset, after_sign_in):
        assert "otp" not in due["twoFactorMethods"]
        refused = await ada.answer(due["token"], "send-otp")
        assert (refused.status_code, refused.json()["code"]) == (400, "OTP_NOT_CONFIGURED")
    assert MessageKind.TWO_FACTOR_OTP not in world.mailbox.kinds_for(ada.email)


async def test_a_link_that_verifies_the_address_signs_nobody_in(world: World, ada: Person) -> None:
    """CVE-2026-34727, Paymenter 1151: another way in that nobody thought of when the factor was added."""
    await ada.turn_on_totp()
    browser = await world.browser()
    await browser.post("/send-verification-email", json={"email": ada.email})
    mail = await world.mailbox.message_for(ada.email, MessageKind.EMAIL_VERIFICATION)
    assert mail.url is not None

    body = {"token": token_in(mail.url), "password": PASSWORD}
    verified = await browser.post("/confirm-email", json=body)

    assert verified.status_code == 200
    assert "set-auth-token" not in verified.headers
    assert (await browser.get("/get-session")).json() is None


async def test_signing_up_again_is_no_way_in(world: World, ada: Person) -> None:
    """CVE-2026-34727: an account that exists is not taken over, nor its factor dropped, by a new registration."""
    await ada.turn_on_totp()
    browser = await world.browser()
    for email in (ada.email, ada.email.upper()):
        body = {"email": email, "password": PASSWORD, "name": "Eve"}
        refused = await browser.post("/sign-up/email", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")

    assert (await browser.get("/get-session")).json() is None
    assert (await ada.sign_in()).json()["twoFactorRedirect"] is True


async def test_no_public_route_answers_a_protected_account_with_a_session(world: World, ada: Person) -> None:
    """CVE-2021-30120, CVE-2026-56256, gitlab 32215, GHSA-f9rx-7wf7-jr36: the factor was asked for by the page only."""
    await ada.turn_on_totp()
    every_field = {
        "email": ada.email,
        "password": PASSWORD,
        "name": "Ada",
        "token": "x",
        "newPassword": NEW_PASSWORD,
    }
    skips = {"twoFactorRedirect": False, "skipTwoFactor": True, "disableRedirect": True, "mfa": False}
    public = [route for route in world.athena.routes if route.access.name in {"PUBLIC", "OPTIONAL_SESSION"}]
    assert {"/sign-in/email", "/reset-password"} <= {route.path for route in public}

    for route in public:
        client = await world.browser()
        answer = await client.request(route.method, route.path, json={**every_field, **skips})
        assert "set-auth-token" not in answer.headers, route.path
        assert (await client.get("/get-session")).json() is None, route.path


Enrol = Callable[[Person], Awaitable[None]]


async def with_totp(person: Person) -> None:
    await person.turn_on_totp()


async def with_mail(person: Person) -> None:
    await person.enable(method="otp")
    code = await person.world.mailbox.code_for(person.email)
    assert (await person.post("/two-factor/verify-otp", code=code)).status_code == 200


async def without_backup_codes(person: Person) -> None:
    codes = (await person.post("/two-factor/generate-backup-codes", password=PASSWORD)).json()["backupCodes"]
    for code in codes:
        assert (await person.post("/two-factor/verify-backup-code", code=code)).status_code == 200


@pytest.mark.parametrize(
    "enrolled",
    [
        [with_totp],
        [with_mail],
        [with_totp, with_mail],
        [with_mail, with_totp],
        [with_totp, without_backup_codes],
        [with_mail, without_backup_codes],
        [with_totp, with_mail, without_backup_codes],
    ],
    ids=lambda steps: "+".join(step.__name__ for step in steps),
)
async def test_every_set_of_factors_is_asked_for(world: World, ada: Person, enrolled: list[Enrol]) -> None:
    """CVE-2025-64103: the second factor was required only if it was one of certain kinds."""
    for enrol in enrolled:
        await enrol(ada)

    due = (await ada.sign_in()).json()

    assert due["twoFactorRedirect"] is True
    assert due["twoFactorMethods"] != []
    assert "user" not in due


PATHS = ("verify-totp", "verify-otp", "verify-backup-code")


async def _refuse() -> Refused:
    return Refused(ErrorCode.INVALID_CODE)


async def _break() -> Refused:
    raise RuntimeError("a verifier that breaks")


class Verdict:
    """What the factors answer, in place of the truth, while it is set."""

    answer: Callable[[], Awaitable[Refused]] | None = None

    def overruling(self, factor: Any) -> Any:
        """Return this factor with a `verify` that answers the verdict."""
        verdict = self

        class Overruled(factor):  # type: ignore[misc]
            async def verify(self, tx: Tx, attempt: Attempt[str]) -> Verified | Refused | Used:
                if verdict.answer is not None:
                    return await verdict.answer()
                outcome: Verified | Refused | Used = await super().verify(tx, attempt)
                return outcome

        return Overruled


@pytest.mark.parametrize(("answer", "status"), [(_refuse, 401), (_break, 500)])
@pytest.mark.parametrize("path", PATHS)
async def test_what_a_verifier_says_is_what_counts(
    database_url: str, path: str, answer: Callable[[], Awaitable[Refused]], status: int
) -> None:
    """gitlab 585333: the result of the verification was ignored. Each verifier here is made to say no, or to break."""
    verdict = Verdict()
    factors = tuple(verdict.overruling(factor) for factor in (Totp, Otp, BackupCodes))
    async with world_over(database_url, factors=factors) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        challenge = await ada.challenge()
        await ada.answer(challenge, "send-otp")
        codes = (ada.code(), await world.mailbox.code_for(ada.email), ada.backup_codes[0])
        right = dict(zip(PATHS, codes, strict=True))[path]

        verdict.answer = answer
        refused = await ada.answer(challenge, path, code=right)
        verdict.answer = None

        assert (refused.status_code, "token" in refused.json()) == (status, False)
        assert "set-auth-token" not in refused.headers
        # The code was right all the time.
        assert (await ada.answer(challenge, path, code=right)).status_code == 200


async def test_a_session_alone_removes_no_factor(world: World, ada: Person) -> None:
    """GHSA-8g9r-9wjw-37j4: an attacker with a session deleted the factor through the account's API."""
    await ada.turn_on_totp()
    attempts = [
        await ada.post("/two-factor/disable"),
        await ada.post("/two-factor/disable", password=""),
        await ada.post("/two-factor/disable", password="a guess of hers"),
        await ada.post("/two-factor/generate-backup-codes"),
        await ada.post("/two-factor/enable"),
        await ada.post("/update-user", twoFactorEnabled=False, name="Ada"),
    ]

    assert [attempt.status_code for attempt in attempts] == [400, 400, 400, 400, 400, 200]
    assert (await ada.session())["user"]["twoFactorEnabled"] is True
    assert (await ada.sign_in()).json()["twoFactorRedirect"] is True


async def test_a_password_alone_removes_no_factor(sqlite_url: str) -> None:
    """GHSA-8g9r-9wjw-37j4: a session that was let in by its device's trust has not seen the factor."""
    async with world_over(sqlite_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        browser = await world.browser()
        await ada.sign_in(browser)
        await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
        world.clock.advance(601)
        await ada.sign_in(browser)

        weak = await browser.post("/two-factor/disable", json={"password": PASSWORD})
        await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
        proven = await browser.post("/two-factor/disable", json={"password": PASSWORD})

    assert (weak.status_code, weak.json()["code"]) == (403, "STEP_UP_REQUIRED")
    assert proven.status_code == 200


@pytest.mark.parametrize(
    "path", ["/two-factor/generate-backup-codes", "/two-factor/disable", "/two-factor/enable", "/sign-out"]
)
async def test_another_sites_link_or_image_changes_nothing(world: World, ada: Person, path: str) -> None:
    """EyeDP 232: recovery codes were renewed by a GET, which any page can make a browser send with its cookies."""
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
    del browser.headers["origin"]

    followed = await browser.get(path, params={"password": PASSWORD})
    as_form = await browser.post(
        path, data={"password": PASSWORD}, headers={"origin": "https://evil.example"}
    )

    assert followed.status_code == 405
    assert as_form.status_code == 403
    assert (await browser.get("/get-session")).json()["user"]["twoFactorEnabled"] is True
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
    assert passed.status_code == 200


async def test_a_code_that_confirmed_an_enrolment_enrols_once(world: World, ada: Person) -> None:
    """CVE-2022-42731: the answer to a registration challenge was sent twice and registered a second key."""
    await ada.enable()
    code = ada.code()
    first = await ada.post("/two-factor/verify-totp", code=code)
    replayed = await ada.post("/two-factor/verify-totp", code=code)
    world.clock.advance(60)
    await ada.enable()
    old = await ada.post("/two-factor/verify-totp", code=code)

    assert (first.status_code, replayed.status_code, old.status_code) == (200, 401, 401)
