"""Whatever is sent, the answer is a refusal in the one shape, and nothing has changed."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.dump import dump
from support.person import PASSWORD, Person, sign_up
from support.world import World

JSON = {"content-type": "application/json"}
BODIES_OF_NO_USE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"code"',
    b"{}",
    b'{"code": 123456}',
    b'{"code": null}',
    b'{"code": ["1"]}',
    b'{"code": true}',
    b'{"code": "123456", "trustDevice": "yes"}',
    b'{"code": "123456", "trustDevice": 1}',
    b'{"code": "123456", "trustDevice": {}}',
    b'{"code": "' + b"1" * 65 + b'"}',
    b'{"code": "\xff"}',
    b'{"code": "\\ud800"}',
    b'\xef\xbb\xbf{"code": "123456"}',
    b'{"code": "1", "x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
]


def assert_refusal(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert set(answer.json()) == {"message", "code"}
    assert answer.json()["message"].endswith(".")
    assert answer.headers["content-type"] == "application/json"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["verify-totp", "verify-otp", "verify-backup-code"])
@pytest.mark.parametrize("body", BODIES_OF_NO_USE, ids=lambda body: repr(body[:48]))
async def test_a_body_that_is_no_code_is_refused(sqlite_world: World, path: str, body: bytes) -> None:
    ada = await sign_up(sqlite_world)

    answer = await ada.client.post(f"/two-factor/{path}", content=body, headers=JSON)

    assert_refusal(answer, 400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "code", ["١٢٣٤٥٦", "1234", "12345678901234", "", "      ", "abcdef", "1e5000", "-1", "123456\x00"]
)
async def test_a_code_in_the_wrong_form_is_a_wrong_code(world: World, ada: Person, code: str) -> None:
    """Unicode digits are digits to `int()`; they are none of a code's."""
    await ada.turn_on_totp()

    for path in ("verify-totp", "verify-backup-code"):
        answer = await ada.answer(await ada.challenge(), path, code=code)
        assert answer.status_code == 401, (path, answer.text)
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    await world.mailbox.code_for(ada.email)
    assert_refusal(await ada.answer(challenge, "verify-otp", code=code), 401, "INVALID_CODE")


async def test_unknown_fields_are_ignored(ada: Person) -> None:
    """Clients of this wire family send more than the page lists."""
    await ada.turn_on_totp()

    answer = await ada.post("/two-factor/verify-totp", code=ada.code(), callbackURL="/", extra={"deep": [1]})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_a_body_that_is_not_declared_as_json_is_refused(sqlite_world: World, content_type: str) -> None:
    """A form of another site can send these without asking; JSON it cannot."""
    client = await sqlite_world.client()
    body = json.dumps({"email": "a@example.com", "password": PASSWORD}).encode()

    answer = await client.post("/sign-in/email", content=body, headers={"content-type": content_type})

    assert_refusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_json_with_parameters_is_json(sqlite_world: World) -> None:
    client = await sqlite_world.client()
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    answer = await client.post("/sign-in/email", content=b'{"email": "x", "password": "y"}', headers=headers)

    assert_refusal(answer, 400, "INVALID_EMAIL")


async def test_a_huge_body_is_refused_before_it_is_read(sqlite_world: World) -> None:
    client = await sqlite_world.client()
    password = "x" * 10_000_000

    declared = await client.post("/sign-in/email", json={"email": "a@example.com", "password": password})

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b" " * 1000

    undeclared = await client.post("/sign-in/email", content=stream(), headers=JSON)
    assert_refusal(declared, 413, "PAYLOAD_TOO_LARGE")
    assert_refusal(undeclared, 413, "PAYLOAD_TOO_LARGE")


