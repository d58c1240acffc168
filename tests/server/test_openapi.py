"""The OpenAPI document agrees with the public reference page, the route table and the running server."""

from typing import Any, NamedTuple

import msgspec
import pytest
from openapi_spec_validator import validate

from athena_auth.kernel.errors import ErrorCode
from athena_auth.server.openapi import openapi_document
from athena_auth.settings import BASE_PATH, load_settings
from athena_auth.version import __version__
from athena_auth.wire.route import Route
from athena_auth.wiring import build
from support.openapi import Json, check, content, error_codes, operations, resolved
from support.world import ORIGIN, SECRET

USER = {
    "id": "string",
    "email": "user@example.com",
    "emailVerified": True,
    "name": "string",
    "image": "http://example.com",
    "createdAt": "2019-08-24T14:15:22Z",
    "updatedAt": "2019-08-24T14:15:22Z",
}
SESSION = {
    "token": "string",
    "userId": "string",
    "createdAt": "2019-08-24T14:15:22Z",
    "expiresAt": "2019-08-24T14:15:22Z",
}


class OnThePage(NamedTuple):
    """What the public reference page says of an endpoint: fields it types as strings, and its example answer."""

    required: frozenset[str]
    optional: frozenset[str]
    answer: Json


def on_the_page(required: str, optional: str, answer: Json) -> OnThePage:
    return OnThePage(frozenset(required.split()), frozenset(optional.split()), answer)


PAGE = {
    "/two-factor/get-totp-uri": on_the_page("password", "", {"totpURI": "string"}),
    "/two-factor/verify-totp": on_the_page("code", "trustDevice", {"status": True}),
    "/two-factor/send-otp": on_the_page("", "", {"status": True}),
    "/two-factor/verify-otp": on_the_page("code", "trustDevice", {"token": "string", "user": USER}),
    "/two-factor/verify-backup-code": on_the_page(
        "code",
        "disableSession trustDevice",
        {"user": {**USER, "twoFactorEnabled": True}, "session": SESSION},
    ),
    "/two-factor/generate-backup-codes": on_the_page(
        "password", "", {"status": True, "backupCodes": ["string"]}
    ),
    "/two-factor/enable": on_the_page("password", "issuer", {"totpURI": "string", "backupCodes": ["string"]}),
    "/two-factor/disable": on_the_page("password", "", {"status": True}),
}
STATUSES = {"200", "400", "401", "403", "404", "429", "500"}
FLAGS = {"trustDevice", "disableSession"}


@pytest.fixture
def routes(sqlite_url: str) -> tuple[Route, ...]:
    return build(load_settings(secret=SECRET, database_url=sqlite_url)).routes


@pytest.fixture
def document(routes: tuple[Route, ...]) -> Json:
    return openapi_document(routes, version=__version__, server_url=ORIGIN + BASE_PATH)


def check_fields(document: Json, schema: Json, value: Any) -> None:
    """Raise unless the schema knows every field of the value, however deep; it may know more."""
    schema = resolved(document, schema)
    if not isinstance(value, dict):
        check(document, schema, value)
        return
    for name, inner in value.items():
        check_fields(document, schema["properties"][name], inner)


def test_the_document_is_valid_openapi(document: Json) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1.")


def test_tags_and_the_pages_endpoints_stand_in_reading_order_however_the_table_does(
    routes: tuple[Route, ...],
) -> None:
    document = openapi_document(reversed(routes), version="1", server_url=ORIGIN)

    assert [tag["name"] for tag in document["tags"]] == [
        "two-factor",
        "sign-in",
        "passkey",
        "recovery",
        "sessions",
        "accounts",
        "tokens",
    ]
    assert list(document["paths"])[:8] == list(PAGE)


@pytest.mark.parametrize("path", PAGE)
def test_a_body_has_the_pages_fields_required_where_the_page_says_so(document: Json, path: str) -> None:
    schema = resolved(document, content(document["paths"][path]["post"]["requestBody"])["schema"])
    page = PAGE[path]

    assert set(schema["required"]) == page.required
    assert page.optional <= schema["properties"].keys()
    for name in page.required | page.optional:
        check(document, schema["properties"][name], "true" if name in FLAGS else "string")


@pytest.mark.parametrize("path", PAGE)
def test_an_answer_has_the_pages_fields(document: Json, path: str) -> None:
    schema = content(document["paths"][path]["post"]["responses"]["200"])["schema"]

    check_fields(document, schema, PAGE[path].answer)


@pytest.mark.parametrize("path", PAGE)
def test_an_endpoint_documents_the_seven_answers_of_the_page(document: Json, path: str) -> None:
    responses = document["paths"][path]["post"]["responses"]

    assert responses.keys() >= STATUSES
    for status in STATUSES - {"200"}:
        error = resolved(document, content(responses[status])["schema"])
        assert {"message", "code"} == set(error["required"])


