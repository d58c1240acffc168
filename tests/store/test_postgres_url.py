"""PostgreSQL addresses as hosting providers and other programs write them."""

import ssl
from typing import Any

import pytest

from athena_auth.store.postgres import PostgresStore
from athena_auth.store.postgres_url import Keepalive, parse_postgres_url
from athena_auth.store.transaction import StoreLimits

PARAMETERS = [
    "channel_binding=prefer",
    "connect_timeout=5",
    "keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=2&tcp_user_timeout=3000",
    "sslmode=prefer&sslsni=1&sslcompression=0&gssencmode=disable",
    "application_name=auth&fallback_application_name=x&client_encoding=UTF8",
    "target_session_attrs=read-write&load_balance_hosts=disable",
    "options=-c%20search_path%3Dpublic",
]


@pytest.mark.parametrize("parameters", PARAMETERS)
async def test_the_usual_parameters_are_understood(postgres_url: str, parameters: str) -> None:
    """The driver handed those it did not know to the database as settings, which refused to connect."""
    store = PostgresStore(f"{postgres_url}&{parameters}", StoreLimits())
    await store.open()
    await store.close()


def test_keepalive_is_on_unless_it_is_turned_off() -> None:
    assert parse_postgres_url("postgresql://ada@h/x").keepalive == Keepalive()
    assert parse_postgres_url("postgresql://ada@h/x?keepalives=0").keepalive is None
    assert parse_postgres_url("postgresql://ada@h/x?keepalives_idle=7&tcp_user_timeout=900").keepalive == (
        Keepalive(idle=7, user_timeout=900)
    )


@pytest.mark.parametrize(
    ("netloc", "hosts"),
    [
        ("ada@h1:5433,h2", (("h1", 5433), ("h2", 5432))),
        ("ada:p%40w@[2001:db8::1]:6000,[::1]", (("2001:db8::1", 6000), ("::1", 5432))),
        ("ada@%2Frun%2Fpostgresql", (("/run/postgresql", 5432),)),
        ("ada@", ()),
    ],
)
def test_hosts_are_read_with_their_ports(netloc: str, hosts: Any) -> None:
    target = parse_postgres_url(f"postgresql://{netloc}/x")
    assert target.hosts == hosts


def test_of_several_hosts_the_one_that_takes_writes_is_meant() -> None:
    assert parse_postgres_url("postgresql://a@h1,h2/x").options == {"target_session_attrs": "read-write"}
    assert parse_postgres_url("postgresql://a@h1,h2/x?target_session_attrs=any").options == {}
    assert parse_postgres_url("postgresql://a@h1/x").options == {}


@pytest.mark.parametrize(
    "parameters", ["sslrootcert=system", "sslmode=require&channel_binding=require", "channel_binding=require"]
)
def test_a_server_that_must_prove_who_it_is_does_so_by_its_certificate(parameters: str) -> None:
    """`sslmode=require` alone believes anybody; whoever asks for channel binding wants to know that nobody is in between."""
    context = parse_postgres_url(f"postgresql://a@h/x?{parameters}").options["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_channel_binding_with_an_authority_of_ones_own_is_verified_by_that() -> None:
    target = parse_postgres_url(
        "postgresql://a@h/x?sslmode=require&channel_binding=require&sslrootcert=/ca.pem"
    )
    assert "sslmode=verify-full" in target.dsn
    assert "sslrootcert=%2Fca.pem" in target.dsn


@pytest.mark.parametrize(
    "parameter", ["connect_timeout=soon", "keepalives_idle=-1", "tcp_user_timeout=99999999"]
)
def test_a_number_that_is_none_is_named_without_its_value(parameter: str) -> None:
    name, _, value = parameter.partition("=")
    with pytest.raises(ValueError, match=name) as refused:
        parse_postgres_url(f"postgresql://a@h/x?{parameter}")
    assert value not in str(refused.value)
