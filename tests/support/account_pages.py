"""Account owners at the pages: they sign in, and set an authenticator app up."""

import json

import pyotp

from support.passkey import Authenticator
from support.person import PASSWORD, Person
from support.visitor import Visitor
from support.world import World

EMAIL = "ada@example.com"
APP_LINK = "On this phone: open the authenticator app"


async def signed_in(ada: Person) -> Visitor:
    """Return her browser; her second factor, if she has one, was verified just now."""
    visitor = Visitor(await ada.world.visitor())
    await visitor.open("/sign-in")
    await visitor.send("Sign in", email=ada.email, password=ada.password)
    if visitor.path == "/second-step":
        await visitor.send("Confirm", code=ada.code())
        ada.world.clock.advance(60)
    assert visitor.path == "/security"
    return visitor


async def use_passkey(visitor: Visitor, device: Authenticator, **fields: str) -> int:
    """Use a passkey for the options that the page shows, and send its form."""
    form = visitor.passkey_form
    credential = json.dumps(device.get(json.loads(form.options)))
    return (await visitor.send_again(form, credential=credential, **fields)).status_code


async def new_account(world: World) -> Visitor:
    """Sign a new user up, and open the overview."""
    visitor = Visitor(await world.visitor())
    await visitor.open("/sign-up")
    await visitor.send("Create the account", name="Ada", email=EMAIL, password=PASSWORD)
    await visitor.open("/security")
    return visitor


async def begin(visitor: Visitor) -> pyotp.TOTP:
    """Enter the password, and scan the QR code."""
    await visitor.open("/security/authenticator")
    await visitor.send("Continue", password=PASSWORD)
    app = pyotp.parse_uri(visitor.link(APP_LINK))
    assert isinstance(app, pyotp.TOTP)
    return app


async def set_up_app(world: World, visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Set an app up; the page shows the backup codes."""
    app = await begin(visitor)
    await visitor.send("Confirm", code=app.at(world.clock.now() // 1000))
    codes = visitor.codes
    assert len(codes) == 10
    world.clock.advance(60)
    return app, codes
