"""The audit events of verifications and of changed credentials."""

from collections.abc import Iterable
from typing import Any

from athena_auth.audit.model import EventName, Stage, Verdict, verification_event
from athena_auth.delivery.model import MessageKind
from athena_auth.mfa.factor import Factor
from athena_auth.mfa.model import Change

CHANGES = {
    Change.PASSWORD_CHANGED: (EventName.PASSWORD_CHANGED, MessageKind.PASSWORD_CHANGED),
    Change.PASSWORD_RESET: (EventName.PASSWORD_RESET, MessageKind.PASSWORD_WAS_RESET),
    Change.ACCOUNT_RECLAIMED: (EventName.ACCOUNT_RECLAIMED, MessageKind.ACCOUNT_RECLAIMED),
    Change.FACTOR_ADDED: (EventName.FACTOR_ADDED, MessageKind.FACTOR_ADDED),
    Change.FACTOR_REPLACED: (EventName.FACTOR_REPLACED, MessageKind.FACTOR_REPLACED),
    Change.FACTORS_REMOVED: (EventName.FACTORS_REMOVED, MessageKind.FACTORS_REMOVED),
    Change.FACTORS_RESET: (EventName.FACTORS_RESET, MessageKind.FACTORS_RESET),
}
"""The audit event of each change of credentials, and the notification to the owner."""

_MEANINGS = {
    (Stage.SIGN_IN, Verdict.ACCEPTED): "A {code} completed a sign-in.",
    (Stage.SIGN_IN, Verdict.REFUSED): "A wrong {code} at sign-in.",
    (Stage.STEP_UP, Verdict.ACCEPTED): "A {code} was verified in a session.",
    (Stage.STEP_UP, Verdict.REFUSED): "A wrong {code} in a session.",
}


def verification_events(factors: Iterable[type[Factor[Any]] | Factor[Any]]) -> dict[str, str]:
    """Return the events of verifying these factors, with their meanings."""
    return {
        verification_event(stage, factor.name, verdict): meaning.format(code=factor.code_name)
        for factor in factors
        for (stage, verdict), meaning in _MEANINGS.items()
    }
