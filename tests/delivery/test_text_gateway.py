"""Text messages through Apprise to a real gateway on this machine, which is slow, refuses, fails and recovers."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from athena_auth.crypto.keys import Keyring
from athena_auth.delivery.model import Channel, DeliveryFailed, Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.delivery.transport import open_text_transport
from athena_auth.kernel.clock import after
from athena_auth.settings import load_settings
from athena_auth.store.address import store_at
from athena_auth.store.transaction import Store, Tx
from support.clock import FakeClock
from support.gateway import Gateway, running_gateway
from support.mailbox import Mailbox
from support.messages import CODE, message_of
from support.person import PASSWORD, sign_up
from support.process import ATHENA, PATIENCE, environment, run_athena, serving, wait_for
from support.texts import NUMBER
from support.world import world_over

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in Apprise

KEYRING = Keyring({1: b"a secret of more than thirty-two bytes"})
HOST = "auth.example.com"
TEXT = message_of(MessageKind.TWO_FACTOR_OTP, to=NUMBER, channel=Channel.TEXT)
SAID = f"Athena: {CODE} is your security code, valid for 3 minutes. Never share it.\n@{HOST} #{CODE}"


@pytest.fixture(autouse=True)
def _without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as running:
        yield running


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = store_at(database_url)
    await opened.open()
    yield opened
    await opened.close()


async def hand_over(url: str) -> None:
    transport = open_text_transport(url, HOST)
    try:
        await transport.send(TEXT)
    finally:
        await transport.close()


async def test_a_text_reaches_the_gateway_with_its_number_and_its_words(gateway: Gateway) -> None:
    await hand_over(gateway.url())

    assert gateway.taken == [(NUMBER, SAID)]


async def test_a_gateway_that_refuses_is_a_temporary_failure_that_repeats_nothing(gateway: Gateway) -> None:
    gateway.status = 401

    with pytest.raises(DeliveryFailed, match="did not accept the message") as failed:
        await hand_over(gateway.url())

    assert not failed.value.permanent
    assert not any(secret in str(failed.value) for secret in ("hunter2", NUMBER[1:], CODE))


async def test_a_gateway_that_does_not_answer_is_given_up(gateway: Gateway) -> None:
    gateway.open.clear()

    with pytest.raises(DeliveryFailed) as failed:
        await hand_over(gateway.url("?rto=0.2"))

    assert not failed.value.permanent


async def test_gateways_that_hang_hold_up_the_loop_not_at_all(gateway: Gateway) -> None:
    gateway.open.clear()
    transport = open_text_transport(gateway.url(), HOST)
    sending = [asyncio.create_task(transport.send(TEXT)) for _ in range(8)]

    await wait_until_asked(gateway, 4)
    # Eight threads would have asked eight times by now; the loop is free to wait.
    await asyncio.sleep(0.2)
    assert gateway.asked == 4
    gateway.open.set()
    await asyncio.gather(*sending)
    assert len(gateway.taken) == 8
    await transport.close()


async def test_a_gateway_that_is_not_there_is_a_temporary_failure() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))

        with pytest.raises(DeliveryFailed) as failed:
            await hand_over(f"json://127.0.0.1:{unheard.getsockname()[1]}/{{phone}}")

    assert not failed.value.permanent


async def test_the_file_tells_of_a_text_as_of_a_mail(tmp_path: Path) -> None:
    await hand_over((tmp_path / "texts.jsonl").as_uri())

    assert msgspec.json.decode((tmp_path / "texts.jsonl").read_bytes()) == {
        "to": NUMBER,
        "kind": "two-factor-otp",
        "code": CODE,
        "expiresAt": TEXT.expires_at,
        "name": TEXT.name,
        "validFor": TEXT.valid_for,
        "channel": "text",
    }


async def test_the_console_says_that_it_is_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    await hand_over("console:")

    assert "| text  two-factor-otp\n" in capsys.readouterr().out


def in_the_clock(clock: FakeClock, channel: Channel, to: str) -> Message:
    expires_at = after(clock.now(), 180)
    return message_of(MessageKind.TWO_FACTOR_OTP, to=to, channel=channel, expires_at=expires_at)


async def post(store: Store, outbox: Outbox, clock: FakeClock, channel: Channel, to: str) -> None:
    async def work(tx: Tx) -> None:
        outbox.post(tx, in_the_clock(clock, channel, to), clock.now())

    await store.transact(work)


@contextlib.asynccontextmanager
async def outbox_over(store: Store, clock: FakeClock, mailbox: Mailbox, url: str) -> AsyncIterator[Outbox]:
    outbox = Outbox(store, clock, KEYRING, mailbox, texts=open_text_transport(url, HOST), poll=0.02)
    outbox.start()
    yield outbox
    await outbox.stop()


async def wait_until_asked(gateway: Gateway, times: int) -> None:
    await asyncio.to_thread(wait_for, lambda: gateway.asked >= times or None, f"request {times}")


async def test_a_text_that_failed_goes_out_when_the_gateway_is_back(store: Store, gateway: Gateway) -> None:
    clock, mailbox = FakeClock(), Mailbox()
    gateway.status = 503
    async with outbox_over(store, clock, mailbox, gateway.url()) as outbox:
        await post(store, outbox, clock, Channel.TEXT, NUMBER)
        await wait_until_asked(gateway, 1)
        gateway.status = 200
        async with asyncio.timeout(PATIENCE):
            while not gateway.taken:
                clock.advance(1)
                await asyncio.sleep(0.05)

    assert gateway.taken == [(NUMBER, SAID)]
    assert gateway.asked == 2
    assert mailbox.messages == []


async def test_a_message_leaves_by_the_way_that_its_row_says(store: Store, gateway: Gateway) -> None:
    """The process that wrote the rows has died: another one finds in them by which way each goes."""
    clock, mailbox = FakeClock(), Mailbox()
    dead = Outbox(store, clock, KEYRING, Mailbox())
    await post(store, dead, clock, Channel.TEXT, NUMBER)
    await post(store, dead, clock, Channel.MAIL, "ada@example.com")
    clock.advance(31)

    async with outbox_over(store, clock, mailbox, gateway.url()):
        await mailbox.code_for("ada@example.com")
        await asyncio.to_thread(gateway.wait_for_text)

    assert [message.to for message in mailbox.messages] == ["ada@example.com"]
    assert [number for number, _ in gateway.taken] == [NUMBER]


def test_what_an_older_version_left_in_the_outbox_is_mail() -> None:
    left = msgspec.structs.asdict(message_of(MessageKind.TWO_FACTOR_OTP))
    del left["channel"]

    found = msgspec.msgpack.decode(msgspec.msgpack.encode(left), type=Message)

    assert found == message_of(MessageKind.TWO_FACTOR_OTP)
    assert found.channel is Channel.MAIL


async def test_a_gateway_that_hangs_holds_up_no_mail(store: Store, gateway: Gateway) -> None:
    clock, mailbox = FakeClock(), Mailbox()
    gateway.open.clear()
    async with outbox_over(store, clock, mailbox, gateway.url()) as outbox:
        # More than all senders together, if they were one crowd.
        for _ in range(12):
            await post(store, outbox, clock, Channel.TEXT, NUMBER)
        await wait_until_asked(gateway, 4)

        await post(store, outbox, clock, Channel.MAIL, "ada@example.com")

        assert await mailbox.code_for("ada@example.com") == CODE
        assert gateway.taken == []
        gateway.open.set()


async def test_a_gateway_that_hangs_delays_no_answer(sqlite_url: str, gateway: Gateway) -> None:
    gateway.open.clear()
    async with world_over(sqlite_url, sms_url=gateway.url()) as world:
        ada = await sign_up(world)

        begun = await ada.enable(method="otp", phoneNumber=NUMBER)

        assert begun.status_code == 200
        assert gateway.taken == []
        gateway.open.set()
        _, said = await asyncio.to_thread(gateway.wait_for_text)
        code = said.rpartition("#")[2]
        assert (await ada.post("/two-factor/verify-otp", code=code)).status_code == 200


@pytest.mark.parametrize("status", [200, 500, None], ids=["taken", "refused", "not there"])
def test_a_dead_gateway_is_in_the_log_and_no_number_and_no_secret_is(
    tmp_path: Path, gateway: Gateway, status: int | None
) -> None:
    """Apprise logs whom it could not reach, and the address it tried."""
    gateway.status = status or 200
    url = gateway.url() if status else "json://athena:hunter2@127.0.0.1:1/send/{phone}"
    with serving(tmp_path, sms_url=url) as server:
        with httpx.Client(base_url=server.base_url) as client:
            body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
            client.headers["authorization"] = (
                f"Bearer {client.post('/sign-up/email', json=body).json()['token']}"
            )
            body = {"password": PASSWORD, "method": "otp", "phoneNumber": NUMBER}
            assert client.post("/two-factor/enable", json=body).status_code == 200
        if status == 200:
            gateway.wait_for_text()
        else:
            wait_for(lambda: "text.failed" in server.log or None, "a line of the failure")

    log = server.log + server.announcement
    assert ("text.failed" in log) == (status != 200)
    assert not [said for said in (NUMBER[1:], "hunter2", "apprise", "urllib3", "JSON POST") if said in log]


SETTINGS = {
    "no place for the number": ("json://athena:hunter2@127.0.0.1/texts", "{phone}"),
    "no service of Apprise": ("pigeon://athena:hunter2@127.0.0.1/{phone}", "Apprise"),
    "a service without what it needs": ("twilio://hunter2/{phone}", "Apprise"),
    "a file of another host": ("file://hunter2/{phone}", "three slashes"),
}


@pytest.mark.parametrize(("url", "part"), SETTINGS.values(), ids=SETTINGS.keys())
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(
    tmp_path: Path, url: str, part: str
) -> None:
    ended = run_athena(tmp_path, "serve", sms_url=url, port="0")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: ATHENA_SMS_URL: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert part in ended.stderr
    assert "hunter2" not in ended.stderr


def test_without_the_extra_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "apprise.py"
    absent.parent.mkdir()
    absent.write_text("raise ModuleNotFoundError(__name__)\n")
    url = "json://athena:hunter2@127.0.0.1/{phone}"
    ended = subprocess.run(
        [ATHENA, "serve"],
        cwd=tmp_path,
        env=environment(port="0", sms_url=url) | {"PYTHONPATH": str(absent.parent)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("error: ATHENA_SMS_URL: ")
    assert "pip install '.[sms]'" in ended.stderr
    assert "hunter2" not in ended.stderr


def test_apprise_is_not_loaded_by_who_does_not_use_it() -> None:
    script = (
        "import sys; from athena_auth.wiring import build; from athena_auth.settings import Settings; "
        "build(Settings(secret='x' * 32, sms_url='console:', database_url='postgresql://ada@localhost/x')); "
        "sys.exit('apprise' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_no_repr_shows_the_address() -> None:
    settings = load_settings(sms_url="json://athena:hunter2@127.0.0.1/{phone}")
    transport = open_text_transport("json://athena:hunter2@127.0.0.1/{phone}", HOST)

    assert "hunter2" not in f"{settings!r} {settings} {transport!r}"
