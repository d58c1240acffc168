"""Recognized browsers: OWASP's "device cookies".

A completed sign-in sets a long-lived cookie. It grants no access; it proves only that this browser has signed in to the
account before. Recognized browsers have their own limit of attempts, which strangers cannot use up. So an attacker who
knows the address, or even the password, cannot lock owners out of the browsers that they use.

The cookie is signed, so recognition needs no database row. It is valid only for the password under which it was issued:
when the owner changes a stolen password, browsers in which the attacker used it are no longer recognized.
"""

import base64
import binascii
import hmac

from athena_auth.accounts.model import Account
from athena_auth.crypto.keys import Keyring
from athena_auth.kernel.clock import Millis

LIFETIME = 34_560_000
"""Seconds: 400 days, the longest that browsers keep a cookie."""

_MOST = 5
"""The number of accounts that one browser remembers; a shared computer has several."""
_LONGEST = 1024
_SEPARATOR = "~"


class RecognizedBrowsers:
    """Issues and verifies the cookie of recognized browsers: up to five entries, one for each account, newest first."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def issue(self, account: Account, shown: str | None, now: Millis) -> str:
        """Return the browser's new cookie value: an entry for this account, and its entries for other accounts."""
        others = [entry for entry in _entries(shown) if self._issued_at(entry, account) is None]
        signature = self._keyring.hash_code(str(now), _context(account))
        entry = f"{now:x}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        return _SEPARATOR.join([entry, *others[: _MOST - 1]])

    def is_recognized(self, account: Account, shown: str | None, now: Millis) -> bool:
        """Tell whether the browser has signed in to this account with its current password before."""
        issued = (self._issued_at(entry, account) for entry in _entries(shown))
        return any(instant is not None and instant >= now - LIFETIME * 1000 for instant in issued)

    def _issued_at(self, entry: str, account: Account) -> int | None:
        """Return when an entry was issued, if it is valid for this account and its current password."""
        text, _, encoded = entry.partition(".")
        try:
            issued_at = int(text, 16)
            signature = base64.urlsafe_b64decode(encoded + "==")
        except (ValueError, binascii.Error):
            return None
        expected = self._keyring.possible_hashes(str(issued_at), _context(account))
        return issued_at if any(hmac.compare_digest(signature, each) for each in expected) else None


def _entries(shown: str | None) -> list[str]:
    return [] if shown is None or len(shown) > _LONGEST else shown.split(_SEPARATOR)[:_MOST]


def _context(account: Account) -> str:
    # The entry is bound to the password by the time at which that was set, not by a comparison with the current time.
    return f"recognized-browser:{account.id}:{account.password_changed_at}"
