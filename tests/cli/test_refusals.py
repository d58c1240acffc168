"""A server that cannot start says why in one sentence, and leaves no traceback."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.process import SECRET, run_athena

Ended = subprocess.CompletedProcess[str]

SETTINGS = {
    "a database address of no kind": (
        {"database_url": "mysql://ada@localhost/athena"},
        "ATHENA_DATABASE_URL",
    ),
    "a folder that is not there": ({"database_url": "sqlite:///missing/athena.db"}, "missing/athena.db"),
    "a path below a file": ({"database_url": "sqlite:///prose.txt/athena.db"}, "prose.txt/athena.db"),
    "a file system that takes no files": ({"database_url": "sqlite:////proc/athena.db"}, "/proc/athena.db"),
    "a file that is no database": ({"database_url": "sqlite:///prose.txt"}, "not a database"),
    "a name that is nearly right": ({"secrett": SECRET}, "did you mean ATHENA_SECRET?"),
    "a name like no other": ({"zzz": "1"}, "no setting ATHENA_ZZZ"),
    "a port that is no number": ({"port": "http"}, "ATHENA_PORT: "),
    "a port out of range": ({"port": "70000"}, "ATHENA_PORT: "),
    "a word that is none of those allowed": ({"log_level": "loud"}, "ATHENA_LOG_LEVEL: "),
    "a sent code that lives too long": ({"otp_ttl": "601"}, "ATHENA_OTP_TTL: "),
    "a session for thirty thousand years": (
        {"session_ttl": "999999999999"},
        "ATHENA_SESSION_TTL: the largest value accepted is 315360000.",
    ),
    "a device trusted for as long": ({"trust_ttl": "999999999999"}, "ATHENA_TRUST_TTL: the largest value"),
    "an audit log kept for as long": ({"audit_ttl": "999999999999"}, "ATHENA_AUDIT_TTL: the largest value"),
    "a lifetime with a unit": (
        {"session_ttl": "7d"},
        "ATHENA_SESSION_TTL: whole seconds, for instance 604800.",
    ),
    "a lifetime of no time": ({"session_ttl": "0"}, "ATHENA_SESSION_TTL: the smallest value accepted is 60."),
    "a number of five thousand digits": ({"session_ttl": "9" * 5000}, "ATHENA_SESSION_TTL: whole seconds"),
    "no worker": ({"workers": "0"}, "ATHENA_WORKERS: "),
    "an origin without a scheme": ({"trusted_origins": "app.example.com"}, "ATHENA_TRUSTED_ORIGINS: "),
    "an origin of many": (
        {"trusted_origins": "https://*.example.com"},
        "ATHENA_TRUSTED_ORIGINS: an origin must look",
    ),
    "an origin with a blank": (
        {"trusted_origins": "https://app example.com"},
        "ATHENA_TRUSTED_ORIGINS: an origin",
    ),
    "an origin with no such port": (
        {"trusted_origins": "https://example.com:99999"},
        "ATHENA_TRUSTED_ORIGINS: an",
    ),
    "an origin with a user": (
        {"trusted_origins": "https://ada@example.com"},
        "ATHENA_TRUSTED_ORIGINS: an origin",
    ),
    "an origin with a path": (
        {"trusted_origins": "https://example.com/app"},
        "ATHENA_TRUSTED_ORIGINS: an origin",
    ),
    "a base address with a password": (
        {"base_url": "https://user:hunter2@auth.example.com"},
        "ATHENA_BASE_URL: a base URL must look like https://auth.example.com",
    ),
    "a base address with a query": (
        {"base_url": "https://auth.example.com?x=1"},
        "ATHENA_BASE_URL: a base URL must look like",
    ),
    "a base address with dots": (
        {"base_url": "https://example.com/../sso"},
        "ATHENA_BASE_URL: a base URL must look",
    ),
    "a short token of metrics": (
        {"metrics_token": "short"},
        "ATHENA_METRICS_TOKEN: this token needs at least 16",
    ),
    "a name with a colon": ({"app_name": "A:B"}, "ATHENA_APP_NAME: a name of 1 to 64 characters"),
    "a prefix with a blank": ({"cookie_prefix": "a b"}, "ATHENA_COOKIE_PREFIX: 1 to 64 of the characters"),
    "a cookie domain with a port": (
        {"cookie_domain": "example.com:443"},
        "ATHENA_COOKIE_DOMAIN: a cookie domain must look like example.com",
    ),
    "a cookie domain of one label": ({"cookie_domain": ".com"}, "ATHENA_COOKIE_DOMAIN: a cookie domain must"),
    "a cookie domain that is an address": (
        {"cookie_domain": "127.0.0.1", "base_url": "http://127.0.0.1:3001"},
        "ATHENA_COOKIE_DOMAIN: a cookie domain must look",
    ),
    "a cookie domain that is the server's neighbour": (
        {"cookie_domain": "app.example.com", "base_url": "http://auth.example.com"},
        "ATHENA_COOKIE_DOMAIN: it must be the host of ATHENA_BASE_URL or a parent of it.",
    ),
    "a cookie domain that ends like the server's": (
        {"cookie_domain": "ample.com", "base_url": "http://example.com"},
        "ATHENA_COOKIE_DOMAIN: it must be",
    ),
    "a cookie domain for localhost": ({"cookie_domain": "example.com"}, "ATHENA_COOKIE_DOMAIN: it must be"),
    "a name for a proxy": (
        {"trusted_proxies": "nginx"},
        "ATHENA_TRUSTED_PROXIES: a proxy must be an address such as",
    ),
    "secrets without a number": ({"secrets": "abc"}, "ATHENA_SECRETS: a secret needs at least 32 bytes"),
    "SQLite with parameters": (
        {"database_url": "sqlite:///athena.db?timeout=30"},
        "ATHENA_DATABASE_URL: an SQLite URL is sqlite:/// followed by a file path, without parameters",
    ),
    "SQLite's own kind of address": (
        {"database_url": "sqlite:///file:x.db"},
        "ATHENA_DATABASE_URL: an SQLite",
    ),
    "SQLite in memory": (
        {"database_url": "sqlite:///file::memory:?cache=shared"},
        "ATHENA_DATABASE_URL: an SQL",
    ),
    "a folder that is nowhere": (
        {"database_url": "sqlite:////no/such/folder/athena.db"},
        "the folder /no/such/folder does not exist",
    ),
    "PostgreSQL with a number that is none": (
        {"database_url": "postgresql://ada@localhost/x?connect_timeout=soon", "secret": SECRET},
        "ATHENA_DATABASE_URL: connect_timeout in the address of the database is a whole number.",
    ),
    "PostgreSQL at no such port": (
        {"database_url": "postgresql://ada@h1:5432,h2:54320000/x", "secret": SECRET},
        "ATHENA_DATABASE_URL: this URL cannot be parsed",
    ),
    "a proxy that is no address": ({"trusted_proxies": "proxy"}, "ATHENA_TRUSTED_PROXIES: "),
    "a mail address of no kind": (
        {"mail_url": "sendgrid://x"},
        "ATHENA_MAIL_URL: the mail URL must be console:, file:///absolute/path.jsonl, smtp://",
    ),
    "a mail server that cannot be": (
        {"mail_url": "smtp://mx..example.com"},
        "ATHENA_MAIL_URL: the mail URL cannot",
    ),
    "a mail server and no sender": (
        {"mail_url": "smtp://mx.example.com"},
        "ATHENA_MAIL_FROM: mail by SMTP needs a",
    ),
    "a mail server with a user that is no sender": (
        {"mail_url": "smtp://apikey:hunter2@mx.example.com"},
        "ATHENA_MAIL_FROM: mail by SMTP needs a sender",
    ),
    "two senders": (
        {"mail_url": "smtp://mx.example.com", "mail_from": "a@example.com, b@example.com"},
        "ATHENA_MAIL_FROM: the mail sender must be one address",
    ),
    "a sender with an international local part": (
        {"mail_url": "smtp://mx.example.com", "mail_from": "zoë@example.com"},
        "ATHENA_MAIL_FROM: the mail sender may have only ASCII characters before the @",
    ),
    "a sender whose domain is none": (
        {"mail_url": "smtp://mx.example.com", "mail_from": "post@-ü-.example"},
        "ATHENA_MAIL_FROM: the domain of the mail sender is not a domain name.",
    ),
    "a name for EHLO that is none": (
        {"mail_ehlo": "two words"},
        "ATHENA_MAIL_EHLO: a name for EHLO must look like",
    ),
    "https and no decision about mail": (
        {"base_url": "https://auth.example.com"},
        "ATHENA_BASE_URL is https, but ATHENA_MAIL_URL is not set",
    ),
    "https and an empty decision about mail": (
        {"base_url": "https://auth.example.com", "mail_url": ""},
        "Set ATHENA_MAIL_URL to smtp://… or smtps://…, or to console: if you want them printed.",
    ),
    "a mail file that cannot be": (
        {"mail_url": "file:missing/outbox.jsonl"},
        "ATHENA_MAIL_URL: the outbox file",
    ),
    "an address of another machine": ({"host": "192.0.2.1"}, "192.0.2.1"),
    "a host that is none": ({"host": "nowhere.invalid"}, "ATHENA_HOST nowhere.invalid"),
}


def assert_refused(ended: Ended, part: str) -> None:
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert part in ended.stderr


@contextmanager
def taken_port(*, listening: bool) -> Iterator[int]:
    """Hold a port; unless it is listened on, whoever connects there is refused."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        if listening:
            holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.parametrize(("settings", "part"), SETTINGS.values(), ids=SETTINGS.keys())
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, settings: dict[str, str], part: str) -> None:
    (tmp_path / "prose.txt").write_text("It was a dark and stormy night. " * 100)

    assert_refused(run_athena(tmp_path, "serve", **{"port": "0", **settings}), part)


