"""What holds for every page: its headers, the check of the origin, limits, problems, and what operators choose."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from athena_auth.crypto.keys import Keyring
from athena_auth.host.athena import Athena
from athena_auth.pages.sealed_state import LIFETIME, SealedState
from athena_auth.pages.theme import contrast
from athena_auth.settings import BASE_PATH, Settings, SettingsError, load_settings
from support.clock import FakeClock
from support.person import PASSWORD, sign_up
from support.world import SECRET, World, world_over

EMAIL = "ada@example.com"
FORM = {"email": EMAIL, "password": PASSWORD}


async def test_every_page_has_the_headers_that_protect_it(sqlite_world: World) -> None:
    client = await sqlite_world.visitor()

    for path in ("/", "/sign-in", "/sign-up", "/nowhere"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"


async def test_no_page_has_code_or_styles_in_it(sqlite_world: World) -> None:
    client = await sqlite_world.visitor()

    for path in ("/sign-in", "/sign-up", "/nowhere"):
        html = (await client.get(path)).text
        assert (
            re.findall(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=\")|https?://", html) == []
        )


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/sign-out", "/second-step"])
async def test_a_form_of_another_site_is_refused_even_without_cookies(
    sqlite_world: World, origin: str, path: str
) -> None:
    """Without cookies it would sign the visitor in to the attacker's account."""
    await sign_up(sqlite_world)
    client = await sqlite_world.visitor(origin=origin)

    answer = await client.post(path, data={**FORM, "name": "Eve"})

    assert answer.status_code == 403
    assert "another site" in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_bearer_token_opens_no_page(sqlite_world: World) -> None:
    ada = await sign_up(sqlite_world)
    client = await sqlite_world.visitor(authorization=f"Bearer {ada.token}")

    assert (await client.get("/security")).status_code == 303


async def test_the_forms_count_against_the_limits_of_the_api(sqlite_url: str) -> None:
    async with world_over(sqlite_url, rate_limit="on") as world:
        client, api = await world.visitor(), await world.client()
        for _ in range(50):
            await client.post("/sign-in", data={"email": "nobody", "password": "x"})
            await api.post("/sign-in/email", json={"email": "nobody", "password": "x"})

        refused = await client.post("/sign-in", data=FORM)

        assert refused.status_code == 429
        seconds = refused.headers["retry-after"]
        assert f'data-countdown="{seconds}"' in refused.text
        assert EMAIL in refused.text


async def test_what_is_not_a_page_says_so_to_people_and_to_programs(sqlite_world: World) -> None:
    people, programs = await sqlite_world.visitor(), await sqlite_world.visitor(accept="*/*")

    assert "Page not found" in (await people.get("/nowhere")).text
    assert (await programs.get("/nowhere")).json()["code"] == "NOT_FOUND"
    wrong = await people.put("/sign-in")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    assert (await people.get("/second-step/send")).status_code == 405


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b'{"email": "ada@example.com"}', "application/json", 415),
        (b"email=%ff", "application/x-www-form-urlencoded", 400),
        (b"email=\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=b" for _ in range(51)), "application/x-www-form-urlencoded", 400),
        (b"email=" + b"a" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"email=a%00b&password=x", "application/x-www-form-urlencoded", 400),
    ],
)
async def test_a_form_that_no_page_sends_is_refused(
    sqlite_world: World, content: bytes, content_type: str, status: int
) -> None:
    client = await sqlite_world.visitor()

    answer = await client.post("/sign-in", content=content, headers={"content-type": content_type})

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


