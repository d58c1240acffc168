"""`athena-auth mail test`: prints the dialogue with the mail server, and how to fix an error."""

import asyncio
import re
import ssl
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from aiosmtpd import smtp as smtpd

from support.certificate import self_signed
from support.process import run_athena
from support.smtp_script import CREDENTIALS, scripted

ADA = "ada@example.com"
SENDER = "no-reply@example.com"


async def mail_test(
    folder: Path, *arguments: str, address: str = ADA, **settings: str
) -> CompletedProcess[str]:
    """Run the command while this process goes on serving."""
    return await asyncio.to_thread(run_athena, folder, "mail", "test", *arguments, address, **settings)


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def assert_failed(ended: CompletedProcess[str], sentence: str) -> None:
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    assert sentence in ended.stderr


async def test_an_accepted_message_is_shown_with_its_dialogue(tmp_path: Path) -> None:
    async with scripted() as server:
        ended = await mail_test(tmp_path, mail_url=server.url, mail_from=SENDER, mail_ehlo="auth.example.com")

    assert ended.returncode == 0, ended.stderr
    assert re.sub("[0-9]+ bytes", "N bytes", ended.stdout).splitlines() == [
        "< 220 mail.example",
        "> EHLO auth.example.com",
        "< 250-mail.example",
        "< 250-AUTH PLAIN LOGIN",
        "< 250 ENHANCEDSTATUSCODES",
        "> MAIL FROM:<no-reply@example.com>",
        "< 250 OK",
        "> RCPT TO:<ada@example.com>",
        "< 250 OK",
        "> DATA, and a message of N bytes",
        "< 250 2.0.0 Queued",
        "> QUIT",
        "< 221 Bye",
        "The mail server accepted the message. If it does not arrive, look into the mail server's log.",
    ]
    (accepted,) = server.accepted
    assert "Subject: A test message of Athena" in accepted
    assert files_in(tmp_path) == [], "no database"


async def test_a_refusal_is_shown_with_what_to_do(tmp_path: Path) -> None:
    async with scripted(RCPT="554 5.7.1 Relay access denied") as server:
        ended = await mail_test(tmp_path, mail_url=server.url, mail_from=SENDER)

    assert_failed(ended, "the mail server does not relay for us (554 5.7.1): check the user name")
    lines = ended.stdout.splitlines()
    assert lines[lines.index("> RCPT TO:<ada@example.com>") + 1] == "< 554 5.7.1 Relay access denied"


@pytest.mark.parametrize(
    ("mechanism", "challenge"),
    [("PLAIN", None), ("LOGIN", "334 UGFzc3dvcmQ6"), ("CRAM-MD5", "334 PDEyM0BtYWlsLmV4YW1wbGU+")],
)
@pytest.mark.parametrize("outcome", ["235 2.7.0 Welcome", "535 5.7.8 Bad credentials"])
async def test_no_credential_is_shown(
    tmp_path: Path, mechanism: str, challenge: str | None, outcome: str
) -> None:
    script = {
        "EHLO": f"250-mail.example\n250 AUTH {mechanism}",
        "AUTH": challenge or outcome,
        CREDENTIALS: outcome,
    }
    async with scripted(**script) as server:
        url = server.url.replace("//", "//ada:hunter2@")
        ended = await mail_test(tmp_path, mail_url=url, mail_from=SENDER)

    after_auth = " ".join(server.commands).partition(f"AUTH {mechanism} ")[2].split()
    credentials = after_auth[: 2 if mechanism == "LOGIN" else 1]
    assert all(len(credential) >= len("YWRh") for credential in credentials)
    shown = ended.stdout + ended.stderr
    assert not [credential for credential in credentials if credential in shown]
    assert "hunter2" not in shown
    assert f"> AUTH {mechanism}" in ended.stdout
    assert f"< {outcome}" in ended.stdout


async def test_the_change_to_tls_is_shown(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    class Handler:
        async def handle_DATA(self, *_: object) -> str:  # noqa: N802 -- named by aiosmtpd
            return "250 OK"

    def protocol() -> smtpd.SMTP:
        return smtpd.SMTP(Handler(), hostname="mail.example", tls_context=tls, require_starttls=True)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server:
        url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}?starttls=on"
        trusted = await mail_test(tmp_path, mail_url=f"{url}&ca={certificate}", mail_from=SENDER)
        distrusted = await mail_test(tmp_path, mail_url=url, mail_from=SENDER)

    assert trusted.returncode == 0, trusted.stderr
    assert "> STARTTLS\n< 220 Ready to start TLS\n> EHLO localhost\n" in trusted.stdout
    assert_failed(
        distrusted,
        "certificate is not trusted or is not for this host name: check the host in ATHENA_MAIL_URL",
    )


async def test_what_a_server_says_cannot_drive_the_terminal(tmp_path: Path) -> None:
    async with scripted(MAIL="550 5.7.1 \x1b[2J\x1b]0;all is well\x07 no") as server:
        ended = await mail_test(tmp_path, mail_url=server.url, mail_from=SENDER)

    assert "\x1b" not in ended.stdout
    assert "< 550 5.7.1 [2J ]0;all is well no\n" in ended.stdout


async def test_options_stand_in_for_the_settings(tmp_path: Path) -> None:
    async with scripted() as server:
        options = ("--mail-url", server.url, "--mail-from", SENDER, "--mail-ehlo", "[192.0.2.1]")
        ended = await mail_test(tmp_path, *options, mail_url="console:")

    assert ended.returncode == 0, ended.stderr
    assert server.argument_of("EHLO") == "[192.0.2.1]"


@pytest.mark.parametrize(
    ("settings", "address", "sentence"),
    [
        ({"mail_url": "console:"}, ADA, "no mail was sent: ATHENA_MAIL_URL is console:"),
        ({"mail_url": "file:outbox.jsonl"}, ADA, "no mail was sent: ATHENA_MAIL_URL is file:"),
        ({"base_url": "https://auth.example.com"}, ADA, "ATHENA_MAIL_URL is not set"),
        ({"mail_url": "smtp://mail.invalid"}, ADA, "ATHENA_MAIL_FROM: mail by SMTP needs a sender"),
        ({"mail_url": "sendgrid://x"}, ADA, "ATHENA_MAIL_URL: the mail URL must be console:, "),
        ({}, "ada", "not a plain mail address"),
        ({}, "ada@example.com, eve@example.net", "not a plain mail address"),
        ({"mail_url": "smtp://127.0.0.1", "mail_from": SENDER}, "ada@-ü-.example", "not a domain name"),
    ],
)
async def test_what_cannot_be_tested_is_said_in_one_sentence(
    tmp_path: Path, settings: dict[str, str], address: str, sentence: str
) -> None:
    ended = await mail_test(tmp_path, address=address, **settings)

    assert_failed(ended, sentence)
    assert ended.stdout == ""


async def test_a_server_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    async with scripted() as server:
        url = server.url

    assert_failed(await mail_test(tmp_path, mail_url=url, mail_from=SENDER), "check the host, the port")


async def test_a_password_is_refused_as_an_option(tmp_path: Path) -> None:
    ended = await mail_test(tmp_path, "--mail-url", "smtp://ada:hunter2@mail.invalid", mail_from=SENDER)

    assert_failed(ended, "--mail-url contains a password")
    assert "hunter2" not in ended.stderr
