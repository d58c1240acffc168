"""Names that the server and the clients both define are equal. To compare another, add a line here."""

import inspect
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec
import pytest

from athena_auth.accounts.step_up_policy import FRESH
from athena_auth.kernel.errors import ErrorCode
from athena_auth.mfa.model import FactorName
from athena_auth.server.cookies import wire_names
from athena_auth.sessions.rules import lifetime
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.wire.reply import DEFAULT_COOKIE_PREFIX, CookieName
from athena_auth_client import ChallengeEndedError, Method, credentials, endpoints, errors, models
from athena_auth_client.auth import Auth
from athena_auth_client.clients import DEFAULT_BASE_URL
from athena_auth_client.endpoints import Endpoint
from athena_auth_client.operation import OperationGroup
from athena_auth_client.retry_after import RETRY_AFTER_HEADER
from athena_auth_client.second_factor import SecondFactor
from athena_auth_client.sign_in import SignIn
from athena_auth_client.two_factor import TwoFactor
from support.world import World, world_over

FRONT_END = "https://app.example.com"
JAVASCRIPT = Path(__file__).parents[2] / "clients" / "javascript"
MODULE = "\n".join(part.read_text() for part in sorted(JAVASCRIPT.rglob("*.js")))
TYPES = "\n".join(part.read_text() for part in sorted(JAVASCRIPT.rglob("*.d.ts")))
OF_SERVER = {code.value for code in ErrorCode}
OF_PROXIES = {code for code, _ in errors.PROXY_ERRORS.values()}
OF_CLIENTS = {errors.UNEXPECTED_ANSWER, errors.NETWORK_ERROR, errors.TIMEOUT, errors.TOKEN_STORE_FAILED}
MINUTES = {"five": 5, "ten": 10, "fifteen": 15}
# What the SDK leaves out of every result: that it is a success, says the call that returns; where a page goes on, is for
# pages; and a token that is there says whether an enrolment or no session is meant.
NEVER_IN_RESULTS = {"status", "success", "redirect", "url", "enrolmentRequired"}
# And what of one answer, by its path.
NOT_IN_RESULT = {
    # Sentences for people; the call says the same.
    "/delete-user": {"message"},
    "/request-password-reset": {"message"},
    "/verify-email": {"message"},
    "/confirm-email": {"message"},
    # The client's own token, which it keeps, or the session's id once more.
    "/get-session": {"session.token"},
    "/list-sessions": {"token"},
    "/two-factor/verify-backup-code": {"session.token"},
    # Always null.
    "/two-factor/recovery/complete": {"token"},
}


class Pair(NamedTuple):
    what: str
    server: object
    client: object


def strings(text: str) -> set[str]:
    return set(re.findall(r'"([^"]+)"', text))


def union(name: str) -> set[str]:
    """Return the strings of a union in the TypeScript types."""
    [members] = re.findall(rf"^export type {name} =\s([^;]+);", TYPES, re.MULTILINE)
    return strings(members)


def constant(name: str) -> str:
    """Return what a constant of the JavaScript module is defined as."""
    [value] = re.findall(rf"^const {name} = (.*?);$", MODULE, re.MULTILINE | re.DOTALL)
    return str(value)


def minutes_in(text: str) -> set[int]:
    """Return the seconds that `text` tells in minutes."""
    return {MINUTES[word] * 60 for word in re.findall(r"(?:within|last) (\w+)\s+minutes", text)}


def docstrings(*groups: type) -> str:
    functions = (member for group in groups for _, member in inspect.getmembers(group, inspect.isfunction))
    return "\n".join(inspect.getdoc(function) or "" for function in functions)


def cookies() -> Iterator[Pair]:
    sdk = {
        CookieName.SESSION: credentials.SESSION_COOKIE,
        CookieName.CHALLENGE: credentials.CHALLENGE_COOKIE,
        CookieName.TRUSTED_DEVICE: credentials.TRUSTED_DEVICE_COOKIE,
        CookieName.RECOGNIZED_BROWSER: credentials.RECOGNIZED_BROWSER_COOKIE,
    }
    yield Pair("cookie prefix", DEFAULT_COOKIE_PREFIX, credentials.COOKIE_PREFIX)
    for https, start in ((False, ""), (True, credentials.SECURE_PREFIX)):
        named = {name: f"{start}other.{cookie}" for name, cookie in sdk.items()}
        # The pages use the other cookie among themselves.
        of_server = {name: cookie for name, cookie in wire_names("other", https=https).items() if name in sdk}
        yield Pair(f"cookie names, https={https}", of_server, named)


