"""What every slice stands on."""

import msgspec

from athena_auth.accounts.breaches.check import BreachCheck
from athena_auth.accounts.breaches.hash_file import HashFileSource
from athena_auth.accounts.breaches.model import SourceFailed
from athena_auth.accounts.breaches.range_query import RangeQuerySource
from athena_auth.accounts.hashing import HashingPool
from athena_auth.crypto.keys import Keyring
from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.delivery.background_tasks import BackgroundTasks
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.database_url import read_database_url
from athena_auth.languages import Languages
from athena_auth.settings import HOW_TO_MAKE_ONE, Settings, SettingsError
from athena_auth.settings.values import parse_secrets
from athena_auth.store.address import store_at
from athena_auth.store.secret_file import secret_beside
from athena_auth.store.transaction import Store, StoreLimits
from athena_auth.wiring.messages import Messaging


class Resources(msgspec.Struct, frozen=True):
    """The infrastructure that every package uses."""

    store: Store
    clock: Clock
    keyring: Keyring
    pool: HashingPool
    outbox: Outbox
    background: BackgroundTasks
    languages: Languages
    breaches: BreachCheck


def open_resources(
    settings: Settings,
    clock: Clock,
    messaging: Messaging,
    hasher: PasswordHasher | None,
) -> Resources:
    """Build the infrastructure, without connecting or starting anything. Raises `SettingsError` and `Unavailable`."""
    store = open_store(settings)
    keyring = open_keyring(settings)
    outbox = Outbox(store, clock, keyring, messaging.mail, texts=messaging.texts)
    pool = HashingPool(hasher or PasswordHasher(settings.argon2_cost))
    return Resources(
        store, clock, keyring, pool, outbox, BackgroundTasks(), messaging.languages, _breach_check(settings)
    )


def _breach_check(settings: Settings) -> BreachCheck:
    path, url = settings.breached_passwords_file, settings.breached_passwords_url
    if path is None:
        return BreachCheck(None if url is None else RangeQuerySource(url))
    try:
        return BreachCheck(HashFileSource(path))
    except OSError as error:
        raise SettingsError(f"ATHENA_BREACHED_PASSWORDS_FILE: it cannot be read: {error.strerror}.") from None
    except SourceFailed as failed:
        raise SettingsError(f"ATHENA_BREACHED_PASSWORDS_FILE: {failed}.") from None


def open_store(settings: Settings) -> Store:
    """Return the database that the settings name, not connected yet. Raises `SettingsError`."""
    limits = StoreLimits(
        settings.database_timeout, settings.lock_timeout, settings.prepared_statements == "on"
    )
    try:
        return store_at(settings.database_url, limits)
    except ValueError as error:
        raise SettingsError(f"ATHENA_DATABASE_URL: {error}.") from None


def open_keyring(settings: Settings, *, makes_one: bool = True) -> Keyring:
    """Derive the keys from the configured secrets, else from the one beside an SQLite file.

    Args:
        settings: Name the secrets and the database.
        makes_one: Whether a secret is made beside an SQLite file that has none yet.

    Raises:
        SettingsError: there is none, and PostgreSQL has no place for one that is made.
        Unavailable: the secret beside an SQLite file cannot be kept.
    """
    given = settings.secrets or settings.secret
    return Keyring(_secret_beside(settings, makes_one=makes_one) if given is None else parse_secrets(given))


def _secret_beside(settings: Settings, *, makes_one: bool) -> dict[int, bytes]:
    path = read_database_url(settings.database_url)
    if path is None:
        # Beside a database that several machines share there is no place for a made-up secret.
        raise SettingsError(f"ATHENA_SECRET is needed with PostgreSQL; {HOW_TO_MAKE_ONE}.")
    return {1: secret_beside(path, makes_one=makes_one)}
