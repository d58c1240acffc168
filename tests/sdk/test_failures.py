"""Failures: no server, another server, a busy server. Responses are made up where our server never gives them."""

import pickle
import socket
import traceback
from collections.abc import Iterator

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from athena_auth_client import (
    AsyncAthenaClient,
    AthenaClient,
    AthenaError,
    NetworkError,
    RateLimitedError,
)
from support.faults import TOKEN, Answer, Done, Failing, Faults
from support.sdk import EMAIL, PASSWORD, Kind, client_over

CODE = "482915"
BUSY = httpx.Response(
    503,
    json={"message": "The server is too busy at this moment.", "code": "SERVICE_UNAVAILABLE"},
    headers={"retry-after": "0"},
)
NOBODY = httpx.Response(200, content=b"null")


@pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), httpx.RemoteProtocolError("hung up"), BUSY])
def test_a_read_is_repeated_when_the_connection_or_the_server_was_at_fault(
    failing: Failing, done: Done, fault: Answer
) -> None:
    faults = Faults(fault, NOBODY)

    assert done(failing(faults).auth.get_session) is None

    assert len(faults.requests) == 2


def test_repetitions_come_to_an_end(failing: Failing, done: Done) -> None:
    faults = Faults(BUSY)

    with pytest.raises(AthenaError) as refused:
        done(failing(faults).auth.get_session)

    assert len(faults.requests) == 3
    assert (refused.value.code, refused.value.status) == ("SERVICE_UNAVAILABLE", 503)
    assert refused.value.retry_after == 0


@pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), httpx.ReadError("reset"), BUSY])
def test_what_may_spend_a_code_is_sent_once(failing: Failing, done: Done, fault: Answer) -> None:
    faults = Faults(fault, NOBODY)
    client = failing(faults)

    for operation, arguments in (
        (client.auth.two_factor.verify_totp, [CODE]),
        (client.auth.sign_in.resume("2fa_abc").verify_backup_code, [CODE]),
        (client.auth.two_factor.send_otp, []),
        (client.auth.verify_email, ["token"]),
    ):
        faults.requests.clear()
        with pytest.raises(AthenaError):
            done(operation, *arguments)
        assert len(faults.requests) == 1


def test_whoever_is_asked_to_wait_long_is_told_instead(failing: Failing, done: Done) -> None:
    faults = Faults(httpx.Response(503, content=BUSY.content, headers={"retry-after": "60"}))

    with pytest.raises(AthenaError) as refused:
        done(failing(faults).auth.get_session)

    assert len(faults.requests) == 1
    assert refused.value.retry_after == 60


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(500, json={"message": "Something went wrong.", "code": "INTERNAL_SERVER_ERROR"}),
        httpx.Response(429, json={"message": "Too many requests.", "code": "TOO_MANY_REQUESTS"}),
        httpx.ReadTimeout("slow"),
        httpx.ConnectTimeout("slow"),
    ],
)
def test_what_a_repetition_would_not_help_is_not_repeated(
    failing: Failing, done: Done, fault: Answer
) -> None:
    faults = Faults(fault, NOBODY)

    with pytest.raises(AthenaError):
        done(failing(faults).auth.get_session)

    assert len(faults.requests) == 1


def test_repetitions_can_be_turned_off(portal: BlockingPortal, kind: Kind, done: Done) -> None:
    faults = Faults(httpx.ConnectError("refused"))

    with pytest.raises(NetworkError):
        done(client_over(kind, faults, portal, retries=0).auth.get_session)

    assert len(faults.requests) == 1


def test_a_server_that_does_not_answer_in_time_is_not_one_that_is_down(failing: Failing, done: Done) -> None:
    with pytest.raises(NetworkError) as late:
        done(failing(Faults(httpx.ReadTimeout("slow"))).auth.two_factor.verify_totp, CODE)
    with pytest.raises(NetworkError) as down:
        done(failing(Faults(httpx.ConnectError("All connection attempts failed"))).auth.two_factor.status)

    assert (late.value.code, late.value.status) == ("TIMEOUT", None)
    assert (down.value.code, down.value.status) == ("NETWORK_ERROR", None)
    assert "All connection attempts failed" in str(down.value)


async def test_nobody_waits_for_ever() -> None:
    with AthenaClient() as blocking:
        limits = [blocking._http.timeout]  # noqa: SLF001 - waiting for it would take as long as it says
    async with AsyncAthenaClient() as awaiting:
        limits.append(awaiting._http.timeout)  # noqa: SLF001

    assert limits == [httpx.Timeout(10, connect=5)] * 2


