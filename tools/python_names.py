"""Generates pages of a Python package's exported names from signatures and docstrings, for `tools/reference.py`."""

import inspect
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, get_overloads

from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from athena_auth.testing import Person, ServerForTests
from athena_auth_client.auth import Auth
from athena_auth_client.sign_in import SignIn, SignUp
from athena_auth_client.two_factor import TwoFactor

GROUPS: dict[str, type] = {
    "client.auth": Auth,
    "client.auth.sign_in": SignIn,
    "client.auth.sign_up": SignUp,
    "client.auth.two_factor": TwoFactor,
}
"""The operations of a client: reached through it, and their classes named by nobody."""
MADE_BY_TESTING: dict[str, type] = {"ServerForTests": ServerForTests, "Person": Person}
"""Classes that are used and not called: what they are made of is their own."""
_SECTION = re.compile(r"^(Args|Raises|Attributes):$")
_INNER = {"sender"}
_AWAITED = re.compile(r"\(self: '[^']+', (.*) -> Coroutine\[Any, Any, (\w+)\]")
# A model's signature is pydantic's, and contains memory addresses of validators. The fields have their own page.
_FIELDS = "Its fields, which are what `load_settings` accepts, are on the page of [settings](settings.md).\n"
_ALIASES = {
    name: inspect.formatannotation(alias)
    for name, alias in {"ASGIApp": ASGIApp, "Receive": Receive, "Send": Send, "Scope": Scope}.items()
}


def page_of(module_name: str, title: str, groups: Mapping[str, type] = MappingProxyType({})) -> str:
    """Return the page of a module: its groups of operations, then the names it exports."""
    module = import_module(module_name)
    parts = [f"# {title}\n\n`{module_name}` exports these names.\n"]
    exported = {name: getattr(module, name) for name in sorted(module.__all__) if not name.startswith("__")}
    for name, value in (dict(groups) | exported).items():
        parts.append(f"## {name}\n")
        parts += _object(name, value, is_made_by_callers=name not in groups)
    return "\n".join(parts)


def _object(name: str, value: Any, *, is_made_by_callers: bool) -> Iterator[str]:
    if not callable(value):
        yield f"`{value!r}`\n"
        return
    is_model = inspect.isclass(value) and issubclass(value, BaseModel)
    if is_made_by_callers and not is_model:
        yield f"```text\n{name}{_signature(value)}\n```\n"
    yield _prose(inspect.getdoc(value) or "")
    if is_model:
        yield _FIELDS
    if inspect.isclass(value):
        for member_name, member in inspect.getmembers(value):
            function = member.fget if isinstance(member, property) else member
            if member_name.startswith("_") or member_name in _INNER or not _is_ours(function):
                continue
            calls = [member_name] if isinstance(member, property) else _calls(member_name, function)
            yield f"### {name}.{member_name}\n"
            yield "```text\n" + "\n".join(calls) + "\n```\n"
            yield _prose(inspect.getdoc(function) or "")


def _is_ours(member: Any) -> bool:
    return inspect.isfunction(member) and member.__module__.startswith("athena_auth")


def _calls(name: str, function: Any) -> list[str]:
    """Return how a function is called, a line for each overload; of the SDK's overloads, those that are awaited."""
    overloads = [_AWAITED.fullmatch(_signature(variant)) for variant in get_overloads(function)]
    waits = "await " if inspect.iscoroutinefunction(function) else ""
    return [f"await {name}({found[1]} -> {found[2]}" for found in overloads if found] or [
        f"{waits}{name}{_signature(function)}"
    ]


def _signature(value: Any) -> str:
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""
    for alias, written in _ALIASES.items():
        text = text.replace(written, alias)
    text = (
        re.sub(r"\b(?<!@)(?:[a-z_]+\.)+([A-Za-z]+)", r"\1", text)
        .replace("(self, ", "(")
        .replace("(self)", "()")
    )
    # How a client sends is a matter of types, which no reader of a signature asks about.
    text = re.sub(r"(\w)\[~S\]", r"\1", text).replace("~S", "S").replace("~T", "T")
    text = re.sub(r"Optional\[(\w+)\]", r"\1 | None", text)
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
