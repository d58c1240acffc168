"""Security notifications: what happened, when, from where and what to do, without any text from an attacker."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from athena_auth.delivery.model import EventContext, Message, MessageKind
from athena_auth.delivery.render import render
from support.messages import NOTIFICATIONS, REMINDERS, message_of

each_notification = pytest.mark.parametrize("kind", NOTIFICATIONS)

any_text = st.text(st.characters(exclude_categories=()))
# Long enough to hold an advertisement between the marks that are looked for.
user_agents = st.lists(
    st.sampled_from(["Firefox/", "Windows", "iPhone", "Edg", " ", "see evil.example", "\r\n\r\n"]) | any_text
).map("".join)

BROWSERS = "Edge|Opera|Samsung Internet|Firefox|Chrome|Safari|a program"
SYSTEMS = "iPhone|iPad|Android|Windows|ChromeOS|Mac|Linux"
A_DEVICE = re.compile(rf"Device: (not known|({BROWSERS})( on ({SYSTEMS}))?)")

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IOS = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


def text_of(address: str = "192.0.2.7", user_agent: str = FIREFOX) -> str:
    circumstances = EventContext(1_800_000_059_999, address, user_agent)
    return render(message_of(MessageKind.DEVICE_TRUSTED, context=circumstances)).text


def words_of(message: Message) -> str:
    return " ".join(render(message).text.split())


@each_notification
def test_news_tells_when_and_from_where(kind: MessageKind) -> None:
    lines = render(message_of(kind)).text.splitlines()
    start = lines.index("When: 2027-01-15 08:00 UTC")
    assert lines[start - 1 : start + 4] == [
        "",
        "When: 2027-01-15 08:00 UTC",
        "IP address: 192.0.2.7",
        "Device: Firefox on Windows",
        "",
    ]


@pytest.mark.parametrize("kind", [kind for kind in NOTIFICATIONS if kind not in REMINDERS])
def test_a_notification_says_what_to_do_if_it_was_someone_else(kind: MessageKind) -> None:
    assert re.search("If this was not you, some(one|body)", words_of(message_of(kind)))


@pytest.mark.parametrize("kind", REMINDERS)
def test_a_reminder_says_what_to_do(kind: MessageKind) -> None:
    assert "To set it up, sign in to Athena and turn on two-factor authentication" in words_of(
        message_of(kind)
    )


@each_notification
def test_news_carries_no_link(kind: MessageKind) -> None:
    """People who are used to links in warnings follow the link in a forged one."""
    rendered = render(message_of(kind))
    assert "href" not in rendered.html
    assert not re.search(r"[a-z]+://|www\.|\w@\w|\w\.[a-z]{2,}", rendered.text)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (MessageKind.SECOND_FACTOR_REFUSED, "someone knows your password. Change it now"),
        (MessageKind.DEVICE_TRUSTED, "Remove the device from the trusted devices in your settings"),
        (MessageKind.FACTORS_REMOVED, "turn two-factor authentication on again"),
        (MessageKind.PASSWORD_WAS_RESET, "Change the password of your mailbox first"),
        (MessageKind.BACKUP_CODES_REPLACED, "then generate new backup codes"),
    ],
)
def test_the_advice_fits_what_happened(kind: MessageKind, sentence: str) -> None:
    assert sentence in words_of(message_of(kind))


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        (7, "a second time. You have 7 codes left. When:"),
        (1, "a second time. You have 1 code left. When:"),
        (0, "a second time. It was the last one. Generate new codes now. When:"),
        (None, "a second time. When:"),
    ],
)
def test_a_used_backup_code_says_how_many_are_left(left: int | None, sentence: str) -> None:
    assert sentence in words_of(message_of(MessageKind.BACKUP_CODE_USED, codes_left=left))


def test_what_no_request_asked_for_is_told_without_a_place() -> None:
    by_an_operator = EventContext(1_795_519_752_811, "", "")
    text = render(message_of(MessageKind.FACTORS_RESET, context=by_an_operator)).text
    assert "\nWhen: 2026-11-24 11:29 UTC\n\n" in text
    assert "IP address" not in text
    assert "Device" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36", "Chrome on Windows"),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/139.0 Safari/537.36 OPR/123.0", "Opera on Linux"),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 16181.61.0) {WEBKIT} Chrome/140.0 Safari/537.36",
            "Chrome on ChromeOS",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {IOS} Version/18.6 Safari/605.1.15",
            "Safari on Mac",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {IOS} Version/18.6 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {IOS} CriOS/140.0 Mobile Safari/604.1",
            "Chrome on iPad",
        ),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6) {IOS} FxiOS/143.0 Safari/605.1.15", "Firefox on iPhone"),
        ("Shop/3.1 (iPhone; iOS 18.6)", "a program on iPhone"),
        ("Firefox/143.0", "Firefox"),
        ("curl/8.14.1", "not known"),
        ("", "not known"),
    ],
)
def test_a_device_is_named_by_browser_and_system(user_agent: str, device: str) -> None:
    assert f"\nDevice: {device}\n" in text_of(user_agent=user_agent)


@given(user_agent=user_agents)
@example(user_agent="You won! See https://evil.example Firefox/1 (Windows)")
@example(user_agent="<img src=x> Firefox/1")
@example(user_agent="Firefox/1\r\n\r\nNobody from Athena will ever ask: send us your code")
def test_no_word_of_a_user_agent_is_repeated(user_agent: str) -> None:
    """A spammer who signs up with a stranger's address chooses it, and our mail would carry the advertisement."""
    told, said_otherwise = (text.splitlines() for text in (text_of(user_agent=user_agent), text_of()))
    (device,) = set(told) - set(said_otherwise) or {"Device: Firefox on Windows"}
    assert A_DEVICE.fullmatch(device)
    assert told == [device if line.startswith("Device: ") else line for line in said_otherwise]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:0:1::17", "2001:db8::1:0:0:17"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::1%see-evil.example", "fe80::1"),
        ("evil.example", "not known"),
        ("192.0.2.7, evil.example", "not known"),
        ("unix:", "not known"),
        ("", "not known"),
    ],
)
def test_only_an_address_is_told_as_one(address: str, told: str) -> None:
    """A proxy that is trusted by mistake passes on any text; the zone of an IPv6 address is any text by law."""
    assert f"\nIP address: {told}\n" in text_of(address=address)


@given(address=any_text)
def test_no_text_in_place_of_an_address_breaks_the_mail(address: str) -> None:
    assert len(text_of(address=address).splitlines()) == len(text_of().splitlines())
