"""Code as users write it: `test_package` runs mypy on it, and each type is asserted."""

from typing import Literal, assert_type

from athena_auth_client import (
    AddedAuthenticator,
    Async,
    AsyncAthenaClient,
    AthenaClient,
    Authenticator,
    BackupCodes,
    Challenge,
    CurrentSession,
    Enrolment,
    FileTokenStore,
    OtpEnrolment,
    PasskeyEnrolment,
    RequiredEnrolment,
    SignedIn,
    SignedInByBackupCode,
    Sync,
    TotpEnrolment,
    TrustedDevice,
    TwoFactorStatus,
    User,
)


def sign_in(client: AthenaClient, code: str) -> User:
    answer = client.auth.sign_in.email(email="ada@example.com", password="secret", remember_me=False)
    assert_type(answer, SignedIn | Challenge[Sync] | RequiredEnrolment[Sync])
    if isinstance(answer, Challenge):
        assert_type(answer, Challenge[Sync])
        assert_type(answer.methods, tuple[str, ...])
        return finish(answer, code)
    if isinstance(answer, RequiredEnrolment):
        assert_type(answer.enable_totp("secret", qr_code=True), TotpEnrolment)
        assert_type(answer.enable_otp("secret"), OtpEnrolment)
        assert_type(answer.enable_passkey("secret"), PasskeyEnrolment)
        return answer.verify_totp(code).user
    assert_type(answer, SignedIn)
    return answer.user


def finish(challenge: Challenge[Sync], code: str) -> User:
    assert_type(challenge.verify_otp(code), SignedIn)
    assert_type(challenge.verify_backup_code(code, disable_session=True), SignedInByBackupCode)
    return challenge.verify_totp(code, trust_device=True).user


async def sign_in_awaiting(client: AsyncAthenaClient, code: str) -> User:
    answer = await client.auth.sign_in.email(email="ada@example.com", password="secret")
    assert_type(answer, SignedIn | Challenge[Async] | RequiredEnrolment[Async])
    if isinstance(answer, Challenge):
        await answer.send_otp()
        assert_type(await answer.verify_backup_code(code), SignedInByBackupCode)
        return (await answer.verify_totp(code, trust_device=True)).user
    if isinstance(answer, RequiredEnrolment):
        assert_type(await answer.enable_totp("secret"), TotpEnrolment)
        return (await answer.verify_otp(code)).user
    return answer.user


def look_after(client: AthenaClient) -> None:
    assert_type(client.auth.get_session(), CurrentSession | None)
    assert_type(client.auth.token(), str)
    by_app = client.auth.two_factor.enable("secret", issuer="Engines")
    assert_type(by_app, TotpEnrolment)
    assert_type(by_app.totp_uri, str)
    assert_type(client.auth.two_factor.enable("secret", qr_code=True).qr_code, str | None)
    assert_type(client.auth.two_factor.get_totp_uri("secret", qr_code=True).qr_code, str | None)
    client.auth.two_factor.enable("secret", method="otp", qr_code=True)  # type: ignore[call-overload]
    assert_type(client.auth.two_factor.enable("secret", method="totp", code="123456"), TotpEnrolment)
    assert_type(client.auth.two_factor.enable("secret", method="otp", phone_number="+491511"), OtpEnrolment)
    assert_type(client.auth.two_factor.generate_backup_codes(password="secret"), BackupCodes)
    assert_type(client.auth.two_factor.status(), TwoFactorStatus)
    assert_type(client.auth.two_factor.trusted_devices(), tuple[TrustedDevice, ...])
    assert_type(client.auth.two_factor.authenticators(), tuple[Authenticator, ...])
    assert_type(client.auth.two_factor.add_authenticator("secret", label="Phone"), AddedAuthenticator)
    client.auth.two_factor.set_preferred_method(None)
    assert_type(client.auth.reset_password(token="t", new_password="p"), Challenge[Sync] | None)
    recovered = client.auth.two_factor.complete_recovery("t", password="p")
    assert_type(recovered, RequiredEnrolment[Sync])
    assert_type(client.auth.verify_email("t"), User)
    client.auth.update_user(image=None)
    client.auth.sign_out()


async def look_after_awaiting(client: AsyncAthenaClient) -> None:
    assert_type(await client.auth.get_session(), CurrentSession | None)
    assert_type(await client.auth.two_factor.status(), TwoFactorStatus)
    assert_type(await client.auth.two_factor.enable("secret"), TotpEnrolment)
    assert_type((await client.auth.two_factor.enable("secret")).totp_uri, str)
    assert_type((await client.auth.two_factor.enable("secret", qr_code=True)).qr_code, str | None)
    assert_type(await client.auth.two_factor.enable("secret", method="otp"), OtpEnrolment)
    assert_type(await client.auth.reset_password(token="t", new_password="p"), Challenge[Async] | None)
    recovered = await client.auth.two_factor.complete_recovery("t", password="p")
    assert_type(recovered, RequiredEnrolment[Async])
    await client.auth.sign_out()


def enrol(client: AthenaClient, method: Literal["totp", "otp"]) -> tuple[str, ...]:
    enrolment: Enrolment = client.auth.two_factor.enable("secret", method=method)
    if isinstance(enrolment, TotpEnrolment):
        assert_type(enrolment.totp_uri, str)
    return enrolment.backup_codes


def choose() -> AthenaClient:
    return AthenaClient(
        "https://auth.example.com/api/auth",
        tokens=FileTokenStore("tokens.json"),
        credentials="cookie",
        origin="https://auth.example.com",
        retries=0,
    )
