"""Which tokens a client stores, where, and when it sends them."""

import stat
from pathlib import Path
from typing import Unpack

import httpx
import pytest

from athena_auth_client import AthenaClient, FileTokenStore, MemoryTokenStore, Options, Tokens
from support.sdk import BASE_URL, PASSWORD, Credentials, Kind, SdkHarness, harness_over
from support.world import ORIGIN

SESSION = "Zt0vJ3mWq8Yc1RkPz7uXn5LdHs2EaBf6GoTi9KxQwVM"
DEVICE = "b8Yt0vJ3mWq8Yc1RkPz7uXn5LdHs2EaBf6GoTi9KxQw"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


def recorded(
    base_url: str = BASE_URL, **options: Unpack[Options]
) -> tuple[AthenaClient, list[httpx.Request]]:
    """Return a client, and the list its requests go to instead of to a server."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"status": True})

    http = httpx.Client(transport=httpx.MockTransport(answer), cookies={"somebody": "else"})
    return AthenaClient(base_url, http=http, **options), requests


def test_a_bearer_shows_the_session_in_a_header_and_the_device_as_a_cookie() -> None:
    client, requests = recorded(tokens=MemoryTokenStore(session=SESSION, trusted_device=DEVICE))

    client.auth.sign_out()

    (request,) = requests
    assert request.headers["authorization"] == f"Bearer {SESSION}"
    assert request.headers["cookie"] == (
        f"athena-auth.trust_device={DEVICE}; __Secure-athena-auth.trust_device={DEVICE}"
    )
    assert "origin" not in request.headers


def test_whoever_has_no_token_shows_none_of_somebody_elses() -> None:
    modes: tuple[Credentials, ...] = ("bearer", "cookie")
    for mode in modes:
        client, requests = recorded(credentials=mode)

        client.auth.sign_out()

        assert not {"authorization", "cookie"} & set(requests[0].headers)


def test_with_cookies_both_travel_as_a_browser_sends_them() -> None:
    store = MemoryTokenStore(session=SESSION, trusted_device=DEVICE)
    client, requests = recorded(tokens=store, credentials="cookie")

    client.auth.sign_out()

    (request,) = requests
    assert "authorization" not in request.headers
    assert f"athena-auth.session_token={SESSION}" in request.headers["cookie"]
    assert f"athena-auth.trust_device={DEVICE}" in request.headers["cookie"]
    assert "somebody" not in request.headers["cookie"]
    assert request.headers["origin"] == ORIGIN


def test_the_origin_may_be_another_than_the_base_urls() -> None:
    client, requests = recorded(
        tokens=MemoryTokenStore(session=SESSION), credentials="cookie", origin="https://auth.example.com"
    )

    client.auth.sign_out()

    assert requests[0].headers["origin"] == "https://auth.example.com"


def test_a_server_behind_a_proxy_knows_the_client_by_the_names_of_https(
    sqlite_url: str, kind: Kind, credentials: Credentials
) -> None:
    public = "https://auth.example.com"
    with harness_over(sqlite_url, kind, base_url=public) as harness:
        phone, _ = harness.person_with_totp()
        client = harness.client(credentials=credentials, origin=public)
        harness.done(harness.challenge(client).verify_totp(phone.code(), trust_device=True))
        harness.done(client.auth.sign_out())

        harness.sign_in(client)

        assert harness.is_signed_in(client)


def test_a_challenge_speaks_for_itself_and_not_for_a_session() -> None:
    modes: tuple[Credentials, ...] = ("bearer", "cookie")
    for mode in modes:
        client, requests = recorded(tokens=MemoryTokenStore(session=SESSION), credentials=mode)

        client.auth.sign_in.resume("2fa_abc").send_otp()

        shown = str(requests[0].headers.raw)
        assert "2fa_abc" in shown
        assert SESSION not in shown


@pytest.mark.parametrize("token", [f"{SESSION}\n", "a b", "a;b", "é", 'a"'])
def test_what_is_no_token_is_refused_before_it_is_sent_or_quoted(token: str) -> None:
    client, requests = recorded(tokens=MemoryTokenStore(session=token))

    with pytest.raises(ValueError, match="line break") as refused:
        client.auth.get_session()
    with pytest.raises(ValueError, match="line break"):
        client.auth.sign_in.resume(f"2fa_x; athena-auth.session_token={token}").send_otp()

    assert requests == []
    assert token not in str(refused.value)


def test_a_session_outlives_the_process_in_a_file(
    harness: SdkHarness, credentials: Credentials, file: Path
) -> None:
    harness.sign_up(harness.client(tokens=FileTokenStore(file), credentials=credentials))

    again = harness.client(tokens=FileTokenStore(file), credentials=credentials)

    assert harness.is_signed_in(again)


def test_a_trusted_device_stays_one_in_a_file(
    harness: SdkHarness, credentials: Credentials, file: Path
) -> None:
    phone, _ = harness.person_with_totp()
    client = harness.client(tokens=FileTokenStore(file), credentials=credentials)
    harness.done(harness.challenge(client).verify_totp(phone.code(), trust_device=True))
    harness.done(client.auth.sign_out())

    harness.sign_in(harness.client(tokens=FileTokenStore(file), credentials=credentials))


def test_nothing_is_left_of_an_account_that_is_gone(
    harness: SdkHarness, credentials: Credentials, file: Path
) -> None:
    client = harness.client(tokens=FileTokenStore(file), credentials=credentials)
    harness.sign_up(client)
    assert file.exists()

    harness.done(client.auth.delete_user(PASSWORD))

    assert list(file.parent.glob("*tokens.json*")) == []


def test_the_file_is_its_owners_alone(file: Path) -> None:
    file.touch(0o644)

    FileTokenStore(file).save(Tokens(SESSION, DEVICE))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert FileTokenStore(file).load() == Tokens(SESSION, DEVICE)
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_others_may_read_is_not_trusted(file: Path) -> None:
    FileTokenStore(file).save(Tokens(SESSION))
    file.chmod(0o640)

    with pytest.raises(PermissionError, match="chmod 600"):
        FileTokenStore(file).load()


@pytest.mark.parametrize("content", [b"", b"secret", b'{"session": 1}', b"\xff\xfe", b'"\xff"'])
def test_a_file_of_something_else_is_named_and_not_quoted(file: Path, content: bytes) -> None:
    file.touch(0o600)
    file.write_bytes(content)

    with pytest.raises(ValueError, match=r"tokens\.json does not contain") as refused:
        FileTokenStore(file).load()

    assert refused.value.__context__ is None
    assert "secret" not in str(refused.value)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(file: Path) -> None:
    file.mkdir()

    with pytest.raises(IsADirectoryError):
        FileTokenStore(file).save(Tokens(SESSION))

    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "address",
    [
        "localhost:3001",
        "ftp://localhost/api",
        "http://",
        "https://ada:hunter2@auth.example.com/api/auth",
        "http://localhost/api?key=hunter2",
        "http://[::1",
    ],
)
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="base URL") as refused:
        AthenaClient(address)

    assert "hunter2" not in str(refused.value)


def test_a_slash_at_the_end_of_the_address_does_not_matter() -> None:
    client, requests = recorded(f"{BASE_URL}/")

    client.auth.sign_out()

    assert str(requests[0].url) == f"{BASE_URL}/sign-out"


def test_a_client_closes_what_is_its_own_only() -> None:
    http = httpx.Client()
    with AthenaClient(BASE_URL, http=http):
        pass
    with AthenaClient(BASE_URL) as own:
        pass

    assert not http.is_closed
    assert own._http.is_closed  # noqa: SLF001 - nothing else shows it
    http.close()


def test_signing_out_forgets_the_session_and_keeps_the_device(
    harness: SdkHarness, credentials: Credentials
) -> None:
    store = MemoryTokenStore()
    client = harness.client(tokens=store, credentials=credentials)
    phone, _ = harness.person_with_totp()
    harness.done(harness.challenge(client).verify_totp(phone.code(), trust_device=True))

    harness.done(client.auth.sign_out())

    tokens = store.load()
    assert tokens.session is None
    assert tokens.trusted_device is not None
