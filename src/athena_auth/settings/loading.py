"""Reads the settings: keyword arguments, else the environment, else `.env` in the working directory."""

import difflib
import os
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError

from athena_auth.settings.explanations import explain
from athena_auth.settings.injected import is_injected
from athena_auth.settings.model import ENV_FILE, PREFIX, Settings, SettingsError

RENAMED = {"ATHENA_DISABLE_REQUIRES": "ATHENA_STEP_UP"}
# The public page's scripts keep the server's address and a token under these names, in the same shells.
_OF_CLIENTS = ("ATHENA_AUTH_BASE_URL", "ATHENA_AUTH_TOKEN")


def load_settings(**given: object) -> Settings:
    """Read the settings; keyword arguments win over the environment, the environment over `.env`.

    Raises:
        SettingsError: one is unknown, missing or wrong, or `.env` cannot be read.
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
        raise SettingsError(f"{Path(ENV_FILE).absolute()} is not a text in UTF-8; save it as one.") from None


def _refuse_unknown_names(variables: dict[str, str]) -> None:
    """A misspelt setting must not be a silently missing one: `ATHENA_SECRETT` would serve with a made-up secret."""
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
