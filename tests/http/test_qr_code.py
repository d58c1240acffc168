"""`qrCode` in `enable` and `get-totp-uri`. What the image shows is read in tests/clients/test_qr_codes.py."""

from typing import Any

import pytest

from support.person import PASSWORD, Person

SVG = "data:image/svg+xml;"


@pytest.mark.parametrize("unasked", [{}, {"qrCode": False}, {"qrCode": "false"}, {"qrCode": None}], ids=str)
async def test_an_answer_is_unchanged_unless_the_request_asks_for_a_code(
    ada: Person, unasked: dict[str, Any]
) -> None:
    enabled = await ada.enable(**unasked)
    shown = await ada.post("/two-factor/get-totp-uri", password=PASSWORD, **unasked)

    uri, codes = enabled.json()["totpURI"], '","'.join(ada.backup_codes)
    assert enabled.text == (
        f'{{"totpURI":"{uri}","backupCodes":["{codes}"],"method":"totp","confirmationPending":true}}'
    )
    assert shown.text == f'{{"totpURI":"{uri}"}}'


async def test_both_calls_return_the_same_code_and_no_cache_may_keep_it(ada: Person) -> None:
    enabled = await ada.enable(qrCode=True)
    shown = await ada.post("/two-factor/get-totp-uri", password=PASSWORD, qrCode="true")

    assert enabled.json()["qrCode"] == shown.json()["qrCode"]
    assert shown.json()["qrCode"].startswith(SVG)
    assert enabled.headers["cache-control"] == shown.headers["cache-control"] == "no-store"


async def test_sent_codes_need_no_image(ada: Person) -> None:
    enabled = await ada.post("/two-factor/enable", password=PASSWORD, method="otp", qrCode=True)

    assert enabled.status_code == 200
    assert enabled.json().keys() == {"backupCodes", "method", "confirmationPending"}


@pytest.mark.parametrize("malformed", [1, "yes", "", ["true"]], ids=repr)
async def test_anything_but_a_flag_is_refused_and_begins_nothing(ada: Person, malformed: Any) -> None:
    enabled = await ada.enable(qrCode=malformed)

    assert (enabled.status_code, enabled.json()["code"]) == (400, "VALIDATION_ERROR")
    assert (await ada.client.get("/two-factor/status")).json()["pendingEnrolment"] is None
