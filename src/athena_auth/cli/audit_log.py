"""`athena-auth audit`: prints the audit log as a table, or as one JSON object a line."""

import msgspec
import typer

from athena_auth.accounts.creation import find
from athena_auth.audit import sql as audit
from athena_auth.audit.model import ListedEvent
from athena_auth.delivery.one_line import one_line
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.fields import timestamp

_HEADINGS = ("time", "event", "reason", "account", "address", "browser")
_WIDEST_AGENT = 40
_LONGEST_EMAIL = 320
_LONGEST_NOTE = 80


class AuditLine(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An event of the audit log as JSON."""

    at: str
    event: str
    user_id: str | None = None
    email: str | None = None
    """The account's current address."""
    reason: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    session_id: str | None = None
    device_id: str | None = None
    authenticator_id: str | None = None
    note: str | None = None
    """An operator's reason."""


async def load(store: Store, email: str | None, since: Millis, most: int) -> list[ListedEvent] | None:
    """Load the newest events of one account, or of all. None means that no account has this address."""

    async def work(tx: Tx) -> list[ListedEvent] | None:
        user_id: UserId | None = None
        if email is not None:
            account = await find(tx, email)
            if account is None:
                return None
            user_id = account.id
        return await audit.load(tx, user_id, since, most)

    return await store.read(work)


def print_lines(events: list[ListedEvent]) -> None:
    """Print one JSON object a line, the oldest event first."""
    for listed in reversed(events):
        typer.echo(msgspec.json.encode(_line(listed)).decode())


def print_table(events: list[ListedEvent]) -> None:
    """Print a table, the oldest event first."""
    rows = [_HEADINGS, *(_cells(_line(listed)) for listed in reversed(events))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _cells(line: AuditLine) -> tuple[str, ...]:
    # Addresses and user agents are chosen by callers, and could send escape sequences to the operator's terminal.
    account = one_line(line.email or line.user_id or "", limit=_LONGEST_EMAIL)
    agent = one_line(line.user_agent or "", limit=_WIDEST_AGENT)
    return (line.at, line.event, _reason(line), account, line.ip_address or "", agent)


def _reason(line: AuditLine) -> str:
    return line.reason or one_line(line.note or "", limit=_LONGEST_NOTE)


def _line(listed: ListedEvent) -> AuditLine:
    entry = listed.entry
    return AuditLine(
        at=timestamp(listed.at),
        event=entry.name,
        user_id=entry.user_id,
        email=listed.email,
        reason=None if entry.reason is None else entry.reason.value,
        ip_address=entry.client.address or None,
        user_agent=entry.client.user_agent or None,
        session_id=entry.session_id,
        device_id=entry.device_id,
        authenticator_id=entry.authenticator_id,
        note=entry.note,
    )