async def test_assets_never_change_and_run_nothing(sqlite_url: str, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    sheet = tmp_path / "brand.css"
    sheet.write_text("h1 { color: red }")
    chosen: dict[str, Any] = {
        "logo": logo,
        "stylesheet": sheet,
        "accent_color": "#ffcc00",
        "app_name": "Shop",
    }
    async with world_over(sqlite_url, **chosen, help_url="/help", privacy_url="https://x.example/p") as world:
        client = await world.visitor()
        html = (await client.get("/sign-in")).text
        paths = re.findall(rf'(?:href|src)="({BASE_PATH}/assets/[^"]+)"', html)
        names = [path.rpartition("/")[2].partition(".")[0] for path in paths]
        assert names == ["icon", "pages", "theme", "custom", "pages", "passkeys", "logo"]
        for path in paths:
            found = await client.get(path)
            assert (found.status_code, "immutable" in found.headers["cache-control"]) == (200, True)
            assert "sandbox" in found.headers["content-security-policy"]
            known = await client.get(path, headers={"if-none-match": found.headers["etag"]})
            assert known.status_code == 304
        assert (await client.get(paths[3])).text == sheet.read_text()
        assert 'alt="Shop"' in html
        assert 'href="/help"' in html
        assert 'href="https://x.example/p"' in html


def _colours(pattern: str, sheet: str) -> list[tuple[int, ...]]:
    return [tuple(bytes.fromhex(found)) for found in re.findall(pattern, sheet)]


@pytest.mark.parametrize("accent", ["#000000", "#ffffff", "#ffcc00", "#1f4fbf", "#ff0000", "#777777"])
async def test_an_accent_can_be_read_on_every_card(sqlite_url: str, accent: str) -> None:
    async with world_over(sqlite_url, accent_color=accent) as world:
        client = await world.visitor()
        html = (await client.get("/sign-in")).text
        sheets = [
            (await client.get(re.findall(rf"{BASE_PATH}/assets/{name}[^\"]+", html)[0])).text
            for name in ("theme", "pages")
        ]

    light, on_light, dark, on_dark = _colours(r"#(\w{6})", sheets[0])
    light_card, dark_card = _colours(r"--card: #(\w{6})", sheets[1])
    for one, other in ((light, light_card), (light, on_light), (dark, dark_card), (dark, on_dark)):
        assert contrast(one, other) >= 4.5  # type: ignore[arg-type]


async def test_an_operators_template_replaces_one_of_ours(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "sign_in.html").write_text(
        '{% extends "original/sign_in.html" %}{% block title %}Welcome{% endblock %}'
    )
    async with world_over(sqlite_url, templates=tmp_path) as world:
        client = await world.visitor()

        assert "<title>Welcome · Athena</title>" in (await client.get("/sign-in")).text
        assert 'name="password"' in (await client.get("/sign-in")).text
        assert "<title>Create an account · Athena</title>" in (await client.get("/sign-up")).text


async def test_a_template_that_fails_becomes_a_problem_page(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "sign_in.html").write_text("{{ there_is_no_such_thing }}")
    async with world_over(sqlite_url, templates=tmp_path) as world:
        shown = await (await world.visitor()).get("/sign-in")

        assert shown.status_code == 500
        assert shown.headers["x-request-id"] in shown.text
        assert "there_is_no_such_thing" not in shown.text

        of_program = await (await world.visitor(accept="application/json")).get("/sign-in")
        assert of_program.json()["requestId"] == of_program.headers["x-request-id"]


@pytest.mark.parametrize(
    ("setting", "file", "content", "sentence"),
    [
        ("templates", "sing_in.html", "x", "ATHENA_TEMPLATES: there is no template sing_in.html"),
        ("templates", "sign_in.html", "\n{% if %}", "ATHENA_TEMPLATES: line 2 of sign_in.html is not valid"),
        ("logo", "logo.bmp", "x", "ATHENA_LOGO: its name must end in"),
        ("stylesheet", "", "", "ATHENA_STYLESHEET: .* cannot be read"),
        ("logo", "big.svg", "x" * 1_048_577, "ATHENA_LOGO: .* is larger than 1 MiB"),
    ],
)
def test_what_cannot_be_used_refuses_the_start(
    tmp_path: Path, setting: str, file: str, content: str, sentence: str
) -> None:
    (tmp_path / (file or "other")).write_text(content)
    path = tmp_path if setting == "templates" else tmp_path / (file or "missing.css")
    chosen: dict[str, Any] = {setting: path, "secret": SECRET, "_env_file": None}

    with pytest.raises(SettingsError, match=sentence):
        Athena(Settings(**chosen), pages=True)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("pages_path", "account", "a path must look like / or /account"),
        ("pages_path", "/a b", "a path must look like / or /account"),
        ("pages_path", "/a/../b", "a path must look like / or /account"),
        ("pages_path", "/api/auth/pages", "the API is at /api/auth"),
        ("accent_color", "blue", "a colour must look like #1f4fbf"),
        ("accent_color", "#1f4fbf; }", "a colour must look like #1f4fbf"),
        ("help_url", "javascript:alert(1)", "a link must look like"),
        ("privacy_url", "//evil.example", "a link must look like"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(setting: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load_settings(**{setting: value})


async def test_pages_at_a_path_below_the_one_of_the_server(sqlite_url: str) -> None:
    async with world_over(sqlite_url, pages_path="/account", base_url="http://localhost:3001/sso") as world:
        client = await world.visitor()
        shown = await client.get("/account/sign-in")

        assert 'action="/sso/account/sign-in"' in shown.text
        assert 'src="/sso/api/auth/assets/' in shown.text
        assert (await client.get("/account")).headers["location"] == "/sso/account/sign-in"
        assert (await client.get("/")).headers["location"] == "/sso/account"
        assert (await client.get("/sign-in")).status_code == 404


async def test_without_pages_there_is_only_the_api(sqlite_url: str) -> None:
    async with world_over(sqlite_url, pages="off") as world:
        client = await world.visitor()

        assert (await client.get("/")).headers["location"] == f"{BASE_PATH}/reference"
        assert (await client.get("/sign-in")).status_code == 404


async def test_a_host_that_did_not_ask_for_pages_has_none(sqlite_url: str) -> None:
    async with world_over(sqlite_url, pages="off") as world:
        with pytest.raises(RuntimeError, match="pages=True"):
            await world.athena.pages({"type": "http"}, _never, _never)


async def _never(*_message: object) -> Any:
    raise AssertionError("no message is exchanged")


class Secret(msgspec.Struct):
    value: str


def test_sealed_state_opens_in_its_session_for_its_purpose_and_for_fifteen_minutes() -> None:
    clock, keyring = FakeClock(), Keyring({1: SECRET.encode()})
    enrolment = SealedState(keyring, clock, "enrolment", Secret)
    sealed = enrolment.seal(Secret("JBSWY3DP"), "session-1")

    assert "JBSWY3DP" not in sealed
    assert enrolment.open(sealed, "session-1") == Secret("JBSWY3DP")
    assert enrolment.open(sealed, "session-2") is None
    assert SealedState(keyring, clock, "codes", Secret).open(sealed, "session-1") is None
    assert SealedState(Keyring({1: b"x" * 32}), clock, "enrolment", Secret).open(sealed, "session-1") is None
    for broken in ("", "é", "AAAA", sealed[:-4], sealed[:20] + "A" + sealed[21:]):
        if broken != sealed:
            assert enrolment.open(broken, "session-1") is None
    clock.advance(LIFETIME - 1)
    assert enrolment.open(sealed, "session-1") is not None
    clock.advance(1)
    assert enrolment.open(sealed, "session-1") is None
