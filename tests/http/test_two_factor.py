"""The eight two-factor endpoints, each on its happy path, on both databases."""

import re
from urllib.parse import unquote

import httpx

from support.person import PASSWORD, Person
from support.world import World

BACKUP_CODE = re.compile(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}")


async def test_enable_shows_a_secret_and_backup_codes_and_changes_nothing_yet(ada: Person) -> None:
    answer = await ada.enable()

    shown = answer.json()
    assert answer.status_code == 200
    assert unquote(shown["totpURI"]).startswith("otpauth://totp/Athena:ada@example.com?secret=")
    assert shown["method"] == "totp"
    assert len(set(shown["backupCodes"])) == 10
    assert all(BACKUP_CODE.fullmatch(code) for code in shown["backupCodes"])
    assert (await ada.session())["user"]["twoFactorEnabled"] is False


async def test_the_first_code_confirms_the_enrolment(ada: Person) -> None:
    await ada.enable()

    answer = await ada.post("/two-factor/verify-totp", code=ada.code())

    assert answer.status_code == 200
    assert answer.json()["status"] is True
    assert answer.json()["token"] == ada.token
    assert answer.json()["user"]["twoFactorEnabled"] is True
    assert (await ada.session())["user"]["twoFactorEnabled"] is True


async def test_get_totp_uri_shows_what_enable_showed(ada: Person) -> None:
    enabled = (await ada.enable(issuer="Acme & Söhne")).json()["totpURI"]

    pending = await ada.post("/two-factor/get-totp-uri", password=PASSWORD)
    await ada.post("/two-factor/verify-totp", code=ada.code())
    active = await ada.post("/two-factor/get-totp-uri", password=PASSWORD)

    assert pending.json() == active.json() == {"totpURI": enabled}
    assert "issuer=Acme%20%26%20S%C3%B6hne" in enabled


async def test_sign_in_needs_the_phone(world: World, ada: Person) -> None:
    await ada.turn_on_totp()

    due = await ada.sign_in()
    passed = await ada.answer(due.json()["token"], "verify-totp", code=ada.code())

    assert due.json() == {
        "twoFactorRedirect": True,
        "twoFactorMethods": ["totp", "otp", "backup-code"],
        "preferredMethod": "totp",
        "token": due.json()["token"],
    }
    assert due.json()["token"].startswith("2fa_")
    assert passed.status_code == 200
    signed_in = await world.bearer(passed.json()["token"])
    assert (await signed_in.get("/get-session")).json()["user"]["email"] == ada.email
    assert passed.headers["set-auth-token"] == passed.json()["token"]


async def test_sign_in_by_a_sent_code(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()

    sent = await ada.answer(challenge, "send-otp")
    code = await world.mailbox.code_for(ada.email)
    passed = await ada.answer(challenge, "verify-otp", code=code)

    assert sent.json() == {"status": True}
    assert passed.status_code == 200
    assert set(passed.json()) == {"token", "user"}


async def test_sign_in_by_a_backup_code(ada: Person) -> None:
    await ada.turn_on_totp()

    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])

    assert passed.status_code == 200
    body = passed.json()
    assert set(body) == {"user", "session", "token", "backupCodesLeft"}
    assert set(body["session"]) == {"token", "userId", "createdAt", "expiresAt"}
    assert body["session"]["token"] == body["token"]
    assert body["user"]["twoFactorEnabled"] is True


async def test_backup_codes_are_read_as_people_write_them(ada: Person) -> None:
    await ada.turn_on_totp()
    upper, bare, spaced = (
        ada.backup_codes[0].upper(),
        ada.backup_codes[1].replace("-", ""),
        f"  {ada.backup_codes[2].replace('-', ' ')} ",
    )

    for code in (upper, bare, spaced):
        passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=code)
        assert passed.status_code == 200, code


async def test_every_backup_code_works_once_and_then_the_method_is_not_offered(ada: Person) -> None:
    """better-auth PR 7231: using one code rewrote the rest in another format, and none worked after it."""
    await ada.turn_on_totp()

    for code in ada.backup_codes:
        assert (await ada.answer(await ada.challenge(), "verify-backup-code", code=code)).status_code == 200

    due = await ada.sign_in()
    assert due.json()["twoFactorMethods"] == ["totp", "otp"]
    refused = await ada.answer(due.json()["token"], "verify-backup-code", code=ada.backup_codes[0])
    assert (refused.status_code, refused.json()["code"]) == (400, "BACKUP_CODES_NOT_ENABLED")


