"""Recognized browsers: the "device cookies" of OWASP.

A completed sign-in leaves a long-lived cookie behind. It proves nothing but that this browser has signed in to the
account before, and opens nothing. What it is good for is attempts of its own, which strangers cannot use up: whoever knows
an address, or even the password, cannot lock the owner out of the browsers they use.

The cookie is a signed statement, so that recognizing costs no row and no look-up. It ends with the password it was
issued under: whoever signed in with a stolen one is a stranger again once the owner has changed it.
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
"""Accounts that one browser is remembered for: a family's computer."""
_LONGEST = 1024
_SEPARATOR = "~"


class RecognizedBrowsers:
    """Issues and reads what a browser is recognized by: up to five entries, the newest first."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def issue(self, account: Account, shown: str | None, now: Millis) -> str:
        """Return what the browser shows from now on: an entry for this account, and the entries it has for others."""
        others = [entry for entry in _entries(shown) if self._issued_at(entry, account) is None]
        signature = self._keyring.hash_code(str(now), _context(account))
        entry = f"{now:x}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        return _SEPARATOR.join([entry, *others[: _MOST - 1]])

    def is_recognized(self, account: Account, shown: str | None, now: Millis) -> bool:
        """Tell whether the browser has signed in to this account, with its present password, before."""
        issued = (self._issued_at(entry, account) for entry in _entries(shown))
        return any(instant is not None and instant >= now - LIFETIME * 1000 for instant in issued)

    def _issued_at(self, entry: str, account: Account) -> int | None:
        """Return when an entry was issued, if it is ours, for this account and its present password."""
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
    # Bound to the password by when that was set, whatever the clock has said since.
    return f"recognized-browser:{account.id}:{account.password_changed_at}"
