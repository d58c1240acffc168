"""What a person reads, and what nobody may slip into it."""

import email
import io
from email.message import EmailMessage
from email.policy import SMTPUTF8
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from athena_auth.delivery.failure import DeliveryFailed
from athena_auth.delivery.mime import compose, parse_sender
from athena_auth.delivery.model import Message, MessageKind
from athena_auth.delivery.render import render

CODE = "482915"
MESSAGE = Message(
    kind=MessageKind.TWO_FACTOR_OTP,
    to="ada@example.com",
    name="Ada",
    app_name="Athena",
    code=CODE,
    expires_at=1_800_000_000_000,
    valid_for=180,
)
SENDER = parse_sender("Athena <no-reply@example.org>")
COMPOSED_HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]

# Lone surrogates too: a JSON string can smuggle one past many a decoder.
any_text = st.text(st.characters(exclude_categories=()))
mail_text = st.text(st.sampled_from('aä.@ "<>,;:\\()[]\r\n\t\0\x1b\ud800\u2028-+%=?'))


class Page(HTMLParser):
    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def with_(**changes: str | int) -> Message:
    return msgspec.structs.replace(MESSAGE, **changes)


def received(message: Message) -> EmailMessage:
    """Return the mail as a reader on the far side parses it from its bytes."""
    parsed = email.message_from_bytes(compose(message, SENDER).as_bytes(policy=SMTPUTF8), policy=SMTPUTF8)
    assert isinstance(parsed, EmailMessage)
    return parsed


def received_unless_refused(message: Message) -> EmailMessage | None:
    try:
        return received(message)
    except DeliveryFailed:
        return None


def test_a_message_survives_the_outbox() -> None:
    assert msgspec.json.decode(msgspec.json.encode(MESSAGE), type=Message) == MESSAGE
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(MESSAGE), type=Message) == MESSAGE


def test_no_repr_of_a_message_shows_the_code_or_the_address() -> None:
    """A message is a local variable of frames that a traceback with locals prints, by repr or by rich."""
    rich_repr = io.StringIO()
    Console(file=rich_repr).print(MESSAGE)
    for shown in (repr(MESSAGE), str(MESSAGE), f"{MESSAGE}", rich_repr.getvalue()):
        assert "two-factor-otp" in shown
        assert CODE not in shown
        assert "ada@" not in shown


def test_a_repr_hides_what_is_not_even_an_address() -> None:
    assert "nonsense" not in repr(with_(to="nonsense"))


def test_no_repr_of_a_rendered_message_shows_the_code() -> None:
    assert CODE not in repr(render(MESSAGE))


def test_the_subject_names_the_service_and_keeps_the_code_off_the_lock_screen() -> None:
    subject = render(MESSAGE).subject
    assert "Athena" in subject
    assert CODE not in subject


def test_a_preview_of_the_first_words_does_not_show_the_code() -> None:
    rendered = render(MESSAGE)
    body = rendered.html.partition("<body")[2]
    for text in (rendered.text, "".join(Page("<body" + body).words)):
        assert " ".join(text.split()).index(CODE) > 150


def test_both_parts_carry_the_code_the_lifetime_and_the_two_warnings() -> None:
    rendered = render(MESSAGE)
    for text in (rendered.text, "".join(Page(rendered.html).words)):
        words = " ".join(text.split())
        assert CODE in words
        assert "3 minutes" in words
        assert "Nobody from Athena will ever ask for this code" in words
        assert "change your password" in words


@pytest.mark.parametrize(
    ("seconds", "lifetime"),
    [(180, "3 minutes"), (60, "1 minute"), (119, "1 minute"), (30, "30 seconds"), (1, "1 second")],
)
def test_the_mail_never_promises_more_time_than_there_is(seconds: int, lifetime: str) -> None:
    assert f"stops working {lifetime} after" in render(with_(valid_for=seconds)).text


@given(name=any_text)
@example(name="\r\n\r\nBcc: eve@example.net")
@example(name="\u202egnirts desrever")
@example(name="👩\u200d💻")
def test_any_name_renders_and_leaves_the_code_on_a_line_of_its_own(name: str) -> None:
    rendered = render(with_(name=name))
    assert rendered.text.splitlines().count(CODE) == 1
    assert rendered.text.splitlines()[0].startswith("Hello")
    assert rendered.text.splitlines()[1] == ""
    rendered.html.encode()


@pytest.mark.parametrize(
    "name", ["Zoë Ångström", "山田 太郎", "محمد", "J. R. Smith", "O'Brien-Łukasz", "👩\u200d💻"]
)
def test_people_are_greeted_by_their_own_names(name: str) -> None:
    rendered = render(with_(name=name))
    assert f"Hello {name}," in rendered.text
    assert f"Hello {name}," in "".join(Page(rendered.html).words)


