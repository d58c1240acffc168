"""A shop in which paying over 100 needs a fresh second factor; see README.md."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from athena_auth import Athena, Principal

MOST_WITHOUT_SECOND_FACTOR = 100
PAGE = Path(__file__).with_name("page")
HEADERS = {
    # Nothing runs here but the shop's own files and the client that Athena Auth serves.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}

athena = Athena()
app = FastAPI(title="Shop", lifespan=athena.lifespan, exception_handlers=athena.exception_handlers)
app.mount("/api/auth", athena.asgi)
app.mount("/page", StaticFiles(directory=PAGE))

Customer = Annotated[Principal, Depends(athena.session)]
fresh_second_factor = athena.require(level=2, fresh=600)


class Payment(BaseModel):
    amount: int = Field(ge=1)


@app.get("/", include_in_schema=False)
async def home() -> FileResponse:
    return FileResponse(PAGE / "index.html", headers=HEADERS)


@app.get("/account")
async def account(customer: Customer) -> dict[str, Any]:
    return {"email": customer.user.email, "twoFactorEnabled": customer.user.two_factor_enabled}


@app.post("/pay")
async def pay(request: Request, payment: Payment, customer: Customer) -> dict[str, Any]:
    # Where a guard is always asked for, it is a dependency like Customer: Depends(fresh_second_factor).
    if payment.amount > MOST_WITHOUT_SECOND_FACTOR:
        await fresh_second_factor(request)
    return {"paid": payment.amount, "by": customer.user.email}
