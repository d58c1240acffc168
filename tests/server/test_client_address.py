"""The client's address, in every form in which proxies and servers send it."""

import logging
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.kernel.network import address_of, network_of
from athena_auth.server.client_address import ClientAddressResolver

PROXY = "10.0.0.1"
rule = ClientAddressResolver(("10.0.0.0/8", "fd00::/8"))


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:443", "203.0.113.7"),
        ('"203.0.113.7"', "203.0.113.7"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::1%" + "z" * 100, "fe80::1"),
        ("203.0.113.7,", "203.0.113.7"),
        (" 203.0.113.7 , ", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7, 10.9.9.9:80", "203.0.113.7"),
        ("6.6.6.6,203.0.113.7,::ffff:10.9.9.9", "203.0.113.7"),
        ("203.0.113.7,[fd00::9]:80", "203.0.113.7"),
    ],
)
@pytest.mark.parametrize("peer", [PROXY, f"::ffff:{PROXY}", "fd00::1", "fd00::1%eth0"])
def test_it_is_read_in_every_form(peer: str, hop: str, address: str) -> None:
    assert rule.client(peer, hop) == address


@pytest.mark.parametrize("hop", ["203.0.113.7", "10.0.0.1", "nonsense", ""])
def test_a_stranger_is_not_believed(hop: str) -> None:
    assert rule.client("198.51.100.1", hop) == "198.51.100.1"


@pytest.mark.parametrize(
    "hop",
    [
        "unknown",
        "_hidden",
        "1.2.3",
        "203.0.113.7:",
        "203.0.113.7:123456",
        "[2001:db8::1",
        "a" * 60_000,
        "\x00",
    ],
)
def test_what_cannot_be_read_is_logged_once(caplog: pytest.LogCaptureFixture, hop: str) -> None:
    """Whoever is behind such a proxy counts as one client, and the operator should hear of it; once is enough."""
    fresh = ClientAddressResolver((PROXY,))
    with caplog.at_level(logging.WARNING, logger="athena_auth"):
        answers = {fresh.client(PROXY, f"203.0.113.7, {hop}") for _ in range(3)}
    assert answers == {PROXY}
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "proxy.unreadable_forwarded_for" in caplog.text
    assert hop not in caplog.text


def test_a_trusted_network_may_be_written_as_ipv4_within_ipv6() -> None:
    mapped = ClientAddressResolver(("::ffff:10.0.0.0/104",))
    assert mapped.client(PROXY, "203.0.113.7") == "203.0.113.7"
    assert mapped.client("11.0.0.1", "203.0.113.7") == "11.0.0.1"


def test_a_header_of_commas_is_no_work() -> None:
    assert rule.client(PROXY, "203.0.113.7" + "," * 60_000) == PROXY


def test_what_a_server_says_of_a_unix_socket_is_left_as_it_is() -> None:
    assert rule.client("", "203.0.113.7") == ""


@given(st.ip_addresses(), st.integers(0, 65_535))
def test_an_address_with_a_port_is_that_address(address: IPv4Address | IPv6Address, port: int) -> None:
    bracketed = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    assert address_of(f"{bracketed}:{port}") == address_of(str(address))


@given(st.text(max_size=200))
def test_a_zone_of_any_length_changes_nothing(zone: str) -> None:
    counted = network_of(f"fe80::1%{zone}")
    assert counted in {network_of("fe80::1"), "unknown"}


@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_that_is_sent_raises(peer: str, forwarded_for: str) -> None:
    rule.client(peer, forwarded_for)