def test_a_code_this_version_does_not_know_is_told_as_it_is(failing: Failing, done: Done) -> None:
    newer = httpx.Response(
        418,
        json={"message": "Use the other door.", "code": "OTHER_DOOR", "door": 2},
        headers={"x-request-id": "8c1f0d2e"},
    )

    with pytest.raises(AthenaError) as refused:
        done(failing(Faults(newer)).auth.two_factor.verify_totp, CODE)

    error = refused.value
    assert (error.code, error.status, error.message) == ("OTHER_DOOR", 418, "Use the other door.")
    assert (error.request_id, error.retry_after) == ("8c1f0d2e", None)


def test_fields_this_version_does_not_know_are_passed_over(failing: Failing, done: Done) -> None:
    faults = Faults(
        httpx.Response(200, json={"backupCodes": ["a"], "status": True, "colour": {"ink": "red"}})
    )

    codes = done(failing(faults).auth.two_factor.generate_backup_codes, PASSWORD)

    assert getattr(codes, "backup_codes", None) == ("a",)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Please sign in to the guest network</html>"),
        httpx.Response(200, content=b'{"token": "\xff"}'),
        httpx.Response(200, json={"token": TOKEN}),
        httpx.Response(200, json=[]),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
        httpx.Response(404, json={"detail": "Not Found"}),
        httpx.Response(204),
    ],
)
def test_what_is_no_athena_server_is_said_to_be_none(failing: Failing, done: Done, answer: Answer) -> None:
    faults = Faults(answer)
    client = failing(faults)

    for operation in (client.auth.two_factor.verify_totp, client.auth.two_factor.verify_otp):
        with pytest.raises(AthenaError) as refused:
            done(operation, CODE)
        assert refused.value.code == "UNEXPECTED_ANSWER"
        assert TOKEN not in "".join(traceback.format_exception(refused.value))
        assert refused.value.__context__ is None
    assert len(faults.requests) == 2


def test_a_sign_in_that_is_answered_with_neither_is_refused(failing: Failing, done: Done) -> None:
    client = failing(Faults(httpx.Response(200, json={"token": TOKEN})))

    with pytest.raises(AthenaError) as refused:
        done(client.auth.sign_in.email, email=EMAIL, password=PASSWORD)

    assert refused.value.code == "UNEXPECTED_ANSWER"


@pytest.mark.parametrize("written", ["-1", "٣", "9" * 400, ""])
def test_a_wait_that_cannot_be_read_is_unknown(failing: Failing, done: Done, written: str) -> None:
    limited = httpx.Response(
        429,
        json={"message": "Wait.", "code": "TOO_MANY_REQUESTS"},
        headers=[(b"retry-after", written.encode())],
    )

    with pytest.raises(RateLimitedError) as refused:
        done(failing(Faults(limited)).auth.two_factor.send_otp)

    assert refused.value.retry_after is None


def test_an_error_holds_no_secret_and_leads_to_none(failing: Failing, done: Done) -> None:
    quoting = httpx.LocalProtocolError(f"Illegal header value b'Bearer {TOKEN}'")
    refusal = httpx.Response(401, json={"message": "Wrong.", "code": "INVALID_CODE"})
    for answer in (quoting, httpx.ConnectError("refused"), refusal):
        with pytest.raises(AthenaError) as refused:
            done(failing(Faults(answer)).auth.two_factor.verify_totp, CODE)

        told = "".join(traceback.format_exception(refused.value))
        assert TOKEN not in told + repr(refused.value) + repr(vars(refused.value))
        assert CODE not in told + repr(refused.value) + repr(vars(refused.value))
        assert refused.value.__context__ is None


def test_an_error_travels_between_processes(failing: Failing, done: Done) -> None:
    limited = httpx.Response(
        429, json={"message": "Wait.", "code": "TOO_MANY_REQUESTS"}, headers={"retry-after": "30"}
    )
    with pytest.raises(RateLimitedError) as refused:
        done(failing(Faults(limited)).auth.two_factor.send_otp)

    arrived = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - our own

    assert type(arrived) is RateLimitedError
    assert vars(arrived) == vars(refused.value)


@pytest.fixture
def deserted() -> Iterator[str]:
    """Return the address of a port that is taken and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/api/auth"


def test_a_server_that_is_down_is_named_as_that(deserted: str) -> None:
    with AthenaClient(deserted, retries=1) as client, pytest.raises(NetworkError) as down:
        client.auth.get_session()

    assert down.value.code == "NETWORK_ERROR"


async def test_a_server_that_is_down_is_named_as_that_to_those_who_await(deserted: str) -> None:
    async with AsyncAthenaClient(deserted, retries=1) as client:
        with pytest.raises(NetworkError) as down:
            await client.auth.get_session()

    assert down.value.code == "NETWORK_ERROR"
