"""From a mail URL to a relay: the server, its encryption, and no password in any message."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.delivery.smtp_server import SmtpServer, TlsMode, parse_smtp_url, tls_mode
from athena_auth.delivery.transport import open_transport

SENDER = "Athena <no-reply@example.com>"


def refusal(url: str) -> ValueError | None:
    try:
        open_transport(url, SENDER)
    except ValueError as refused:
        return refused
    return None


def test_submission_with_starttls_is_the_default() -> None:
    relay = parse_smtp_url("smtp://mail.example.com")
    assert relay == SmtpServer(host="mail.example.com", port=587, tls=TlsMode.STARTTLS)


def test_smtps_is_implicit_tls_on_its_own_port() -> None:
    relay = parse_smtp_url("smtps://mail.example.com")
    assert relay == SmtpServer(host="mail.example.com", port=465, tls=TlsMode.IMPLICIT)


def test_credentials_are_percent_decoded() -> None:
    relay = parse_smtp_url("smtp://ada%40example.com:p%2Fa%3As%25s%20%C3%BC@mail.example.com:2525")
    assert (relay.user, relay.password, relay.port) == ("ada@example.com", "p/a:s%s ü", 2525)


@pytest.mark.parametrize("host", ["localhost", "mail.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_a_loopback_host_needs_no_starttls(host: str) -> None:
    assert tls_mode("smtp", host, None) is TlsMode.NONE
    assert tls_mode("smtp", host, "on") is TlsMode.STARTTLS


@pytest.mark.parametrize(
    "host", ["mail.example.com", "localhost.example.com", "10.0.0.1", "127.0.0.1.example.com", "mail"]
)
def test_every_other_host_must_offer_starttls_unless_the_operator_says_off(host: str) -> None:
    """STARTTLS stripping: who sits on the wire strikes the offer from the greeting and reads every code."""
    assert tls_mode("smtp", host, None) is TlsMode.STARTTLS
    assert tls_mode("smtp", host, "off") is TlsMode.NONE


def test_an_ipv6_relay_is_written_in_brackets() -> None:
    relay = parse_smtp_url("smtp://[::1]:2525")
    assert (relay.host, relay.port, relay.tls) == ("::1", 2525, TlsMode.NONE)


def test_no_repr_shows_the_password() -> None:
    url = "smtp://ada:hunter2@localhost"
    assert "hunter2" not in repr(parse_smtp_url(url))
    assert "hunter2" not in repr(open_transport(url, SENDER))


@pytest.mark.parametrize(
    "url",
    [
        "smtp://",
        "smtp:mail.example.com",
        "smtp://:25",
        "smtp://mail.example.com/inbox",
        "smtp://mail.example.com#top",
        "smtp://mail.example.com:port",
        "smtp://mail.example.com:99999",
        "smtp://mail..example.com",
        "smtp://[mail",
        "smtp://mail.example.com?starttls=maybe",
        "smtp://mail.example.com?starttls=on&starttls=off",
        "smtp://mail.example.com?verify=off",
        "smtps://mail.example.com?starttls=off",
        "smtp://mail.example.com?ca=/nonexistent.pem",
        "smtp://ada:hun\nter2@mail.example.com",
    ],
)
def test_a_url_that_cannot_mean_a_relay_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+\.$"):
        open_transport(url, SENDER)


@given(password=st.text("abcXYZ019/?#:@[]%&=", min_size=1))
def test_a_refusal_never_quotes_an_unescaped_password(password: str) -> None:
    """The standard library's texts do: `smtp://ada:pa/ss@host` is "Port could not be cast … as 'pa'"."""
    secret = f"secret{password}secret"
    refused = refusal(f"smtp://ada:{secret}@mail.example.com")
    if refused is not None:
        assert "secret" not in "".join(traceback.format_exception(refused))


def test_a_ca_file_without_certificates_is_refused_at_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("ca") / "empty.pem"
    empty.touch()
    with pytest.raises(ValueError, match="PEM certificates"):
        open_transport(f"smtps://mail.example.com?ca={empty}", SENDER)


def test_smtp_needs_a_sender() -> None:
    with pytest.raises(ValueError, match="sender"):
        open_transport("smtp://ada:hunter2@localhost", None)


def test_a_user_that_is_an_address_is_the_sender() -> None:
    open_transport("smtp://ada%40example.com:hunter2@localhost", None)