def test_every_route_is_documented_with_its_summary_and_every_refusal(
    document: Json, routes: tuple[Route, ...]
) -> None:
    documented = {(path, method.upper()): operation for path, method, operation in operations(document)}

    assert documented.keys() == {(route.path, route.method) for route in routes}
    for route in routes:
        operation = documented[route.path, route.method]
        assert operation["summary"] == route.summary
        for code in route.errors:
            status = dict(route.statuses).get(code, code.status)
            assert code in error_codes(document, operation, str(status.value))


MAY_BE_401 = {"INVALID_TOKEN", "PASSKEY_NOT_FOUND", "STEP_UP_REQUIRED", "ENROLMENT_REQUIRED", "SIGN_IN_AGAIN"}
"""At `/verify-email`, at the sign-in with a passkey, and at `/forward-auth`, whose callers know this status only."""


def test_an_error_example_holds_the_codes_own_message_under_its_own_status(document: Json) -> None:
    for _path, _method, operation in operations(document):
        for status, response in operation["responses"].items():
            if status == "200":
                continue
            check_error_examples(document, status, content(response))


def check_error_examples(document: Json, status: str, described: Json) -> None:
    for name, reference in described.get("examples", {}).items():
        value = resolved(document, reference)["value"]
        assert value["message"] == ErrorCode[name].message
        own = str(ErrorCode[name].status.value)
        assert status == own or (status == "401" and name in MAY_BE_401), name
        check(document, described["schema"], value)


def test_every_example_satisfies_its_own_schema(document: Json) -> None:
    for _path, _method, operation in operations(document):
        success = content(operation["responses"]["200"])
        for example in success["examples"].values():
            check(document, success["schema"], example["value"])
        if "requestBody" in operation:
            body = content(operation["requestBody"])
            check(document, body["schema"], body["example"])


def test_an_example_body_shows_the_required_fields_by_the_fields_own_examples(document: Json) -> None:
    body = document["paths"]["/two-factor/verify-totp"]["post"]["requestBody"]

    assert content(body)["example"] == {"code": "123456"}


def test_an_operation_id_is_the_path_in_camel_case_and_unique(document: Json) -> None:
    names = [operation["operationId"] for _path, _method, operation in operations(document)]

    assert "twoFactorVerifyTotp" in names
    assert "signInEmail" in names
    assert len(set(names)) == len(names)


def test_a_sign_in_answers_with_a_session_a_challenge_or_an_enrolment_token(document: Json) -> None:
    schema = content(document["paths"]["/sign-in/email"]["post"]["responses"]["200"])["schema"]

    names = [reference["$ref"].rpartition("/")[2] for reference in schema["oneOf"]]
    assert names == ["SignInAnswer", "SecondFactorDueAnswer", "EnrolmentRequiredAnswer"]


def test_an_answer_field_with_a_default_is_always_there_and_an_unset_one_is_not(document: Json) -> None:
    """A default in a Python type means "may be left out" in a body, but "is always sent" in an answer."""
    schemas = document["components"]["schemas"]

    assert "status" in schemas["VerifyTotpAnswer"]["required"]
    assert not {"totpURI", "qrCode"} & set(schemas["EnableAnswer"]["required"])
    assert schemas["TotpUriAnswer"]["required"] == ["totpURI"]
    assert "method" not in schemas["EnableBody"]["required"]


def test_a_type_that_is_body_and_answer_at_once_is_refused(routes: tuple[Route, ...]) -> None:
    """Its defaults would mean "may be left out" and "is always sent" under one name."""
    enable = next(route for route in routes if route.path == "/two-factor/enable")
    confused = msgspec.structs.replace(enable, answer=enable.body)

    with pytest.raises(ValueError, match="EnableBody is the type of a request and of a response body"):
        openapi_document([confused], version="1", server_url=ORIGIN)


def test_cookies_are_documented_by_the_names_they_have_on_https(routes: tuple[Route, ...]) -> None:
    document = openapi_document(routes, version="1", server_url="https://auth.example.com/api/auth")

    schemes = document["components"]["securitySchemes"]
    assert schemes["cookieAuth"]["name"] == "__Secure-athena-auth.session_token"
    assert schemes["challengeCookieAuth"]["name"] == "__Secure-athena-auth.two_factor"


def test_answers_that_may_be_retried_say_when(document: Json) -> None:
    for _path, _method, operation in operations(document):
        assert "Retry-After" in operation["responses"]["429"]["headers"]
        assert "Retry-After" in operation["responses"]["503"]["headers"]
        assert all("X-Request-Id" in response["headers"] for response in operation["responses"].values())
