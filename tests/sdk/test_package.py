"""The SDK as a package: which endpoints it covers, and that its types are correct."""

import re
from pathlib import Path

from mypy import api as mypy

import athena_auth_client
from athena_auth_client import endpoints
from athena_auth_client.endpoints import Endpoint
from support.world import World

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "python" / "two_factor.py"
GUIDE = ROOT / "docs" / "python-sdk.md"
USAGE = Path(__file__).with_name("usage.py")
# A line for each mistake, and what a type checker says of it.
MISUSE = """\
from athena_auth_client import AsyncAthenaClient, AthenaClient

async def misuse(blocking: AthenaClient, awaiting: AsyncAthenaClient) -> None:
    await blocking.auth.get_session()  # misc
    awaiting.auth.two_factor.status().enabled  # attr-defined
    blocking.auth.two_factor.verify_totp(123456)  # arg-type
    blocking.auth.two_factor.verify_totp("123456", trustDevice=True)  # call-arg
    blocking.auth.sign_in.email("ada@example.com", "x")  # call-arg
    blocking.auth.two_factor.enable("x", method="carrier-pigeon")  # call-overload
    blocking.auth.two_factor.enable("x", method="otp").totp_uri  # attr-defined
    blocking.auth.two_factor.enable("x", method="otp", issuer="Engines")  # call-overload
    blocking.auth.two_factor.enable("x", phone_number="+491511")  # call-overload
    awaiting.auth.two_factor.enable("x").totp_uri  # attr-defined
    blocking.auth.sign_in.email(email="ada@example.com", password="x").verify_totp("1")  # union-attr
    AthenaClient(credentials="carrier-pigeon")  # arg-type
    AthenaClient(colour="red")  # call-arg
"""
# What says that the server is there is for those who run it.
# For load balancers, proxies and browsers that follow a link; for Better Auth's clients.
# The keys are for services, which read them with a library for tokens.
NOT_OF_THE_SDK = {
    "/ok",
    "/ready",
    "/check-session",
    "/forward-auth",
    "/reset-password/{token}",
    "/forget-password",
    "/list-accounts",
    # Browsers sign in with a passkey: the response is bound to a cookie of the one that asked.
    "/passkey/generate-authenticate-options",
    "/passkey/verify-authentication",
    "/jwks",
    "/.well-known/jwks.json",
}
# Of two routes that do the same.
OTHER_METHODS = {("POST", "/get-session"), ("POST", "/token"), ("GET", "/passkey/generate-register-options")}


def test_all_that_is_exported_exists_and_is_documented() -> None:
    names = athena_auth_client.__all__

    assert sorted(names) == names
    assert [name for name in names if not getattr(athena_auth_client, name).__doc__] == []


async def test_every_route_of_the_server_is_an_operation(sqlite_world: World) -> None:
    described = {found for found in vars(endpoints).values() if isinstance(found, Endpoint)}

    routes = {(route.method, route.path) for route in sqlite_world.athena.routes}
    served = {(method, path) for method, path in routes if path not in NOT_OF_THE_SDK}
    assert {(endpoint.method, endpoint.path) for endpoint in described} == served - OTHER_METHODS


def test_a_type_checker_knows_each_clients_calls(tmp_path: Path) -> None:
    misuse = tmp_path / "misuse.py"
    misuse.write_text(MISUSE)
    guide = tmp_path / "guide.py"
    guide.write_text(
        "\n".join(re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE))
    )

    # As the program of somebody else: no configuration of ours.
    options = ["--strict", "--config-file=", "--no-error-summary", f"--cache-dir={tmp_path}"]
    report, trouble, _ = mypy.run([*options, str(USAGE), str(EXAMPLE), str(guide), str(misuse)])

    assert trouble == ""
    found = [
        (int(line), code)
        for line, code in re.findall(r":(\d+): error: .*\[([a-z-]+)\]$", report, re.MULTILINE)
    ]
    lines = enumerate(MISUSE.splitlines(), start=1)
    assert found == [(number, text.partition("  # ")[2]) for number, text in lines if "  # " in text], report
    assert {line.partition(":")[0] for line in report.splitlines()} == {str(misuse)}, report
