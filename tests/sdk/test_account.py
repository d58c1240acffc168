"""Sessions, profile, passwords and mail addresses with the SDK."""

import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth_client import AthenaError, UnauthorizedError
from support.sdk import EMAIL, PASSWORD, Client, Stage

NEW_PASSWORD = "another good password"


def test_signing_out_ends_the_session(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    stage.done(client.auth.sign_out())

    assert not stage.is_signed_in(client)
    with pytest.raises(UnauthorizedError):
        stage.done(client.auth.list_sessions())


def test_sessions_are_listed_and_one_is_ended(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    stage.sign_in(phone := stage.client())
    own = stage.done(client.auth.get_session())
    assert own is not None

    sessions = stage.done(client.auth.list_sessions())
    (other,) = (session for session in sessions if session.id != own.session.id)
    stage.done(client.auth.revoke_session(other.id))

    assert len(sessions) == 2
    assert not stage.is_signed_in(phone)
    assert stage.is_signed_in(client)


def test_all_other_sessions_end(stage: Stage, client: Client) -> None:
    stage.sign_up(phone := stage.client())
    stage.sign_in(client)

    stage.done(client.auth.revoke_other_sessions())

    assert not stage.is_signed_in(phone)
    assert stage.is_signed_in(client)


def test_all_sessions_end(stage: Stage, client: Client) -> None:
    stage.sign_up(phone := stage.client())
    stage.sign_in(client)

    stage.done(client.auth.revoke_sessions())

    assert not stage.is_signed_in(phone)
    assert not stage.is_signed_in(client)


def test_a_session_that_does_not_exist_cannot_be_ended(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    with pytest.raises(AthenaError) as refused:
        stage.done(client.auth.revoke_session("01927f2a4d1b8c3e5f60718293a4b5c6"))

    assert (refused.value.code, refused.value.status) == ("SESSION_NOT_FOUND", 404)


def test_a_session_that_has_expired_asks_to_sign_in(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    stage.world.clock.advance(8 * 86_400)

    with pytest.raises(UnauthorizedError) as refused:
        stage.done(client.auth.two_factor.status())

    assert (refused.value.code, refused.value.status) == ("UNAUTHORIZED", 401)
    assert stage.done(client.auth.get_session()) is None


def test_a_session_that_is_not_to_be_remembered_ends_within_a_day(stage: Stage, client: Client) -> None:
    stage.sign_up(stage.client())
    stage.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD, remember_me=False))

    stage.world.clock.advance(86_401)

    assert not stage.is_signed_in(client)


def test_a_profile_changes_where_it_is_told_to(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    stage.done(client.auth.update_user(name="Ada Lovelace", image="https://example.com/ada.png"))
    stage.done(client.auth.update_user(name="Countess of Lovelace"))
    named = stage.done(client.auth.get_session())
    stage.done(client.auth.update_user(image=None))
    bare = stage.done(client.auth.get_session())

    assert named is not None
    assert (named.user.name, named.user.image) == ("Countess of Lovelace", "https://example.com/ada.png")
    assert bare is not None
    assert (bare.user.name, bare.user.image) == ("Countess of Lovelace", None)


def test_a_changed_password_keeps_this_session_and_ends_the_others(stage: Stage, client: Client) -> None:
    stage.sign_up(phone := stage.client())
    stage.sign_in(client)

    changed = stage.done(client.auth.change_password(current_password=PASSWORD, new_password=NEW_PASSWORD))

    assert changed.user.email == EMAIL
    assert stage.is_signed_in(client)
    assert not stage.is_signed_in(phone)
    stage.done(client.auth.sign_in.email(email=EMAIL, password=NEW_PASSWORD))


def test_a_changed_password_may_leave_the_others_alone(stage: Stage, client: Client) -> None:
    stage.sign_up(phone := stage.client())
    stage.sign_in(client)

    stage.done(
        client.auth.change_password(
            current_password=PASSWORD, new_password=NEW_PASSWORD, revoke_other_sessions=False
        )
    )

    assert stage.is_signed_in(phone)


def test_a_refused_password_says_why(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    with pytest.raises(AthenaError) as refused:
        stage.done(client.auth.change_password(current_password="wrong", new_password=NEW_PASSWORD))

    assert (refused.value.code, refused.value.status) == ("INVALID_PASSWORD", 400)
    assert str(refused.value) == refused.value.message == "The password is wrong. Try again."


def test_an_account_is_deleted(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    stage.done(client.auth.delete_user(PASSWORD))

    assert not stage.is_signed_in(client)
    with pytest.raises(AthenaError, match="wrong"):
        stage.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD))


def test_an_address_is_verified_by_the_link_that_was_mailed(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    stage.done(client.auth.send_verification_email(EMAIL))

    stage.done(client.auth.verify_email(stage.link_token(MessageKind.EMAIL_VERIFICATION)))

    current = stage.done(client.auth.get_session())
    assert current is not None
    assert current.user.email_verified
