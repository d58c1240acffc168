"""Sessions, profile, passwords and email addresses with the SDK."""

import jwt
import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth_client import AthenaError, UnauthorizedError
from support.sdk import EMAIL, PASSWORD, Client, SdkHarness

NEW_PASSWORD = "another good password"


def test_signing_out_ends_the_session(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    harness.done(client.auth.sign_out())

    assert not harness.is_signed_in(client)
    with pytest.raises(UnauthorizedError):
        harness.done(client.auth.list_sessions())


def test_sessions_are_listed_and_one_is_ended(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    harness.sign_in(phone := harness.client())
    own = harness.done(client.auth.get_session())
    assert own is not None

    sessions = harness.done(client.auth.list_sessions())
    (other,) = (session for session in sessions if session.id != own.session.id)
    harness.done(client.auth.revoke_session(other.id))

    assert len(sessions) == 2
    assert not harness.is_signed_in(phone)
    assert harness.is_signed_in(client)


def test_a_token_tells_other_services_of_the_session(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    own = harness.done(client.auth.get_session())
    assert own is not None

    token = harness.done(client.auth.token())

    assert jwt.decode(token, options={"verify_signature": False})["sid"] == own.session.id
    harness.done(client.auth.sign_out())
    with pytest.raises(UnauthorizedError):
        harness.done(client.auth.token())


def test_all_other_sessions_end(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(phone := harness.client())
    harness.sign_in(client)

    harness.done(client.auth.revoke_other_sessions())

    assert not harness.is_signed_in(phone)
    assert harness.is_signed_in(client)


def test_all_sessions_end(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(phone := harness.client())
    harness.sign_in(client)

    harness.done(client.auth.revoke_sessions())

    assert not harness.is_signed_in(phone)
    assert not harness.is_signed_in(client)


def test_a_session_that_does_not_exist_cannot_be_ended(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    with pytest.raises(AthenaError) as refused:
        harness.done(client.auth.revoke_session("01927f2a4d1b8c3e5f60718293a4b5c6"))

    assert (refused.value.code, refused.value.status) == ("SESSION_NOT_FOUND", 404)


def test_a_session_that_has_expired_asks_to_sign_in(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    harness.world.clock.advance(8 * 86_400)

    with pytest.raises(UnauthorizedError) as refused:
        harness.done(client.auth.two_factor.status())

    assert (refused.value.code, refused.value.status) == ("UNAUTHORIZED", 401)
    assert harness.done(client.auth.get_session()) is None


def test_a_session_that_is_not_to_be_remembered_ends_within_a_day(
    harness: SdkHarness, client: Client
) -> None:
    harness.sign_up(harness.client())
    harness.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD, remember_me=False))

    harness.world.clock.advance(86_401)

    assert not harness.is_signed_in(client)


def test_a_profile_changes_where_it_is_told_to(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    harness.done(client.auth.update_user(name="Ada Lovelace", image="https://example.com/ada.png"))
    harness.done(client.auth.update_user(name="Countess of Lovelace"))
    named = harness.done(client.auth.get_session())
    harness.done(client.auth.update_user(image=None))
    bare = harness.done(client.auth.get_session())

    assert named is not None
    assert (named.user.name, named.user.image) == ("Countess of Lovelace", "https://example.com/ada.png")
    assert bare is not None
    assert (bare.user.name, bare.user.image) == ("Countess of Lovelace", None)


def test_a_changed_password_keeps_this_session_and_ends_the_others(
    harness: SdkHarness, client: Client
) -> None:
    harness.sign_up(phone := harness.client())
    harness.sign_in(client)

    changed = harness.done(client.auth.change_password(current_password=PASSWORD, new_password=NEW_PASSWORD))

    assert changed.user.email == EMAIL
    assert harness.is_signed_in(client)
    assert not harness.is_signed_in(phone)
    harness.done(client.auth.sign_in.email(email=EMAIL, password=NEW_PASSWORD))


def test_a_changed_password_may_leave_the_others_alone(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(phone := harness.client())
    harness.sign_in(client)

    harness.done(
        client.auth.change_password(
            current_password=PASSWORD, new_password=NEW_PASSWORD, revoke_other_sessions=False
        )
    )

    assert harness.is_signed_in(phone)


def test_a_refused_password_says_why(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    with pytest.raises(AthenaError) as refused:
        harness.done(client.auth.change_password(current_password="wrong", new_password=NEW_PASSWORD))

    assert (refused.value.code, refused.value.status) == ("INVALID_PASSWORD", 400)
    assert str(refused.value) == refused.value.message == "The password is wrong. Try again."


def test_an_account_is_deleted(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    harness.done(client.auth.delete_user(PASSWORD))

    assert not harness.is_signed_in(client)
    with pytest.raises(AthenaError, match="wrong"):
        harness.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD))


def test_an_address_is_verified_by_the_link_that_was_mailed(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    harness.done(client.auth.send_verification_email(EMAIL))

    user = harness.done(client.auth.verify_email(harness.link_token(MessageKind.EMAIL_VERIFICATION)))

    current = harness.done(client.auth.get_session())
    assert current is not None
    assert current.user == user
    assert user.email_verified


def test_an_address_is_changed_by_the_link_to_the_new_one_and_restored_by_that_to_the_old_one(
    harness: SdkHarness, client: Client
) -> None:
    harness.sign_up(client)
    harness.done(client.auth.send_verification_email(EMAIL))
    harness.done(client.auth.verify_email(harness.link_token(MessageKind.EMAIL_VERIFICATION)))

    harness.done(client.auth.change_email("new@example.com", password=PASSWORD))
    token = harness.link_token(MessageKind.EMAIL_CHANGE, "new@example.com")
    user = harness.done(client.auth.verify_email_change(token))

    current = harness.done(client.auth.get_session())
    assert current is not None
    assert current.user == user
    assert user.email == "new@example.com"

    harness.done(client.auth.undo_email_change(harness.link_token(MessageKind.EMAIL_CHANGED)))

    assert not harness.is_signed_in(client)
    with pytest.raises(AthenaError, match="wrong"):
        harness.done(client.auth.sign_in.email(email="new@example.com", password=PASSWORD))
