"""Turns the table of settings into command-line options, so that `--help` explains every one."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from athena_auth.settings import PREFIX, Settings

# A secret on a command line is readable by every user of the machine, in the list of processes.
_ENVIRONMENT_ONLY = {"secret", "secrets", "metrics_token"}


def with_settings(*names: str) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Give a command an option for each of these settings (for all, when none is named).

    The command is called with one argument, the mapping of the options that were given.
    """

    def decorate(command: Callable[..., None]) -> Callable[[], None]:
        chosen = names or tuple(name for name in Settings.model_fields if name not in _ENVIRONMENT_ONLY)

        def run(**given: str | None) -> None:
            command({name: value for name, value in given.items() if value is not None})

        annotations = {name: _option(name, Settings.model_fields[name]) for name in chosen}
        keyword = inspect.Parameter.KEYWORD_ONLY
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__annotations__ = annotations
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what typer reads
            [inspect.Parameter(n, keyword, default=None, annotation=a) for n, a in annotations.items()]
        )
        return run

    return decorate


def _option(name: str, field: FieldInfo) -> Any:
    variable = PREFIX + name.upper()
    default = "" if field.default in {None, ()} else f" Default: {field.default}."
    return Annotated[
        str | None,
        typer.Option(
            f"--{name.replace('_', '-')}",
            help=f"{field.description}{default} [dim]{variable}[/dim]",
            show_default=False,
            metavar="VALUE",
        ),
    ]
