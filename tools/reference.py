"""Write docs/reference from the code: what is public is declared once, and described where it is declared.

`make docs` runs this, without arguments; with one it writes to that folder. A test fails while the pages that are committed are not what the code says.
"""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from athena_auth import Athena, load_settings
from athena_auth.audit.model import Event
from athena_auth.client.auth import Auth
from athena_auth.client.sign_in import SignIn, SignUp
from athena_auth.client.two_factor import TwoFactor
from athena_auth.delivery.words import WORDS
from athena_auth.kernel.outcome import ErrorCode
from athena_auth.server.openapi import openapi_document
from athena_auth.settings import BASE_PATH, PREFIX, Settings
from athena_auth.version import __version__

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written from the code by tools/reference.py; `make docs` renews it. -->\n\n"
_SECTION = re.compile(r"^(Args|Raises|Attributes):$")
Json = dict[str, Any]

# Reached through a client, and named by nobody.
_GROUPS: dict[str, type] = {
    "client.auth": Auth,
    "client.auth.sign_in": SignIn,
    "client.auth.sign_up": SignUp,
    "client.auth.two_factor": TwoFactor,
}
_WHO = {
    "bearerAuth": "somebody with a bearer token",
    "cookieAuth": "with the session's cookie",
    "challengeCookieAuth": "with the challenge's",
}
_INNER = {"sender"}
_MOST_NAMED = 3
_ALIASES = {
    name: inspect.formatannotation(alias)
    for name, alias in {"ASGIApp": ASGIApp, "Receive": Receive, "Send": Send, "Scope": Scope}.items()
}


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
        "python.md": _python("athena_auth", "The Python package", {}),
        "python-sdk.md": _python("athena_auth.client", "The Python SDK", _GROUPS),
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
    parts = [f"# Endpoints\n\nBelow `{BASE_PATH}`. The same for programs: `{BASE_PATH}/openapi.json`.\n"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts.append("\n".join(_endpoint(method.upper(), path, operation, document)))
    text, described = "\n".join(parts), set[str]()
    values = document["components"]["schemas"]
    # Values may hold others, which are described after them.
    while missing := set(re.findall(r"\[(\w+)\]\(#", text)) - described:
        for name in sorted(missing):
            text += f"\n## {name}\n\n" + "\n".join(_fields("Fields", values[name], document))
        described |= missing
    return text


def _endpoint(method: str, path: str, operation: Json, document: Json) -> Iterator[str]:
    yield f"## {method} {path}\n"
    yield operation["summary"].rstrip(".") + ". " + operation.get("description", "") + "\n"
    who = [_WHO[scheme] for choice in operation.get("security", []) for scheme in choice]
    yield f"Who: {', or '.join(who) or 'anybody'}.\n"
    for parameter in operation.get("parameters", []):
        yield f"- `{parameter['name']}` (query): {_meaning(parameter['schema'], document)}\n"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        yield from _fields("Body", body, document)
    answer = operation["responses"].get("200", {}).get("content", {})
    for content in answer.values():
        yield from _fields("Answer", content["schema"], document)
    codes = [
        code
        for status, response in sorted(operation["responses"].items())
        if status.startswith(("4", "5"))
        for code in response["content"]["application/json"].get("examples", {})
    ]
    yield "Refusals: " + ", ".join(f"[`{code}`](errors.md)" for code in codes) + "\n"


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
        yield f"{title}: {choice.get('description', '')}\n"
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
    found = (choice.get("description", "") for choice in _choices(schema, document))
    return next((text for text in found if text), "")


def _errors(document: Json) -> str:
    where: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for response in operation["responses"].values():
                for code in response.get("content", {}).get("application/json", {}).get("examples", {}):
                    where.setdefault(code, []).append(path)
    rows = []
    for code in ErrorCode:
        paths = where.get(code, [])
        told = f"{len(paths)} endpoints" if len(paths) > _MOST_NAMED else ", ".join(f"`{p}`" for p in paths)
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


def _python(module_name: str, title: str, more: dict[str, type]) -> str:
    module = import_module(module_name)
    parts = [f"# {title}\n\n`{module_name}` exports these names.\n"]
    exported = {name: getattr(module, name) for name in sorted(module.__all__) if not name.startswith("__")}
    for name, value in (more | exported).items():
        parts.append(f"## {name}\n")
        parts += _object(name, value)
    return "\n".join(parts)


def _object(name: str, value: Any) -> Iterator[str]:
    if not callable(value):
        yield f"`{value!r}`\n"
        return
    yield f"```text\n{name}{_signature(value)}\n```\n"
    yield _prose(inspect.getdoc(value) or "")
    if inspect.isclass(value):
        for member_name, member in inspect.getmembers(value):
            function = member.fget if isinstance(member, property) else member
            if member_name.startswith("_") or member_name in _INNER or not _is_ours(function):
                continue
            shown = "" if isinstance(member, property) else _signature(function)
            waits = "await " if inspect.iscoroutinefunction(function) else ""
            yield f"### {name}.{member_name}\n"
            yield f"```text\n{waits}{member_name}{shown}\n```\n"
            yield _prose(inspect.getdoc(function) or "")


def _is_ours(member: Any) -> bool:
    return inspect.isfunction(member) and member.__module__.startswith("athena_auth")


def _signature(value: Any) -> str:
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""
    for alias, written in _ALIASES.items():
        text = text.replace(written, alias)
    text = re.sub(r"\b(?:[a-z_]+\.)+([A-Za-z]+)", r"\1", text).replace("(self, ", "(").replace("(self)", "()")
    return re.sub(r"<class '([^']+)'>|<([\w. ]+) at 0x[0-9a-f]+>", r"\1\2", text)


def _prose(docstring: str) -> str:
    """Return a docstring as Markdown: its sections become lists."""
    lines: list[str] = []
    in_section = False
    for line in docstring.splitlines():
        heading = _SECTION.match(line)
        if heading:
            in_section = True
            lines.append(f"*{heading[1]}*\n")
        elif in_section and re.match(r"^    \S", line):
            lines.append("- " + re.sub(r"^(\w+):", r"`\1`:", line.strip()))
        elif in_section and line.strip():
            lines.append(f"  {line.strip()}")
        else:
            in_section = in_section and not line.strip()
            lines.append(line)
    return "\n".join(lines) + "\n"


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
