"""A change of address, as the owner of an account makes it."""

from athena_auth.delivery.model import MessageKind
from support.links import token_in
from support.person import Person
from support.world import World

NEW = "ada@new.example.com"


async def mailed_token(world: World, address: str, kind: MessageKind, *, nth: int = 1) -> str:
    """Wait for the n-th mail of this kind, and return the token of its link."""
    return token_in(str((await world.mailbox.message_for(address, kind, nth=nth)).url))


async def ask_for_change(person: Person, new: str = NEW, *, nth: int = 1) -> str:
    """Request the change; return the token that was sent to the new address."""
    asked = await person.post("/change-email", newEmail=new, password=person.password)
    assert asked.status_code == 200, asked.text
    return await mailed_token(person.world, new, MessageKind.EMAIL_CHANGE, nth=nth)


async def change_address(person: Person, new: str = NEW) -> str:
    """Change the address; return the token that was sent to the old one, with which the change can be undone."""
    old, token = person.email, await ask_for_change(person, new)
    changed = await person.client.get("/change-email/verify", params={"token": token})
    assert changed.status_code == 200, changed.text
    person.email = new
    return await mailed_token(person.world, old, MessageKind.EMAIL_CHANGED)
