"""Several authenticators on the pages, as a browser without JavaScript shows them."""

import pyotp
import pytest

from support.account_pages import APP_LINK, new_account, signed_in
from support.apps import add_app, listed
from support.person import PASSWORD, Person, sign_up
from support.visitor import Visitor
from support.world import World

LIST, ADD = "/security/authenticators", "/security/authenticators/add"


@pytest.fixture
async def ada(sqlite_world: World) -> Person:
    ada = await sign_up(sqlite_world)
    await ada.turn_on_totp()
    return ada


async def begin(visitor: Visitor, label: str) -> pyotp.TOTP:
    await visitor.open(ADD)
    await visitor.send("Continue", password=PASSWORD, label=label)
    app = pyotp.parse_uri(visitor.link(APP_LINK))
    assert isinstance(app, pyotp.TOTP)
    return app


def code_of(app: pyotp.TOTP, ada: Person) -> str:
    return app.at(ada.world.clock.now() // 1000)


async def test_an_app_is_added_by_a_code_of_the_new_one(ada: Person) -> None:
    visitor = await signed_in(ada)
    app = await begin(visitor, "Work phone")

    await visitor.send("Confirm", code=ada.code())
    assert "from the app that you use already" in visitor.said
    await visitor.send("Confirm", code=code_of(app, ada))

    assert visitor.path == LIST
    assert "The authenticator app was added." in visitor.said
    assert "Work phone" in visitor.text
    assert [each["label"] for each in await listed(ada)] == [None, "Work phone"]


async def test_a_wrong_password_keeps_the_name(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open(ADD)

    await visitor.send("Continue", password="not the password", label="Work phone")

    assert "The password is wrong." in visitor.said
    assert visitor.fields["label"] == "Work phone"


async def test_a_set_up_that_took_too_long_begins_again(ada: Person) -> None:
    visitor = await signed_in(ada)
    app = await begin(visitor, "Work phone")
    form = visitor.form("Confirm")
    ada.world.clock.advance(901)
    await signed_in_again(visitor, ada)

    await visitor.send_again(form, code=code_of(app, ada))

    assert visitor.path == ADD
    assert "took too long" in visitor.said


async def signed_in_again(visitor: Visitor, ada: Person) -> None:
    """Verify the factor again, after which the session is recent."""
    await visitor.open(f"/step-up?next={ADD}")
    await visitor.send("Confirm", code=ada.code())
    ada.world.clock.advance(60)


async def test_one_is_renamed_suspended_resumed_and_removed(ada: Person) -> None:
    visitor = await signed_in(ada)
    await add_app(ada, "Work phone")
    await visitor.open(LIST)

    await visitor.send("Rename", label="Private phone")
    assert "was renamed" in visitor.said
    assert (await listed(ada))[0]["label"] == "Private phone"
    await visitor.send("Suspend")
    assert "is suspended" in visitor.said
    await visitor.send("Resume")
    assert "can be used again" in visitor.said
    await visitor.send("Remove")
    assert "was removed" in visitor.said


async def test_the_last_one_is_kept_and_the_page_says_how_to_go_on(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open(LIST)

    await visitor.send("Remove")

    assert "turn two-factor authentication off" in visitor.said
    assert len(await listed(ada)) == 1


async def test_a_name_is_text(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open(LIST)

    await visitor.send("Rename", label="<b>x</b>")

    assert "&lt;b&gt;x&lt;/b&gt;" in visitor.text
    assert "<b>x" not in visitor.text


@pytest.mark.parametrize("path", [LIST, ADD])
async def test_each_page_needs_a_recent_factor(ada: Person, path: str) -> None:
    visitor = await signed_in(ada)
    ada.world.clock.advance(601)

    await visitor.open(path)
    assert visitor.path == "/step-up"
    await visitor.send("Confirm", code=ada.code())

    assert visitor.path == path


@pytest.mark.parametrize("action", ["suspend", "remove"])
async def test_a_form_that_came_too_late_asks_for_a_code_and_changes_nothing(
    ada: Person, action: str
) -> None:
    visitor = await signed_in(ada)
    await add_app(ada)
    await visitor.open(LIST)
    ada.world.clock.advance(601)

    await visitor.send(action.capitalize())

    assert visitor.path == "/step-up"
    assert [each["suspended"] for each in await listed(ada)] == [False, False]


async def test_without_a_factor_the_first_one_is_set_up(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)

    await visitor.open(ADD)
    assert visitor.path == "/security/authenticator"
    await visitor.open(LIST)
    assert "There are none." in visitor.text


async def test_the_second_step_opens_with_what_the_owner_prefers(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.send("Codes by email", method="otp")
    assert (visitor.path, visitor.said) == ("/security", "Your choice was saved.")

    stranger = Visitor(await ada.world.visitor())
    await stranger.open("/sign-in")
    await stranger.send("Sign in", email=ada.email, password=ada.password)

    assert stranger.path == "/second-step"
    assert stranger.form("Send the code").labels
    await stranger.open(stranger.link("Use your authenticator app"))
    await stranger.send("Confirm", code=ada.code())
    assert stranger.path == "/security"


async def test_the_step_up_page_opens_with_it_too(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.send("Codes by email", method="otp")
    ada.world.clock.advance(601)

    await visitor.open(LIST)

    assert visitor.path == "/step-up"
    assert visitor.form("Send the code").labels


async def test_replacing_warns_of_all_apps(ada: Person) -> None:
    visitor = await signed_in(ada)
    await add_app(ada)

    await visitor.open("/security/authenticator")

    assert "All apps of your account stop working" in visitor.text
    await visitor.send("Continue", password=PASSWORD)
    app = pyotp.parse_uri(visitor.link(APP_LINK))
    assert isinstance(app, pyotp.TOTP)
    await visitor.send("Confirm", code=code_of(app, ada))
    assert len(visitor.codes) == 10
    await visitor.open("/security")
    assert "1 authenticator app" in visitor.text