@pytest.mark.parametrize(
    "name", ["see evil.example", "https://evil.example", "WWW.evil", "eve@evil.example", "evil.example/x", ""]
)
def test_a_name_that_could_become_a_link_is_not_repeated(name: str) -> None:
    """Signing up with a stranger's address and an advertisement as the name would send spam as us."""
    rendered = render(with_(name=name))
    assert rendered.text.startswith("Hello,\n")
    assert "evil" not in rendered.html


def test_a_name_cannot_reverse_the_warning_that_follows() -> None:
    assert "\u202e" not in render(with_(name="Ada\u202e")).text


def test_a_name_cannot_fill_the_mail() -> None:
    assert len(render(with_(name="a" * 10_000)).text) < 1_000


@pytest.mark.parametrize("field", ["name", "app_name"])
def test_html_in_a_name_stays_text(field: str) -> None:
    rendered = render(with_(**{field: '<img src=x onerror="alert(1)">&'}))
    assert "img" not in [tag for tag, _ in Page(rendered.html).tags]
    assert '<img src=x onerror="alert(1)">&' in "".join(Page(rendered.html).words)


def test_the_html_loads_nothing_runs_nothing_and_speaks_to_a_screen_reader() -> None:
    tags = Page(render(MESSAGE).html).tags
    assert not {"img", "script", "link", "a", "iframe"} & {tag for tag, _ in tags}
    assert "url(" not in render(MESSAGE).html
    assert ("html", {"lang": "en", "dir": "ltr"}) in tags
    assert all(attributes["role"] == "presentation" for tag, attributes in tags if tag == "table")
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags


def test_the_mail_has_both_parts_and_asks_for_no_automatic_answer() -> None:
    mail = received(MESSAGE)
    assert mail.keys() == COMPOSED_HEADERS
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all(CODE in part.get_content() for part in mail.iter_parts())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["From"].addresses[0].display_name == "Athena"
    assert mail["To"].addresses[0].addr_spec == "ada@example.com"
    assert mail["Date"].datetime is not None
    assert mail["Message-ID"].endswith("@example.org>")


def test_two_mails_have_two_message_ids() -> None:
    assert compose(MESSAGE, SENDER)["Message-ID"] != compose(MESSAGE, SENDER)["Message-ID"]


@given(name=any_text, app_name=any_text)
@example(name="x", app_name="Athena\r\nBcc: eve@example.net")
def test_no_name_adds_a_header(name: str, app_name: str) -> None:
    """Header injection: a line break in a name would start a header, and "Bcc: eve" a second recipient."""
    assert received(with_(name=name, app_name=app_name)).keys() == COMPOSED_HEADERS


@given(to=mail_text)
@example(to="ada@example.com\r\nBcc: eve@example.net")
@example(to="ada@example.com, eve@example.net")
@example(to="ada@example.com> SIZE=1")
@example(to='"ada\r\n"@example.com')
@example(to="%@.")
@example(to="a..b@example.com")
@example(to="=@\u00e4")
def test_an_address_is_sent_to_as_it_is_or_refused_for_good(to: str) -> None:
    mail = received_unless_refused(with_(to=to))
    if mail is not None:
        assert mail.keys() == COMPOSED_HEADERS
        # Where an atom holds "=", Python's parser leaves the bytes that came undecoded; the bytes are right.
        came = [address.addr_spec.encode(errors="surrogateescape") for address in mail["To"].addresses]
        assert came == [to.encode()]


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a@b@c",
        "a b@example.com",
        "ada@example.com\n",
        "ada@example.com,eve@x.y",
    ],
)
def test_what_is_not_one_address_is_refused_for_good(to: str) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        compose(with_(to=to), SENDER)
    assert refused.value.permanent


@pytest.mark.parametrize(
    "to", ["ada+codes@example.com", "o'brien@example.com", "zoë@bücher.example", "a.b-c@sub.example.com"]
)
def test_ordinary_and_international_addresses_are_accepted(to: str) -> None:
    assert str(received(with_(to=to))["To"]) == to


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("no-reply@example.com", "no-reply@example.com"),
        ("Athena <no-reply@example.com>", "no-reply@example.com"),
        ('"Athena, Inc." <no-reply@example.com>', "no-reply@example.com"),
        ("Bücher <post@bücher.example>", "post@bücher.example"),
    ],
)
def test_a_sender_may_have_a_name(sender: str, address: str) -> None:
    assert parse_sender(sender).address == address


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "Athena",
        "Athena, Inc. <a@example.com>",
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: eve@example.net",
    ],
)
def test_a_sender_that_is_not_one_address_is_refused_at_start(sender: str) -> None:
    with pytest.raises(ValueError, match="The mail sender must be one address"):
        parse_sender(sender)


def test_every_kind_has_its_words() -> None:
    for kind in MessageKind:
        assert render(with_(kind=kind)).subject
