"""The floor of the benchmark runs the same statements as the server."""

from floor.databases import database_at
from floor.requests import Requests

from athena_auth.crypto.keys import Keyring
from athena_auth.kernel.clock import SystemClock
from support.person import Person, sign_up
from support.world import SECRET, World


async def test_the_floor_answers_what_the_server_has_prepared(sqlite_world: World) -> None:
    # The floor has the machine's clock.
    sqlite_world.clock.advance((SystemClock().now() - sqlite_world.clock.now()) / 1000)
    ada = await sign_up(sqlite_world)
    await ada.enable()
    await ada.post("/two-factor/verify-totp", code=ada.code(-1))
    database = database_at(sqlite_world.database_url)
    await database.open()
    floor = Requests(database, Keyring({1: SECRET.encode()}))

    seen = await floor.get_session(ada.token)
    by_app = await floor.verify_totp(await ada.challenge(), ada.code())
    challenge = await ada.challenge()
    mail = await floor.send_otp(challenge)
    by_mail = await floor.verify_otp(challenge, mail.code)
    by_backup_code, notifications = await floor.verify_backup_code(await ada.challenge(), ada.backup_codes[0])
    for each in (mail, notifications):
        await floor.forget_mail(each)

    assert seen["user"]["email"] == ada.email
    for answer in (by_app, by_mail, by_backup_code):
        assert await _is_session(sqlite_world, ada, answer["token"])


async def _is_session(world: World, ada: Person, token: str) -> bool:
    session = (await (await world.bearer(token)).get("/get-session")).json()
    return session is not None and session["user"]["email"] == ada.email
