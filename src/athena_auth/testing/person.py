"""A person who uses the application under test."""

from dataclasses import dataclass, field
from typing import Any

from athena_auth.testing.authenticator_app import AuthenticatorApp
from athena_auth.testing.calls import Api, ApiResponse
from athena_auth.testing.clock import ManualClock

PASSWORD = "correct horse battery staple"


@dataclass
class Person:
    """A person with an account, who is signed in; `ServerForTests.person` makes one.

    Attributes:
        email: Their address.
        password: Their password.
        user_id: The id of their account.
        token: Their session token.
        cookies: The cookies of a browser with their session; requests that change something need `Origin` besides.
        backup_codes: Their unused backup codes, when they have a second factor.
    """

    email: str
    password: str
    user_id: str
    token: str
    cookies: dict[str, str]
    backup_codes: list[str] = field(default_factory=list)
    _api: Api = field(kw_only=True, repr=False)
    _clock: ManualClock = field(kw_only=True, repr=False)
    _totp_window: int = field(kw_only=True, repr=False)
    _app: AuthenticatorApp | None = field(default=None, kw_only=True, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request in their session: a bearer token, for any client."""
        return {"authorization": f"Bearer {self.token}"}

    def code(self) -> str:
        """Return what their authenticator app shows now. Each code works once; the next comes with the next period.

        Raises:
            RuntimeError: they have no second factor.
        """
        return self._authenticator.code()

    async def enrol(self) -> None:
        """Turn two-factor authentication on with an authenticator app; the session has level 2 from then on."""
        enabled = (await self._post("/two-factor/enable", password=self.password)).json
        self._app = app = AuthenticatorApp(enabled["totpURI"], self._clock)
        self.backup_codes = enabled["backupCodes"]
        # With the code of the period before, where the server accepts it, the present one is left for the test.
        await self._verify(app.previous_code() if self._totp_window > 0 else app.code())

    async def step_up(self) -> None:
        """Verify a second factor in their session again, so that it is fresh: `require(level=2, fresh=…)` lets them in.

        The clock moves to the next period where the present code has been used.
        """
        await self._verify(self._authenticator.unused_code())

    async def sign_in(self) -> None:
        """Sign in again in a new browser, with every factor they have; `token` and `cookies` are those of the new session.

        The clock moves to the next period where the present code has been used.
        """
        self.token, self.cookies = "", {}
        answer = await self._post("/sign-in/email", email=self.email, password=self.password)
        self.token = answer.json["token"]
        if self._app is not None:
            # Until the second factor is verified it is the token of the challenge.
            self.token = (await self._verify(self._app.unused_code())).json["token"]

    @property
    def _authenticator(self) -> AuthenticatorApp:
        if self._app is None:
            raise RuntimeError(f"{self.email} has no second factor; make the person with level=2")
        return self._app

    async def _verify(self, code: str) -> ApiResponse:
        return await self._post("/two-factor/verify-totp", code=code)

    async def _post(self, path: str, **body: Any) -> ApiResponse:
        answer = await self._api.post(path, body, self.token or None)
        self.cookies = {name: value for name, value in (self.cookies | answer.cookies).items() if value}
        return answer


async def sign_up(api: Api, clock: ManualClock, totp_window: int, body: dict[str, str]) -> Person:
    """Create an account as its owner does, who is then signed in at level 1."""
    answer = await api.post("/sign-up/email", body)
    user_id, token = answer.json["user"]["id"], answer.json["token"]
    return Person(
        body["email"],
        body["password"],
        user_id,
        token,
        answer.cookies,
        _api=api,
        _clock=clock,
        _totp_window=totp_window,
    )


async def sign_in(
    api: Api, clock: ManualClock, totp_window: int, body: dict[str, str], user_id: str
) -> Person:
    """Sign the owner of an existing account in at level 1."""
    email, password = body["email"], body["password"]
    person = Person(email, password, user_id, "", {}, _api=api, _clock=clock, _totp_window=totp_window)
    await person.sign_in()
    return person
