"""Write docs/reference from the code: what is public is declared once, and described where it is declared.

`make docs` runs this, without arguments; with one it writes to that folder. A test fails while the pages that are committed are not what the code says.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from python_names import GROUPS, page_of

from athena_auth import Athena, load_settings
from athena_auth.audit.model import Event
from athena_auth.delivery.words import WORDS
from athena_auth.kernel.outcome import ErrorCode
from athena_auth.server.openapi import openapi_document
from athena_auth.settings import BASE_PATH, PREFIX, Settings
from athena_auth.version import __version__

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written from the code by tools/reference.py; `make docs` renews it. -->\n\n"
Json = dict[str, Any]

_WHO = {
    (): "anybody",
    ("", "bearerAuth", "cookieAuth"): "anybody; a session is recognised by its bearer token or cookie",
    ("bearerAuth", "cookieAuth"): "the owner of a session, by bearer token or cookie",
    (
        "bearerAuth",
        "cookieAuth",
        "challengeCookieAuth",
    ): "the owner of a session, or whoever holds the challenge of a sign-in, by bearer token or cookie",
}
_WITHOUT_SCHEMA = (
    "Beside these there are pages and files, each by GET: `/reference` (the API for people, offline), `/openapi.json` (for programs), "
    "`/client.js` (the module for browsers), `/reset-password` (where links in mails lead) and, with `ATHENA_METRICS_TOKEN`, `/metrics`."
)
_MOST_NAMED = 3


def pages() -> dict[str, str]:
    """Return every page of the reference, by file name."""
    document = _openapi()
    written = {
        "settings.md": _settings(),
        "endpoints.md": _endpoints(document),
        "errors.md": _errors(document),
        "events.md": _events(),
        "messages.md": _messages(),
        "cli.md": _cli(),
        "python.md": page_of("athena_auth", "The Python package"),
        "python-sdk.md": page_of("athena_auth.client", "The Python SDK", GROUPS),
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
        "# Settings\n\nFrom keyword arguments of `load_settings` (in small letters, without `ATHENA_`), else from the environment, else from "
        "`.env` in the working directory.\nA name that is not here is refused.\n\n"
        + _table(("Name", "Default", "Meaning"), rows)
    )


def _endpoints(document: Json) -> str:
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    anywhere = _common(operation for _, _, operation in operations)
    with_body = _common(operation for _, _, operation in operations if "requestBody" in operation)
    of_bodies = [code for code in with_body if code not in anywhere]
    introduction = (
        f"# Endpoints\n\nBelow `{BASE_PATH}`. {_WITHOUT_SCHEMA}\n\nAny endpoint may refuse with {_listed(anywhere)}, and one that reads a "
        f"body with {_listed(of_bodies)}; what else it refuses with is said below it.\n"
    )
    parts = [introduction]
    for method, path, operation in operations:
        parts.append("\n".join(_endpoint(method, path, operation, document, told={*anywhere, *with_body})))
    text, described = "\n".join(parts), set[str]()
    values = document["components"]["schemas"]
    # Values may hold others, which are described after them.
    while missing := set(re.findall(r"\[(\w+)\]\(#", text)) - described:
        for name in sorted(missing):
            text += f"\n## {name}\n\n" + "\n".join(_fields("Fields", values[name], document))
        described |= missing
    return text


def _endpoint(method: str, path: str, operation: Json, document: Json, told: set[str]) -> Iterator[str]:
    yield f"## {method} {path}\n"
    yield f"{operation['summary'].rstrip('.')}. {operation['description']}".rstrip() + "\n"
    yield f"Who: {_WHO[tuple(''.join(choice) for choice in operation['security'])]}.\n"
    for parameter in operation.get("parameters", []):
        yield f"- `{parameter['name']}` (query): {_meaning(parameter['schema'], document)}\n"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        yield from _fields("Body", body, document)
    answer = operation["responses"].get("200", {}).get("content", {})
    for content in answer.values():
        yield from _fields("Answer", content["schema"], document)
    own = [code for code in _refusals(operation) if code not in told]
    if own:
        yield f"Refusals: {_listed(own)}\n"


def _refusals(operation: Json) -> list[str]:
    """Return the codes an operation refuses with, by status."""
    return [
        code
        for status, response in sorted(operation["responses"].items())
        if status.startswith(("4", "5"))
        for code in response["content"]["application/json"].get("examples", {})
    ]


def _common(operations: Iterable[Json]) -> list[str]:
    """Return the codes that all of these operations refuse with."""
    first, *others = map(_refusals, operations)
    return [code for code in first if all(code in codes for codes in others)]


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(f"[`{code}`](errors.md)" for code in codes)


def _fields(title: str, schema: Json, document: Json) -> Iterator[str]:
    for choice in _choices(schema, document):
        properties = choice.get("properties", {})
        if not properties:
            yield f"{title}: {_meaning(choice, document)}\n"
            continue
        needed = choice.get("required", [])
        rows = [
            (f"`{name}`" + ("" if name in needed else "?"), _type(field, document), _meaning(field, document))
            for name, field in properties.items()
        ]
        yield f"{title}: {choice.get('description', '')}".rstrip() + "\n"
        yield _table(("Field", "Type", "Meaning"), rows)


def _choices(schema: Json, document: Json) -> Iterator[Json]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        for choice in schema["anyOf"]:
            yield from _choices(choice, document)
    else:
        yield schema


def _type(schema: Json, document: Json) -> str:
    names = []
    for choice in _choices(schema, document):
        if "enum" in choice:
            names += [f"`{value}`" for value in choice["enum"]]
        elif "properties" in choice:
            names.append(f"[{choice['title']}](#{choice['title'].lower()})")
        elif choice.get("type") == "array":
            names.append(f"array of {_type(choice['items'], document)}")
        else:
            names.append(str(choice.get("title") or choice.get("type", "any")))
    return " or ".join(dict.fromkeys(names))


def _meaning(schema: Json, document: Json) -> str:
    if "description" in schema:
        return str(schema["description"])
    if "$ref" in schema:
        return _meaning(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    return next(filter(None, (_meaning(choice, document) for choice in schema.get("anyOf", ()))), "")


def _errors(document: Json) -> str:
    where = {ErrorCode.METHOD_NOT_ALLOWED.value: ["any"]}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for code in _refusals(operation):
                where.setdefault(code, []).append(f"`{path}`")
    rows = []
    for code in ErrorCode:
        paths = where.get(code, [])
        told = f"{len(paths)} endpoints" if len(paths) > _MOST_NAMED else ", ".join(paths)
        rows.append(
            (f"`{code}`", str(int(code.status)), code.message, told or "guards and accounts of a host")
        )
    return (
        '# Errors\n\nEvery refusal is `{"message": "…", "code": "…"}`. The message is for a person and may be more exact than the one '
        "here; the code is for programs and stays.\n429 and 503 carry `Retry-After`, in seconds.\n\n"
        + _table(("Code", "Status", "Message", "Where"), rows)
    )


def _events() -> str:
    rows = [(f"`{event.value}`", event.meaning) for event in Event]
    return (
        "# Events\n\nWhat the trail records (`athena-auth audit`) and `@athena.on(pattern)` tells, as `source:subject:action`.\n\n"
        + _table(("Event", "What has happened"), rows)
    )


def _messages() -> str:
    rows = [(f"`{kind.value}`", words.subject.format(app_name="Athena")) for kind, words in WORDS.items()]
    return (
        "# Messages\n\nWhat is mailed, by `kind`. Codes go by text message instead where their owner has confirmed a number.\n\n"
        + _table(("Kind", "Subject"), rows)
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
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    text = re.sub(r' ?<span style="[^"]*">(ATHENA_\w+)</span>', r" (`\1`)", text)
    return text.replace("# `athena-auth`", "# The command line", 1)


def _table(header: Iterable[str], rows: Iterable[Iterable[str | None]]) -> str:
    every = [
        tuple(header),
        *[tuple((cell or "").replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows],
    ]
    lines = [f"| {' | '.join(row)} |" for row in every]
    return "\n".join([lines[0], "|" + "---|" * len(every[0]), *lines[1:]]) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(exist_ok=True)
    for file_name, page in pages().items():
        (folder / file_name).write_text(page)
