"""`athena-auth require-second-factor` and `athena-auth accounts`: turning the enforcement policy on, and watching its effect."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from athena_auth.accounts.enforcement import sql
from athena_auth.accounts.enforcement.sql import WithoutFactor
from athena_auth.cli import operators
from athena_auth.cli.invocation import fail, read_settings, with_store
from athena_auth.cli.options import with_settings
from athena_auth.delivery.one_line import one_line
from athena_auth.host.errors import RefusedError
from athena_auth.kernel.clock import SystemClock
from athena_auth.kernel.errors import Unavailable
from athena_auth.settings import Settings, SettingsError
from athena_auth.store.transaction import Store
from athena_auth.wire.fields import timestamp

_BATCH = 1000
_LONGEST_EMAIL = 320

_Email = Annotated[str | None, typer.Argument(help="The account's address.")]
_All = Annotated[
    bool, typer.Option("--all", help="Begin the grace period of every account without a second factor.")
]
_By = Annotated[
    str | None,
    typer.Option(
        help="The deadline: a date or a time in UTC, such as 2027-03-01 or 2027-03-01T12:00, or now; by default after "
        "ATHENA_REQUIRE_GRACE days."
    ),
]
_Off = Annotated[bool, typer.Option("--off", help="Exempt the account from the policy.")]
_Reason = Annotated[str | None, typer.Option(help="Why, for the audit log.")]
_PrintMail = Annotated[
    bool,
    typer.Option("--print-mail", help="Print the mail to the owner here if ATHENA_MAIL_URL is console:."),
]
_WithoutFactor = Annotated[
    bool,
    typer.Option(
        "--without-second-factor", help="Only accounts that have no second factor of those in ATHENA_METHODS."
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


class AccountLine(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An account without a second factor as JSON."""

    email: str
    user_id: str
    due_at: str | None = None
    """Without it, no deadline has been stored."""
    exempt: bool = False
    not_offered: bool = False
    """Whether it has second factors, but none of those in ATHENA_METHODS."""


@with_settings("database_url", "require_second_factor", "require_grace")
def require_second_factor(
    given: dict[str, str],
    email: _Email = None,
    by: _By = None,
    reason: _Reason = None,
    *,
    every: _All = False,
    off: _Off = False,
    print_mail: _PrintMail = False,
) -> None:
    """Set the deadline by which an account needs a second factor, or begin the grace period of all accounts.

    After its deadline, a password only enrols a second factor. The owners are notified by mail. Run this with the server's
    ATHENA_ settings, or no mail is sent.
    """
    settings = read_settings(given)
    if every == (email is not None):
        fail("give either an address or --all")
    if [by is not None, off, every].count(True) > 1:
        fail("--by, --off and --all exclude each other")
    if every and reason is not None:
        fail("--reason is for one account, not for --all")
    demand = None if email is None else operators.DeadlineRequest(email, _moment(by), reason, exempts=off)
    try:
        typer.echo(_require(settings, demand, prints_mail=print_mail))
    except (SettingsError, Unavailable, RefusedError) as error:
        fail(str(error))


def _moment(by: str | None) -> datetime | None:
    if by is None:
        return None
    if by == "now":
        return datetime.fromtimestamp(SystemClock().now() / 1000, UTC)
    try:
        given = datetime.fromisoformat(by)
    except ValueError:
        fail("--by must be a date such as 2027-03-01, a time such as 2027-03-01T12:00, or now")
    return given if given.tzinfo is not None else given.replace(tzinfo=UTC)


def _require(settings: Settings, demand: operators.DeadlineRequest | None, *, prints_mail: bool) -> str:
    """Do what the operator demands, of all accounts by default, and return what was done."""
    if demand is None:
        begun = asyncio.run(operators.require_of_all(settings, prints_mail=prints_mail))
        return f"Deadlines that were set: {begun}. The owners are notified by mail."
    if not asyncio.run(operators.require_second_factor(settings, demand, prints_mail=prints_mail)):
        fail("no account has this address")
    if demand.exempts:
        return "This account is exempt from the policy."
    return (
        "The deadline of this account was set. Its owner is notified by mail, unless it has a second factor."
    )


@with_settings("database_url", "methods")
def accounts(
    given: dict[str, str], *, without_second_factor: _WithoutFactor = False, as_json: _Json = False
) -> None:
    """List accounts without a second factor, in the order of their creation, with their deadlines.

    With ATHENA_METHODS, accounts are listed too that have second factors, but none of these methods: run it with the new value
    before you change the server's.
    """
    settings = read_settings(given)
    if not without_second_factor:
        fail("--without-second-factor is required: it is the only list there is")
    try:
        _print(settings, as_json=as_json)
    except Unavailable as error:
        fail(str(error))


def _print(settings: Settings, *, as_json: bool) -> None:
    async def run(store: Store) -> None:
        last = ""
        while True:
            batch = await _load(store, settings.methods, last)
            for account in batch:
                typer.echo(_json(account) if as_json else _text(account))
            if len(batch) < _BATCH:
                return
            last = batch[-1].id

    with_store(settings, run)


async def _load(store: Store, methods: tuple[str, ...], last: str) -> list[WithoutFactor]:
    if methods:
        return await sql.load_without_method(store, methods, last, _BATCH)
    return await sql.load_without_factor(store, last, _BATCH)


def _json(account: WithoutFactor) -> str:
    due_at = None if account.due_at is None else timestamp(account.due_at)
    line = AccountLine(account.email, account.id, due_at, account.is_exempt, account.has_other)
    return msgspec.json.encode(line).decode()


def _text(account: WithoutFactor) -> str:
    due = "exempt" if account.is_exempt else "no deadline"
    if account.has_other:
        due = "not offered"
    elif account.due_at is not None:
        due = f"{datetime.fromtimestamp(account.due_at / 1000, UTC):%Y-%m-%d %H:%M}Z"
    return f"{due:<17}  {one_line(account.email, limit=_LONGEST_EMAIL)}"
