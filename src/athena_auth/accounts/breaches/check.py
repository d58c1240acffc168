"""Checking passwords against a source of breached ones. It fails open: a source that is down must not stop sign-ups."""

import asyncio
import hashlib
from dataclasses import dataclass

from athena_auth.accounts.breaches.model import BreachSource, SourceFailed
from athena_auth.crypto.passwords import normalise
from athena_auth.kernel.log import Log

_log = Log(__name__)

_TIMEOUT = 2.0
"""Seconds to wait for the source."""
_MOST = 32
"""Checks that may run at once: a source that hangs must not hold thousands of requests."""


@dataclass(slots=True)
class BreachCheck:
    """Checks passwords, if a source is configured."""

    source: BreachSource | None = None
    timeout: float = _TIMEOUT
    _running: int = 0

    async def is_breached(self, password: str) -> bool:
        """Tell whether a password is known to be breached; False if no source says so in time.

        Neither the password nor a part of its hash is logged.
        """
        source = self.source
        if source is None:
            return False
        if self._running >= _MOST:
            return _unchecked("too many checks are running")
        self._running += 1
        try:
            async with asyncio.timeout(self.timeout):
                return await source.contains(_sha1(password))
        except TimeoutError:
            return _unchecked("no answer in time")
        except SourceFailed as failed:
            return _unchecked(str(failed))
        except OSError as error:
            return _unchecked(type(error).__qualname__)
        finally:
            self._running -= 1

    def close(self) -> None:
        """Release the source."""
        if self.source is not None:
            self.source.close()


def _sha1(password: str) -> str:
    return hashlib.sha1(normalise(password).encode(), usedforsecurity=False).hexdigest().upper()


def _unchecked(reason: str) -> bool:
    _log.warning("breached_passwords.unchecked", reason=reason)
    return False
