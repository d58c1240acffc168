"""URLs and names in the settings are normalized as browsers send them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.kernel.database_url import read_database_url
from athena_auth.server.origin import OriginPolicy
from athena_auth.settings.addresses import parse_base_url, parse_origin


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80/", "http://app.example.com"),
        ("https://App.Example.COM", "https://app.example.com"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example:8443", "https://xn--bcher-kva.example:8443"),
        ("http://[::1]:3001", "http://[::1]:3001"),
        ("http://[2001:DB8:0::1]", "http://[2001:db8::1]"),
        ("http://my_host:3001", "http://my_host:3001"),
    ],
)
def test_an_origin_is_what_a_browser_sends(written: str, origin: str) -> None:
    """One written with its default port never matched, and nothing said so."""
    assert parse_origin(written) == origin
    assert OriginPolicy("http://localhost:3001", (parse_origin(written),)).admits(origin, "")


@pytest.mark.parametrize(
    "written",
    [
        "https://*.example.com",
        "*",
        "https://app.example.com/x",
        "https://ada@app.example.com",
        "https://app.example.com?",
        "https://app.example.com#",
        "https://app example.com",
        "https://app.example.com:99999",
        "https://app.example.com:0",
        "https://app.example.com:",
        "https://.example.com",
        "https://xn--\x00",
        "ftp://app.example.com",
        "app.example.com",
        "https://",
        "https://[::1",
        "https://[fe80::1%eth0]x",
        "null",
        "",
    ],
)
def test_what_no_browser_sends_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="an origin must look like"):
        parse_origin(written)


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("https://auth.example.com/", "https://auth.example.com"),
        ("https://example.com:443/sso/", "https://example.com/sso"),
        ("https://example.com/a/b-c_d.e~f", "https://example.com/a/b-c_d.e~f"),
    ],
)
def test_a_base_address_may_have_a_path(written: str, base: str) -> None:
    assert parse_base_url(written) == base


@pytest.mark.parametrize(
    "written",
    [
        "https://u:pw@auth.example.com",
        "https://auth.example.com?x=1",
        "https://auth.example.com/a/../b",
        "https://auth.example.com/%2e%2e",
        "https://auth.example.com//evil.example",
        "https://auth.example.com/a b",
        "https://auth.example.com/;x",
    ],
)
def test_a_base_address_that_is_read_differently_by_others_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="a base URL must look like") as refused:
        parse_base_url(written)
    assert "pw" not in str(refused.value)


@given(st.text(max_size=60))
def test_reading_never_fails_otherwise_and_is_stable(text: str) -> None:
    for parse in (parse_origin, parse_base_url):
        for candidate in (text, f"https://{text}"):
            try:
                parsed = parse(candidate)
            except ValueError:
                continue
            assert parse(parsed) == parsed
            assert parsed.isascii()


@given(st.text(max_size=60))
def test_a_database_is_a_file_or_a_server_or_a_sentence(text: str) -> None:
    for candidate in (text, f"sqlite:///{text}", f"postgresql://{text}"):
        path = None
        with contextlib.suppress(ValueError):
            path = read_database_url(candidate)
        assert path is None or str(path)
