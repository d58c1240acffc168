"""The host name with which the server greets mail servers (EHLO)."""

import pytest

from athena_auth import SettingsError, load_settings
from athena_auth.delivery.model import MessageKind
from athena_auth.languages import Languages
from athena_auth.wiring.messages import open_mail
from support.messages import message_of
from support.smtp_script import scripted


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "localhost"),
        ({"base_url": "https://auth.example.com/sso"}, "auth.example.com"),
        ({"base_url": "https://bücher.example:8443"}, "xn--bcher-kva.example"),
        ({"base_url": "http://192.0.2.1:3001"}, "[192.0.2.1]"),
        ({"base_url": "http://[2001:db8::1]"}, "[IPv6:2001:db8::1]"),
        ({"base_url": "https://auth.example.com", "mail_ehlo": "mx.example.org"}, "mx.example.org"),
        ({"mail_ehlo": "bücher.example"}, "xn--bcher-kva.example"),
        ({"mail_ehlo": "[192.0.2.1]"}, "[192.0.2.1]"),
        ({"mail_ehlo": "192.0.2.1"}, "[192.0.2.1]"),
        ({"mail_ehlo": "[IPv6:2001:DB8::1]"}, "[IPv6:2001:db8::1]"),
    ],
)
async def test_the_mail_server_is_told_the_host_of_the_base_url_or_the_setting(
    settings: dict[str, str], name: str
) -> None:
    """The machine's own name, which was sent before, is a container's id as often as not."""
    async with scripted() as server:
        given = {"mail_url": server.url, "mail_from": "no-reply@example.com", **settings}
        await open_mail(load_settings(**given), None, Languages.load()).send(
            message_of(MessageKind.TWO_FACTOR_OTP)
        )

    assert server.argument_of("EHLO") == name


@pytest.mark.parametrize(
    "name",
    [
        "two words",
        "mx.example.com\r\nRCPT TO:<eve@example.net>",
        "mx..example.com",
        "https://mx.example.com",
        "[192.0.2.256]",
        "[mx.example.com]",
        "[IPv6:fe80::1%eth0]",
        "IPv6:2001:db8::1",
    ],
)
def test_what_cannot_stand_in_ehlo_is_refused_at_start(name: str) -> None:
    with pytest.raises(SettingsError, match=r"^ATHENA_MAIL_EHLO: a name for EHLO must look like [^\n]+\.$"):
        load_settings(mail_ehlo=name)
