"""The reference is what the code says, and says something about everything that is public."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from athena_auth.audit.model import EventName
from athena_auth.cli.main import app
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.errors import ErrorCode
from athena_auth.settings import Settings
from support.openapi import Json, content, operations, resolved
from support.world import World

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
GROUPS = [group.typer_instance for group in app.registered_groups if group.typer_instance is not None]
ALL_LINES = re.DOTALL | re.MULTILINE
# What a client meets, not what the code says: tests/clients runs it.
BY_RUNNING = {"better-auth-client.md"}
PACKAGES = ["athena_auth", "athena_auth.testing", "athena_auth_client"]


def page(name: str) -> str:
    return (REFERENCE / name).read_text()


def test_the_pages_are_what_the_code_says(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "reference.py"), str(tmp_path)]
    subprocess.run(command, check=True, timeout=60, env={"PATH": ""})

    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_text() for path in REFERENCE.iterdir() if path.name not in BY_RUNNING}
    assert written == committed, "renew them: make docs"


def test_every_setting_code_event_message_and_command_has_words() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    silent += [code for code in ErrorCode if f"| `{code}` | {int(code.status)} | " not in page("errors.md")]
    silent += [
        event
        for event in EventName
        if not re.search(rf"^\| `{event}` \| \w.*\.", page("events.md"), re.MULTILINE)
    ]
    silent += [kind for kind in MessageKind if f"| `{kind}` | " not in page("messages.md")]
    names = [
        " ".join(filter(None, (group, command.name or str(command.callback and command.callback.__name__))))
        for group, commands in [
            ("", app.registered_commands),
            *((str(group.info.name), group.registered_commands) for group in GROUPS),
        ]
        for command in commands
    ]
    silent += [
        name for name in names if f"## `athena-auth {name.replace('_', '-')}`\n\n" not in page("cli.md")
    ]
    assert silent == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_a_docstring(package: str) -> None:
    module = import_module(package)
    silent = []
    for name in (name for name in module.__all__ if not name.startswith("__")):
        value = getattr(module, name)
        members = inspect.getmembers(value) if inspect.isclass(value) else []
        ours = [
            (f"{name}.{member_name}", member.fget if isinstance(member, property) else member)
            for member_name, member in members
            if not member_name.startswith("_")
        ]
        functions = [
            (label, f)
            for label, f in ours
            if inspect.isfunction(f) and f.__module__.startswith("athena_auth")
        ]
        silent += [
            label for label, member in [(name, value), *functions] if callable(member) and not member.__doc__
        ]
    assert silent == []


def test_the_pages_of_names_show_nothing_of_pydantic_and_no_address_in_memory() -> None:
    shown = page("python.md") + page("python-sdk.md")
    inner = re.findall(r"\bmodel_\w+|\bpydantic\w*|Annotated|Validator|lambda| at 0x", shown)
    assert inner == []


def test_every_field_of_every_body_and_answer_has_a_meaning() -> None:
    rows = re.findall(r"^\| (`\w+`\??) \| (.*?) \| (.*?) \|$", page("endpoints.md"), re.MULTILINE)
    assert len(rows) > 50
    assert [name for name, kind, meaning in rows if not (kind and meaning)] == []


def lines_of(schema: Json, document: Json) -> Iterator[str]:
    """Yield what the page has to show of an answer: how each form of it begins, and the names of its fields."""
    schema = resolved(document, schema)
    if "oneOf" in schema:
        for form in schema["oneOf"]:
            yield from lines_of(form, document)
    elif schema["type"] == "array":
        yield "an array of: "
        yield from lines_of(schema["items"], document)
    elif schema["type"] == "null":
        yield "`null`."
    else:
        yield schema["description"] + "\n\n| Field"
        yield from (f"\n| `{name}`" for name in schema["properties"])


async def test_every_endpoint_shows_every_form_of_its_answer(sqlite_world: World) -> None:
    document = (await (await sqlite_world.client()).get("/openapi.json")).json()
    sections = dict(re.findall(r"^## (\w+ /\S+)\n(.*?)(?=^## |\Z)", page("endpoints.md"), ALL_LINES))

    for path, method, operation in operations(document):
        _, _, answer = sections[f"{method.upper()} {path}"].partition("\nAnswer: ")
        shown = answer.partition("\nRefusals: ")[0]
        expected = list(lines_of(content(operation["responses"]["200"])["schema"], document))
        places = [shown.find(line) for line in expected]
        assert -1 not in places, (path, expected, shown)
        assert shown.count("\n| `") == sum(line.startswith("\n| `") for line in expected), path


def test_every_endpoint_is_there() -> None:
    shown = re.findall(r"^## (GET|POST) (/[\w/.-]+)$", page("endpoints.md"), re.MULTILINE)
    assert len(shown) == len(set(shown)) >= 8
    eight = {
        "enable",
        "disable",
        "get-totp-uri",
        "verify-totp",
        "send-otp",
        "verify-otp",
        "verify-backup-code",
    }
    assert {("POST", f"/two-factor/{name}") for name in {*eight, "generate-backup-codes"}} <= set(shown)
