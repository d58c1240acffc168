"""Reads the settings from keyword arguments, the environment and `.env` in the working directory."""

import difflib
import os
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from athena_auth.settings.injected import is_injected
from athena_auth.settings.model import Settings, SettingsError
from athena_auth.settings.sources import ENV_FILE, PREFIX

_NOT_WHOLE = frozenset({"int_parsing", "int_parsing_size", "int_from_float", "int_type"})
_IN_SECONDS = ("_ttl", "_period", "_timeout", "_max_age")


def explain(error: ErrorDetails, name: str, example: object) -> str:
    """Return the message for an error of the field `name`; `example` is an accepted value."""
    context = error.get("ctx", {})
    match error["type"]:
        case "less_than_equal":
            return f"the largest value accepted is {context['le']}"
        case "greater_than_equal":
            return f"the smallest value accepted is {context['ge']}"
        case kind if kind in _NOT_WHOLE:
            what = "whole seconds" if name.endswith(_IN_SECONDS) else "a whole number"
            return what if example is None else f"{what}, for instance {example}"
        case "literal_error" | "enum":
            return f"one of {context['expected']}"
        case _:
            text = error["msg"].removeprefix("Value error, ")
            return f"{text[0].lower()}{text[1:]}"


RENAMED = {"ATHENA_DISABLE_REQUIRES": "ATHENA_STEP_UP"}
# Scripts on the public page use these names for the server's URL and a token, often in the same shell.
_OF_CLIENTS = ("ATHENA_AUTH_BASE_URL", "ATHENA_AUTH_TOKEN")


def load_settings(**given: object) -> Settings:
    """Read the settings. Keyword arguments override the environment, which overrides `.env`.

    Raises:
        SettingsError: a setting is unknown, missing or invalid, or `.env` cannot be read.
    """
    _refuse_unknown_names({**_env_file(), **os.environ})
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def _env_file() -> dict[str, str]:
    try:
        return {name: value or "" for name, value in dotenv_values(ENV_FILE).items()}
    except OSError as error:
        raise SettingsError(f"{Path(ENV_FILE).absolute()} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(
            f"{Path(ENV_FILE).absolute()} is not a UTF-8 text file; save it in UTF-8."
        ) from None


def _refuse_unknown_names(variables: dict[str, str]) -> None:
    """Refuse misspelt settings: with `ATHENA_SECRETT` ignored, the server would use a generated secret."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(name for name in variables if name.upper().startswith(PREFIX)):
        upper = name.upper()
        if upper in known or name.startswith(_OF_CLIENTS) or is_injected(upper, variables[name]):
            continue
        if upper in RENAMED:
            raise SettingsError(f"{name} was replaced by {RENAMED[upper]}; see its description")
        close = difflib.get_close_matches(upper, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise SettingsError(f"There is no setting {name}{hint}")


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    if not first["loc"]:
        text = first["msg"].removeprefix("Value error, ")
        return f"{text[0].upper()}{text[1:]}."
    name = str(first["loc"][0])
    return f"{PREFIX}{name.upper()}: {explain(first, name, Settings.model_fields[name].default)}."
