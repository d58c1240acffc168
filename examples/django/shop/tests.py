"""Tests of the shop: `manage.py test shop`; how it is done is in docs/how-to/test.md."""

from http import HTTPStatus
from typing import Any

from django.test import SimpleTestCase

from athena_auth.testing import Person, athena_for_tests
from shop.auth import athena


class ShopTest(SimpleTestCase):
    def setUp(self) -> None:
        self.server = self.enterContext(athena_for_tests(athena))

    async def pay(self, person: Person, amount: int) -> dict[str, Any]:
        answer = await self.async_client.post("/pay", {"amount": amount}, headers=person.headers)
        return answer.json()

    async def test_strangers_have_no_account(self) -> None:
        async with athena.lifespan():
            answer = await self.async_client.get("/account")

        self.assertEqual(answer.status_code, HTTPStatus.UNAUTHORIZED)

    async def test_a_password_pays_little(self) -> None:
        async with athena.lifespan():
            ada = await self.server.person()

            self.assertEqual(await self.pay(ada, 50), {"paid": 50, "by": "ada@example.com"})
            self.assertEqual((await self.pay(ada, 150))["code"], "ENROLMENT_REQUIRED")

    async def test_a_second_factor_pays_much_for_ten_minutes(self) -> None:
        async with athena.lifespan():
            ada = await self.server.person(level=2)
            self.assertEqual(await self.pay(ada, 150), {"paid": 150, "by": "ada@example.com"})

            self.server.clock.advance(601)
            self.assertEqual((await self.pay(ada, 150))["code"], "STEP_UP_REQUIRED")

            await ada.step_up()
            self.assertEqual(await self.pay(ada, 150), {"paid": 150, "by": "ada@example.com"})

    async def test_a_synchronous_view_is_guarded_too(self) -> None:
        async with athena.lifespan():
            ada = await self.server.person()
            answer = await self.async_client.get("/account", headers=ada.headers)

        self.assertEqual(answer.json(), {"email": "ada@example.com", "twoFactorEnabled": False})
