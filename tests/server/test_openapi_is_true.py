"""The running server responds exactly as the OpenAPI document says."""

from typing import Any

import httpx
import pyotp
import pytest

from support.openapi import Json, check_answer, content, operations
from support.person import PASSWORD, sign_up
from support.world import World


async def published(client: httpx.AsyncClient) -> Json:
    document: Json = (await client.get("/openapi.json")).json()
    return document


async def test_every_documented_request_is_understood_and_refused_only_as_documented(
    sqlite_world: World,
) -> None:
    """A stranger sends each documented example: none is malformed, and only sessions are missing."""
    stranger = await sqlite_world.client()
    document = await published(stranger)
    for path, method, operation in operations(document):
        body = content(operation["requestBody"])["example"] if method == "post" else None
        stranger.cookies.clear()
        query = {each["name"]: example(each) for each in operation.get("parameters", ())}
        answer = await stranger.request(method.upper(), path, json=body, params=query)

        # Proxies ask `/forward-auth` about strangers too, and the status is the answer.
        is_needed = bool(operation["security"]) and {} not in operation["security"]
        needs_session = is_needed or path == "/forward-auth"
        missing = answer.status_code == 401 and answer.json()["code"] in {
            "UNAUTHORIZED",
            "INVALID_TWO_FACTOR_COOKIE",
        }
        assert missing == needs_session, path
        check_answer(document, path, method, answer.status_code, answer.json())


def example(parameter: Json) -> str:
    """Return the parameter's documented example."""
    schema = parameter["schema"]
    alternatives = [schema, *schema.get("anyOf", ())]
    found: str = next(each["examples"][0] for each in alternatives if "examples" in each)
    return found


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'"' + b"x" * 65_536 + b'"', "application/json", 413),
    ],
)
async def test_what_the_edge_refuses_anywhere_is_documented_everywhere(
    sqlite_world: World, raw: bytes, content_type: str, status: int
) -> None:
    ada = await sign_up(sqlite_world)
    document = await published(ada.client)
    for path, method, _operation in operations(document):
        if method == "post":
            answer = await ada.client.post(path, content=raw, headers={"content-type": content_type})

            assert answer.status_code == status
            check_answer(document, path, method, status, answer.json())


async def test_a_forged_request_of_a_browser_is_refused_as_documented(sqlite_world: World) -> None:
    browser = await sqlite_world.client(origin="https://evil.example")
    document = await published(browser)
    cookie = {"cookie": "athena-auth.session_token=stolen-ride"}
    for path, method, operation in operations(document):
        if method == "post" and operation["security"] and "403" in operation["responses"]:
            body = content(operation["requestBody"])["example"]
            answer = await browser.post(path, json=body, headers=cookie)

            assert answer.json()["code"] == "INVALID_ORIGIN"
            check_answer(document, path, method, 403, answer.json())


async def test_real_answers_of_the_pages_endpoints_are_as_documented(sqlite_world: World) -> None:
    ada = await sign_up(sqlite_world)
    document = await published(ada.client)

    async def call(path: str, **body: Any) -> Json:
        answer = await ada.post(path, **body)
        assert answer.status_code == 200, (path, answer.text)
        check_answer(document, path, "post", 200, answer.json())
        for header in document["paths"][path]["post"]["responses"]["200"]["headers"]:
            assert header in answer.headers, path
        answered: Json = answer.json()
        return answered

    shown = await call("/two-factor/enable", password=PASSWORD)
    await call("/two-factor/get-totp-uri", password=PASSWORD)
    phone = pyotp.parse_uri(shown["totpURI"])
    assert isinstance(phone, pyotp.TOTP)
    await call("/two-factor/verify-totp", code=phone.at(sqlite_world.clock.now() // 1000))
    codes = (await call("/two-factor/generate-backup-codes", password=PASSWORD))["backupCodes"]
    await call("/two-factor/verify-backup-code", code=codes[0])
    await call("/two-factor/send-otp")
    await call("/two-factor/verify-otp", code=await sqlite_world.mailbox.code_for(ada.email))
    await call("/two-factor/disable", password=PASSWORD)
