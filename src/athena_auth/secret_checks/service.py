"""Compares the configured secrets with those of the database.

With a wrong or missing secret a server would look healthy, because passwords and sessions work. But codes of apps would
fail, and backup codes would count as wrong. So the server refuses to start.
"""

from athena_auth.crypto.keys import Keyring, UnreadableError, number_of
from athena_auth.kernel.clock import Millis
from athena_auth.secret_checks import sql
from athena_auth.secret_checks.model import Dependents, SecretRecord, SecretReport, Status
from athena_auth.settings import SettingsError
from athena_auth.store.transaction import Store, Tx

Records = dict[int, SecretRecord]


async def verify_secrets(store: Store, keyring: Keyring, now: Millis) -> None:
    """Check that stored values can be read, and record new secrets.

    Processes may start concurrently: the first one records a secret, and the others read the record.

    Raises:
        SettingsError: a secret is not the one that the database was made with, or a secret that values depend on is
            missing.
        Unavailable: the database is unreachable.
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

    # Another process may have recorded another secret of the same number in the meantime: the first one counts.
    _refuse_wrong(_wrong(await store.transact(work), keyring))


async def report_secrets(store: Store, keyring: Keyring, now: Millis) -> list[SecretReport]:
    """Return what depends on each secret that is configured, recorded or in use, highest number first."""
    records, counts = await store.read(sql.load), await _count(store, now)
    wrong = [*_wrong(records, keyring), *_wrong_by_sample(await _sample(store, now), keyring, records)]
    return [
        SecretReport(number, _status(number, keyring, records, counts), counts.get(number, Dependents()))
        if number not in wrong
        else SecretReport(number, Status.WRONG, counts.get(number, Dependents()))
        for number in sorted({*keyring.check_values, *records, *counts}, reverse=True)
    ]


async def give_up_secret(store: Store, keyring: Keyring, number: int, now: Millis) -> Dependents | None:
    """Let the server start without a lost secret; return what can no longer be read.

    None means that the secret is configured, so it is not lost.
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
    """Verify secrets without a record against stored values; databases older than the records have none."""
    sample = await _sample(store, now)
    _refuse_wrong(_wrong_by_sample(sample, keyring, records))
    known = {*keyring.check_values, *records}
    unknown = {number_of(sealed.value) for sealed in sample} - known
    if unknown:
        _refuse_missing(sorted(unknown), await _count(store, now))


def _wrong_by_sample(sample: list[sql.Sealed], keyring: Keyring, records: Records) -> list[int]:
    """Return the secrets without a record that decrypt no value of their number.

    One value that does not decrypt is not enough: it may have been tampered with.
    """
    readable, unreadable = set[int](), set[int]()
    for sealed in sample:
        try:
            keyring.unseal(sealed.value, sealed.context)
        except UnreadableError as error:
            unreadable.add(error.number)
        else:
            readable.add(number_of(sealed.value))
    return [number for number in _unrecorded(records, keyring) if number in unreadable - readable]


def _wrong(records: Records, keyring: Keyring) -> list[int]:
    values = keyring.check_values
    return [n for n, record in records.items() if n in values and not record.matches(values[n])]


def _refuse_wrong(numbers: list[int]) -> None:
    for number in numbers:
        raise SettingsError(
            f"The secret numbered {number} is not the one this database was made with. Configure that one again "
            "(ATHENA_SECRET, ATHENA_SECRETS or the .secret file next to the SQLite database). If it is lost, give the "
            f"new secret another number in ATHENA_SECRETS and run athena-auth secrets forget {number}."
        )


def _refuse_missing(numbers: list[int], counts: dict[int, Dependents]) -> None:
    for number in numbers:
        if number in counts:
            raise SettingsError(
                f"The secret numbered {number} is no longer configured, but {counts[number]} still depend on it. Add "
                f"it to ATHENA_SECRETS again. If it is lost, run athena-auth secrets forget {number}. "
                "Run athena-auth secrets check to see what depends on each secret."
            )
