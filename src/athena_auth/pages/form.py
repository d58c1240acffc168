"""What a form shows after a refusal: a sentence, and the fields it is about."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from athena_auth.accounts.answers import NEW_PASSWORD_ERRORS
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.pages.page import Shown

CODE_FIELDS = dict.fromkeys(
    (ErrorCode.INVALID_CODE, ErrorCode.INVALID_BACKUP_CODE, ErrorCode.OTP_HAS_EXPIRED), "code"
)
"""Refusals of the field `code`."""
PASSWORD_FIELDS = {ErrorCode.INVALID_PASSWORD: "password"}
"""The refusal of the field `password`."""
NEW_PASSWORD_FIELDS = dict.fromkeys(NEW_PASSWORD_ERRORS, "password")
"""Refusals of the field `password` where a new one is chosen."""


class FormErrors(msgspec.Struct, frozen=True):
    """Why a form was refused.

    Attributes:
        summary: The sentence at the top of the form.
        fields: The names of the fields it is about.
        retry_after: Seconds until the form may be sent again; the page counts them down.
    """

    summary: Text | str = ""
    fields: tuple[str, ...] = ()
    retry_after: int | None = None

    def at(self, field: str) -> Text | str:
        """Return the sentence about a field; empty if it was not refused."""
        return self.summary if field in self.fields else ""


NO_ERRORS = FormErrors()


def errors_of(refused: Refused, fields: Mapping[ErrorCode, str]) -> FormErrors:
    """Return what the form shows. `fields` names the field that a code is about; others are about the whole form."""
    about = fields.get(refused.code)
    return FormErrors(refused.text, () if about is None else (about,), refused.retry_after)


def method_to_show(asked: str, preferred: str | None, offered: Sequence[str]) -> str:
    """Return the factor whose field a page shows: the one asked for, the preferred one, or the first."""
    wanted = (name for name in (asked, preferred) if name in offered)
    return next(wanted, None) or next(iter(offered), "")


def refused_form(template: str, refused: Refused, fields: Mapping[ErrorCode, str], **context: Any) -> Shown:
    """Return the form again with the refusal, its status, and what the user had entered."""
    errors = errors_of(refused, fields)
    return Shown(template, {**context, "errors": errors}, refused.code.status, refused.retry_after)


def form_of(template: str, context: dict[str, Any], refused: Refused | None) -> Shown:
    """Return a form whose context has its errors already, with the status of the refusal, if there was one."""
    if refused is None:
        return Shown(template, context)
    return Shown(template, context, refused.code.status, refused.retry_after)
