"""Recovery with the SDK, when every second factor is lost."""

from datetime import timedelta
from typing import Any

import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth_client import AthenaError, RequiredEnrolment
from athena_auth_client.two_factor import TwoFactor
from support.recovery import wait
from support.sdk import EMAIL, PASSWORD, Kind, SdkHarness, harness_over


def complete(harness: SdkHarness, two_factor: TwoFactor[Any], token: str) -> RequiredEnrolment[Any]:
    enrolment: RequiredEnrolment[Any] = harness.done(two_factor.complete_recovery(token, password=PASSWORD))
    return enrolment


@pytest.mark.parametrize("kind", ["blocking", "awaiting"])
def test_an_account_is_recovered(sqlite_url: str, kind: Kind) -> None:
    with harness_over(sqlite_url, kind, recovery="on") as harness:
        client = harness.client()
        harness.sign_up(client)
        harness.enrol(client)
        challenge = harness.challenge(harness.client())
        harness.done(challenge.begin_recovery())
        stranger = harness.client().auth.two_factor
        opens = harness.link_token(MessageKind.RECOVERY_REQUESTED)
        opened = harness.done(stranger.open_recovery(opens))
        assert opened.due_at.utcoffset() == timedelta(0)
        with pytest.raises(AthenaError) as refused:
            complete(harness, stranger, opens)
        assert refused.value.code == "INVALID_TOKEN"
        harness.portal.call(wait, harness.world, 3)

        token = harness.link_token(MessageKind.RECOVERY_DUE)
        recovered = harness.client()
        enrolment = complete(harness, recovered.auth.two_factor, token)

        assert not harness.is_signed_in(client)
        assert not harness.is_signed_in(recovered)
        assert enrolment.methods == ("passkey", "totp", "otp")
        phone = harness.phone(harness.done(enrolment.enable_totp(PASSWORD)).totp_uri)
        harness.done(enrolment.verify_totp(phone.code()))
        assert harness.is_signed_in(recovered)


@pytest.mark.parametrize("kind", ["blocking", "awaiting"])
def test_a_recovery_is_cancelled(sqlite_url: str, kind: Kind) -> None:
    with harness_over(sqlite_url, kind, recovery="on") as harness:
        client = harness.client()
        harness.sign_up(client)
        harness.enrol(client)
        challenge = harness.challenge(harness.client())
        harness.done(challenge.begin_recovery())
        stranger = harness.client().auth.two_factor
        harness.done(stranger.open_recovery(harness.link_token(MessageKind.RECOVERY_REQUESTED)))

        harness.done(stranger.cancel_recovery(harness.link_token(MessageKind.RECOVERY_OPENED)))

        harness.portal.call(wait, harness.world, 3)
        assert MessageKind.RECOVERY_DUE not in harness.world.mailbox.kinds_for(EMAIL)