def test_an_option_is_checked_as_its_variable_is(tmp_path: Path) -> None:
    assert_refused(run_athena(tmp_path, "serve", "--port", "http"), "ATHENA_PORT: ")


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        ("serve", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("serve", "--database-url", "postgresql://ada:hunter2?x/y@localhost/athena"),
        ("serve", "--database-url", "postgresql://localhost/athena?user=ada&password=hunter2"),
        ("serve", "--database-url", "postgresql://localhost/athena?sslpassword=hunter2"),
        ("serve", "--mail-url", "smtps://ada:hunter2@mail.example.com"),
        ("serve", "--rate-limit-url", "redis://:hunter2@localhost:6379/0"),
        ("migrate", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("audit", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("unlock a@example.com", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("reset-factors a@example.com", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("secrets check", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("secrets forget 1", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("backup new.db", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("restore old.db", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
        ("after-restore", "--database-url", "postgresql://ada:hunter2@localhost/athena"),
    ],
)
def test_a_password_is_refused_as_an_option(tmp_path: Path, command: str, option: str, value: str) -> None:
    """Every user of the machine reads command lines in `ps`, for as long as the server runs."""
    ended = run_athena(tmp_path, *command.split(), option, value, secret=SECRET)

    assert_refused(ended, f"{option} contains a password")
    assert f"Set ATHENA_{option[2:].upper().replace('-', '_')} in the environment" in ended.stderr
    assert "hunter2" not in ended.stderr


@pytest.mark.parametrize(
    "value",
    [
        "postgresql://ada@127.0.0.1:1/athena",
        "postgresql://127.0.0.1:1/athena?user=ada&application_name=a@b",
        "postgresql://ada:@127.0.0.1:1/athena",
    ],
)
def test_an_address_without_a_password_is_a_fine_option(tmp_path: Path, value: str) -> None:
    ended = run_athena(tmp_path, "migrate", "--database-url", value, secret=SECRET)

    assert_refused(ended, "cannot connect to PostgreSQL")


def test_a_misspelt_name_in_the_env_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"ATHENA_SECRETT={SECRET}\n")

    ended = run_athena(tmp_path, "serve", port="0")

    assert_refused(ended, "did you mean ATHENA_SECRET?")
    assert SECRET not in ended.stderr


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    with taken_port(listening=True) as port:
        ended = run_athena(tmp_path, "serve", host="127.0.0.1", port=str(port))

    assert_refused(ended, f"port {port} on 127.0.0.1 is in use; choose another with --port")


@pytest.mark.parametrize(
    "settings",
    [
        {"secret": "hunter2"},
        {"secrets": "2:hunter2"},
        {"secrets": f"2:{SECRET},1:hunter2"},
        {"secrets": f"1:{SECRET}hunter2,1:{SECRET}"},
        {"secret": f"{SECRET}hunter2", "secrets": f"1:{SECRET}"},
    ],
)
def test_a_secret_that_will_not_do_is_refused_without_repeating_it(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    ended = run_athena(tmp_path, "serve", port="0", **settings)

    assert_refused(ended, "ATHENA_SECRET")
    assert "hunter2" not in ended.stderr


def test_an_empty_secret_is_never_the_secret(tmp_path: Path, postgres_url: str) -> None:
    """`ATHENA_SECRET=${ATHENA_SECRET}` in a compose file is empty when nobody set it.

    Served with that, every sealed secret and every hash of a sent code is under a key all the world knows.
    """
    ended = run_athena(tmp_path, "serve", port="0", database_url=postgres_url, secret="")

    assert_refused(ended, "ATHENA_SECRET")


def test_postgresql_without_a_secret_says_how_to_make_one(tmp_path: Path, postgres_url: str) -> None:
    """Beside a database that machines share, a made-up secret would be another one on each machine."""
    ended = run_athena(tmp_path, "serve", port="0", database_url=postgres_url)

    assert_refused(ended, "ATHENA_SECRET is needed with PostgreSQL; make one with: python3 -c ")


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_postgresql_out_of_reach_is_said_without_its_password(tmp_path: Path, command: str) -> None:
    with taken_port(listening=False) as port:
        url = f"postgresql://ada:hunter2@127.0.0.1:{port}/athena"
        ended = run_athena(tmp_path, command, database_url=url, secret=SECRET)

    assert_refused(ended, "cannot connect to PostgreSQL")
    assert "hunter2" not in ended.stderr


@pytest.mark.parametrize("password", ["hunter2/secret", "hunter2#secret", "hunter2?secret"])
def test_a_password_that_breaks_the_address_is_not_repeated(tmp_path: Path, password: str) -> None:
    """Unescaped, `/` ends the host: what is before it is taken for a port, and the refusal quoted it."""
    url = f"postgresql://ada:{password}@localhost/athena"

    ended = run_athena(tmp_path, "serve", port="0", database_url=url, secret=SECRET)

    assert_refused(ended, "ATHENA_DATABASE_URL")
    assert "hunter2" not in ended.stderr


@pytest.mark.parametrize("folder", ["[bold]", "[/bold]"])
def test_a_path_in_brackets_is_shown_as_it_is(tmp_path: Path, folder: str) -> None:
    """The console took brackets for its markup: they vanished, or ended the program with a traceback."""
    ended = run_athena(tmp_path, "serve", port="0", database_url=f"sqlite:///{folder}/athena.db")

    assert_refused(ended, f"{folder}/athena.db")
