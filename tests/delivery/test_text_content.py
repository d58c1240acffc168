"""Text messages: within the GSM alphabet, without a link, bound to this server's domain."""

import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.text import render_text
from support.messages import CODE, message_of

HOST = "auth.example.com"
LONGEST_NAME = "W" * 64

# 3GPP TS 23.038, section 6.2.1: what takes one of the 160 places.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


def text(app_name: str = "Athena", valid_for: int = 180, host: str = HOST) -> str:
    message = message_of(
        MessageKind.TWO_FACTOR_OTP, app_name=app_name, valid_for=valid_for, name="https://x.example"
    )
    return render_text(message, host)


def test_it_names_the_service_the_code_and_how_long_it_is_good() -> None:
    assert text() == (
        "Athena: 482915 is your security code, valid for 3 minutes. Never share it.\n@auth.example.com #482915"
    )


@pytest.mark.parametrize(
    "app_name", ["Athena", LONGEST_NAME, "Ünïcødé Łódź", "雅典娜", "Athena™ 🔐", "a\nb\x1b[2J"]
)
@pytest.mark.parametrize("host", ["localhost", HOST, "a-rather-long-label." * 4 + "example"])
@pytest.mark.parametrize("valid_for", [10, 61, 600])
def test_it_is_one_part_whatever_the_service_is_called(app_name: str, host: str, valid_for: int) -> None:
    shown = text(app_name, valid_for, host)

    assert len(shown) <= 160
    assert set(shown) <= GSM
    assert CODE in shown
    assert "://" not in shown
    assert "www" not in shown.lower().replace("wwww", "")


def test_a_name_keeps_what_the_alphabet_has() -> None:
    assert text("Ünïcødé Łódź").startswith("Ünicødé odz: 482915 is ")


def test_a_name_that_the_alphabet_has_nothing_of_gives_way_to_the_host() -> None:
    assert text("雅典娜").startswith("auth.example.com: 482915 is ")


def test_the_last_line_binds_the_code_to_the_page_where_it_fits() -> None:
    assert text(LONGEST_NAME).endswith(f"\n@{HOST} #{CODE}")
    assert "\n" not in text(LONGEST_NAME, host="a-rather-long-label." * 4 + "example")
