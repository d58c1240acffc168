"""`athena-auth audit`: the trail in columns for people, or as one JSON object a line for programs."""

import msgspec
import typer

from athena_auth.accounts.opening import find
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Event, Recorded
from athena_auth.delivery.one_line import one_line
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.fields import timestamp

_EVENT = max(map(len, Event))
_REASON = max(map(len, ErrorCode))
_WIDEST_AGENT = 40


class Line(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An entry as programs read it."""

    at: str
    event: str
    user_id: str | None = None
    reason: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    session_id: str | None = None
    device_id: str | None = None


async def load(store: Store, email: str | None, since: Millis, most: int) -> list[Recorded] | None:
    """Load the newest entries, of one account or of all; None when there is no account with this address."""

    async def work(tx: Tx) -> list[Recorded] | None:
        user_id: UserId | None = None
        if email is not None:
            account = await find(tx, email)
            if account is None:
                return None
            user_id = account.id
        return await audit.load(tx, user_id, since, most)

    return await store.read(work)


def print_lines(trail: list[Recorded]) -> None:
    """Print one JSON object a line, the oldest first."""
    for recorded in reversed(trail):
        typer.echo(msgspec.json.encode(_line(recorded)).decode())


def print_table(trail: list[Recorded]) -> None:
    """Print a line for each entry, the oldest first, in columns as wide as what they hold."""
    for recorded in reversed(trail):
        line = _line(recorded)
        # What a browser calls itself is the caller's own invention, and this is an operator's terminal.
        agent = one_line(line.user_agent or "", limit=_WIDEST_AGENT)
        columns = (
            f"{line.at}  {line.event:<{_EVENT}}  {line.reason or '':<{_REASON}}  {line.ip_address or '':<15}"
        )
        typer.echo(f"{columns}  {agent}".rstrip())


def _line(recorded: Recorded) -> Line:
    entry = recorded.entry
    return Line(
        at=timestamp(recorded.at),
        event=entry.event.value,
        user_id=entry.user_id,
        reason=None if entry.reason is None else entry.reason.value,
        ip_address=entry.client.address or None,
        user_agent=entry.client.user_agent or None,
        session_id=entry.session_id,
        device_id=entry.device_id,
    )
