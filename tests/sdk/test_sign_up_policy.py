"""Signing up with the SDK where addresses must be verified, or people invited."""

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth_client import AthenaError
from support.sdk import EMAIL, PASSWORD, Kind, harness_over


@pytest.mark.parametrize("kind", ["blocking", "awaiting"])
def test_a_sign_up_is_no_sign_in_where_addresses_must_be_verified(sqlite_url: str, kind: Kind) -> None:
    with harness_over(sqlite_url, kind, require_verified_email="on") as harness:
        client = harness.client()
        signed_up = harness.done(client.auth.sign_up.email(name="Ada", email=EMAIL, password=PASSWORD))

        assert (signed_up.token, signed_up.user.email) == (None, EMAIL)
        assert not harness.is_signed_in(client)
        with pytest.raises(AthenaError) as refused:
            harness.sign_in(client)
        assert (refused.value.code, refused.value.status) == ("EMAIL_NOT_VERIFIED", 403)
        token = harness.link_token(MessageKind.EMAIL_VERIFICATION)
        confirmed = harness.done(client.auth.confirm_email(token, password=PASSWORD))
        assert confirmed.email_verified
        assert harness.sign_in(client).user.email_verified


@pytest.mark.parametrize("kind", ["blocking", "awaiting"])
def test_an_invitation_signs_up_and_in(sqlite_url: str, kind: Kind) -> None:
    with harness_over(sqlite_url, kind, sign_up="invite", require_verified_email="on") as harness:
        client = harness.client()
        with pytest.raises(AthenaError) as refused:
            harness.sign_up(client)
        assert refused.value.code == "INVITE_REQUIRED"
        harness.portal.call(harness.world.athena.users.invite, EMAIL)
        invite = httpx.URL(str(harness.mail(MessageKind.INVITATION).url)).params["invite"]

        signed_up = harness.done(
            client.auth.sign_up.email(name="Ada", email=EMAIL, password=PASSWORD, invite=invite)
        )

        assert signed_up.user.email_verified
        assert signed_up.token
        assert harness.is_signed_in(client)
