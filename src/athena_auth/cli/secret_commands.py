"""`athena-auth secrets`: shows what depends on each secret, and lets the server start without a lost one."""

from typing import Any

import msgspec
import typer

from athena_auth.cli.invocation import fail, read_settings, with_store
from athena_auth.cli.options import with_settings
from athena_auth.kernel.clock import SystemClock
from athena_auth.kernel.errors import Unavailable
from athena_auth.secret_checks.model import SecretReport
from athena_auth.secret_checks.service import give_up_secret, report_secrets
from athena_auth.settings import SettingsError
from athena_auth.store.migrate import require_current
from athena_auth.wiring.resources import open_keyring

secrets = typer.Typer(
    name="secrets",
    help="Show what depends on each secret, and start without a lost one.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_KINDS = {
    "totp_secrets": "TOTP secrets",
    "backup_codes": "backup codes",
    "waiting_messages": "waiting messages",
    "sent_codes": "sent codes",
    "signing_keys": "signing keys",
}


@secrets.command()
@with_settings("database_url")
def check(
    given: dict[str, str],
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),  # noqa: FBT001, FBT003
) -> None:
    """Count the values that depend on each secret, and show which secrets can be removed.

    The command fails if the server would not start, because a secret that values depend on is missing or wrong. Run this with
    the server's ATHENA_SECRET or ATHENA_SECRETS.
    """
    settings = read_settings(given)
    try:
        require_current(settings.database_url)
        keyring = open_keyring(settings, makes_one=False)
        now = SystemClock().now()
        reports = with_store(settings, lambda store: report_secrets(store, keyring, now))
    except (SettingsError, Unavailable) as error:
        fail(str(error))
    (_print_json if as_json else _print_table)(reports)
    broken = [str(report.number) for report in reports if report.status.breaks]
    if broken:
        fail(f"the server does not start with these secrets; check number {', '.join(broken)}")


@secrets.command()
@with_settings("database_url")
def forget(
    given: dict[str, str],
    number: int = typer.Argument(min=1, max=65_535, help="The number of the lost secret."),
) -> None:
    """Let the server start without a lost secret.

    Values that were encrypted with it can no longer be read: their authenticator apps and backup codes are refused, and the
    attempts are not counted. Help the account owners with athena-auth reset-factors. If the secret is found, configure it
    again. Run this with the server's ATHENA_SECRET or ATHENA_SECRETS.
    """
    settings = read_settings(given)
    try:
        require_current(settings.database_url)
        keyring = open_keyring(settings, makes_one=False)
        now = SystemClock().now()
        lost = with_store(settings, lambda store: give_up_secret(store, keyring, number, now))
    except (SettingsError, Unavailable) as error:
        fail(str(error))
    if lost is None:
        fail(
            f"secret number {number} is configured; give the new secret another number in ATHENA_SECRETS, then run this again"
        )
    typer.echo(
        f"The server starts without secret number {number}. Values that can no longer be read: {lost}."
    )


def _print_json(reports: list[SecretReport]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "number": report.number,
            "status": report.status.value,
            "canBeRemoved": report.status.can_be_removed,
            **msgspec.to_builtins(report.dependents),
        }
        for report in reports
    ]
    is_ok = not any(report.status.breaks for report in reports)
    typer.echo(msgspec.json.encode({"ok": is_ok, "secrets": rows}))


def _print_table(reports: list[SecretReport]) -> None:
    typer.echo("  ".join(["secret", *_KINDS.values()]))
    for report in reports:
        counts = [f"{getattr(report.dependents, kind):>{len(heading)}}" for kind, heading in _KINDS.items()]
        typer.echo("  ".join([f"{report.number:>6}", *counts, report.status.meaning]))