async def test_without_the_cookie_the_session_still_travels_in_the_body(world: World, ada: Person) -> None:
    """A peer burned the code and gave nothing in return."""
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)

    body = {"code": ada.backup_codes[0], "disableSession": "true"}
    passed = await browser.post("/two-factor/verify-backup-code", json=body)

    assert "athena-auth.session_token" not in browser.cookies
    signed_in = await world.bearer(passed.json()["session"]["token"])
    assert (await signed_in.get("/get-session")).json()["user"]["id"] == passed.json()["user"]["id"]


async def test_generate_backup_codes_replaces_the_old_ones(ada: Person) -> None:
    await ada.turn_on_totp()
    old = ada.backup_codes[0]

    answer = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)

    assert answer.json()["status"] is True
    new = answer.json()["backupCodes"][0]
    refused = await ada.answer(await ada.challenge(), "verify-backup-code", code=old)
    assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_BACKUP_CODE")
    assert (await ada.answer(await ada.challenge(), "verify-backup-code", code=new)).status_code == 200


async def test_disable_turns_everything_off(ada: Person) -> None:
    await ada.turn_on_totp()

    assert (await ada.post("/two-factor/disable", password=PASSWORD)).json() == {"status": True}

    assert (await ada.session())["user"]["twoFactorEnabled"] is False
    assert "user" in (await ada.sign_in()).json()
    again = await ada.post("/two-factor/disable", password=PASSWORD)
    assert again.json() == {"status": True}


async def test_codes_by_mail_are_turned_on_by_the_code_that_is_sent(world: World, ada: Person) -> None:
    answer = await ada.enable(method="otp")
    code = await world.mailbox.code_for(ada.email)

    assert set(answer.json()) == {"backupCodes", "method", "confirmationPending"}
    assert (await ada.session())["user"]["twoFactorEnabled"] is False
    confirmed = await ada.post("/two-factor/verify-otp", code=code)
    assert confirmed.json()["user"]["twoFactorEnabled"] is True
    assert confirmed.json()["user"]["emailVerified"] is True
    due = (await ada.sign_in()).json()
    assert due["twoFactorMethods"] == ["otp", "backup-code"]
    backup = answer.json()["backupCodes"][0]
    assert (await ada.answer(due["token"], "verify-backup-code", code=backup)).status_code == 200


async def test_codes_by_mail_are_on_at_once_for_a_verified_address(world: World, ada: Person) -> None:
    await ada.enable(method="otp")
    await ada.post("/two-factor/verify-otp", code=await world.mailbox.code_for(ada.email))
    await ada.post("/two-factor/disable", password=PASSWORD)

    answer = await ada.enable(method="otp")

    assert (await ada.session())["user"]["twoFactorEnabled"] is True
    due = (await ada.sign_in()).json()
    backup = answer.json()["backupCodes"][0]
    assert (await ada.answer(due["token"], "verify-backup-code", code=backup)).status_code == 200


async def test_codes_are_accepted_with_spaces_and_dashes(ada: Person) -> None:
    await ada.turn_on_totp()
    code = ada.code()

    passed = await ada.answer(await ada.challenge(), "verify-totp", code=f" {code[:3]}-{code[3:]} ")

    assert passed.status_code == 200


async def test_one_bearer_token_serves_all_eight_calls(world: World, ada: Person) -> None:
    """The page's script holds one token; the session is raised in place and never replaced under it."""
    await ada.turn_on_totp()

    async def call(path: str, **body: str) -> httpx.Response:
        answer = await ada.post(f"/two-factor/{path}", **body)
        assert answer.status_code == 200, (path, answer.text)
        return answer

    await call("get-totp-uri", password=PASSWORD)
    await call("verify-totp", code=ada.code())
    await call("send-otp")
    await call("verify-otp", code=await world.mailbox.code_for(ada.email))
    await call("verify-backup-code", code=ada.backup_codes[0])
    await call("generate-backup-codes", password=PASSWORD)
    await call("enable", password=PASSWORD)
    await call("disable", password=PASSWORD)
    assert (await ada.session())["user"]["twoFactorEnabled"] is False
