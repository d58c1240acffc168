"""Compares the configured secrets with those that the database was made with.

A server that starts with a wrong secret, or without one that is still needed, looks healthy: passwords and sessions work.
Then each code of an app fails, and each backup code counts as a wrong one. So it does not start.
"""

from athena_auth.crypto.keys import Keyring, UnreadableError, number_of
from athena_auth.kernel.clock import Millis
from athena_auth.secret_checks import sql
from athena_auth.secret_checks.model import Dependents, SecretRecord, SecretReport, Status
from athena_auth.settings import SettingsError
from athena_auth.store.transaction import Store, Tx

Records = dict[int, SecretRecord]


async def verify_secrets(store: Store, keyring: Keyring, now: Millis) -> None:
    """Make sure that what is stored can be read, and record secrets that are new.

    Processes that start at the same time all succeed: a record is made once, and those that come second read it.

    Raises:
        SettingsError: a secret is not the one that the database was made with, or one is missing that values depend on.
        Unavailable: the database is out of reach.
    """
    records = await store.read(sql.load)
    _refuse_wrong(_wrong(records, keyring))
    missing = [n for n, record in records.items() if n not in keyring.check_values and not record.is_given_up]
    if missing:
        _refuse_missing(missing, await _count(store, now))
    unrecorded = _unrecorded(records, keyring)
    if unrecorded:
        await _verify_sample(store, keyring, records, now)
    found_again = [n for n in keyring.check_values if n in records and records[n].is_given_up]
    if not (missing or unrecorded or found_again):
        return

    async def work(tx: Tx) -> Records:
        for number in missing:
            await sql.forget(tx, number)
        for number in found_again:
            await sql.replace(tx, number, SecretRecord(keyring.check_values[number]))
        for number in unrecorded:
            await sql.record(tx, number, keyring.check_values[number])
        return await sql.load(tx)

    # Another process may have recorded another secret of the same number meanwhile: the first one counts.
    _refuse_wrong(_wrong(await store.transact(work), keyring))


async def report_secrets(store: Store, keyring: Keyring, now: Millis) -> list[SecretReport]:
    """Return what depends on each secret that is configured, recorded or used, the highest number first."""
    records, counts = await store.read(sql.load), await _count(store, now)
    wrong = [*_wrong(records, keyring), *_wrong_by_sample(await _sample(store, now), keyring, records)]
    return [
        SecretReport(number, _status(number, keyring, records, counts), counts.get(number, Dependents()))
        if number not in wrong
        else SecretReport(number, Status.WRONG, counts.get(number, Dependents()))
        for number in sorted({*keyring.check_values, *records, *counts}, reverse=True)
    ]


async def give_up_secret(store: Store, keyring: Keyring, number: int, now: Millis) -> Dependents | None:
    """Let the server start without a lost secret; return what cannot be read any more.

    None when the secret is configured: what is in use is not given up.
    """
    if number in keyring.check_values:
        return None
    dependents = (await _count(store, now)).get(number, Dependents())

    async def work(tx: Tx) -> None:
        record = (await sql.load(tx)).get(number, SecretRecord(b""))
        if dependents.total:
            await sql.replace(tx, number, record.given_up())
        else:
            await sql.forget(tx, number)

    await store.transact(work)
    return dependents


def _status(number: int, keyring: Keyring, records: Records, counts: dict[int, Dependents]) -> Status:
    if number == keyring.current:
        return Status.CURRENT
    if number in keyring.check_values:
        return Status.NEEDED if number in counts else Status.REMOVABLE
    if number in records and records[number].is_given_up:
        return Status.GIVEN_UP
    return Status.MISSING if number in counts else Status.UNUSED


def _unrecorded(records: Records, keyring: Keyring) -> list[int]:
    return [n for n in keyring.check_values if n not in records or records[n].is_unknown]


async def _count(store: Store, now: Millis) -> dict[int, Dependents]:
    async def work(tx: Tx) -> dict[int, dict[str, int]]:
        return await sql.count(tx, now)

    return {number: Dependents(**kinds) for number, kinds in (await store.read(work)).items()}


async def _sample(store: Store, now: Millis) -> list[sql.Sealed]:
    async def work(tx: Tx) -> list[sql.Sealed]:
        return await sql.sample(tx, now)

    return await store.read(work)


async def _verify_sample(store: Store, keyring: Keyring, records: Records, now: Millis) -> None:
    """Verify a secret that no record vouches for by what the database holds; one older than the records has none."""
    sample = await _sample(store, now)
    _refuse_wrong(_wrong_by_sample(sample, keyring, records))
    known = {*keyring.check_values, *records}
    unknown = {number_of(sealed.value) for sealed in sample} - known
    if unknown:
        _refuse_missing(sorted(unknown), await _count(store, now))


def _wrong_by_sample(sample: list[sql.Sealed], keyring: Keyring, records: Records) -> list[int]:
    """Return the secrets without a record that open nothing made with their number; one changed row proves nothing."""
    opened, closed = set[int](), set[int]()
    for sealed in sample:
        try:
            keyring.unseal(sealed.value, sealed.context)
        except UnreadableError as error:
            closed.add(error.number)
        else:
            opened.add(number_of(sealed.value))
    return [number for number in _unrecorded(records, keyring) if number in closed - opened]


def _wrong(records: Records, keyring: Keyring) -> list[int]:
    values = keyring.check_values
    return [n for n, record in records.items() if n in values and not record.matches(values[n])]


def _refuse_wrong(numbers: list[int]) -> None:
    for number in numbers:
        raise SettingsError(
            f"The secret numbered {number} is not the one this database was made with: configure that one again "
            "(ATHENA_SECRET, ATHENA_SECRETS or the .secret file beside the SQLite database) or, if it is lost, give the "
            f"new one another number in ATHENA_SECRETS and run athena-auth secrets forget {number}."
        )


def _refuse_missing(numbers: list[int], counts: dict[int, Dependents]) -> None:
    for number in numbers:
        if number in counts:
            raise SettingsError(
                f"The secret numbered {number} is not configured any more, but {counts[number]} still depend on it: add "
                f"it to ATHENA_SECRETS again or, if it is lost, run athena-auth secrets forget {number}; "
                "athena-auth secrets check shows what depends on each secret."
            )
