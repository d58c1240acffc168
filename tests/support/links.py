"""Emailed links."""

from urllib.parse import parse_qs, urlsplit

from athena_auth.delivery.model import MessageKind
from support.person import Person
from support.world import World


def token_in(url: str) -> str:
    """Return the token in a link."""
    return parse_qs(urlsplit(url).query)["token"][0]


async def ask_for_reset(world: World, email: str, **headers: str) -> None:
    """Request a password reset link, as anyone can who knows the address."""
    client = await world.client(**headers)
    asked = await client.post("/request-password-reset", json={"email": email})
    assert asked.status_code == 200, asked.text


async def reset_token(world: World, email: str, *, nth: int = 1) -> str:
    """Request a password reset link; return the token of the n-th one that arrived."""
    await ask_for_reset(world, email)
    mail = await world.mailbox.message_for(email, MessageKind.PASSWORD_RESET, nth=nth)
    assert mail.url is not None
    return token_in(mail.url)


async def verification_link(person: Person) -> str:
    """Request a link that verifies a person's address; return it."""
    sent = await person.post("/send-verification-email", email=person.email)
    assert sent.status_code == 200, sent.text
    mail = await person.world.mailbox.message_for(person.email, MessageKind.EMAIL_VERIFICATION)
    assert mail.url is not None
    return mail.url


async def verify_address(person: Person) -> None:
    """Verify a person's address in their own session."""
    verified = await person.client.get(await verification_link(person))
    assert verified.status_code == 200, verified.text
