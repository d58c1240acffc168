"""Turns the settings into command-line options, so that `--help` describes each one that may be given there.

Every user of the machine can read command lines in the list of processes. A secret setting is therefore never an option,
and an option whose value contains a password is refused.
"""

import inspect
import re
from collections.abc import Callable
from typing import Annotated, Any, get_args

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from athena_auth.settings import PREFIX, Settings, SettingsError

# A password is the part between a colon (not followed by a port number) and an `@`, or a driver's parameter.
_PASSWORD = re.compile(r"//[^@/?]*:(?![0-9]{1,5}(?:[/?]|$))[^@]+@|[?&](?:ssl)?password=[^&]", re.IGNORECASE)


def is_secret(field: FieldInfo) -> bool:
    """Return whether a setting is a secret, by its type."""
    return _mentions_secret(field.annotation)


def _mentions_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_mentions_secret, get_args(annotation)))


ENVIRONMENT_ONLY = tuple(name for name, field in Settings.model_fields.items() if is_secret(field))


def with_settings(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add an option for each named setting to a command; without names, for every setting that is not a secret.

    The command's first parameter receives the settings that were given on the command line.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        chosen = names or tuple(name for name in Settings.model_fields if name not in ENVIRONMENT_ONLY)
        _, *own = inspect.signature(command).parameters.values()
        options = [_parameter(name) for name in chosen]

        def run(**values: Any) -> None:
            given = {name: values.pop(name) for name in chosen}
            command({name: value for name, value in given.items() if value is not None}, **values)

        run.__name__ = command.__name__
        run.__doc__ = inspect.cleandoc(command.__doc__ or "") + ("" if names else _why_not_all())
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *options]}
        run.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]  # what typer reads
        return run

    return decorate


def refuse_passwords(given: dict[str, str]) -> None:
    """Refuse options that contain a password.

    Raises:
        SettingsError: an option contains a password; the text does not repeat it.
    """
    for name, value in given.items():
        if _PASSWORD.search(value):
            raise SettingsError(
                f"{_flag(name)} contains a password, and every user of this machine can read command lines. "
                f"Set {_variable(name)} in the environment or in .env instead."
            )


def _why_not_all() -> str:
    variables = ", ".join(map(_variable, ENVIRONMENT_ONLY))
    return (
        "\n\nSecrets are not options, because every user of the machine can read command lines. Set these in the "
        f"environment or in `.env`: {variables}. A URL that contains a password belongs there too."
    )


def _parameter(name: str) -> inspect.Parameter:
    option = _option(name, Settings.model_fields[name])
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)


def _option(name: str, field: FieldInfo) -> Any:
    default = "" if field.default in {None, ()} else f" Default: {field.default}."
    return Annotated[
        str | None,
        typer.Option(
            _flag(name),
            help=f"{field.description}{default} [dim]{_variable(name)}[/dim]",
            show_default=False,
            metavar="VALUE",
        ),
    ]


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _variable(name: str) -> str:
    return PREFIX + name.upper()
