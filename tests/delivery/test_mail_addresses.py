"""Addresses of senders and recipients: which are accepted, and in what form they are sent."""

import pytest

from athena_auth.delivery.mime import compose, parse_sender
from athena_auth.delivery.model import MessageKind
from support.messages import message_of

SENDER = parse_sender("Athena <no-reply@example.org>")


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("no-reply@example.com", "no-reply@example.com"),
        ("Athena <no-reply@example.com>", "no-reply@example.com"),
        ('"Athena, Inc." <no-reply@example.com>', "no-reply@example.com"),
        ("Bücher <post@bücher.example>", "post@xn--bcher-kva.example"),
        ("post@BÜCHER.example", "post@xn--bcher-kva.example"),
        ("post@mail_out.example.com", "post@mail_out.example.com"),
    ],
)
def test_a_sender_may_have_a_name(sender: str, address: str) -> None:
    assert parse_sender(sender).address == address


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "Athena",
        "Athena, Inc. <a@example.com>",
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: eve@example.net",
        "=?utf-8?q?Athena=0D=0ABcc=3A_eve?= <a@example.com>",
        "=?utf-8?q?Ath=1Bena?= <a@example.com>",
    ],
)
def test_a_sender_that_is_not_one_address_is_refused_at_start(sender: str) -> None:
    with pytest.raises(ValueError, match="the mail sender must be one address"):
        parse_sender(sender)


@pytest.mark.parametrize(
    ("sender", "reason"),
    [("zoë@example.com", "only ASCII characters before the @"), ("post@-ü-.example", "not a domain name")],
)
def test_a_sender_that_most_servers_could_not_take_is_refused_at_start(sender: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_sender(sender)


def test_a_name_in_the_sender_survives_the_conversion_of_its_domain() -> None:
    mail = compose(
        message_of(MessageKind.TWO_FACTOR_OTP), parse_sender('"Bücher, Inc." <post@bücher.example>')
    )
    (address,) = mail["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Bücher, Inc.", "post@xn--bcher-kva.example")


@pytest.mark.parametrize(
    ("to", "sent_to"),
    [("ada@bücher.example", "ada@xn--bcher-kva.example"), ("zoë@bücher.example", "zoë@bücher.example")],
)
def test_a_recipient_needs_smtputf8_for_their_local_part_only(to: str, sent_to: str) -> None:
    assert str(compose(message_of(MessageKind.TWO_FACTOR_OTP, to=to), SENDER)["To"]) == sent_to
