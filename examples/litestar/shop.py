"""A shop in which paying over 100 needs a fresh second factor; see README.md."""

from typing import Annotated, Any

import msgspec
from litestar import Litestar, MediaType, Request, get, post
from litestar.di import NamedDependency

from athena_auth import Athena, Principal
from athena_auth.integrations.litestar import AthenaPlugin, guarded

MOST_WITHOUT_SECOND_FACTOR = 100

athena = Athena()
signed_in = guarded(athena.session)
fresh_second_factor = guarded(athena.require(level=2, fresh=600))


class Payment(msgspec.Struct):
    amount: Annotated[int, msgspec.Meta(ge=1)]


@get("/", media_type=MediaType.HTML)
async def home() -> str:
    return "<!doctype html><title>Shop</title><h1>Everybody sees this.</h1>"


@get("/account", guards=[signed_in])
async def account(principal: NamedDependency[Principal]) -> dict[str, Any]:
    return {"email": principal.user.email, "twoFactorEnabled": principal.user.two_factor_enabled}


@post("/pay", guards=[signed_in], status_code=200)
async def pay(
    request: Request[Any, Any, Any], data: Payment, principal: NamedDependency[Principal]
) -> dict[str, Any]:
    if data.amount > MOST_WITHOUT_SECOND_FACTOR:
        await fresh_second_factor(request)
    return {"paid": data.amount, "by": principal.user.email}


app = Litestar([home, account, pay], plugins=[AthenaPlugin(athena)])