async def test_a_long_password_is_refused_at_sign_up_and_wrong_at_sign_in(sqlite_world: World) -> None:
    client = await sqlite_world.client()
    body = {"email": "a@example.com", "name": "A", "password": "x" * 50_000}

    assert_refusal(await client.post("/sign-up/email", json=body), 400, "PASSWORD_TOO_LONG")
    assert_refusal(await client.post("/sign-in/email", json=body), 401, "INVALID_EMAIL_OR_PASSWORD")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sign-in/email"),
        ("POST", "/list-sessions"),
        ("PUT", "/ok"),
        ("DELETE", "/two-factor/enable"),
        ("POST", "/openapi.json"),
    ],
)
async def test_a_wrong_method_is_refused_with_the_right_ones(
    sqlite_world: World, method: str, path: str
) -> None:
    client = await sqlite_world.client()

    answer = await client.request(method, path)

    assert_refusal(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] in {"GET", "POST"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/two-factor", "/two-factor/enable/", "/../ok", "/%00", "/ok%2f"]
)
async def test_an_unknown_path_is_not_found(sqlite_world: World, path: str) -> None:
    client = await sqlite_world.client()

    assert_refusal(await client.get(path), 404, "NOT_FOUND")


NAMES_OF_NO_USE = ["a\x00b", "a\nb", "a\r\nBcc: all@example.com", "\x1b[31mred", "x" * 201, "\u2028", 7]


@pytest.mark.parametrize("name", NAMES_OF_NO_USE, ids=ascii)
async def test_a_name_that_could_forge_a_line_is_refused(world: World, ada: Person, name: object) -> None:
    await world.delivered()
    before = await dump(world.database_url)
    client = await world.client()
    body = {"name": name, "email": "new@example.com", "password": PASSWORD}

    assert_refusal(await client.post("/sign-up/email", json=body), 400, "VALIDATION_ERROR")
    assert_refusal(await ada.post("/update-user", name=name), 400, "VALIDATION_ERROR")

    assert await dump(world.database_url) == before


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "@",
        "a@",
        "@example.com",
        "a b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "a@exa\x00mple.com",
        "a@example..com",
    ],
)
async def test_what_is_no_address_is_refused(world: World, email: str) -> None:
    client = await world.client()
    body = {"name": "A", "email": email, "password": PASSWORD}

    assert_refusal(await client.post("/sign-up/email", json=body), 400, "INVALID_EMAIL")
    assert_refusal(await client.post("/sign-in/email", json=body), 400, "INVALID_EMAIL")


@pytest.mark.parametrize("issuer", ["", "a:b", "a\nb", "x" * 65])
async def test_an_issuer_that_would_break_the_label_is_refused(sqlite_world: World, issuer: str) -> None:
    ada = await sign_up(sqlite_world)

    assert_refusal(await ada.enable(issuer=issuer), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("password", ["", "short", "1234567"])
async def test_a_short_password_is_refused(sqlite_world: World, password: str) -> None:
    client = await sqlite_world.client()
    body = {"name": "A", "email": "a@example.com", "password": password}

    assert_refusal(await client.post("/sign-up/email", json=body), 400, "PASSWORD_TOO_SHORT")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer 2fa_", "Bearer \x00", "bearer x y"]
)
async def test_a_broken_authorization_is_no_session(sqlite_world: World, authorization: str) -> None:
    client = await sqlite_world.client(authorization=authorization)

    assert (await client.get("/get-session")).json() is None
    assert_refusal(await client.get("/list-sessions"), 401, "UNAUTHORIZED")


async def test_an_explicit_token_that_is_wrong_is_not_covered_by_a_cookie(world: World, ada: Person) -> None:
    browser = await world.browser()
    await ada.sign_in(browser)

    answer = await browser.get("/list-sessions", headers={"authorization": "Bearer wrong"})

    assert_refusal(answer, 401, "UNAUTHORIZED")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "code",
        "password",
        "email",
        "name",
        "issuer",
        "method",
        "trustDevice",
        "disableSession",
        "token",
        "image",
        "currentPassword",
        "newPassword",
        "rememberMe",
    ]
)


