"""`athena_auth.testing`, as the tests of a host use it: an object that is imported, routes with guards, people."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency
from litestar.testing import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from athena_auth import Athena, AuthEvent, Principal, Settings, load_settings
from athena_auth.delivery.model import MessageKind
from athena_auth.factors import BackupCodes, Otp, Totp
from athena_auth.integrations.litestar import AthenaPlugin, guarded
from athena_auth.testing import ManualClock, ServerForTests, athena_for_tests
from support.hosts import assert_refused
from support.key_fob import KeyFob, code_of
from support.world import ORIGIN, SECRET

WEEK = 604_800
NUMBER = "+4915112345678"


@pytest.fixture
def athena(tmp_path: Path) -> Athena:
    """Return what a host has at the top of a module: it comes with the settings of a real server."""
    return Athena(load_settings(secret=SECRET, database_url=f"sqlite:///{tmp_path}/real.db", app_name="Shop"))


@pytest.fixture
def server(athena: Athena) -> Iterator[ServerForTests]:
    with athena_for_tests(athena) as server:
        yield server


@asynccontextmanager
async def host_of(athena: Athena) -> AsyncIterator[httpx.AsyncClient]:
    """Run an application that mounts this object; yield a client of it."""
    strong, fresh = athena.require(level=2), athena.require(level=2, fresh=600)

    async def account(request: Request) -> Response:
        return JSONResponse({"level": (await athena.session(request)).session.level})

    async def vault(request: Request) -> Response:
        return JSONResponse({"by": (await strong(request)).user.email})

    async def transfer(request: Request) -> Response:
        return JSONResponse({"by": (await fresh(request)).user.email})

    routes = [
        Route("/account", account, methods=["GET", "POST"]),
        Route("/vault", vault),
        Route("/transfer", transfer, methods=["POST"]),
        Mount("/api/auth", athena.asgi),
    ]
    app = Starlette(routes=routes, exception_handlers=athena.exception_handlers)
    transport = httpx.ASGITransport(app)
    async with athena.lifespan(), httpx.AsyncClient(transport=transport, base_url=ORIGIN) as host:
        yield host


async def post(host: httpx.AsyncClient, path: str, token: str | None = None, **body: Any) -> Any:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    answer = await host.post(f"/api/auth{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_person_has_a_session_for_any_client(server: ServerForTests) -> None:
    async with host_of(server.athena) as host:
        ada = await server.person()

        assert (await host.get("/account", headers=ada.headers)).json() == {"level": 1}
        assert_refused(await host.get("/vault", headers=ada.headers), 403, "ENROLMENT_REQUIRED")
        assert (await host.get("/account")).status_code == 401
        user = await server.athena.users.get(ada.user_id)
        assert user is not None
        assert (user.email, user.two_factor_enabled) == ("ada@example.com", False)

        host.cookies.update(ada.cookies)
        assert (await host.get("/account")).json() == {"level": 1}
        assert_refused(await host.post("/account"), 403, "MISSING_OR_NULL_ORIGIN")
        assert (await host.post("/account", headers={"origin": server.settings.origin})).is_success


async def test_a_person_at_level_2_has_proven_an_authenticator_app_just_now(server: ServerForTests) -> None:
    async with host_of(server.athena) as host:
        begun = server.clock.now()
        ada = await server.person(level=2)

        assert (await host.get("/account", headers=ada.headers)).json() == {"level": 2}
        assert (await host.post("/transfer", headers=ada.headers)).is_success
        assert server.clock.now() == begun, "a freshness of seconds can be tested too"
        assert len(ada.backup_codes) == 10
        sign_in = {"email": ada.email, "password": ada.password}
        challenge = (await post(host, "/sign-in/email", **sign_in))["token"]
        assert (await post(host, "/two-factor/verify-totp", challenge, code=ada.code()))["token"]
        challenge = (await post(host, "/sign-in/email", **sign_in))["token"]
        await post(host, "/two-factor/verify-backup-code", challenge, code=ada.backup_codes[0])


async def test_freshness_ends_and_comes_back_with_another_code(server: ServerForTests) -> None:
    async with host_of(server.athena) as host:
        ada = await server.person(level=2)
        server.clock.advance(600)
        assert (await host.post("/transfer", headers=ada.headers)).is_success
        server.clock.advance(1)
        assert_refused(await host.post("/transfer", headers=ada.headers), 403, "STEP_UP_REQUIRED")
        assert (await host.get("/vault", headers=ada.headers)).is_success

        for _ in range(3):
            await ada.step_up()
            assert (await host.post("/transfer", headers=ada.headers)).is_success


@pytest.mark.parametrize("level", [1, 2])
async def test_a_session_expires_and_another_sign_in_has_the_same_level(
    server: ServerForTests, level: int
) -> None:
    async with host_of(server.athena) as host:
        ada = await server.person(level=level)
        server.clock.advance(WEEK + 1)
        assert_refused(await host.get("/account", headers=ada.headers), 401, "UNAUTHORIZED")

        for _ in range(3):
            await ada.sign_in()
            assert (await host.get("/account", headers=ada.headers)).json() == {"level": level}
            browser = {"cookie": "; ".join(f"{name}={value}" for name, value in ada.cookies.items())}
            assert (await host.get("/account", headers=browser)).json() == {"level": level}
        assert len(await server.athena.users.sessions(ada.user_id)) == 3


async def test_codes_of_other_lengths_and_periods_are_shown(athena: Athena) -> None:
    settings: dict[str, Any] = {
        "totp_digits": 8,
        "totp_period": 60,
        "totp_algorithm": "SHA256",
        "totp_window": 0,
    }
    with athena_for_tests(athena, **settings) as server:
        async with host_of(athena):
            ada = await server.person(level=2)
            assert len(ada.code()) == 8
            await ada.step_up()
            assert server.clock.now() % 60_000 == 0, "the next period has just begun"


async def test_the_mailbox_has_the_code_and_the_clock_ends_it(server: ServerForTests) -> None:
    async with host_of(server.athena) as host:
        ada = await server.person(level=2)
        sign_in = {"email": ada.email, "password": ada.password}
        challenge = (await post(host, "/sign-in/email", **sign_in))["token"]

        await post(host, "/two-factor/send-otp", challenge)
        code = await server.mailbox.code_for(ada.email)

        assert (await post(host, "/two-factor/verify-otp", challenge, code=code))["token"]
        challenge = (await post(host, "/sign-in/email", **sign_in))["token"]
        server.clock.advance(60)
        await post(host, "/two-factor/send-otp", challenge)
        body = {"code": await server.mailbox.code_for(ada.email, nth=2)}
        server.clock.advance(server.settings.otp_ttl + 1)
        headers = {"authorization": f"Bearer {challenge}"}
        late = await host.post("/api/auth/two-factor/verify-otp", json=body, headers=headers)
        assert_refused(late, 400, "OTP_HAS_EXPIRED")
        assert MessageKind.TWO_FACTOR_OTP in server.mailbox.kinds_for(ada.email)
        assert {message.app_name for message in server.mailbox.messages} == {"Shop"}
        await post(host, "/request-password-reset", email=ada.email)
        reset = await server.mailbox.message_for(ada.email, "password-reset")
        assert reset.url is not None
        assert reset.url.startswith(server.settings.url)


async def test_text_messages_stay_here_too(tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.touch()
    real = load_settings(
        secret=SECRET, database_url=f"sqlite:///{tmp_path}/real.db", sms_url=f"file://{texts}"
    )
    with athena_for_tests(Athena(real)) as server:
        async with host_of(server.athena) as host:
            ada = await server.person()
            body = {"password": ada.password, "method": "otp", "phoneNumber": NUMBER}
            await post(host, "/two-factor/enable", ada.token, **body)
            code = await server.mailbox.code_for(NUMBER)
            await post(host, "/two-factor/verify-otp", ada.token, code=code)
    assert texts.read_text() == ""


async def test_a_factor_of_the_host_s_own_is_there_too(tmp_path: Path) -> None:
    real = load_settings(secret=SECRET, database_url=f"sqlite:///{tmp_path}/real.db")
    with athena_for_tests(Athena(real, factors=(Totp, Otp, BackupCodes, KeyFob))) as server:
        async with host_of(server.athena) as host:
            ada = await server.person()
            begun = await post(host, "/two-factor/enable", ada.token, password=ada.password, method="fob")
            code = code_of(base64.b32decode(begun["secret"]), 0)
            await post(host, "/two-factor/verify-fob", ada.token, code=code)
            assert (await host.post("/transfer", headers=ada.headers)).is_success


async def test_two_servers_at_once_do_not_see_each_other(athena: Athena) -> None:
    with athena_for_tests(athena) as one, athena_for_tests() as other:
        async with host_of(one.athena) as host, host_of(other.athena) as other_host:
            ada = await one.person(level=2)
            namesake = await other.person()
            one.clock.advance(WEEK + 1)
            await ada.sign_in()

            assert (await other_host.get("/account", headers=ada.headers)).status_code == 401
            assert (await host.get("/account", headers=namesake.headers)).status_code == 401
            assert (await other_host.get("/account", headers=namesake.headers)).json() == {"level": 1}
            await one.mailbox.message_for(ada.email, MessageKind.FACTOR_ADDED)
            assert MessageKind.FACTOR_ADDED not in other.mailbox.kinds_for(namesake.email)


def test_each_test_begins_with_nobody_and_the_real_database_is_never_made(
    athena: Athena, tmp_path: Path
) -> None:
    heard: list[tuple[str, bool]] = []

    @athena.on("sign-up:account:created")
    async def hear(event: AuthEvent) -> None:
        user = await athena.users.get(event.user_id or "")
        heard.append((event.name, user is not None))

    async def story(server: ServerForTests) -> None:
        async with host_of(athena) as host:
            ada = await server.person(level=2)
            assert (await host.get("/vault", headers=ada.headers)).is_success

    for _ in range(2):
        with athena_for_tests(athena) as server:
            asyncio.run(story(server))
            database = Path(server.settings.database_url.removeprefix("sqlite:///"))
            assert database.exists()
        assert not database.exists()

    assert heard == [("sign-up:account:created", True)] * 2
    assert not (tmp_path / "real.db").exists()


async def test_afterwards_it_is_the_real_server_again(athena: Athena, tmp_path: Path) -> None:
    with athena_for_tests(athena) as server:
        async with athena.lifespan():
            ada = await server.person()

    async with host_of(athena) as host:
        assert (tmp_path / "real.db").exists()
        assert await athena.users.find(ada.email) is None
        assert (await host.get("/account", headers=ada.headers)).status_code == 401


def test_tests_that_are_not_asynchronous_run_people_where_the_application_runs(athena: Athena) -> None:
    @get("/transfer", guards=[guarded(athena.require(level=2, fresh=600))])
    async def transfer(principal: NamedDependency[Principal]) -> dict[str, str]:
        return {"by": principal.user.email}

    app = Litestar([transfer], plugins=[AthenaPlugin(athena)])
    for _ in range(2):
        with athena_for_tests(athena) as server, TestClient(app) as host:
            ada = server.run(server.person(level=2))
            assert host.get("/transfer", headers=ada.headers).json() == {"by": "ada@example.com"}
            server.clock.advance(601)
            assert host.get("/transfer", headers=ada.headers).json()["code"] == "STEP_UP_REQUIRED"
            server.run(ada.step_up())
            assert host.get("/transfer", headers=ada.headers).status_code == 200
            host.post("/api/auth/request-password-reset", json={"email": ada.email})
            assert server.run(server.mailbox.message_for(ada.email, "password-reset")).url


def test_a_clock_can_begin_now() -> None:
    begin = datetime(2030, 1, 1, 12, tzinfo=UTC)
    with athena_for_tests(clock=ManualClock(begin)) as server:
        server.clock.advance(90)
        assert server.clock.datetime() == datetime(2030, 1, 1, 12, 1, 30, tzinfo=UTC)


async def test_the_environment_is_not_read_for_a_server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATHENA_SESSION_TTL", "77")
    monkeypatch.setenv("ATHENA_DATABASE_URL", "postgresql://nobody@localhost/nothing")

    with athena_for_tests(challenge_ttl=60) as server:
        assert server.settings.session_ttl == Settings.model_fields["session_ttl"].default
        assert server.settings.challenge_ttl == 60
        async with server.athena.lifespan():
            assert (await server.person()).token
