"""Names of trusted devices: examples of real browsers, and limits for arbitrary headers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.trusted_devices.rules import device_name

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
LINUX, WINDOWS, MAC = (
    "(X11; Linux x86_64)",
    "(Windows NT 10.0; Win64; x64)",
    "(Macintosh; Intel Mac OS X 10_15_7)",
)
ANDROID, IPHONE = "(Linux; Android 10; K)", "(iPhone; CPU iPhone OS 17_5 like Mac OS X)"
IOS_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"

KNOWN = [
    (f"{MOZILLA} (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
    (f"{MOZILLA} {WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome on Windows"),
    (f"{MOZILLA} {WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge on Windows"),
    (f"{MOZILLA} {LINUX} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0", "Opera on Linux"),
    (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome on ChromeOS"),
    (f"{MOZILLA} {ANDROID} {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
    (
        f"{MOZILLA} {ANDROID} {WEBKIT} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
        "Samsung Internet on Android",
    ),
    (f"{MOZILLA} {MAC} {IOS_WEBKIT} Version/17.5 Safari/605.1.15", "Safari on Mac"),
    (f"{MOZILLA} {IPHONE} {IOS_WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
    (f"{MOZILLA} {IPHONE} {IOS_WEBKIT} CriOS/126.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
    (f"{MOZILLA} {IPHONE} {IOS_WEBKIT} FxiOS/128.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"),
    (f"{MOZILLA} {LINUX} Something/1.0", "Unknown browser on Linux"),
    ("curl/8.5.0", "curl"),
    ("python-httpx/0.28.1", "python-httpx"),
    ("Go-http-client", "Go-http-client"),
    ("", "Unknown device"),
    (MOZILLA, "Unknown device"),
    ("<script>alert(1)</script>", "Unknown device"),
    ("\u202ecurl/8.5.0", "Unknown device"),
    ("a" * 33 + "/1", "Unknown device"),
]


@pytest.mark.parametrize(("user_agent", "name"), KNOWN)
def test_a_device_is_called_what_its_owner_would_call_it(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"[\x20-\x7e]{0,300}"),
        st.lists(st.sampled_from([agent for agent, _ in KNOWN]), max_size=3).map("".join),
    )
)
def test_whatever_is_sent_the_name_is_short_and_plain(user_agent: str) -> None:
    """It ends up in pages, mails and terminals: no markup, no line breaks, no invisible or turned-round text."""
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9 ._-]{0,39}", device_name(user_agent))