@settings(
    max_examples=settings().max_examples * 3 // 2, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.dictionaries(FIELDS, JSON_VALUES, max_size=5), path_index=st.integers(0, 30))
async def test_no_json_of_any_shape_makes_the_server_fail(
    sqlite_world: World, body: dict[str, object], path_index: int
) -> None:
    """A 500 is a bug, whatever was sent."""
    paths = [
        "/sign-up/email",
        "/sign-in/email",
        "/update-user",
        "/revoke-session",
        "/change-password",
        "/two-factor/enable",
        "/two-factor/disable",
        "/two-factor/get-totp-uri",
        "/two-factor/verify-totp",
        "/two-factor/send-otp",
        "/two-factor/verify-otp",
        "/two-factor/verify-backup-code",
        "/two-factor/generate-backup-codes",
        "/delete-user",
        "/revoke-other-sessions",
    ]
    email = f"{path_index}@example.com"
    signed_up = await (await sqlite_world.client()).post(
        "/sign-up/email", json={"name": "F", "email": email, "password": PASSWORD}
    )
    if signed_up.status_code != 200:
        signed_up = await (await sqlite_world.client()).post(
            "/sign-in/email", json={"email": email, "password": PASSWORD}
        )
    client = await sqlite_world.bearer(signed_up.json().get("token", ""))

    answer = await client.post(paths[path_index % len(paths)], json=body)

    assert answer.status_code < 500, answer.text
    if answer.is_error:
        assert set(answer.json()) == {"message", "code"}


async def test_a_password_of_marks_that_take_long_to_sort_is_not_sorted(sqlite_world: World) -> None:
    """64 KB of combining marks took NFKC more than a second, on the event loop."""
    client = await sqlite_world.client()
    body = {"name": "A", "email": "a@example.com", "password": "\u0301" * 5000 + "\u0323" * 5000}

    assert_refusal(await client.post("/sign-up/email", json=body), 400, "PASSWORD_TOO_LONG")


async def test_many_cookie_headers_are_read_once(sqlite_world: World) -> None:
    client = await sqlite_world.client()

    answer = await client.get("/get-session", headers=[("cookie", f"a{n}=1") for n in range(2000)])

    assert answer.json() is None


@pytest.mark.parametrize("length", ["0" * 5000 + "40", "-1", "4 0"])
async def test_a_length_that_is_no_number_is_refused(sqlite_world: World, length: str) -> None:
    client = await sqlite_world.client()
    headers = {**JSON, "content-length": length}

    assert_refusal(await client.post("/sign-out", content=b"{}", headers=headers), 413, "PAYLOAD_TOO_LARGE")


async def test_a_session_named_by_what_no_token_holds_is_refused(world: World, ada: Person) -> None:
    assert_refusal(await ada.post("/revoke-session", token="\x00"), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("email", ["=?utf-8?q?a=0ab?=@evil.com", "=?utf-8?q??=@example.com"])
async def test_an_address_that_reads_as_another_in_a_mail_is_refused(sqlite_world: World, email: str) -> None:
    """RFC 2047: `=?utf-8?q?…?=` is decoded by readers of the header."""
    client = await sqlite_world.client()
    body = {"name": "A", "email": email, "password": PASSWORD}

    assert_refusal(await client.post("/sign-up/email", json=body), 400, "INVALID_EMAIL")


@pytest.mark.parametrize("body", [b"", b"{", b'{"password": 7}'])
async def test_a_missing_session_is_reported_before_anything_else(sqlite_world: World, body: bytes) -> None:
    client = await sqlite_world.client()
    for path in ("/two-factor/enable", "/change-password"):
        assert_refusal(await client.post(path, content=body, headers=JSON), 401, "UNAUTHORIZED")
    verified = await client.post("/two-factor/verify-totp", content=body, headers=JSON)
    assert_refusal(verified, 401, "INVALID_TWO_FACTOR_COOKIE")