def codes() -> Iterator[Pair]:
    ended = {code for code, kind in errors.CLASSES_BY_CODE.items() if kind is ChallengeEndedError}
    yield Pair("codes in the types", OF_SERVER, union("ServerErrorCode"))
    yield Pair("codes with a class", OF_SERVER & errors.CLASSES_BY_CODE.keys(), set(errors.CLASSES_BY_CODE))
    yield Pair("codes that end a challenge", ended, strings(constant("CHALLENGE_IS_OVER")))
    yield Pair("codes of proxies", OF_PROXIES, strings(constant("OF_PROXIES")))
    # What a browser says of a request, or of a passkey, that its user has given up.
    of_browsers = {"ABORTED", "PASSKEY_CANCELLED", "PASSKEY_FAILED", "PASSKEY_NOT_SUPPORTED"}
    of_javascript = union("ClientErrorCode") - of_browsers
    yield Pair("codes of clients", OF_CLIENTS | (OF_PROXIES - OF_SERVER), of_javascript)
    for status, (code, _) in errors.PROXY_ERRORS.items():
        if code in OF_SERVER:
            yield Pair(f"status of {code}", ErrorCode[code].status, HTTPStatus(status))


def names_and_limits() -> Iterator[Pair]:
    methods = {name.value for name in FactorName}
    yield Pair("methods", methods, {method.value for method in Method})
    yield Pair("methods in the types", methods, union("TwoFactorMethod"))
    default = f"http://localhost:{Settings.model_fields['port'].default}{BASE_PATH}"
    yield Pair("base URL", default, DEFAULT_BASE_URL)
    yield Pair("base URL in JavaScript", default, constant("DEFAULT_BASE_URL").strip('"'))
    yield Pair(
        "credentials modes", union_of_options("credentials"), set(get_args(credentials.CredentialsMode))
    )
    yield Pair("seconds a second factor is fresh", {FRESH}, minutes_in(docstrings(Auth, TwoFactor)))
    yield Pair("the same in the types", {FRESH}, minutes_in(TYPES))
    day = 24 * 60 * 60 * 1000 if "lasts a day at most" in docstrings(SignIn) else None
    yield Pair("milliseconds without remember_me", lifetime(10**9, persistent=False), day)


def union_of_options(field: str) -> set[str]:
    [members] = re.findall(rf"^  {field}\?: ([^;]+);", TYPES, re.MULTILINE)
    return strings(members)


@pytest.mark.parametrize("pair", [*cookies(), *codes(), *names_and_limits()], ids=lambda pair: pair.what)
def test_both_sides_know_the_same(pair: Pair) -> None:
    assert pair.client == pair.server
    assert pair.client


async def test_the_headers_that_clients_read_are_those_the_server_exposes_to_them(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trusted_origins=FRONT_END) as world:
        answer = await (await world.client()).get("/ok", headers={"origin": FRONT_END})

    exposed = set(re.split(r",\s*", answer.headers["access-control-expose-headers"].lower()))
    of_python = {credentials.SESSION_HEADER, RETRY_AFTER_HEADER, errors.REQUEST_ID_HEADER}
    assert of_python == exposed
    # `date` is in every response, by HTTP.
    assert set(re.findall(r'headers\.get\("([\w-]+)"\)', MODULE)) - {"date"} <= exposed


def fields_of(answer: Any) -> set[str]:
    """Return the fields by their names on the wire, those of inner values too."""
    if isinstance(answer, type) and issubclass(answer, msgspec.Struct):
        found: set[str] = set()
        for field in msgspec.structs.fields(answer):
            found |= {field.encode_name, *(f"{field.encode_name}.{name}" for name in fields_of(field.type))}
        return found
    return set().union(*map(fields_of, get_args(answer)))


def endpoints_of_the_sdk() -> list[Endpoint[Any]]:
    return [value for value in vars(endpoints).values() if isinstance(value, Endpoint)]


async def test_every_field_of_a_result_is_one_that_the_server_answers(sqlite_world: World) -> None:
    served = {(route.method, route.path): fields_of(route.answer) for route in sqlite_world.athena.routes}

    for endpoint in endpoints_of_the_sdk():
        known = fields_of(endpoint.result)
        assert known <= served[endpoint.method, endpoint.path], endpoint.path
        # The options of a passkey are for the browser, which knows their fields.
        assert known or endpoint.result in (models.Success, dict[str, Any])


async def test_every_field_that_the_server_answers_is_in_a_result_or_left_out_on_purpose(
    sqlite_world: World,
) -> None:
    served = {
        (str(route.method), route.path): fields_of(route.answer) for route in sqlite_world.athena.routes
    }
    known: dict[tuple[str, str], set[str]] = {}
    for endpoint in endpoints_of_the_sdk():
        if endpoint.result != dict[str, Any]:
            # An answer that differs by the method that was asked for has a result for each.
            known.setdefault((endpoint.method, endpoint.path), set()).update(fields_of(endpoint.result))

    left_out = {route: served[route] - results - NEVER_IN_RESULTS for route, results in known.items()}

    assert {path: fields for (_, path), fields in left_out.items() if fields} == NOT_IN_RESULT


@pytest.mark.parametrize("group", [*OperationGroup.__subclasses__(), *SecondFactor.__subclasses__()])
def test_an_operation_that_returns_nothing_has_nothing_to_return(group: type) -> None:
    for name, function in inspect.getmembers(group, inspect.isfunction):
        if inspect.signature(function).return_annotation is None:
            for called in re.findall(r"\bendpoints\.([A-Z_]+)", inspect.getsource(function)):
                assert getattr(endpoints, called).result is models.Success, name
