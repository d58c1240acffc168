"""The TypeScript compiler accepts the client, programs that use it, and the examples of the reference page."""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import httpx
import pyotp
import pytest

from athena_auth import __version__
from support.node import CLIENT, node, tsc, type_check
from support.process import Server

HERE = Path(__file__).parent / "javascript"
PAGE = HERE / "page"
MODULES = ("--module", "nodenext", "--lib", "es2022,dom")
BUNDLED = ("--module", "esnext", "--moduleResolution", "bundler")

# The page's TypeScript lines, to the letter.
LINES = """\
import { client } from "./auth-client"

await client.auth.twoFactor.getTotpUri({ password: "current-password" })
await client.auth.twoFactor.verifyTotp({ code: "123456" })

await client.auth.twoFactor.sendOtp()
await client.auth.twoFactor.verifyOtp({ code: "123456" })

await client.auth.twoFactor.verifyBackupCode({ code: "backup-code-value" })
await client.auth.twoFactor.generateBackupCodes({
  password: "current-password",
})

await client.auth.twoFactor.enable({ password: "current-password" })
await client.auth.twoFactor.disable({ password: "current-password" })
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the folder of somebody who put the client beside a program of hers."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "package.json").write_text('{"type": "module"}')
    copy_client(("auth-client.js", "auth-client.d.ts", "auth-client"), folder)
    return folder


def copy_client(names: Iterable[str], folder: Path) -> None:
    for name in names:
        if (CLIENT / name).is_dir():
            shutil.copytree(CLIENT / name, folder / name)
        else:
            shutil.copy(CLIENT / name, folder)


def test_the_client_is_what_its_types_say() -> None:
    parts = sorted(CLIENT.glob("auth-client/*.js"))
    type_check(CLIENT, "--allowJs", "--checkJs", *MODULES, "auth-client.js", *map(str, parts))


def test_programs_with_mistakes_do_not_compile() -> None:
    type_check(HERE, *MODULES, "types.ts")


def test_the_compiler_would_say_so(tmp_path: Path) -> None:
    wrong = f'import {{ client }} from "{CLIENT / "auth-client.js"}";\nclient.auth.twoFactor.sendCode();\n'
    (tmp_path / "wrong.ts").write_text(wrong)

    checked = tsc(tmp_path, *MODULES, "wrong.ts")

    assert checked.returncode != 0
    assert "sendCode" in checked.stdout


def test_the_package_brings_the_client_and_nothing_else(project: Path) -> None:
    package = json.loads((CLIENT / "package.json").read_text())
    installed = project / "node_modules" / package["name"]
    installed.mkdir(parents=True)
    copy_client(("package.json", *package["files"]), installed)
    source = project / "program.ts"
    source.write_text(
        'import { createAuthClient } from "athena-auth-client";\n'
        'console.log(typeof createAuthClient({ baseURL: "http://localhost:3001/api/auth" }).auth.signIn.email);\n'
    )

    type_check(project, *MODULES, source.name)

    assert node(source, folder=project).stdout == "function\n"
    assert package["version"] == __version__
    assert not {"dependencies", "peerDependencies", "scripts"} & set(package)
    sources = "".join(source.read_text() for source in CLIENT.rglob("*.js"))
    assert re.findall(r'(?:\bfrom |\bimport\()"(?!\.)', sources) == [], "nothing of another package"


@pytest.mark.parametrize(
    ("ending", "how", "compiled"),
    [("", ("--import", PAGE / "bundler.mjs"), BUNDLED), (".js", (), MODULES)],
    ids=["as bundlers import", "as Node imports"],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_pages_lines_compile_and_run_unchanged(
    server: Server, project: Path, ending: str, how: tuple[str | Path, ...], compiled: tuple[str, ...]
) -> None:
    program = project / "two-factor.ts"
    program.write_text(LINES.replace('"./auth-client"', f'"./auth-client{ending}"'))
    type_check(project, *compiled, program.name)
    token = somebody_with_totp(server, password="current-password")

    ran = node(
        *how,
        *("--import", PAGE / "watch.mjs", program),
        folder=project,
        environment={"ATHENA_AUTH_BASE_URL": server.base_url, "ATHENA_AUTH_TOKEN": token},
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    # The codes on the page are nobody's; all else is as it should be.
    assert ran.stdout.replace("/api/auth/two-factor", "").splitlines() == [
        "POST /get-totp-uri 200",
        "POST /verify-totp 401 INVALID_CODE",
        "POST /send-otp 200",
        "POST /verify-otp 401 INVALID_CODE",
        "POST /verify-backup-code 401 INVALID_BACKUP_CODE",
        "POST /generate-backup-codes 200",
        "POST /enable 200",
        "POST /disable 200",
    ]


def somebody_with_totp(server: Server, *, password: str) -> str:
    """Sign somebody up who turns her authenticator app on; return her session's token."""
    with httpx.Client(base_url=server.base_url) as http:
        body = {"name": "Ada", "email": "ada@example.com", "password": password}
        token: str = http.post("/sign-up/email", json=body).json()["token"]
        http.headers["authorization"] = f"Bearer {token}"
        uri = http.post("/two-factor/enable", json={"password": password}).json()["totpURI"]
        phone = pyotp.parse_uri(uri)
        assert isinstance(phone, pyotp.TOTP)
        http.post("/two-factor/verify-totp", json={"code": phone.now()}).raise_for_status()
    return token
