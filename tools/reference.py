"""Generate docs/reference from the code, which declares and describes everything public.

`make docs` runs this without arguments; an argument is the folder to write to. A test fails if the committed pages differ from the code.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from endpoint_page import endpoint_page, refusals
from python_names import GROUPS, MADE_BY_TESTING, page_of
from tables import table

from athena_auth import Athena, load_settings
from athena_auth.delivery.message_texts import MESSAGES
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.otp.factor import Otp
from athena_auth.factors.totp.factor import Totp
from athena_auth.kernel.errors import ErrorCode
from athena_auth.server.openapi import openapi_document
from athena_auth.settings import BASE_PATH, PREFIX, Settings
from athena_auth.version import __version__
from athena_auth.wiring.shared_services import known_events

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Generated from the code by tools/reference.py; `make docs` updates it. -->\n\n"
Json = dict[str, Any]

_MOST_NAMED = 3


def pages() -> dict[str, str]:
    """Return every page of the reference, by file name."""
    document = _openapi()
    written = {
        "settings.md": _settings(),
        "endpoints.md": endpoint_page(document),
        "errors.md": _errors(document),
        "events.md": _events(),
        "messages.md": _messages(),
        "cli.md": _cli(),
        "python.md": page_of("athena_auth", "The Python package"),
        "testing.md": page_of("athena_auth.testing", "Testing an application", MADE_BY_TESTING),
        "python-sdk.md": page_of("athena_auth_client", "The Python SDK", GROUPS),
    }
    return {name: NOTE + text.rstrip() + "\n" for name, text in written.items()}


def _openapi() -> Json:
    with TemporaryDirectory() as folder:
        settings = load_settings(database_url=f"sqlite:///{folder}/athena.db", secret="of the reference " * 2)
        server = settings.origin + BASE_PATH
        return openapi_document(Athena(settings).routes, version=__version__, server_url=server)


def _settings() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = ",".join(default) if isinstance(default, tuple) else default
        rows.append(
            (f"`{PREFIX}{name.upper()}`", "" if shown in {None, ""} else f"`{shown}`", field.description)
        )
    return (
        "# Settings\n\nSettings are read from keyword arguments of `load_settings` (in lower case, without `ATHENA_`), then from the environment, "
        "then from `.env` in the working directory.\nUnknown settings are refused.\n\n"
        + table(("Name", "Default", "Meaning"), rows)
    )


def _errors(document: Json) -> str:
    where = {ErrorCode.METHOD_NOT_ALLOWED.value: ["any"]}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for code in refusals(operation):
                where.setdefault(code, []).append(f"`{path}`")
    rows = []
    for code in ErrorCode:
        paths = where.get(code, [])
        endpoints = f"{len(paths)} endpoints" if len(paths) > _MOST_NAMED else ", ".join(paths)
        rows.append((f"`{code}`", str(int(code.status)), code.message, endpoints or "host applications only"))
    return (
        '# Errors\n\nEvery refusal is `{"message": "…", "code": "…"}`. The message is for users and may be more exact than the one '
        "here; the code is for programs and stable.\n429 and 503 have `Retry-After`, in seconds.\n\n"
        + table(("Code", "Status", "Message", "Where"), rows)
    )


def _events() -> str:
    rows = [(f"`{name}`", meaning) for name, meaning in known_events((Totp, Otp, BackupCodes)).items()]
    return (
        "# Events\n\nThe events of the audit log (`athena-auth audit`), which `@athena.on(pattern)` delivers too, as `source:subject:action`.\n\n"
        + table(("Event", "Meaning"), rows)
    )


def _messages() -> str:
    rows = [(f"`{kind.value}`", texts.subject.format(app_name="Athena")) for kind, texts in MESSAGES.items()]
    return (
        "# Messages\n\nThe mails, by `kind`. Codes go by text message instead if the user has confirmed a number.\n\n"
        + table(("Kind", "Subject"), rows)
    )


def _cli() -> str:
    command = [
        sys.executable,
        "-m",
        "typer",
        "athena_auth.cli.main",
        "utils",
        "docs",
        "--name",
        "athena-auth",
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = re.sub(r' ?<span style="[^"]*">(ATHENA_\w+)</span>', r" (`\1`)", text)
    return text.replace("# `athena-auth`", "# The command line", 1)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(exist_ok=True)
    for file_name, page in pages().items():
        (folder / file_name).write_text(page)
